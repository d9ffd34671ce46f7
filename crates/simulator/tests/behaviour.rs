//! The switches, at each value that is not the default. Those of deployments are in
//! `deployments.rs`, those of single fields and headers in `fields.rs`.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, DeploymentState, Fault, FaultAction, MANAGEMENT_KEY, SyncOutcome,
};
use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";
const UPLOAD: &str = "orgs/my-org/models:upload";

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[tokio::test]
async fn deploy_answer_full() {
    let rig = Rig::behaving(&[("deploy_answer", "full")]).await;
    rig.upload("s3://b/1").await;
    let response = rig.deploy("1").await.ok()["response"].clone();
    assert_eq!(response["version_alias"], "1");
    assert_eq!(response["max_unavailable_replicas"], 1);
    assert_eq!(response["rollout_replicas_updated"], 0);
    assert_eq!(response["rollout_total_replicas"], 4);
    let fields = response.as_object().expect("an object");
    assert_eq!(fields.get("rollout_error_message"), Some(&Value::Null));
}

#[tokio::test]
async fn delete_answers() {
    let name = "orgs/my-org/models/gpt-oss-120b/versions/1";
    let message = format!("Deleted model version {name}");
    for (value, expected) in [
        ("name_and_deleted", json!({ "name": name, "deleted": true })),
        (
            "both",
            json!({ "message": message, "name": name, "deleted": true }),
        ),
    ] {
        let rig = Rig::behaving(&[("delete_answer", value)]).await;
        rig.upload("s3://b/1").await;
        assert_eq!(rig.delete(&format!("{VERSIONS}/1")).await.ok(), expected);
    }
}

#[tokio::test]
async fn taken_aliases() {
    let body = json!({
        "model_arch_id": "gpt-oss-120b",
        "model": { "weight_uri": "s3://b/w", "version_aliases": ["production"] }
    });
    let rig = Rig::behaving(&[
        ("alias_conflict", "bad_request"),
        ("taken_alias", "refused_after"),
    ])
    .await;
    rig.post(UPLOAD, &body).await.ok();
    let (status, refusal) = rig.post(UPLOAD, &body).await.refusal();
    let expected = "Alias 'production' is already assigned to version 1";
    assert_eq!((status, refusal), (400, json!({ "detail": expected })));
    let versions = rig.simulator.versions("gpt-oss-120b");
    let made: Vec<_> = versions.iter().map(|v| (v.id, v.aliases.clone())).collect();
    assert_eq!(made, [(1, vec!["production".to_owned()]), (2, vec![])]);
}

#[tokio::test]
async fn a_deployed_version_may_be_deleted_and_its_id_reused() {
    let rig = Rig::behaving(&[("id_reuse", "reused")]).await;
    rig.serve_one_version().await;
    rig.delete(&format!("{VERSIONS}/1")).await.ok();
    // The endpoint has its own copy.
    rig.chat(ENDPOINT).await.ok();
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    let next = rig.upload("s3://b/2").await;
    assert_eq!(next["name"], "orgs/my-org/models/gpt-oss-120b/versions/1");
}

#[tokio::test]
async fn a_deployed_version_may_be_kept_from_being_deleted() {
    let rig = Rig::behaving(&[("delete_deployed", "refused")]).await;
    rig.serve_one_version().await;
    rig.upload("s3://b/2").await;
    rig.deploy("2").await.ok();
    for queued_or_serving in [1, 2] {
        let path = format!("{VERSIONS}/{queued_or_serving}");
        let expected = format!("Model version {path} is deployed to endpoint '{ENDPOINT}'");
        let answer = rig.delete(&path).await.refusal();
        assert_eq!(answer, (409, json!({ "detail": expected })));
    }
    rig.simulator.advance(seconds(95));
    rig.delete(&format!("{VERSIONS}/1")).await.ok();
}

#[tokio::test]
async fn weight_uris_normalised() {
    let rig = Rig::behaving(&[("weight_uri", "normalised")]).await;
    let answer = rig.upload("s3://bucket//run//7/").await;
    assert_eq!(answer["response"]["customer_s3_uri"], "s3://bucket/run/7");
    let truth = rig.simulator.versions("gpt-oss-120b").remove(0);
    assert_eq!(truth.weight_uri, "s3://bucket//run//7/");
}

