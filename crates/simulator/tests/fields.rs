//! The switches of single fields and headers, at each value that is not the default.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{Fault, FaultAction, MANAGEMENT_KEY, SyncOutcome};
use common::{ENDPOINT, Rig};
use reqwest::Method;
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";
const UPLOAD: &str = "orgs/my-org/models:upload";

fn upload(model: &Value) -> Value {
    json!({ "model_arch_id": "gpt-oss-120b", "model": model })
}

/// Every error of the chat route, of the service and of a fault, and no other route's.
#[tokio::test]
async fn chat_error_nested() {
    let rig = Rig::behaving(&[("chat_error", "nested")]).await;
    let expected = json!({ "error": {
        "message": "Model m does not exist or you do not have access to it.",
        "type": "not_found_error",
        "param": "model",
        "code": "model_not_found",
    } });
    assert_eq!(rig.chat("m").await.refusal(), (404, expected));
    let path = "/v1/chat/completions";
    let wrong_key = rig.send(Method::POST, path, "no-key", None).await;
    assert_eq!(wrong_key.body["error"]["code"], "wrong_api_key");
    let status = FaultAction::Status {
        status: 500,
        retry_after: None,
    };
    rig.simulator.inject(Fault::on_any(status));
    let failed = rig.chat(ENDPOINT).await;
    assert_eq!(failed.body["error"]["message"], "A simulated fault");
    let failed = rig.get("orgs/my-org/models").await;
    assert_eq!(failed.body, json!({ "detail": "A simulated fault" }));
}

#[tokio::test]
async fn architectures_as_objects() {
    let rig = Rig::behaving(&[("architectures", "objects")]).await;
    let expected = json!({ "model_architectures": [
        { "model_arch_id": "gpt-oss-120b" },
        { "model_arch_id": "llama3.1-8b" },
    ] });
    assert_eq!(rig.get("orgs/my-org/models").await.ok(), expected);
}

/// The same field is left out of the answer to the upload, of a list and of a read.
#[tokio::test]
async fn a_version_without_a_field() {
    let all = json!({
        "customer_s3_uri": "s3://b/1",
        "version_aliases": ["one"],
        "sync_status": "done",
        "system_fingerprint_suffix": "run-1",
    });
    for (value, left_out) in [
        ("no_weight_uri", "customer_s3_uri"),
        ("no_aliases", "version_aliases"),
        ("no_status", "sync_status"),
        ("no_suffix", "system_fingerprint_suffix"),
    ] {
        let rig = Rig::behaving(&[("version_fields", value)]).await;
        let body = upload(&json!({
            "weight_uri": "s3://b/1",
            "version_aliases": ["one"],
            "system_fingerprint_suffix": "run-1",
        }));
        let uploaded = rig.post(UPLOAD, &body).await.ok();
        assert_eq!(uploaded["response"].get(left_out), None, "{value}");
        rig.simulator.advance(Duration::from_secs(125));
        let list = rig.get(VERSIONS).await.ok();
        let listed = &list["model_versions"][0]["response"];
        assert_eq!(listed.get(left_out), None, "{value}");
        let version = rig.get(&format!("{VERSIONS}/1")).await.ok();
        let mut expected = all.clone();
        expected
            .as_object_mut()
            .expect("an object")
            .remove(left_out);
        assert_eq!(version["response"], expected, "{value}");
        assert_eq!(version["done"], true, "{value}");
    }
}

#[tokio::test]
async fn a_failed_sync_has_a_status_in_any_case() {
    let rig = Rig::behaving(&[("version_fields", "no_status")]).await;
    let planned = rig.simulator.plan_sync("gpt-oss-120b", SyncOutcome::Fails);
    planned.expect("the architecture");
    rig.upload("s3://b/1").await;
    let version = rig.get(&format!("{VERSIONS}/1")).await.ok();
    assert_eq!(version["response"]["sync_status"], "failed");
}

