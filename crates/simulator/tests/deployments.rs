//! Rollouts: how they queue, end, and are shown, under each switch.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{DeploymentState, RolloutOutcome, SyncOutcome};
use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";

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
    let rig = Rig::behaving(&[("replica_counts", "sent")]).await;
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

/// It is `null` as long as nothing has broken, and told as soon as something has.
#[tokio::test]
async fn rollout_error_sent() {
    let rig = Rig::behaving(&[("rollout_error", "sent")]).await;
    rig.serve_one_version().await;
    let breaks = RolloutOutcome::RollsBack { replicas: 2 };
    rig.simulator
        .plan_rollout(ENDPOINT, breaks)
        .expect("the endpoint is there");
    let answer = rig.deploy("1").await.ok();
    let told = |object: &Value| object.get("rollout_error_message").cloned();
    assert_eq!(told(&answer["response"]), Some(Value::Null));
    let mut messages = Vec::new();
    for _ in 0..3 {
        let entries = deployed(&rig).await;
        assert_eq!(told(&entries[1]), Some(Value::Null), "{entries:?}");
        messages.push((entries[0]["state"].clone(), told(&entries[0])));
        rig.simulator.advance(seconds(73));
    }
    let why = Some(json!("Replica 3 of 4 did not become ready"));
    let expected = [
        (json!("not_started"), Some(Value::Null)),
        (json!("rolling_back"), why.clone()),
        (json!("rolled_back"), why),
    ];
    assert_eq!(messages, expected);
}

#[tokio::test]
async fn no_page_publishes_an_error_in_the_list() {
    let rig = Rig::start().await;
    rig.serve_one_version().await;
    let entry = deployed(&rig).await.remove(0);
    assert_eq!(entry.get("rollout_error_message"), None);
}

#[tokio::test]
async fn deployment_dates_omitted() {
    let rig = Rig::behaving(&[("deployment_dates", "omitted")]).await;
    rig.serve_one_version().await;
    let answer = rig.deploy("1").await.ok();
    assert!(answer["response"]["created"].is_u64(), "{answer}");
    let entries = deployed(&rig).await;
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert!(entry.get("created").is_none(), "{entry}");
    }
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
        let rig = Rig::behaving(&[("past_deployments", value)]).await;
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
    let rig = Rig::behaving(&[("deployed_order", "oldest_first")]).await;
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
        let rig = Rig::behaving(&[("listing", value)]).await;
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
async fn a_second_deploy_queues() {
    let rig = Rig::behaving(&[]).await;
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
    let rig = Rig::behaving(&[("second_deploy", "cancels_first")]).await;
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
    let rig = Rig::behaving(&[("second_deploy", "refused")]).await;
    rig.upload("s3://b/1").await;
    rig.deploy("1").await.ok();
    let expected = json!({ "detail": format!("Endpoint '{ENDPOINT}' is being deployed to") });
    assert_eq!(rig.deploy("1").await.refusal(), (409, expected));
    rig.simulator.advance(seconds(95));
    rig.deploy("1").await.ok();
    assert_eq!(rig.simulator.deployments(ENDPOINT).len(), 2);
}

#[tokio::test]
async fn words_for_ended_deployments() {
    let rig = Rig::behaving(&[("completed_state", "done"), ("failed_state", "failed")]).await;
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
    let rig = Rig::behaving(&[]).await;
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
    let rig = Rig::behaving(&[]).await;
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
