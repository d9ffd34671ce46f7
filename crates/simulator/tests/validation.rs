//! Requests that do not validate: what is wrong, where, in `FastAPI`'s shape.

mod common;

use cerebras_management_simulator::MANAGEMENT_KEY;
use common::{ENDPOINT, Rig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const VERSIONS: &str = "orgs/my-org/models/gpt-oss-120b/versions";
const UPLOAD: &str = "orgs/my-org/models:upload";

fn detail(text: &str) -> Value {
    json!({ "detail": text })
}

fn field(loc: &Value, msg: &str, kind: &str) -> Value {
    json!({ "loc": loc, "msg": msg, "type": kind })
}

fn upload(model: &Value) -> Value {
    json!({ "model_arch_id": "gpt-oss-120b", "model": model })
}

#[tokio::test]
async fn uploads_are_validated_field_by_field() {
    let rig = Rig::start().await;
    let aliases = json!(["ok", "Bad", 7, "ok"]);
    let pattern = "String should match pattern '^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$'";
    let required = "Field required";
    for (body, errors) in [
        (
            json!({}),
            json!([
                field(&json!(["body", "model_arch_id"]), required, "missing"),
                field(&json!(["body", "model"]), required, "missing"),
            ]),
        ),
        (
            upload(&json!({})),
            json!([field(
                &json!(["body", "model", "weight_uri"]),
                required,
                "missing"
            )]),
        ),
        (
            upload(&json!({ "weight_uri": "s3://b/w", "region": "eu" })),
            json!([field(
                &json!(["body", "model", "region"]),
                "Extra inputs are not permitted",
                "extra_forbidden",
            )]),
        ),
        (
            upload(&json!({ "weight_uri": "https://b.s3.amazonaws.com/w" })),
            json!([field(
                &json!(["body", "model", "weight_uri"]),
                "Value error, weight_uri must be an S3 URI: s3://<bucket>/<prefix>",
                "value_error",
            )]),
        ),
        (
            upload(&json!({ "weight_uri": "s3://b/w", "version_aliases": aliases })),
            json!([
                field(
                    &json!(["body", "model", "version_aliases", 1]),
                    pattern,
                    "string_pattern_mismatch",
                ),
                field(
                    &json!(["body", "model", "version_aliases", 2]),
                    "Input should be a valid string",
                    "string_type",
                ),
            ]),
        ),
        (
            upload(&json!({ "weight_uri": "s3://b/w", "version_aliases": null })),
            json!([field(
                &json!(["body", "model", "version_aliases"]),
                "Input should be a valid list",
                "list_type",
            )]),
        ),
        (
            json!([]),
            json!([field(
                &json!(["body"]),
                "Input should be a valid dictionary or object to extract fields from",
                "model_attributes_type",
            )]),
        ),
    ] {
        let answer = rig.post(UPLOAD, &body).await;
        assert_eq!(
            answer.refusal(),
            (422, json!({ "detail": errors })),
            "{body}"
        );
    }
    assert_eq!(rig.simulator.versions("gpt-oss-120b"), []);
}

#[tokio::test]
async fn aliases_and_deploys_are_validated() {
    let rig = Rig::start().await;
    rig.upload("s3://b/1").await;
    let path = format!("{VERSIONS}/1");
    let longest = format!("a{}", "b".repeat(127));
    let aliases = json!({ "version_aliases": [longest, "a1", "a-B-1"] });
    rig.patch(&path, &aliases).await.ok();
    let too_long = format!("{longest}b");
    for bad in [
        "a", &too_long, "1a", "Aa", "v1.2", "prod_eu", "a/b", "ab-", "aB", "é1", "",
    ] {
        let body = json!({ "version_aliases": [bad] });
        let (status, body) = rig.patch(&path, &body).await.refusal();
        assert_eq!(
            (status, &body["detail"][0]["type"]),
            (422, &"string_pattern_mismatch".into())
        );
    }
    assert_eq!(
        rig.simulator.versions("gpt-oss-120b")[0].aliases,
        [&longest, "a1", "a-B-1"]
    );

    let (status, _) = rig.patch(&path, &json!({ "aliases": [] })).await.refusal();
    assert_eq!(status, 422);
    let deploy = format!("endpoints/{ENDPOINT}:deployModel");
    for bad in [
        "1",
        "gpt-oss-120b",
        "orgs/my-org/models/gpt-oss-120b/versions/",
        "orgs//models/a/versions/1",
    ] {
        let (status, body) = rig.post(&deploy, &json!({ "model": bad })).await.refusal();
        assert_eq!(
            (status, &body["detail"][0]["loc"]),
            (422, &json!(["body", "model"])),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn what_is_not_json_is_refused_in_the_same_shape() {
    let rig = Rig::start().await;
    let post = async |content_type: &str, body: Vec<u8>| {
        let url = format!("{}/management/v1/{UPLOAD}", rig.simulator.base_url());
        let request = rig.client.post(url).bearer_auth(MANAGEMENT_KEY);
        let request = request.header("content-type", content_type).body(body);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.expect("JSON"))
    };
    let json_error = |at: usize| {
        let error = field(&json!(["body", at]), "JSON decode error", "json_invalid");
        (422, json!({ "detail": [error] }))
    };
    let json = "application/json";
    assert_eq!(
        post(json, b"{\n  \"model\": nope}".to_vec()).await,
        json_error(14)
    );
    assert_eq!(post(json, b"".to_vec()).await, json_error(0));
    assert_eq!(post(json, vec![0xff; 10]).await, json_error(0));
    let (status, _) = post(json, b"[".repeat(1000)).await;
    assert_eq!(status, 422);
    let (status, body) = post("text/plain", b"{}".to_vec()).await;
    assert_eq!(
        (status, &body["detail"][0]["type"]),
        (422, &"model_attributes_type".into())
    );
    let too_large = (413, detail("Request Entity Too Large"));
    assert_eq!(post(json, vec![b' '; (1 << 20) + 1]).await, too_large);

    // An answer is not many times as long as what it refuses.
    let aliases = vec![7; 100_000];
    let body = upload(&json!({ "weight_uri": "s3://b/w", "version_aliases": aliases }));
    let (status, body) = rig.post(UPLOAD, &body).await.refusal();
    assert_eq!(
        (status, body["detail"].as_array().map(Vec::len)),
        (422, Some(100))
    );
}

#[tokio::test]
async fn a_body_that_is_not_http_is_a_bad_request() {
    let rig = Rig::start().await;
    let mut stream = TcpStream::connect(rig.simulator.addr())
        .await
        .expect("a connection");
    let request = format!(
        "POST /management/v1/{UPLOAD} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\
         authorization: Bearer {MANAGEMENT_KEY}\r\ntransfer-encoding: chunked\r\n\r\nnot a size"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.ends_with(r#"{"detail":"There was an error parsing the body"}"#),
        "{answer}"
    );
}
