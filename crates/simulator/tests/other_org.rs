//! Two orgs and their keys: with the key of the one nothing of the other can be seen or changed.

mod common;

use std::collections::BTreeSet;

use cerebras_management_simulator::{Operation, WorldFile};
use common::{Answer, Rig};
use reqwest::Method;
use serde_json::{Value, json};

const ORGS: [&str; 2] = ["acme", "bolt"];

/// A world file with two orgs that differ in their names only.
fn world(other_org: &str) -> WorldFile {
    let orgs = ORGS.map(|org| {
        format!(
            r#"
            [[org]]
            name = "{org}"
            management_key = "{org}-management-key"
            inference_key = "{org}-inference-key"
            architectures = ["llama3.1-8b"]

            [[org.version]]
            architecture = "llama3.1-8b"
            weight_uri = "s3://{org}/run-1"
            aliases = ["production"]

            [[org.version]]
            architecture = "llama3.1-8b"
            weight_uri = "s3://{org}/run-2"

            [[org.endpoint]]
            id = "{org}-endpoint"
            architecture = "llama3.1-8b"
            serving = 1
            "#
        )
    });
    let behaviour = format!("[behaviour]\nother_org = \"{other_org}\"\n");
    WorldFile::parse(&(behaviour + &orgs.concat())).expect("a world")
}

/// A request that is right but for the key.
struct Case {
    operation: Operation,
    method: Method,
    path: String,
    body: Option<Value>,
}

/// Each route, with all the ways to name what belongs to an org. The deletion is the last.
fn cases(org: &str) -> Vec<Case> {
    use Operation as Op;

    let endpoint = format!("/management/v1/endpoints/{org}-endpoint");
    let org = format!("/management/v1/orgs/{org}");
    let versions = format!("{org}/models/llama3.1-8b/versions");
    let model = format!("{}/1", versions.trim_start_matches("/management/v1/"));
    let endpoint_id = endpoint.trim_start_matches("/management/v1/endpoints/");
    let upload = json!({
        "model_arch_id": "llama3.1-8b",
        "model": { "weight_uri": "s3://b/w", "version_aliases": ["candidate"] }
    });
    let aliases = json!({ "version_aliases": ["production", "ours"] });
    let chat = json!({
        "model": endpoint_id,
        "messages": [{ "role": "user", "content": "Hello!" }]
    });
    let case = |operation, method, path: String, body| Case {
        operation,
        method,
        path,
        body,
    };
    vec![
        case(
            Op::ListModelArchitectures,
            Method::GET,
            format!("{org}/models"),
            None,
        ),
        case(Op::ListModelVersions, Method::GET, versions.clone(), None),
        case(
            Op::UploadModelVersion,
            Method::POST,
            format!("{org}/models:upload"),
            Some(upload),
        ),
        case(
            Op::GetModelVersion,
            Method::GET,
            format!("{versions}/1"),
            None,
        ),
        case(
            Op::GetModelVersion,
            Method::GET,
            format!("{versions}/production"),
            None,
        ),
        case(
            Op::UpdateModelVersionAliases,
            Method::PATCH,
            format!("{versions}/1"),
            Some(aliases.clone()),
        ),
        case(
            Op::UpdateModelVersionAliases,
            Method::PATCH,
            format!("{versions}/production"),
            Some(aliases),
        ),
        case(
            Op::ListEndpoints,
            Method::GET,
            format!("{org}/endpoints"),
            None,
        ),
        case(Op::GetEndpoint, Method::GET, endpoint.clone(), None),
        case(
            Op::DeployModel,
            Method::POST,
            format!("{endpoint}:deployModel"),
            Some(json!({ "model": model })),
        ),
        case(
            Op::ChatCompletions,
            Method::POST,
            "/v1/chat/completions".into(),
            Some(chat),
        ),
        case(
            Op::DeleteModelVersion,
            Method::DELETE,
            format!("{versions}/2"),
            None,
        ),
    ]
}

#[test]
fn the_cases_are_for_every_route() {
    let operations: BTreeSet<_> = cases("acme").iter().map(|case| case.operation).collect();
    assert_eq!(operations.len(), 10, "{operations:?}");
}

