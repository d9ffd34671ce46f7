//! Each switch, at each value that is not the default.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, DeploymentState, RolloutOutcome, Simulator, SyncOutcome,
};
use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";
const UPLOAD: &str = "orgs/my-org/models:upload";

async fn rig(switches: &[(&str, &str)]) -> Rig {
    let mut behaviour = Behaviour::default();
    for (name, value) in switches {
        behaviour.set(name, value).expect("a switch and its value");
    }
    Rig::with(Simulator::builder().behaviour(behaviour)).await
}

async fn deployed(rig: &Rig) -> Vec<Value> {
    let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    endpoint["deployed_models"]
        .as_array()
        .expect("a list")
        .clone()
}

/// `(model's id, state)` of each entry.
async fn states(rig: &Rig) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let entries = deployed(rig).await;
    let id = |entry: &Value| text(&entry["model"]).rsplit('/').next().map(str::to_owned);
    let ids = entries.iter().map(|entry| id(entry).expect("an id"));
    ids.zip(entries.iter().map(|entry| text(&entry["state"])))
        .collect()
}

fn is(entries: &[(String, String)], expected: &[(&str, &str)]) -> bool {
    let entries = entries
        .iter()
        .map(|(id, state)| (id.as_str(), state.as_str()));
    entries.eq(expected.iter().copied())
}

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[tokio::test]
async fn replica_counts_sent() {
    let rig = rig(&[("replica_counts", "sent")]).await;
    rig.upload("s3://b/1").await;
    rig.deploy("1").await.ok();
    let mut updated = Vec::new();
    for _ in 0..5 {
        let entry = deployed(&rig).await.remove(0);
        assert_eq!(entry["rollout_total_replicas"], 4);
        updated.push(entry["rollout_replicas_updated"].as_u64());
        rig.simulator.advance(seconds(25));
    }
    assert_eq!(updated, [Some(0), Some(0), Some(2), Some(3), Some(4)]);
}

