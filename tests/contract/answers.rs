//! Answers that are good, and yet not the published example: more fields, fewer fields, other
//! words, other bodies.

use cerebras_management::status::{DeploymentState, SyncStatus};
use cerebras_management::{ErrorKind, Sent};
use serde_json::{Value, json};

use crate::harness::operations::{good_service, nine, told};
use crate::harness::service::{Answer, Service, ok, status};
use crate::harness::{
    DEPLOYMENT, VERSION_1, at_once, endpoint, model, path, published, shown, version_1,
};

/// Adds fields that nobody knows to every object.
fn with_more_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(with_more_fields);
            fields.insert("added_later".to_owned(), json!({"deep": [1, null]}));
            fields.insert("also-added".to_owned(), Value::Null);
        }
        Value::Array(items) => items.iter_mut().for_each(with_more_fields),
        _ => {}
    }
}

#[tokio::test]
async fn unknown_fields_anywhere_break_no_answer() {
    for operation in nine() {
        let service = good_service().await;
        for other in nine() {
            let mut answer = published::answer(other.id);
            with_more_fields(&mut answer);
            service.on(other.method, other.path, ok(answer));
        }
        if operation.id == "update_model_version_aliases" {
            let [mut before, mut after] =
                [&["a1"] as &[_], &[]].map(|aliases| published::version(true, "done", aliases));
            with_more_fields(&mut before);
            with_more_fields(&mut after);
            service.in_turn("GET", path::VERSION_1, [ok(before), ok(after)]);
        }
        let told_of = (operation.send)(service.client()).await;
        assert_eq!(told_of.unwrap(), told(operation.id), "{}", operation.id);
    }
}

#[tokio::test]
async fn unknown_fields_change_nothing_of_what_is_read() {
    let service = good_service().await;
    let client = service.client();
    let version = version_1(&client).get().await.unwrap();
    let details = endpoint(&client).get().await.unwrap();
    for id in ["get_model_version", "get_endpoint"] {
        let mut answer = published::answer(id);
        with_more_fields(&mut answer);
        let operation = nine().into_iter().find(|operation| operation.id == id);
        service.on("GET", operation.unwrap().path, ok(answer));
    }
    assert_eq!(version_1(&client).get().await.unwrap(), version);
    assert_eq!(endpoint(&client).get().await.unwrap(), details);
}

#[tokio::test]
async fn an_unknown_sync_status_is_kept_as_it_came() {
    let service = good_service().await;
    let verifying = published::version(false, "Verifying_v2", &[]);
    service.on("GET", path::VERSION_1, ok(verifying.clone()));
    service.on("POST", path::UPLOAD, ok(verifying.clone()));
    let list = json!({"model_versions": [verifying]});
    service.on("GET", path::VERSIONS, ok(list));
    let client = service.client();

    let read = version_1(&client).get().await.unwrap();
    let listed = model(&client).versions().await.unwrap();
    for status in [read.sync_status(), listed[0].sync_status()] {
        assert_eq!(status, Some(&SyncStatus::from("Verifying_v2")));
        assert_eq!(status.unwrap().as_str(), "Verifying_v2");
        assert!(!status.unwrap().is_known());
    }
    let upload = model(&client).upload("s3://my-bucket/model-weights").await;
    let accepted = upload.unwrap().accepted_as().clone();
    assert_eq!(accepted.status, Some(SyncStatus::from("Verifying_v2")));
    assert_eq!(accepted.to_string(), "Verifying_v2");
}

#[tokio::test]
async fn an_unknown_state_of_a_deployment_is_kept_as_it_came() {
    let service = good_service().await;
    let listed = published::deployment(DEPLOYMENT, 1, 1_736_700_000, "warming_up");
    service.on("GET", path::ENDPOINT, ok(published::endpoint(&[listed])));
    let mut queued = published::answer("deploy_model");
    queued["response"]["rollout_status"] = json!("scheduled");
    service.on("POST", path::DEPLOY, ok(queued));
    let client = service.client();

    let details = endpoint(&client).get().await.unwrap();
    let state = details.deployments[0].state.as_ref();
    assert_eq!(state, Some(&DeploymentState::from("warming_up")));
    let deploy = endpoint(&client).deploy(VERSION_1).unchecked().await;
    assert_eq!(deploy.unwrap().accepted_as().to_string(), "scheduled");
}

