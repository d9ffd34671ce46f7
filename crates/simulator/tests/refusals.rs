//! Each way to be refused, status and body.

mod common;

use cerebras_management_simulator::{
    INFERENCE_KEY, MANAGEMENT_KEY, SeedEndpoint, SeedOrg, SeedVersion, Simulator,
};
use common::{ENDPOINT, Rig};
use reqwest::Method;
use serde_json::{Value, json};

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";
const UPLOAD: &str = "orgs/my-org/models:upload";

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn upload(model: &Value) -> Value {
    json!({ "model_arch_id": "gpt-oss-120b", "model": model })
}

/// Every operation: its method and a path that is right.
fn operations() -> [(Method, String); 9] {
    [
        (Method::GET, "orgs/my-org/models".into()),
        (Method::GET, VERSIONS.into()),
        (Method::POST, UPLOAD.into()),
        (Method::GET, format!("{VERSIONS}/1")),
        (Method::PATCH, format!("{VERSIONS}/1")),
        (Method::DELETE, format!("{VERSIONS}/1")),
        (Method::GET, "orgs/my-org/endpoints".into()),
        (Method::GET, format!("endpoints/{ENDPOINT}")),
        (Method::POST, format!("endpoints/{ENDPOINT}:deployModel")),
    ]
}

#[tokio::test]
async fn every_management_route_wants_the_management_key() {
    let rig = Rig::serving_one_version().await;
    for (method, path) in operations() {
        let path = format!("/management/v1/{path}");
        for key in [INFERENCE_KEY, "another-key"] {
            let answer = rig.send(method.clone(), &path, key, None).await;
            assert_eq!(
                answer.refusal(),
                (401, detail("Invalid API key")),
                "{method} {path}"
            );
        }
        let url = format!("{}{path}", rig.simulator.base_url());
        let response = rig
            .client
            .request(method, url)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body, detail("Not authenticated"));
    }
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
}

#[tokio::test]
async fn inference_wants_the_inference_key_and_has_its_own_error_shape() {
    let rig = Rig::start().await;
    let path = "/v1/chat/completions";
    let messages = json!([{ "role": "user", "content": "Hello!" }]);
    let body = json!({ "model": ENDPOINT, "messages": messages });
    let answer = rig
        .send(Method::POST, path, MANAGEMENT_KEY, Some(&body))
        .await;
    let wrong_key = json!({
        "message": "Wrong API Key",
        "type": "invalid_request_error",
        "param": "api_key",
        "code": "wrong_api_key"
    });
    assert_eq!(answer.refusal(), (401, wrong_key));

    let answer = rig.chat("no-such-endpoint").await;
    let not_found = json!({
        "message": "Model no-such-endpoint does not exist or you do not have access to it.",
        "type": "not_found_error",
        "param": "model",
        "code": "model_not_found"
    });
    assert_eq!(answer.refusal(), (404, not_found));

    let answer = rig.chat(ENDPOINT).await;
    let not_ready = json!({
        "message": format!("Model {ENDPOINT} has no version deployed yet."),
        "type": "server_error",
        "param": "model",
        "code": "model_not_ready"
    });
    assert_eq!(answer.refusal(), (503, not_ready));

    for (body, message) in [
        (json!([]), "body: must be an object"),
        (json!({}), "body.model: field required"),
        (json!({ "model": 1 }), "body.model: must be a string"),
        (
            json!({ "model": ENDPOINT }),
            "body.messages: field required",
        ),
        (
            json!({ "model": ENDPOINT, "messages": {} }),
            "body.messages: must be a list",
        ),
        (
            json!({ "model": ENDPOINT, "messages": [] }),
            "body.messages: must not be empty",
        ),
        (
            json!({ "model": ENDPOINT, "messages": [1] }),
            "body.messages.0.role: field required",
        ),
        (
            json!({ "model": ENDPOINT, "messages": messages, "stream": true }),
            "body.stream: the simulator does not stream",
        ),
    ] {
        let answer = rig
            .send(Method::POST, path, INFERENCE_KEY, Some(&body))
            .await;
        let expected = json!({
            "message": message,
            "type": "invalid_request_error",
            "param": "validation_error",
            "code": "wrong_api_format"
        });
        assert_eq!(answer.refusal(), (400, expected));
    }
}