#[tokio::test]
async fn deploy_answer_full() {
    let rig = rig(&[("deploy_answer", "full")]).await;
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
        let rig = rig(&[("delete_answer", value)]).await;
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
    let rig = rig(&[
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
async fn past_deployments() {
    for (value, rolled_back, replaced) in [
        (
            "kept",
            &[("2", "rolled_back"), ("1", "complete")][..],
            &[("2", "complete"), ("2", "rolled_back"), ("1", "complete")][..],
        ),
        (
            "newest_kept",
            &[("2", "rolled_back"), ("1", "complete")],
            &[("2", "complete")],
        ),
        ("dropped", &[("1", "complete")], &[("2", "complete")]),
    ] {
        let rig = rig(&[("past_deployments", value)]).await;
        rig.serve_one_version().await;
        rig.upload("s3://b/2").await;
        rig.simulator
            .fail_next_rollout(ENDPOINT)
            .expect("the endpoint");
        rig.deploy("2").await.ok();
        rig.simulator.advance(seconds(50));
        let now = states(&rig).await;
        assert!(
            is(&now, &[("2", "rolling_back"), ("1", "complete")]),
            "{value}: {now:?}"
        );
        rig.simulator.advance(seconds(30));
        let now = states(&rig).await;
        assert!(is(&now, rolled_back), "{value}: {now:?}");
        rig.deploy("2").await.ok();
        rig.simulator.advance(seconds(95));
        let now = states(&rig).await;
        assert!(is(&now, replaced), "{value}: {now:?}");
    }
}

#[tokio::test]
async fn oldest_first() {
    let rig = rig(&[("deployed_order", "oldest_first")]).await;
    rig.serve_one_version().await;
    rig.upload("s3://b/2").await;
    rig.deploy("2").await.ok();
    let now = states(&rig).await;
    assert!(
        is(&now, &[("1", "complete"), ("2", "not_started")]),
        "{now:?}"
    );
}

#[tokio::test]
async fn late_listings() {
    for (value, appears_after) in [("after_delay", 9_999), ("when_ended", 94_999)] {
        let rig = rig(&[("listing", value)]).await;
        rig.upload("s3://b/1").await;
        rig.deploy("1").await.ok();
        let just_before = Duration::from_millis(appears_after);
        rig.simulator.advance(just_before);
        assert_eq!(deployed(&rig).await, [Value::Null; 0], "{value}");
        rig.simulator.advance(Duration::from_millis(1));
        assert_eq!(deployed(&rig).await.len(), 1, "{value}");
    }
}

#[tokio::test]
async fn a_deployed_version_may_be_deleted_and_its_id_reused() {
    let rig = rig(&[("delete_deployed", "allowed"), ("id_reuse", "reused")]).await;
    rig.serve_one_version().await;
    rig.delete(&format!("{VERSIONS}/1")).await.ok();
    // The endpoint has its own copy.
    rig.chat(ENDPOINT).await.ok();
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    let next = rig.upload("s3://b/2").await;
    assert_eq!(next["name"], "orgs/my-org/models/gpt-oss-120b/versions/1");
}

#[tokio::test]
async fn weight_uris_normalised() {
    let rig = rig(&[("weight_uri", "normalised")]).await;
    let answer = rig.upload("s3://bucket//run//7/").await;
    assert_eq!(answer["response"]["customer_s3_uri"], "s3://bucket/run/7");
    let truth = rig.simulator.versions("gpt-oss-120b").remove(0);
    assert_eq!(truth.weight_uri, "s3://bucket//run//7/");
}

#[tokio::test]
async fn fingerprints_without_suffix_tell_no_versions_apart() {
    let rig = rig(&[("fingerprint", "omitted")]).await;
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
async fn a_second_deploy_queues() {
    let rig = rig(&[]).await;
    rig.upload("s3://b/1").await;
    rig.upload("s3://b/2").await;
    rig.deploy("1").await.ok();
    rig.simulator.advance(seconds(10));
    rig.deploy("2").await.ok();
    let mut serving = Vec::new();
    let mut seen = Vec::new();
    for step in [0, 85, 5, 89, 1] {
        rig.simulator.advance(seconds(step));
        serving.push(rig.simulator.serving(ENDPOINT));
        let states = states(&rig).await;
        let states: Vec<_> = states.into_iter().map(|(_, state)| state).collect();
        seen.push(states.join(" behind "));
    }
    assert_eq!(
        seen,
        [
            "not_started behind in_progress",
            "not_started behind complete",
            "in_progress behind complete",
            "in_progress behind complete",
            "complete behind complete",
        ]
    );
    assert_eq!(serving, [None, Some(1), Some(1), Some(1), Some(2)]);
}

#[tokio::test]
async fn a_second_deploy_cancels_the_first() {
    let rig = rig(&[("second_deploy", "cancels_first")]).await;
    rig.serve_one_version().await;
    rig.upload("s3://b/2").await;
    rig.deploy("2").await.ok();
    rig.simulator.advance(seconds(50));
    rig.deploy("1").await.ok();
    let now = states(&rig).await;
    let expected = &[("1", "not_started"), ("2", "cancelled"), ("1", "complete")];
    assert!(is(&now, expected), "{now:?}");
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    rig.simulator.advance(seconds(95));
    let truth = rig.simulator.deployments(ENDPOINT);
    let ends: Vec<_> = truth.iter().map(|deployment| deployment.state).collect();
    let complete = DeploymentState::Complete;
    assert_eq!(ends, [complete, DeploymentState::Cancelled, complete]);
}

#[tokio::test]
async fn a_second_deploy_is_refused() {
    let rig = rig(&[("second_deploy", "refused")]).await;
    rig.upload("s3://b/1").await;
    rig.deploy("1").await.ok();
    let expected = json!({ "detail": format!("Endpoint '{ENDPOINT}' is being deployed to") });
    assert_eq!(rig.deploy("1").await.refusal(), (409, expected));
    rig.simulator.advance(seconds(95));
    rig.deploy("1").await.ok();
    assert_eq!(rig.simulator.deployments(ENDPOINT).len(), 2);
}

#[tokio::test]
async fn another_org_is_not_found() {
    let rig = rig(&[("other_org", "not_found")]).await;
    let expected = json!({ "detail": "Organization 'other-org' not found" });
    let answer = rig.get("orgs/other-org/models").await;
    assert_eq!(answer.refusal(), (404, expected));
}

#[tokio::test]
async fn no_response_before_the_sync_starts() {
    for (value, before) in [("absent", None), ("null", Some(&Value::Null))] {
        let rig = rig(&[("unstarted_response", value)]).await;
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
        let rig = rig(&[("done_signal", value)]).await;
        rig.upload("s3://b/1").await;
        let (done, status) = report(&rig).await;
        assert_eq!((done, status.as_str()), at_the_end, "{value}");
        rig.simulator.advance(seconds(10));
        let (done, status) = report(&rig).await;
        assert_eq!((done, status.as_str()), later, "{value}");
    }
}

#[tokio::test]
async fn words_for_ended_deployments() {
    let rig = rig(&[("completed_state", "done"), ("failed_state", "failed")]).await;
    rig.serve_one_version().await;
    let outcome = RolloutOutcome::Errors { replicas: 2 };
    rig.simulator
        .plan_rollout(ENDPOINT, outcome)
        .expect("the endpoint");
    rig.deploy("1").await.ok();
    rig.simulator.advance(seconds(95));
    let now = states(&rig).await;
    assert!(is(&now, &[("1", "failed"), ("1", "done")]), "{now:?}");
}

#[tokio::test]
async fn planned_outcomes_are_for_one_request_each() {
    let rig = rig(&[]).await;
    let status = "cancelled".to_owned();
    for outcome in [
        SyncOutcome::Fails,
        SyncOutcome::Ends { status },
        SyncOutcome::Stalls,
        SyncOutcome::Succeeds,
    ] {
        rig.simulator
            .plan_sync("gpt-oss-120b", outcome)
            .expect("the architecture");
    }
    for n in 1..=5 {
        rig.upload(&format!("s3://b/{n}")).await;
    }
    let list = rig.get(VERSIONS).await.ok();
    let list = list["model_versions"].as_array().expect("a list").clone();
    let ends: Vec<_> = list
        .iter()
        .map(|v| (&v["done"], &v["response"]["sync_status"]))
        .collect();
    let (yes, no) = (json!(true), json!(false));
    let word = |word: &str| json!(word);
    assert_eq!(
        ends,
        [
            (&yes, &word("failed")),
            (&yes, &word("cancelled")),
            (&no, &word("in_progress")),
            (&yes, &word("done")),
            (&yes, &word("done")),
        ]
    );
    for unsynced in ["1", "2", "3"] {
        assert_eq!(rig.deploy(unsynced).await.status, 409);
    }
    let outcome = RolloutOutcome::Stalls { replicas: 1 };
    rig.simulator
        .plan_rollout(ENDPOINT, outcome)
        .expect("the endpoint");
    rig.deploy("4").await.ok();
    rig.deploy("5").await.ok();
    rig.simulator.advance(seconds(1_000_000));
    let now = states(&rig).await;
    assert!(
        is(&now, &[("5", "not_started"), ("4", "in_progress")]),
        "{now:?}"
    );
    assert_eq!(rig.simulator.deployments(ENDPOINT)[0].replicas_updated, 1);

    let unknown = rig
        .simulator
        .fail_next_rollout("none")
        .expect_err("no such endpoint");
    assert_eq!(
        unknown.to_string(),
        "the simulated world has no endpoint \"none\""
    );
    let unknown = rig
        .simulator
        .fail_next_sync("none")
        .expect_err("no such architecture");
    assert_eq!(
        unknown.to_string(),
        "the simulated world has no architecture \"none\""
    );
}

#[tokio::test]
async fn the_share_of_new_answers_follows_the_replicas() {
    let rig = rig(&[]).await;
    rig.serve_one_version().await;
    rig.upload("s3://b/2").await;
    rig.deploy("2").await.ok();
    rig.simulator.advance(seconds(5));
    let mut shares = Vec::new();
    for _ in 0..5 {
        let mut of_new = 0;
        for _ in 0..4 {
            let answer = rig.chat(ENDPOINT).await.ok();
            let content = answer["choices"][0]["message"]["content"].as_str();
            of_new += u32::from(content.is_some_and(|text| text.ends_with("versions/2.")));
        }
        let updated = rig.simulator.deployments(ENDPOINT)[1].replicas_updated;
        assert_eq!(of_new, updated);
        shares.push(of_new);
        rig.simulator.advance(Duration::from_millis(22_500));
    }
    assert_eq!(shares, [0, 1, 2, 3, 4]);
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

/// Each switch has a row: name, values with the default first, why.
#[test]
fn the_readme_lists_every_switch() {
    let readme = include_str!("../README.md");
    for switch in Behaviour::SWITCHES {
        let quoted = |value: &&str| format!("`{value}`");
        let mut values: Vec<_> = switch.values.iter().map(quoted).collect();
        values[0] = format!("**{}**", values[0]);
        let row = format!("| `{}` | {} |", switch.name, values.join(", "));
        assert!(readme.contains(&row), "no row begins with {row}");
    }
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    assert_eq!(rows, Behaviour::SWITCHES.len());
}
