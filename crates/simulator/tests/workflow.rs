//! The published workflow over real HTTP, on a clock that only the test moves.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{DeploymentState, Operation};
use common::{ENDPOINT, Rig};
use serde_json::json;

#[tokio::test]
async fn from_an_s3_uri_to_an_answer() {
    let rig = Rig::start().await;

    let uploaded = rig
        .post(
            "orgs/my-org/models:upload",
            &json!({
                "model_arch_id": "gpt-oss-120b",
                "model": {
                    "weight_uri": "s3://my-bucket/model-weights",
                    "version_aliases": ["production", "v1-stable"],
                    "system_fingerprint_suffix": "my-custom-suffix"
                }
            }),
        )
        .await;
    let name = "orgs/my-org/models/gpt-oss-120b/versions/1";
    assert_eq!(
        uploaded.ok(),
        json!({
            "name": name,
            "done": false,
            "response": {
                "customer_s3_uri": "s3://my-bucket/model-weights",
                "version_aliases": ["production", "v1-stable"],
                "sync_status": "queued"
            }
        })
    );

    let version = "orgs/my-org/models/gpt-oss-120b/versions/production";
    let mut seen = Vec::new();
    for step in [0, 5, 119, 1] {
        rig.simulator.advance(Duration::from_secs(step));
        let version = rig.get(version).await.ok();
        seen.push((
            version["done"].clone(),
            version["response"]["sync_status"].clone(),
        ));
    }
    assert_eq!(
        seen,
        [
            (json!(false), json!("queued")),
            (json!(false), json!("in_progress")),
            (json!(false), json!("in_progress")),
            (json!(true), json!("done")),
        ]
    );
    deploy_and_ask(&rig, name).await;
}

/// The second half of the workflow, for a version that is synced.
async fn deploy_and_ask(rig: &Rig, name: &str) {
    let path = format!("endpoints/{ENDPOINT}:deployModel");
    let deployed = rig.post(&path, &json!({ "model": name })).await.ok();
    let id = deployed["name"].clone();
    assert_eq!(
        deployed,
        json!({
            "name": id,
            "done": false,
            "response": {
                "deployment_id": id,
                "endpoint_id": ENDPOINT,
                "org_name": "my-org",
                "model_arch_id": "gpt-oss-120b",
                "version_id": 1,
                "created": 1_736_700_125,
                "updated": 1_736_700_125,
                "rollout_status": "not_started"
            }
        })
    );

    let mut seen = Vec::new();
    for step in [0, 5, 90] {
        rig.simulator.advance(Duration::from_secs(step));
        let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
        seen.push(endpoint["deployed_models"][0]["state"].clone());
    }
    assert_eq!(seen, ["not_started", "in_progress", "complete"]);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));

    let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    assert_eq!(
        endpoint,
        json!({
            "name": ENDPOINT,
            "model_arch_id": "gpt-oss-120b",
            "deployed_models": [{
                "id": id,
                "model": name,
                "version_alias": "1",
                "created": 1_736_700_125,
                "state": "complete"
            }],
            "managing_org_name": "my-org",
            "created": 1_736_700_000,
            "updated": 1_736_700_220
        })
    );

    let answer = rig.chat(ENDPOINT).await.ok();
    assert_eq!(answer["model"], ENDPOINT);
    let fingerprint = answer["system_fingerprint"]
        .as_str()
        .expect("a fingerprint");
    assert!(fingerprint.ends_with("_my-custom-suffix"), "{fingerprint}");
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        format!("Simulated answer from {name}.")
    );
    assert_eq!(rig.simulator.count(Operation::ChatCompletions), 1);
}

#[tokio::test]
async fn a_rollout_that_fails_leaves_the_old_version_serving() {
    let rig = Rig::serving_one_version().await;
    rig.upload("s3://my-bucket/second").await;
    rig.simulator
        .fail_next_rollout(ENDPOINT)
        .expect("a known endpoint");
    rig.deploy("2").await.ok();

    let mut states = Vec::new();
    let mut answers = Vec::new();
    for _ in 0..100 {
        let answer = rig.chat(ENDPOINT).await.ok();
        answers.push(answer["choices"][0]["message"]["content"].clone());
        let truth = rig.simulator.deployments(ENDPOINT);
        states.push(truth[1].state);
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
        rig.simulator.advance(Duration::from_secs(1));
    }
    states.dedup();
    assert_eq!(
        states,
        [
            DeploymentState::NotStarted,
            DeploymentState::InProgress,
            DeploymentState::RollingBack,
            DeploymentState::RolledBack,
        ]
    );
    let new = "Simulated answer from orgs/my-org/models/gpt-oss-120b/versions/2.";
    let of_new = answers.iter().filter(|answer| **answer == new).count();
    assert!((1..30).contains(&of_new), "{of_new} of 100");
    assert_ne!(answers[99], new);
}
