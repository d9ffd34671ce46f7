//! What a look shows that no simulator does: lists that name things in another way, and pages.

use cerebras_management::{ErrorKind, Obtained};
use serde_json::{Value, json};

use crate::harness::operations::good_service;
use crate::harness::service::{Answer, Service, ok, page, status};
use crate::harness::{DEPLOYMENT, VERSION_1, endpoint, model, path, published};

fn lost() -> Answer {
    status(503, json!({"detail": "Maintenance"}))
}

fn deployment(id: &str, model: &str, created: u64) -> Value {
    let mut entry = published::deployment(id, 1, created, "complete");
    entry["model"] = json!(model);
    entry
}

/// The endpoint before, and from then on after, a deployment whose answer is lost.
async fn deployed(before: Value, after: Value) -> Service {
    let service = good_service().await;
    service.in_turn("GET", path::ENDPOINT, [ok(before), ok(after)]);
    service.on("POST", path::DEPLOY, lost());
    service
}

#[tokio::test]
async fn a_deployment_whose_version_is_named_by_an_alias_or_oddly_may_be_ours() {
    for name in ["orgs/my-org/models/gpt-oss-120b/versions/production", "odd"] {
        let old = deployment("d-1", name, 1);
        let new = deployment("d-2", name, 2);
        let service = deployed(
            published::endpoint(std::slice::from_ref(&old)),
            published::endpoint(&[new, old]),
        )
        .await;
        let error = endpoint(&service.client()).deploy("1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        let seen = ", and it may have made deployment d-2: its version is not named by an id; ";
        assert!(error.to_string().contains(seen), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_without_a_list_of_deployments_shows_nothing() {
    let mut bare = published::endpoint(&[]);
    bare.as_object_mut().unwrap().remove("deployed_models");
    let entry = published::deployment(DEPLOYMENT, 1, 1, "complete");
    for (after, seen) in [
        (bare.clone(), ", and the endpoint lists no deployments; "),
        // Whether it was there before is not known then.
        (
            published::endpoint(&[entry]),
            ": it may be older, since nobody looked before it was sent; ",
        ),
    ] {
        let service = deployed(bare.clone(), after).await;
        let error = endpoint(&service.client()).deploy("1").await.unwrap_err();
        assert!(error.to_string().contains(seen), "{error}");
        assert!(error.pending().is_some());
    }
}

/// By the time of the rollback the alias may name another version.
#[tokio::test]
async fn a_rollback_does_not_go_by_an_alias() {
    let alias = "orgs/my-org/models/gpt-oss-120b/versions/production";
    for (now, before) in [(alias, VERSION_1), (VERSION_1, alias), (VERSION_1, "odd")] {
        let service = good_service().await;
        let all = [deployment("d-2", now, 2), deployment("d-1", before, 1)];
        service.on("GET", path::ENDPOINT, ok(published::endpoint(&all)));
        let error = endpoint(&service.client()).rollback().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        let says = "which is not the full name of a version with its integer id; nothing was sent";
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(service.lines(), [format!("GET {}", path::ENDPOINT)]);
    }
}

fn version(id: u64, uri: &str) -> Value {
    let mut version = published::version(true, "done", &[]);
    version["name"] = json!(format!("orgs/my-org/models/gpt-oss-120b/versions/{id}"));
    version["response"]["customer_s3_uri"] = json!(uri);
    version
}

/// The versions before, and from then on after, an upload whose answer is lost.
async fn uploaded(after: &[Value]) -> Service {
    let service = good_service().await;
    let before = published::answer("list_model_versions");
    let after_all = json!({ "model_versions": after });
    service.in_turn("GET", path::VERSIONS, [ok(before), ok(after_all)]);
    for version in after {
        let target = format!("/management/v1/{}", version["name"].as_str().unwrap());
        service.on("GET", &target, ok(version.clone()));
    }
    service.on("POST", path::UPLOAD, lost());
    service
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_weights_is_no_difference() {
    for (told, ours) in [
        ("s3://my-bucket/a", true),
        ("S3://my-bucket/a/", true),
        ("s3://my-bucket/a/b", false),
    ] {
        let service = uploaded(&[version(7, told)]).await;
        let result = model(&service.client()).upload("s3://my-bucket/a").await;
        match result {
            Ok(operation) => assert_eq!((operation.obtained(), ours), (Obtained::Adopted, true)),
            Err(error) => assert_eq!((error.kind(), ours), (ErrorKind::Ambiguous, false)),
        }
    }
}

#[tokio::test]
async fn versions_that_were_there_before_or_have_no_id_are_not_ours() {
    let uri = "s3://my-bucket/model-weights";
    let mut odd = version(7, uri);
    odd["name"] = json!("orgs/my-org/models/gpt-oss-120b/versions/next");
    let service = uploaded(&[version(1, uri), version(2, uri), odd]).await;
    let error = model(&service.client()).upload(uri).await.unwrap_err();
    let seen = ", and no new version is of its weights; ";
    assert!(error.to_string().contains(seen), "{error}");
}

#[tokio::test]
async fn many_versions_that_may_be_ours_are_not_read_one_by_one() {
    let uri = "s3://my-bucket/model-weights";
    let many: Vec<_> = (3..12).map(|id| version(id, uri)).collect();
    let service = uploaded(&many).await;
    let error = model(&service.client()).upload(uri).await.unwrap_err();
    let line = error.to_string();
    assert!(
        line.contains("versions/7 and 4 more: there is more than one; "),
        "{line}"
    );
    assert_eq!(service.lines().len(), 3, "two lists and the upload");
}

/// Something in front of the service does not know who has the key.
#[tokio::test]
async fn a_page_in_the_place_of_the_key_is_no_leave_to_send() {
    let service = good_service().await;
    let upload = model(&service.client()).upload("s3://my-bucket/model-weights");
    let upload = upload.idempotency_key("ci-7");
    // The alias is known from the request that would be sent.
    let error = upload.await.unwrap_err();
    let asked = service.lines().remove(0);
    let key = asked.strip_prefix("GET ").unwrap();
    assert!(key.contains("/versions/idem-"), "{error}");
    for answer in [page(404), page(200), status(500, json!({}))] {
        service.on("GET", key, answer);
        service.forget().for_each(drop);
        let upload = model(&service.client()).upload("s3://my-bucket/model-weights");
        let error = upload.idempotency_key("ci-7").await.unwrap_err();
        assert!(!error.may_have_happened(), "{error}");
        assert_eq!(service.lines(), [asked.as_str()]);
    }
    service.on("GET", key, status(404, json!({"detail": "Not found"})));
    let upload = model(&service.client()).upload("s3://my-bucket/model-weights");
    let operation = upload.idempotency_key("ci-7").await.unwrap();
    assert_eq!(operation.obtained(), Obtained::Answered);
}
