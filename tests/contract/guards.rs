//! What the checks before a deploy and before a delete refuse, and what they let pass.

use cerebras_management::{ErrorKind, Sent};
use serde_json::{Value, json};

use crate::harness::operations::good_service;
use crate::harness::service::{Service, ok};
use crate::harness::{DEPLOYMENT, VERSION_1, endpoint, path, published, version_1};

const OF_VERSION_1: &str = "model version orgs/my-org/models/gpt-oss-120b/versions/1";

/// A service with these deployments on the endpoint.
async fn service_with(deployments: &[Value]) -> Service {
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, ok(published::endpoint(deployments)));
    service
}

fn count(service: &Service, method: &str) -> usize {
    let lines = service.lines();
    lines.iter().filter(|line| line.starts_with(method)).count()
}

#[tokio::test]
async fn a_deploy_to_an_endpoint_of_another_architecture_is_not_sent() {
    let service = good_service().await;
    let deploy = endpoint(&service.client()).deploy("orgs/my-org/models/llama3.1-8b/versions/1");
    let error = deploy.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: it runs the architecture gpt-oss-120b, and \
         orgs/my-org/models/llama3.1-8b/versions/1 is of another; nothing was sent: deploy to an \
         endpoint of the version's architecture"
    );
    assert_eq!(service.lines(), [format!("GET {}", path::ENDPOINT)]);
}

#[tokio::test]
async fn a_deploy_of_a_version_that_is_not_synced_is_not_sent() {
    for (done, status, what) in [
        (
            false,
            Some("queued"),
            "it is not synced yet: its sync status is \"queued\"; nothing was sent: wait for its \
             upload first",
        ),
        (
            false,
            Some("verifying"),
            "it is not synced yet: its sync status is \"verifying\"; nothing was sent: wait for \
             its upload first",
        ),
        (
            false,
            None,
            "it is not synced yet: the service does not call it done; nothing was sent: wait for \
             its upload first",
        ),
        (
            true,
            Some("failed"),
            "it did not sync: its sync status is \"failed\"; nothing was sent: upload the weights \
             again",
        ),
    ] {
        let service = service_with(&[]).await;
        let mut version = published::version(done, "", &[]);
        version["response"]["sync_status"] = json!(status);
        service.on("GET", path::VERSION_1, ok(version));
        let error = endpoint(&service.client())
            .deploy(VERSION_1)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.to_string(), format!("{OF_VERSION_1}: {what}"));
        assert_eq!(error.was_sent(), Sent::No);
        assert_eq!(count(&service, "POST"), 0);
    }
}

#[tokio::test]
async fn a_version_that_already_serves_is_not_deployed_unless_told_to() {
    let serves = published::deployment(DEPLOYMENT, 1, 10, "complete");
    let service = service_with(&[serves]).await;
    let client = service.client();

    let operation = endpoint(&client).deploy(VERSION_1).await.unwrap();
    assert_eq!(operation.already_serves().unwrap().id, DEPLOYMENT);
    assert_eq!(operation.deployment_id(), DEPLOYMENT);
    let reads = service.lines().len();
    assert_eq!(operation.wait().await.unwrap().id, DEPLOYMENT);
    assert_eq!(service.lines().len(), reads);
    assert_eq!(count(&service, "POST"), 0);

    let again = endpoint(&client).deploy(VERSION_1).redeploy();
    assert!(again.await.unwrap().already_serves().is_none());
    assert_eq!(count(&service, "POST"), 1);
}

#[tokio::test]
async fn a_deployment_tells_of_one_of_the_same_version_that_is_under_way() {
    let at = |id, version, created, state| published::deployment(id, version, created, state);
    let mut untold = at("d-2", 1, 20, "");
    untold.as_object_mut().unwrap().remove("state");
    let running = Some("deployment=d-2");
    for (deployments, told) in [
        (vec![at("d-2", 1, 20, "in_progress")], running),
        (
            vec![
                at("d-2", 1, 20, "not_started"),
                at("d-1", 1, 10, "in_progress"),
            ],
            running,
        ),
        (
            vec![
                at("d-2", 1, 20, "a_word_of_tomorrow"),
                at("d-1", 2, 10, "complete"),
            ],
            running,
        ),
        // It is replaced by another version, so that this one comes after that.
        (
            vec![
                at("d-3", 2, 30, "not_started"),
                at("d-2", 1, 20, "in_progress"),
            ],
            None,
        ),
        (
            vec![
                at("d-2", 1, 20, "rolled_back"),
                at("d-1", 2, 10, "complete"),
            ],
            None,
        ),
        (vec![untold], None),
        (vec![], None),
    ] {
        let service = service_with(&deployments).await;
        let operation = endpoint(&service.client()).deploy(VERSION_1).await.unwrap();
        let handle = operation.already_under_way().map(ToString::to_string);
        match (&handle, told) {
            (Some(handle), Some(told)) => assert!(handle.contains(told), "{handle}"),
            (handle, told) => assert!(
                handle.is_none() && told.is_none(),
                "{handle:?} {deployments:?}"
            ),
        }
        assert_eq!(count(&service, "POST"), 1);
        assert_eq!(
            count(&service, "GET"),
            2,
            "the endpoint and the version, once each"
        );
    }
}

