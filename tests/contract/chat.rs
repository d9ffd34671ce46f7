//! The one chat request: what it sends, and what it makes of the answer.

use cerebras_management::ErrorKind;
use serde_json::json;

use crate::harness::endpoint;
use crate::harness::service::{Request, Service, ok, status};

const PATH: &str = "/v1/chat/completions";
const INFERENCE_KEY: &str = "csk-inference-0123456789";

fn request(body: serde_json::Value) -> Request {
    let authorization = format!("Bearer {INFERENCE_KEY}");
    Request::expected("POST", PATH)
        .with_body(body)
        .with_header(("authorization".to_owned(), authorization))
        .with_header(("accept".to_owned(), "*/*".to_owned()))
}

#[tokio::test]
async fn a_chat_goes_to_the_inference_route_with_the_inference_key() {
    let service = Service::start().await;
    let answer = json!({
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi!"}}],
        "system_fingerprint": "fp_8d2f-run-42",
        "usage": {"total_tokens": 12},
    });
    service.on("POST", PATH, ok(answer));
    let client = service.builder().inference_key(INFERENCE_KEY).build();
    let endpoint = endpoint(&client.unwrap());
    let chat = endpoint.chat("Hello!").await.unwrap();
    assert_eq!(chat.text, "Hi!");
    assert_eq!(chat.system_fingerprint.as_deref(), Some("fp_8d2f-run-42"));
    endpoint.chat("Again").max_tokens(7).await.unwrap();
    assert_eq!(
        service.requests(),
        [
            request(json!({
                "model": "my-org-gpt-oss-120b",
                "messages": [{"role": "user", "content": "Hello!"}],
            })),
            request(json!({
                "model": "my-org-gpt-oss-120b",
                "messages": [{"role": "user", "content": "Again"}],
                "max_completion_tokens": 7,
            })),
        ]
    );
}

#[tokio::test]
async fn an_answer_without_text_is_empty() {
    for answer in [
        json!({}),
        json!({"choices": []}),
        json!({"choices": [{"message": {"role": "assistant"}}], "system_fingerprint": null}),
        json!({"choices": [{"message": {"content": null}}]}),
    ] {
        let service = Service::start().await;
        service.on("POST", PATH, ok(answer));
        let client = service.builder().inference_key(INFERENCE_KEY).build();
        let chat = endpoint(&client.unwrap()).chat("Hello!").await.unwrap();
        assert_eq!((chat.text.as_str(), chat.system_fingerprint), ("", None));
    }
}

#[tokio::test]
async fn a_refused_inference_key_is_told_from_the_management_key() {
    let service = Service::start().await;
    let refused = json!({"message": "Wrong API Key", "type": "x", "param": "y", "code": "z"});
    service.on("POST", PATH, status(401, refused));
    let client = service.builder().inference_key(INFERENCE_KEY).build();
    let chat = endpoint(&client.unwrap()).chat("Hello!").await;
    let error = chat.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        error.to_string(),
        "chat with my-org-gpt-oss-120b: the API key was refused: \"Wrong API Key\"; use an \
         inference key; it is not the management key, and it is found under \"API keys\" at \
         https://cloud.cerebras.ai (chat_completions: HTTP 401)"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_chat_completion_is_told_with_its_head() {
    let service = Service::start().await;
    let answer = ok(json!({"choices": 7})).header("x-request-id", "req-1");
    service.on("POST", PATH, answer);
    let client = service.builder().inference_key(INFERENCE_KEY).build();
    let chat = endpoint(&client.unwrap()).chat("Hello!").await;
    assert_eq!(
        chat.unwrap_err().to_string(),
        "chat with my-org-gpt-oss-120b: the answer is not what the published API answers: invalid \
         type: integer `7`, expected a sequence at line 1 column 12 (chat_completions: HTTP 200, \
         request id req-1)"
    );
}
