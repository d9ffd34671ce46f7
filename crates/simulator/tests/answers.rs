//! By default an answer holds the published fields, and no others.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

/// Every path to a value: `endpoints.0.created`.
fn paths(value: &Value) -> BTreeSet<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = BTreeSet::new();
    for (name, child) in children {
        all.extend(
            paths(child)
                .into_iter()
                .map(|path| format!("{name}.{path}")),
        );
        all.insert(name);
    }
    all
}

#[track_caller]
fn assert_same_fields(answer: &Value, example: &Value) {
    assert_eq!(paths(answer), paths(example), "{answer}");
}

#[tokio::test]
async fn lists_are_as_published() {
    let rig = Rig::start().await;
    let architectures = rig.get("orgs/my-org/models").await.ok();
    let published = json!({ "model_architectures": ["gpt-oss-120b", "llama3.1-8b"] });
    assert_eq!(architectures, published);

    let versions = "orgs/my-org/models/gpt-oss-120b/versions";
    assert_eq!(
        rig.get(versions).await.ok(),
        json!({ "model_versions": [] })
    );
    rig.upload("s3://my-bucket/model-weights").await;
    let model = json!({
        "weight_uri": "s3://my-bucket/model-weights-v2",
        "version_aliases": ["my-cool-version"],
        "system_fingerprint_suffix": "v2"
    });
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
    rig.post("orgs/my-org/models:upload", &body).await.ok();
    rig.simulator.advance(Duration::from_secs(60));
    assert_eq!(
        rig.get(versions).await.ok(),
        json!({ "model_versions": [
            {
                "name": "orgs/my-org/models/gpt-oss-120b/versions/1",
                "done": true,
                "response": {
                    "customer_s3_uri": "s3://my-bucket/model-weights",
                    "version_aliases": [],
                    "sync_status": "done"
                }
            },
            {
                "name": "orgs/my-org/models/gpt-oss-120b/versions/2",
                "done": false,
                "response": {
                    "customer_s3_uri": "s3://my-bucket/model-weights-v2",
                    "version_aliases": ["my-cool-version"],
                    "sync_status": "in_progress"
                }
            }
        ]})
    );
    // Only the answer for one version has the suffix, if there is one.
    let one = rig.get(&format!("{versions}/2")).await.ok();
    assert_eq!(one["response"]["system_fingerprint_suffix"], "v2");
    let without = rig.get(&format!("{versions}/1")).await.ok();
    assert_same_fields(
        &without,
        &json!({ "name": "", "done": true, "response": {
            "customer_s3_uri": "", "version_aliases": [], "sync_status": ""
        }}),
    );

    assert_eq!(
        rig.get("orgs/my-org/endpoints").await.ok(),
        json!({ "endpoints": [
            {
                "endpoint_id": "my-org-gpt-oss-120b",
                "model_arch_id": "gpt-oss-120b",
                "created": 1_736_700_000,
                "updated": 1_736_700_000,
                "org_name": "my-org"
            },
            {
                "endpoint_id": "my-org-llama3.1-8b",
                "model_arch_id": "llama3.1-8b",
                "created": 1_736_700_000,
                "updated": 1_736_700_000,
                "org_name": "my-org"
            }
        ]})
    );
}

#[tokio::test]
async fn an_endpoint_and_its_deployments_are_as_published() {
    let rig = Rig::start().await;
    let empty = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    assert_eq!(empty["deployed_models"], json!([]));
    rig.upload("s3://b/1").await;
    let answer = rig.deploy("1").await.ok();
    assert_same_fields(
        &answer,
        &json!({
            "name": "550e8400-e29b-41d4-a716-446655440000",
            "done": false,
            "response": {
                "deployment_id": "550e8400-e29b-41d4-a716-446655440000",
                "endpoint_id": "my-org-gpt-oss-120b",
                "org_name": "my-org",
                "model_arch_id": "gpt-oss-120b",
                "version_id": 1,
                "created": 1_736_700_000,
                "updated": 1_736_700_000,
                "rollout_status": "not_started"
            }
        }),
    );
    for _ in 0..3 {
        let endpoint = rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
        assert_same_fields(
            &endpoint,
            &json!({
                "name": "my-org-gpt-oss-120b",
                "model_arch_id": "gpt-oss-120b",
                "deployed_models": [{
                    "id": "550e8400-e29b-41d4-a716-446655440000",
                    "model": "orgs/my-org/models/gpt-oss-120b/versions/1",
                    "version_alias": "production-jan-12-2026-finetuned",
                    "created": 1_736_700_000,
                    "state": "complete"
                }],
                "managing_org_name": "my-org",
                "created": 1_736_600_000,
                "updated": 1_736_700_000
            }),
        );
        rig.simulator.advance(Duration::from_secs(40));
    }
}

#[tokio::test]
async fn an_inference_answer_is_openai_compatible() {
    let rig = Rig::serving_one_version().await;
    let answer = rig.chat(ENDPOINT).await.ok();
    assert_same_fields(
        &answer,
        &json!({
            "id": "",
            "object": "chat.completion",
            "created": 0,
            "model": "",
            "system_fingerprint": "",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": "" },
                "finish_reason": "stop"
            }],
            "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 }
        }),
    );
    assert_eq!(answer["object"], "chat.completion");
    // No suffix was given at upload.
    let fingerprint = answer["system_fingerprint"]
        .as_str()
        .expect("a fingerprint");
    assert_eq!(fingerprint.len(), "fp_01234567".len(), "{fingerprint}");
}