#[tokio::test]
async fn a_version_that_serves_is_deployed_when_another_rollout_would_replace_it() {
    let mut undated = published::deployment("d-2", 2, 0, "complete");
    undated.as_object_mut().unwrap().remove("created");
    for others in [
        vec![published::deployment("d-2", 2, 20, "in_progress")],
        vec![published::deployment("d-2", 2, 20, "an_unknown_state")],
        // Another version was complete in the same second: which serves is unknown.
        vec![published::deployment("d-2", 2, 10, "complete")],
        vec![published::deployment("d-2", 2, 20, "complete")],
        // One without a date may be newer.
        vec![undated.clone()],
    ] {
        let mut deployments = others;
        deployments.push(published::deployment("d-1", 1, 10, "complete"));
        let service = service_with(&deployments).await;
        let deploy = endpoint(&service.client()).deploy(VERSION_1);
        assert!(deploy.await.unwrap().already_serves().is_none());
        assert_eq!(count(&service, "POST"), 1);
    }
}

#[tokio::test]
async fn a_version_that_carries_aliases_is_not_deleted_unless_told_to() {
    let service = service_with(&[]).await;
    let aliased = published::version(true, "done", &["production", "v1-stable"]);
    service.on("GET", path::VERSION_1, ok(aliased));
    let version = version_1(&service.client());
    let error = version.delete().even_if_deployed().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "{OF_VERSION_1}: aliases name it: production, v1-stable; nothing was deleted: remove \
             them first, or say even_if_aliased"
        )
    );
    assert_eq!(service.lines(), [format!("GET {}", path::VERSION_1)]);

    version.delete().even_if_aliased().await.unwrap();
    assert_eq!(count(&service, "DELETE"), 1);
}

#[tokio::test]
async fn a_version_that_serves_or_may_come_to_serve_is_not_deleted_unless_told_to() {
    for (state, shown) in [
        (json!("complete"), "complete"),
        (json!("not_started"), "not_started"),
        (json!("in_progress"), "in_progress"),
        (json!("rolling_back"), "rolling_back"),
        (json!("an_unknown_state"), "an_unknown_state"),
        (Value::Null, ""),
    ] {
        let mut deployment = published::deployment("d-1", 1, 10, "");
        deployment["state"] = state;
        let older = published::deployment("d-0", 2, 5, "complete");
        let service = service_with(&[older, deployment]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        let version = version_1(&service.client());
        let error = version.delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "{OF_VERSION_1}: endpoint my-org-gpt-oss-120b has it deployed, with state \
                 \"{shown}\"; nothing was deleted: deploy another version there first, or say \
                 even_if_deployed"
            )
        );
        assert_eq!(count(&service, "DELETE"), 0);

        version.delete().even_if_deployed().await.unwrap();
        assert_eq!(count(&service, "DELETE"), 1);
    }
}