#[tokio::test]
async fn nulls_for_what_is_empty() {
    let rig = Rig::behaving(&[("version_fields", "nulls")]).await;
    let uploaded = rig.upload("s3://b/1").await["response"].clone();
    let expected = json!({
        "customer_s3_uri": "s3://b/1", "version_aliases": null, "sync_status": "queued",
    });
    assert_eq!(uploaded, expected);
    let version = rig.get(&format!("{VERSIONS}/1")).await.ok();
    let expected = json!({
        "customer_s3_uri": "s3://b/1", "version_aliases": null, "sync_status": "done",
        "system_fingerprint_suffix": null,
    });
    assert_eq!(version["response"], expected);
}

#[tokio::test]
async fn an_upload_that_requires_more() {
    let weights = json!({ "weight_uri": "s3://b/1" });
    for (value, field, given) in [
        ("aliases", "version_aliases", json!([])),
        ("suffix", "system_fingerprint_suffix", json!("run-1")),
    ] {
        let rig = Rig::behaving(&[("upload_requires", value)]).await;
        let expected = json!({ "detail": [
            { "loc": ["body", "model", field], "msg": "Field required", "type": "missing" },
        ] });
        let answer = rig.post(UPLOAD, &upload(&weights)).await;
        assert_eq!(answer.refusal(), (422, expected));
        assert_eq!(rig.simulator.versions("gpt-oss-120b").len(), 0);
        let mut model = weights.clone();
        model[field] = given;
        rig.post(UPLOAD, &upload(&model)).await.ok();
    }
}

/// The state is left out of each entry by itself: version 1 has long been complete.
#[tokio::test]
async fn deployments_without_a_state() {
    let complete = Some("complete");
    for (value, queued, going, ended) in [
        (
            "when_started",
            [None, complete],
            [Some("in_progress"), complete],
            [complete; 2],
        ),
        (
            "when_ended",
            [None, complete],
            [None, complete],
            [complete; 2],
        ),
        ("omitted", [None; 2], [None; 2], [None; 2]),
    ] {
        let rig = Rig::behaving(&[("deployment_states", value)]).await;
        rig.serve_one_version().await;
        rig.upload("s3://b/2").await;
        rig.deploy("2").await.ok();
        for (seconds, expected) in [(0, queued), (50, going), (45, ended)] {
            rig.simulator.advance(Duration::from_secs(seconds));
            let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
            let deployed = endpoint["deployed_models"].as_array().expect("a list");
            let states: Vec<_> = deployed.iter().map(|d| d.get("state")).collect();
            let states: Vec<_> = states.iter().map(|s| s.and_then(Value::as_str)).collect();
            assert_eq!(states, expected, "{value}");
        }
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    }
}

/// What the service answers has a name, whether it is good, a refusal or a breakdown. What comes
/// from something in front of it has none.
#[tokio::test]
async fn requests_are_named() {
    for (value, header) in [
        ("x_request_id", Some("x-request-id")),
        ("request_id", Some("request-id")),
        ("omitted", None),
    ] {
        let rig = Rig::behaving(&[("request_id", value)]).await;
        let unavailable = FaultAction::Status {
            status: 503,
            retry_after: None,
        };
        let edge = FaultAction::EdgePage { status: 502 };
        let mut seen = Vec::new();
        for (path, fault, status, named) in [
            (VERSIONS, None, 200, true),
            ("nothing", None, 404, true),
            (VERSIONS, Some(unavailable), 503, true),
            (VERSIONS, Some(edge), 502, false),
        ] {
            if let Some(fault) = fault {
                rig.simulator.inject(Fault::on_any(fault).once());
            }
            let url = format!("{}/management/v1/{path}", rig.simulator.base_url());
            let request = rig.client.get(url).bearer_auth(MANAGEMENT_KEY);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), status);
            let names = ["x-request-id", "request-id"];
            let names: Vec<_> = names
                .into_iter()
                .filter(|n| response.headers().contains_key(*n))
                .collect();
            let expected = header.filter(|_| named);
            assert_eq!(names, Vec::from_iter(expected), "{value}, {status}");
            seen.extend(expected.map(|header| response.headers()[header].clone()));
        }
        let given = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), given, "each request has its own");
    }
}