#[tokio::test]
async fn a_list_may_be_null_or_left_out() {
    for answer in [
        json!({}),
        json!({"model_architectures": null, "model_versions": null, "endpoints": null}),
    ] {
        let service = Service::start().await;
        for list in [path::ARCHITECTURES, path::VERSIONS, path::ENDPOINTS] {
            service.on("GET", list, ok(answer.clone()));
        }
        let client = service.client();
        let org = client.org("my-org").unwrap();
        assert_eq!(org.architectures().await.unwrap(), [""; 0]);
        assert_eq!(model(&client).versions().await.unwrap(), []);
        assert_eq!(org.endpoints().await.unwrap(), []);
    }
}

#[tokio::test]
async fn deployed_models_may_be_null() {
    let service = good_service().await;
    let mut answer = published::answer("get_endpoint");
    answer["deployed_models"] = Value::Null;
    service.on("GET", path::ENDPOINT, ok(answer));
    let details = endpoint(&service.client()).get().await.unwrap();
    assert_eq!(details.deployments, []);
}

/// The three ways in which an answer can hold no response.
fn without_response(answer: &Value) -> [Value; 3] {
    let [mut absent, mut null, mut empty] = [(); 3].map(|()| answer.clone());
    absent.as_object_mut().unwrap().remove("response");
    null["response"] = Value::Null;
    empty["response"] = json!({});
    [absent, null, empty]
}

#[tokio::test]
async fn a_version_may_have_no_response() {
    for answer in without_response(&published::answer("get_model_version")) {
        let service = Service::start().await;
        service.on("GET", path::VERSION_1, ok(answer.clone()));
        let list = json!({"model_versions": [answer]});
        service.on("GET", path::VERSIONS, ok(list));
        let client = service.client();
        let read = version_1(&client).get().await.unwrap();
        assert_eq!(
            shown::version(&read),
            json!({
                "name": VERSION_1,
                "parsed_name": VERSION_1,
                "id": 1,
                "done": true,
                "aliases": [],
                "sync_status": null,
                "weight_uri": null,
                "fingerprint_suffix": null,
            })
        );
        assert_eq!(model(&client).versions().await.unwrap(), [read]);
    }
}

#[tokio::test]
async fn an_upload_that_is_accepted_without_response_can_be_waited_for() {
    for answer in without_response(&published::answer("upload_model_version")) {
        let service = good_service().await;
        service.on("POST", path::UPLOAD, ok(answer));
        let upload = model(&service.client()).upload("s3://my-bucket/model-weights");
        let operation = upload.await.unwrap();
        assert_eq!(operation.accepted_as().to_string(), "accepted");
        let version = operation.wait().schedule(at_once()).await.unwrap();
        assert_eq!(version.name(), VERSION_1);
    }
}