/// Sends it with the keys of an org.
async fn ask(rig: &Rig, org: &str, case: &Case) -> Answer {
    let kind = match case.operation {
        Operation::ChatCompletions => "inference",
        _ => "management",
    };
    let key = format!("{org}-{kind}-key");
    let method = case.method.clone();
    rig.send(method, &case.path, &key, case.body.as_ref()).await
}

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

/// What the switch says about a request for what belongs to an org of another key.
fn refusal(other_org: &str, operation: Operation, org: &str) -> (u16, Value) {
    match (operation, other_org) {
        (Operation::ChatCompletions, _) => {
            let message =
                format!("Model {org}-endpoint does not exist or you do not have access to it.");
            let body = json!({
                "message": message,
                "type": "not_found_error",
                "param": "model",
                "code": "model_not_found"
            });
            (404, body)
        }
        (_, "forbidden") => (403, detail(&format!("No access to organization '{org}'"))),
        (Operation::GetEndpoint | Operation::DeployModel, _) => {
            (404, detail(&format!("Endpoint '{org}-endpoint' not found")))
        }
        _ => (404, detail(&format!("Organization '{org}' not found"))),
    }
}

#[tokio::test]
async fn every_route_refuses_the_key_of_another_org_and_changes_nothing() {
    for other_org in ["forbidden", "not_found"] {
        for (own, other) in [(ORGS[0], ORGS[1]), (ORGS[1], ORGS[0])] {
            let rig = Rig::with(world(other_org).into()).await;
            let before = rig.simulator.snapshot();
            for case in cases(other) {
                let answer = ask(&rig, own, &case).await;
                let asked = answer.asked.clone();
                let expected = refusal(other_org, case.operation, other);
                assert_eq!(answer.refusal(), expected, "{other_org}: {asked}");
                assert_eq!(rig.simulator.snapshot(), before, "{other_org}: {asked}");
            }
            // It was the key alone: each of these is right for whom it belongs to.
            for case in cases(other) {
                ask(&rig, other, &case).await.ok();
            }
        }
    }
}

/// What belongs to another cannot be brought to an endpoint of one's own.
#[tokio::test]
async fn the_version_of_another_org_cannot_be_deployed() {
    for other_org in ["forbidden", "not_found"] {
        let rig = Rig::with(world(other_org).into()).await;
        let before = rig.simulator.snapshot();
        for reference in ["1", "production", "99"] {
            let model = format!("orgs/bolt/models/llama3.1-8b/versions/{reference}");
            let path = "/management/v1/endpoints/acme-endpoint:deployModel";
            let body = json!({ "model": model });
            let key = "acme-management-key";
            let answer = rig.send(Method::POST, path, key, Some(&body)).await;
            let expected = refusal(other_org, Operation::UploadModelVersion, "bolt");
            assert_eq!(answer.refusal(), expected, "{other_org}: {model}");
        }
        assert_eq!(rig.simulator.snapshot(), before);
    }
}

/// When it is "not found", nothing tells what belongs to another from what does not exist.
#[tokio::test]
async fn what_is_not_found_may_as_well_not_exist() {
    let rig = Rig::with(world("not_found").into()).await;
    for (theirs, nobodys) in cases("bolt").iter().zip(&cases("nobo")) {
        let (status, body) = ask(&rig, "acme", theirs).await.refusal();
        let (expected, nobody) = ask(&rig, "acme", nobodys).await.refusal();
        let body = body.to_string().replace("bolt", "nobo");
        assert_eq!(
            (status, body),
            (expected, nobody.to_string()),
            "{}",
            theirs.path
        );
    }
}

#[tokio::test]
async fn no_list_has_anything_of_another_org() {
    let rig = Rig::with(world("forbidden").into()).await;
    for (own, other) in [(ORGS[0], ORGS[1]), (ORGS[1], ORGS[0])] {
        for case in cases(own).iter().filter(|case| case.method == Method::GET) {
            let text = ask(&rig, own, case).await.ok().to_string();
            assert!(!text.contains(other), "{}: {text}", case.path);
        }
    }
}