#[tokio::test]
async fn a_deployment_that_is_named_by_an_alias_or_oddly_may_be_of_the_version() {
    let named = [
        "orgs/my-org/models/gpt-oss-120b/versions/production",
        "models/gpt-oss-120b/1",
        "",
    ];
    for (model, state) in named.iter().flat_map(|model| {
        let states = ["complete", "in_progress", "an_unknown_state"];
        states.map(|state| (*model, state))
    }) {
        let other = published::deployment("d-0", 2, 5, "complete");
        let mut deployment = published::deployment("d-1", 1, 10, state);
        deployment["model"] = json!(model);
        let service = service_with(&[other, deployment]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        let error = version_1(&service.client()).delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{model}");
        assert_eq!(
            error.to_string(),
            format!(
                "{OF_VERSION_1}: endpoint my-org-gpt-oss-120b has it deployed, with state \
                 \"{state}\"; nothing was deleted: deploy another version there first, or say \
                 even_if_deployed"
            )
        );
        assert_eq!(count(&service, "DELETE"), 0, "{model}");
    }
}

#[tokio::test]
async fn a_deployment_that_names_another_id_organization_or_architecture_is_of_another_version() {
    for model in [
        "orgs/my-org/models/gpt-oss-120b/versions/2",
        "orgs/rival/models/gpt-oss-120b/versions/production",
        "orgs/my-org/models/llama3.1-8b/versions/production",
    ] {
        let mut deployment = published::deployment("d-1", 2, 10, "complete");
        deployment["model"] = json!(model);
        let service = service_with(&[deployment]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        version_1(&service.client()).delete().await.unwrap();
        assert_eq!(count(&service, "DELETE"), 1, "{model}");
    }
}

#[tokio::test]
async fn a_delete_is_not_sent_when_the_service_does_not_tell_what_is_deployed() {
    let mut null = published::endpoint(&[]);
    null["deployed_models"] = Value::Null;
    let mut absent = published::endpoint(&[]);
    absent.as_object_mut().unwrap().remove("deployed_models");
    let endpoints = "the organization's endpoints";
    let deployments = "what endpoint my-org-gpt-oss-120b serves";
    for (target, answer, what) in [
        (path::ENDPOINTS, json!({"endpoints": null}), endpoints),
        (path::ENDPOINTS, json!({}), endpoints),
        (path::ENDPOINT, null, deployments),
        (path::ENDPOINT, absent, deployments),
    ] {
        let service = service_with(&[]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        service.on("GET", target, ok(answer));
        let error = version_1(&service.client()).delete().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.to_string(),
            format!(
                "{OF_VERSION_1}: the service did not tell {what}, so that it may be in use; \
                 nothing was deleted: look at the endpoints, or say even_if_deployed"
            )
        );
        assert_eq!(count(&service, "DELETE"), 0);

        let version = version_1(&service.client());
        version.delete().even_if_deployed().await.unwrap();
        assert_eq!(count(&service, "DELETE"), 1);
    }
}

#[tokio::test]
async fn an_empty_list_tells_that_nothing_is_deployed() {
    for (target, answer) in [
        (path::ENDPOINTS, json!({"endpoints": []})),
        (path::ENDPOINT, published::endpoint(&[])),
    ] {
        let service = service_with(&[]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        service.on("GET", target, ok(answer));
        version_1(&service.client()).delete().await.unwrap();
        assert_eq!(count(&service, "DELETE"), 1);
    }
}

#[tokio::test]
async fn a_version_that_has_been_replaced_or_has_failed_is_deleted() {
    let newer = published::deployment("d-2", 2, 20, "complete");
    for state in ["complete", "rolled_back", "error", "failed", "cancelled"] {
        let ours = published::deployment("d-1", 1, 10, state);
        let service = service_with(&[ours, newer.clone()]).await;
        let unnamed = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unnamed);
        version_1(&service.client()).delete().await.unwrap();
        assert_eq!(count(&service, "DELETE"), 1, "{state}");
    }
}

#[tokio::test]
async fn a_delete_looks_only_at_endpoints_that_may_run_the_architecture() {
    let service = service_with(&[]).await;
    let unnamed = ok(published::version(true, "done", &[]));
    service.on("GET", path::VERSION_1, unnamed);
    let list = json!({"endpoints": [
        {"endpoint_id": "of-another", "model_arch_id": "llama3.1-8b"},
        {"endpoint_id": "of-an-unknown"},
        {"endpoint_id": "my-org-gpt-oss-120b", "model_arch_id": "gpt-oss-120b"},
    ]});
    service.on("GET", path::ENDPOINTS, ok(list));
    let mut unknown = published::endpoint(&[]);
    unknown["name"] = json!("of-an-unknown");
    let target = "/management/v1/endpoints/of-an-unknown";
    service.on("GET", target, ok(unknown));
    version_1(&service.client()).delete().await.unwrap();
    assert_eq!(
        service.lines(),
        [
            format!("GET {}", path::VERSION_1),
            format!("GET {}", path::ENDPOINTS),
            format!("GET {target}"),
            format!("GET {}", path::ENDPOINT),
            format!("DELETE {}", path::VERSION_1),
        ]
    );
}

#[tokio::test]
async fn a_delete_is_not_sent_when_an_endpoint_cannot_be_read() {
    let service = good_service().await;
    let unnamed = ok(published::version(true, "done", &[]));
    service.on("GET", path::VERSION_1, unnamed);
    let refused = crate::harness::service::status(403, json!({"detail": "Not yours"}));
    service.on("GET", path::ENDPOINT, refused);
    let error = version_1(&service.client()).delete().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.operation(), Some("get_endpoint"));
    assert_eq!(count(&service, "DELETE"), 0);
}