#[tokio::test]
async fn fingerprints_without_suffix_tell_no_versions_apart() {
    let rig = Rig::behaving(&[("fingerprint", "omitted")]).await;
    let mut seen = Vec::new();
    for suffix in ["one", "two"] {
        let model = json!({ "weight_uri": "s3://b/w", "system_fingerprint_suffix": suffix });
        let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
        let answer = rig.post(UPLOAD, &body).await.ok();
        rig.simulator.advance(seconds(125));
        let id = answer["name"]
            .as_str()
            .and_then(|name| name.rsplit('/').next());
        rig.deploy(id.expect("an id")).await.ok();
        rig.simulator.advance(seconds(95));
        seen.push(rig.chat(ENDPOINT).await.ok()["system_fingerprint"].clone());
    }
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn another_org_is_not_found() {
    let rig = Rig::behaving(&[("other_org", "not_found")]).await;
    let expected = json!({ "detail": "Organization 'other-org' not found" });
    let answer = rig.get("orgs/other-org/models").await;
    assert_eq!(answer.refusal(), (404, expected));
}

#[tokio::test]
async fn no_response_before_the_sync_starts() {
    let empty = json!({});
    for (value, before) in [
        ("absent", None),
        ("null", Some(&Value::Null)),
        ("empty", Some(&empty)),
    ] {
        let rig = Rig::behaving(&[("unstarted_response", value)]).await;
        let model = json!({ "weight_uri": "s3://b/w" });
        let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
        let uploaded = rig.post(UPLOAD, &body).await.ok();
        assert_eq!(uploaded.get("response"), before, "{value}");
        rig.simulator.advance(seconds(5));
        let version = rig.get(&format!("{VERSIONS}/1")).await.ok();
        assert_eq!(version["response"]["sync_status"], "in_progress", "{value}");
    }
}

#[tokio::test]
async fn done_signals() {
    let report = async |rig: &Rig| {
        let version = rig.get(&format!("{VERSIONS}/1")).await.ok();
        let status = version["response"]["sync_status"]
            .as_str()
            .map(str::to_owned);
        (version["done"] == true, status.expect("a status"))
    };
    for (value, at_the_end, later) in [
        ("done_first", (true, "in_progress"), (true, "done")),
        ("status_first", (false, "done"), (true, "done")),
        ("unknown_status", (true, "ready"), (true, "ready")),
    ] {
        let rig = Rig::behaving(&[("done_signal", value)]).await;
        rig.upload("s3://b/1").await;
        let (done, status) = report(&rig).await;
        assert_eq!((done, status.as_str()), at_the_end, "{value}");
        rig.simulator.advance(seconds(10));
        let (done, status) = report(&rig).await;
        assert_eq!((done, status.as_str()), later, "{value}");
    }
}

#[tokio::test]
async fn done_without_a_status() {
    let rig = Rig::behaving(&[("done_signal", "no_status")]).await;
    let model = json!({ "weight_uri": "s3://b/1" });
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
    let uploaded = rig.post(UPLOAD, &body).await.ok();
    assert_eq!(uploaded["response"]["sync_status"], "queued");
    rig.simulator.advance(seconds(125));
    let synced = rig.get(&format!("{VERSIONS}/1")).await.ok();
    let expected = json!({
        "name": "orgs/my-org/models/gpt-oss-120b/versions/1",
        "done": true,
        "response": { "customer_s3_uri": "s3://b/1", "version_aliases": [] }
    });
    assert_eq!(synced, expected);
}

#[tokio::test]
async fn refusals_in_the_shape_of_inference() {
    let rig = Rig::behaving(&[("error_body", "inference")]).await;
    let refusal = |message: &str, kind: &str, param: &str, code: &str| json!({ "message": message, "type": kind, "param": param, "code": code });
    let answer = rig.get(&format!("{VERSIONS}/7")).await;
    let message = "Model version '7' not found";
    let expected = refusal(message, "not_found_error", "", "not_found");
    assert_eq!(answer.refusal(), (404, expected));
    let answer = rig.post(UPLOAD, &json!({ "model": {} })).await;
    let message = "Field required; Field required";
    let expected = refusal(
        message,
        "invalid_request_error",
        "validation_error",
        "invalid_request",
    );
    assert_eq!(answer.refusal(), (422, expected));
    let expected = refusal("Not Found", "not_found_error", "", "not_found");
    assert_eq!(rig.get("nothing").await.refusal(), (404, expected));
    let status = FaultAction::Status {
        status: 503,
        retry_after: None,
    };
    rig.simulator.inject(Fault::on_any(status));
    let expected = refusal("A simulated fault", "server_error", "", "internal_error");
    assert_eq!(rig.get(VERSIONS).await.refusal(), (503, expected));
}

#[tokio::test]
async fn statuses_that_say_what_was_done() {
    let rig = Rig::behaving(&[("success_status", "specific")]).await;
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": "s3://b/1" } });
    assert_eq!(rig.post(UPLOAD, &body).await.status, 201);
    assert_eq!(rig.post(UPLOAD, &body).await.status, 201);
    rig.simulator.advance(seconds(125));
    assert_eq!(rig.deploy("1").await.status, 202);
    assert_eq!(rig.get(&format!("{VERSIONS}/1")).await.status, 200);
    let url = format!("{}/management/v1/{VERSIONS}/2", rig.simulator.base_url());
    let request = rig.client.delete(url).bearer_auth(MANAGEMENT_KEY);
    let deleted = request.send().await.expect("an answer");
    assert_eq!(deleted.status(), 204);
    assert_eq!(deleted.text().await.expect("a body"), "");
    assert_eq!(rig.simulator.versions("gpt-oss-120b").len(), 1);
}

/// It is there: its alias is taken.
#[tokio::test]
async fn a_new_version_is_found_later() {
    let rig = Rig::behaving(&[("new_version", "after_delay")]).await;
    let model = json!({ "weight_uri": "s3://b/1", "version_aliases": ["production"] });
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
    rig.post(UPLOAD, &body).await.ok();
    for reference in ["1", "production"] {
        let path = format!("{VERSIONS}/{reference}");
        assert_eq!(rig.get(&path).await.status, 404);
        assert_eq!(rig.delete(&path).await.status, 404);
    }
    let list = rig.get(VERSIONS).await.ok();
    assert_eq!(list, json!({ "model_versions": [] }));
    assert_eq!(rig.post(UPLOAD, &body).await.status, 409);
    rig.simulator.advance(seconds(10));
    for reference in ["1", "production"] {
        rig.get(&format!("{VERSIONS}/{reference}")).await.ok();
    }
}

#[tokio::test]
async fn a_version_that_is_not_synced() {
    for (value, expected) in [("bad_request", 400), ("waits", 200)] {
        let rig = Rig::behaving(&[("unsynced_deploy", value)]).await;
        let body =
            json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": "s3://b/1" } });
        rig.post(UPLOAD, &body).await.ok();
        assert_eq!(rig.deploy("1").await.status, expected, "{value}");
    }
}

/// Its sync takes 125 s, its rollout 95 s more.
#[tokio::test]
async fn a_deploy_that_waits_for_the_sync() {
    for (outcome, ended) in [
        (SyncOutcome::Succeeds, DeploymentState::Complete),
        (SyncOutcome::Fails, DeploymentState::Error),
    ] {
        let rig = Rig::behaving(&[("unsynced_deploy", "waits")]).await;
        let planned = rig.simulator.plan_sync("gpt-oss-120b", outcome);
        planned.expect("the architecture");
        let body =
            json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": "s3://b/1" } });
        rig.post(UPLOAD, &body).await.ok();
        rig.deploy("1").await.ok();
        let state = || rig.simulator.deployments(ENDPOINT)[0].state;
        rig.simulator.advance(seconds(125));
        assert_eq!(state(), DeploymentState::NotStarted);
        rig.simulator.advance(seconds(95));
        assert_eq!(state(), ended);
    }
}

#[test]
fn a_switch_or_value_that_does_not_exist_is_named() {
    let mut behaviour = Behaviour::default();
    let error = behaviour
        .set("id_reuse", "sometimes")
        .expect_err("no such value");
    let expected = "id_reuse cannot be \"sometimes\": it is one of never, reused";
    assert_eq!(error.to_string(), expected);
    let error = behaviour
        .set("id", "never")
        .expect_err("no such switch")
        .to_string();
    assert!(
        error.starts_with("no switch is called \"id\": there are replica_counts, "),
        "{error}"
    );
    assert_eq!(behaviour, Behaviour::default());
}

#[test]
fn switches_are_written_as_they_are_set() {
    for switch in Behaviour::SWITCHES {
        assert!(switch.values.len() >= 2, "{}", switch.name);
        for value in switch.values {
            let mut behaviour = Behaviour::default();
            behaviour
                .set(switch.name, value)
                .expect("a switch and its value");
            let json = serde_json::to_value(behaviour).expect("JSON");
            assert_eq!(json[switch.name], *value);
            let read: Behaviour = serde_json::from_value(json).expect("a behaviour");
            assert_eq!(read, behaviour);
            let is_default = behaviour == Behaviour::default();
            assert_eq!(is_default, *value == switch.values[0], "{}", switch.name);
        }
    }
    assert!(serde_json::from_str::<Behaviour>(r#"{"id_ruse":"never"}"#).is_err());
}