#[tokio::test]
async fn an_upload_that_is_done_without_response_needs_no_further_request() {
    for mut answer in without_response(&published::answer("upload_model_version")) {
        answer["done"] = json!(true);
        let service = Service::start().await;
        service.on("POST", path::UPLOAD, ok(answer));
        let upload = model(&service.client()).upload("s3://my-bucket/model-weights");
        let operation = upload.unchecked().await.unwrap();
        assert_eq!(operation.accepted_as().to_string(), "done");
        let version = operation.wait().await.unwrap();
        assert_eq!((version.name(), version.sync_status()), (VERSION_1, None));
        assert_eq!(service.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_deployment_that_is_queued_without_response_can_be_waited_for() {
    for answer in without_response(&published::answer("deploy_model")) {
        let service = good_service().await;
        service.on("POST", path::DEPLOY, ok(answer));
        let deploy = endpoint(&service.client()).deploy(VERSION_1).unchecked();
        let operation = deploy.await.unwrap();
        assert_eq!(operation.deployment_id(), DEPLOYMENT);
        assert_eq!(operation.accepted_as().to_string(), "accepted");
        let deployment = operation.wait().schedule(at_once()).await.unwrap();
        assert_eq!(deployment.id, DEPLOYMENT);
    }
}

#[tokio::test]
async fn replica_counts_and_an_error_message_are_shown_when_the_service_sends_them() {
    let service = good_service().await;
    let mut listed = published::deployment(DEPLOYMENT, 1, 1_736_700_000, "rolling_back");
    listed["rollout_replicas_updated"] = json!(1);
    listed["rollout_total_replicas"] = json!(4);
    listed["rollout_error_message"] = json!("the weights do not load");
    service.on("GET", path::ENDPOINT, ok(published::endpoint(&[listed])));
    let details = endpoint(&service.client()).get().await.unwrap();
    assert_eq!(
        shown::deployment(&details.deployments[0]),
        json!({
            "id": DEPLOYMENT,
            "endpoint": "my-org-gpt-oss-120b",
            "model": VERSION_1,
            "version": VERSION_1,
            "requested_as": "1",
            "created": 1_736_700_000,
            "state": "rolling_back",
            "replicas": "1 of 4 replicas",
            "error_message": "the weights do not load",
        })
    );
}

#[tokio::test]
async fn a_list_keeps_a_version_whose_name_is_odd() {
    let service = good_service().await;
    let mut odd = published::answer("get_model_version");
    odd["name"] = json!("versions/one");
    let list = json!({"model_versions": [odd, published::answer("get_model_version")]});
    service.on("GET", path::VERSIONS, ok(list));
    let versions = model(&service.client()).versions().await.unwrap();
    let names: Vec<_> = versions.iter().map(shown::name).collect();
    assert_eq!(names, ["versions/one", VERSION_1]);
    assert_eq!(versions[0].parsed_name(), None);
    assert_eq!(versions[0].id(), None);
}

#[tokio::test]
async fn a_delete_takes_both_published_answers_and_an_empty_one() {
    let empty = |status| Answer::text(status, "application/json", "");
    for (answer, message) in [
        (ok(published::answer("delete_model_version")), None),
        (
            ok(json!({"message": "Model version deleted"})),
            Some("Model version deleted"),
        ),
        (ok(json!({})), None),
        (
            ok(json!({"name": null, "deleted": null, "message": null})),
            None,
        ),
        (empty(200), None),
        (empty(204), None),
    ] {
        let service = good_service().await;
        service.on("DELETE", path::VERSION_1, answer);
        let version = version_1(&service.client());
        let delete = version.delete().even_if_aliased().even_if_deployed();
        let deleted = delete.await.unwrap();
        assert_eq!(deleted.message.as_deref(), message);
        assert_eq!(deleted.version.name(), VERSION_1);
    }
}

#[tokio::test]
async fn a_delete_that_says_not_deleted_is_an_error() {
    let service = good_service().await;
    let answer = json!({"name": VERSION_1, "deleted": false});
    service.on("DELETE", path::VERSION_1, ok(answer));
    let version = version_1(&service.client());
    let delete = version.delete().even_if_aliased().even_if_deployed();
    let error = delete.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.was_sent(), Sent::Yes);
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: the service answered that it \
         was not deleted (delete_model_version)"
    );
}

#[tokio::test]
async fn any_2xx_with_the_published_body_is_a_good_answer() {
    for code in [201, 202] {
        let service = good_service().await;
        for operation in nine() {
            let answer = status(code, published::answer(operation.id));
            service.on(operation.method, operation.path, answer);
        }
        for operation in nine() {
            if operation.id == "update_model_version_aliases" {
                continue;
            }
            let told_of = (operation.send)(service.client()).await;
            assert_eq!(told_of.unwrap(), told(operation.id), "{}", operation.id);
        }
    }
}
