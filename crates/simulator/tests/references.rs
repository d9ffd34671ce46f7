//! Ids and aliases: "use these aliases anywhere you would normally use an integer version ID".

mod common;

use std::time::Duration;

use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";

async fn rig() -> Rig {
    let rig = Rig::start().await;
    rig.upload("s3://b/1").await;
    rig.upload("s3://b/2").await;
    set_aliases(&rig, "2", &["production", "v2-stable"]).await;
    rig
}

async fn set_aliases(rig: &Rig, reference: &str, aliases: &[&str]) -> Value {
    let body = json!({ "version_aliases": aliases });
    rig.patch(&format!("{VERSIONS}/{reference}"), &body)
        .await
        .ok()
}

#[tokio::test]
async fn get_takes_either() {
    let rig = rig().await;
    let by_id = rig.get(&format!("{VERSIONS}/2")).await.ok();
    assert_eq!(by_id["name"], "orgs/my-org/models/gpt-oss-120b/versions/2");
    assert_eq!(rig.get(&format!("{VERSIONS}/production")).await.ok(), by_id);
    // Percent-encoded, it is the same alias.
    assert_eq!(
        rig.get(&format!("{VERSIONS}/v2%2Dstable")).await.ok(),
        by_id
    );
}

#[tokio::test]
async fn patch_takes_either_and_replaces_the_whole_list() {
    let rig = rig().await;
    let answer = set_aliases(&rig, "production", &["canary", "v2-stable", "canary"]).await;
    assert_eq!(
        answer,
        json!({
            "name": "orgs/my-org/models/gpt-oss-120b/versions/2",
            "version_aliases": ["canary", "v2-stable"]
        })
    );
    assert_eq!(rig.get(&format!("{VERSIONS}/production")).await.status, 404);

    // What it no longer holds is free for another, in two steps.
    set_aliases(&rig, "1", &["production"]).await;
    let name = rig.get(&format!("{VERSIONS}/production")).await.ok()["name"].clone();
    assert_eq!(name, "orgs/my-org/models/gpt-oss-120b/versions/1");
    set_aliases(&rig, "2", &[]).await;
    let versions = rig.simulator.versions("gpt-oss-120b");
    let aliases: Vec<_> = versions
        .iter()
        .map(|version| version.aliases.clone())
        .collect();
    assert_eq!(aliases, [vec!["production"], vec![]]);
}

#[tokio::test]
async fn an_alias_is_unique_within_its_architecture_only() {
    let rig = rig().await;
    let body = json!({
        "model_arch_id": "llama3.1-8b",
        "model": { "weight_uri": "s3://b/3", "version_aliases": ["production"] }
    });
    let answer = rig.post("orgs/my-org/models:upload", &body).await.ok();
    assert_eq!(answer["name"], "orgs/my-org/models/llama3.1-8b/versions/1");
}

#[tokio::test]
async fn delete_takes_either_and_ids_are_not_reused() {
    let rig = rig().await;
    let answer = rig.delete(&format!("{VERSIONS}/production")).await.ok();
    let message = "Deleted model version orgs/my-org/models/gpt-oss-120b/versions/2";
    assert_eq!(answer, json!({ "message": message }));
    for gone in ["2", "production", "v2-stable"] {
        assert_eq!(rig.get(&format!("{VERSIONS}/{gone}")).await.status, 404);
    }
    rig.delete(&format!("{VERSIONS}/1")).await.ok();
    let next = rig.upload("s3://b/3").await;
    assert_eq!(next["name"], "orgs/my-org/models/gpt-oss-120b/versions/3");
    set_aliases(&rig, "3", &["production"]).await;
}

#[tokio::test]
async fn deploy_takes_either_and_remembers_which() {
    let rig = rig().await;
    rig.deploy("production").await.ok();
    // The alias moves underneath; the deployment is of the version it named.
    set_aliases(&rig, "2", &[]).await;
    set_aliases(&rig, "1", &["production"]).await;
    rig.deploy("2").await.ok();
    rig.simulator.advance(Duration::from_secs(1000));
    let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    let deployed = endpoint["deployed_models"]
        .as_array()
        .expect("a list")
        .clone();
    let seen: Vec<_> = deployed
        .iter()
        .map(|d| (&d["model"], &d["version_alias"]))
        .collect();
    let name = json!("orgs/my-org/models/gpt-oss-120b/versions/2");
    assert_eq!(seen, [(&name, &json!("2")), (&name, &json!("production"))]);
}