#[tokio::test]
async fn what_belongs_to_another_org_is_forbidden() {
    let other = SeedOrg::new("other-org")
        .keys("other-management-key", "other-inference-key")
        .architecture("gpt-oss-120b")
        .version(SeedVersion::new("gpt-oss-120b", "s3://other/weights"))
        .endpoint(SeedEndpoint::new("other-endpoint", "gpt-oss-120b").serving(1));
    let rig = Rig::with(Simulator::builder().org(other)).await;
    rig.upload("s3://my-bucket/first").await;
    let forbidden = (403, detail("No access to organization 'other-org'"));
    for (method, path) in operations()
        .into_iter()
        .filter(|(_, path)| path.contains("my-org/"))
    {
        let path = path.replace("my-org/", "other-org/");
        let body = match method {
            Method::POST => Some(upload(&json!({ "weight_uri": "s3://b/w" }))),
            Method::PATCH => Some(json!({ "version_aliases": [] })),
            _ => None,
        };
        let answer = rig.manage(method, &path, body.as_ref()).await;
        assert_eq!(answer.refusal(), forbidden, "{path}");
    }
    assert_eq!(
        rig.get("endpoints/other-endpoint").await.refusal(),
        forbidden
    );
    let model = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/1" });
    let answer = rig
        .post("endpoints/other-endpoint:deployModel", &model)
        .await;
    assert_eq!(answer.refusal(), forbidden);
    let model = json!({ "model": "orgs/other-org/models/gpt-oss-120b/versions/1" });
    let answer = rig
        .post(&format!("endpoints/{ENDPOINT}:deployModel"), &model)
        .await;
    assert_eq!(answer.refusal(), forbidden);
    // An org that does not exist looks the same.
    let (status, _) = rig.get("orgs/no-such-org/models").await.refusal();
    assert_eq!(status, 403);
    // On the inference route another's endpoint does not exist.
    assert_eq!(rig.chat("other-endpoint").await.status, 404);
    assert_eq!(rig.simulator.serving("other-endpoint"), Some(1));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let rig = Rig::start().await;
    let version = |r: &str| detail(&format!("Model version '{r}' not found"));
    for reference in [
        "1",
        "0",
        "007",
        "+1",
        "production",
        "a%2Fb",
        "18446744073709551616",
    ] {
        let path = format!("{VERSIONS}/{reference}");
        let expected = (404, version(&reference.replace("%2F", "/")));
        assert_eq!(rig.get(&path).await.refusal(), expected);
        let aliases = json!({ "version_aliases": [] });
        assert_eq!(rig.patch(&path, &aliases).await.refusal(), expected);
        assert_eq!(rig.delete(&path).await.refusal(), expected);
        if !reference.contains('%') {
            assert_eq!(rig.deploy(reference).await.refusal(), expected);
        }
    }
    let architecture = detail("Model architecture 'gpt-2' not found");
    let answer = rig.get("orgs/my-org/models/gpt-2/versions").await;
    assert_eq!(answer.refusal(), (404, architecture.clone()));
    let body = json!({ "model_arch_id": "gpt-2", "model": { "weight_uri": "s3://b/w" } });
    assert_eq!(rig.post(UPLOAD, &body).await.refusal(), (404, architecture));
    let endpoint = detail("Endpoint 'none' not found");
    assert_eq!(
        rig.get("endpoints/none").await.refusal(),
        (404, endpoint.clone())
    );
    let model = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/1" });
    let answer = rig.post("endpoints/none:deployModel", &model).await;
    assert_eq!(answer.refusal(), (404, endpoint));
    for path in [
        "/management",
        "/management/v1/orgs/my-org",
        "/v1/models",
        "/management/v1/orgs//models",
    ] {
        let answer = rig.send(Method::GET, path, MANAGEMENT_KEY, None).await;
        assert_eq!(answer.refusal(), (404, detail("Not Found")), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_not_allowed() {
    let rig = Rig::start().await;
    let answer = rig.post("orgs/my-org/models", &json!({})).await;
    assert_eq!(answer.refusal(), (405, detail("Method Not Allowed")));
    let answer = rig.get("orgs/my-org/models:upload").await;
    assert_eq!(answer.refusal(), (405, detail("Method Not Allowed")));
}

#[tokio::test]
async fn conflicts_are_409() {
    let rig = Rig::start().await;
    let first = upload(&json!({
        "weight_uri": "s3://b/1",
        "version_aliases": ["production"]
    }));
    rig.post(UPLOAD, &first).await.ok();
    let taken = (
        409,
        detail("Alias 'production' is already assigned to version 1"),
    );
    assert_eq!(rig.post(UPLOAD, &first).await.refusal(), taken);
    assert_eq!(rig.simulator.versions("gpt-oss-120b").len(), 1);

    rig.upload("s3://b/2").await;
    let aliases = json!({ "version_aliases": ["canary", "production"] });
    let answer = rig.patch(&format!("{VERSIONS}/2"), &aliases).await;
    assert_eq!(answer.refusal(), taken);
    assert_eq!(rig.simulator.versions("gpt-oss-120b")[1].aliases, [""; 0]);

    let third = upload(&json!({ "weight_uri": "s3://b/3" }));
    rig.post(UPLOAD, &third).await.ok();
    let name = "orgs/my-org/models/gpt-oss-120b/versions";
    let unsynced = (
        409,
        detail(&format!("Model version {name}/3 is not synced")),
    );
    assert_eq!(rig.deploy("3").await.refusal(), unsynced);
}

#[tokio::test]
async fn a_version_of_another_architecture_is_a_bad_request() {
    let rig = Rig::start().await;
    rig.upload("s3://b/1").await;
    let body = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/1" });
    let answer = rig
        .post("endpoints/my-org-llama3.1-8b:deployModel", &body)
        .await;
    let message = "Endpoint 'my-org-llama3.1-8b' runs orgs/my-org/models/llama3.1-8b, not \
                   orgs/my-org/models/gpt-oss-120b";
    assert_eq!(answer.refusal(), (400, detail(message)));
}
