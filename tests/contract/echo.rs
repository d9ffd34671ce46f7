//! The key is in no error, no value and no trace, whatever the service sends back.

use std::cell::RefCell;
use std::fmt::Write;

use cerebras_management::ErrorKind;
use serde_json::{Value, json};

use crate::harness::operations::{good_service, nine};
use crate::harness::secret::{assert_one_line, assert_without};
use crate::harness::service::{Answer, ok, page, status};
use crate::harness::{KEY, endpoint, path, published, version_1};

/// Answers that repeat the key in every place that an error is made from.
fn echoes() -> Vec<Answer> {
    let detail = format!("the key {KEY} is wrong");
    let fields = json!({"detail": [{"loc": ["header", KEY], "msg": detail, "type": KEY}]});
    let mut answers: Vec<_> = [400, 401, 403, 404, 409, 422, 429, 500, 503]
        .into_iter()
        .flat_map(|code| {
            [json!({"detail": detail}), fields.clone(), json!(KEY)].map(|body| (code, body))
        })
        .map(|(code, body)| status(code, body))
        .collect();
    let not_json = format!("Bearer {KEY}");
    answers.extend([
        Answer::text(200, "text/html", format!("<html>{KEY}</html>")),
        Answer::text(502, "text/html", format!("<html>{KEY}</html>")),
        Answer::text(200, "text/plain", &not_json),
        Answer::text(400, "text/plain", &not_json),
        // What does not parse is quoted by the parser.
        everywhere(&json!(KEY)),
        everywhere(&json!({KEY: KEY})),
        everywhere(&json!([KEY])),
        ok(json!(KEY)),
        status(307, json!(KEY)).header("location", format!("https://{KEY}.example/{KEY}")),
        // Escaped, and put together by the parser.
        Answer::text(
            400,
            "application/json",
            format!(r#"{{"detail": "\u0063{}"}}"#, &KEY[1..]),
        ),
        // Cut in the middle of the key, where an excerpt or a message ends.
        Answer::text(400, "text/plain", format!("{}{KEY}", "x".repeat(4096 - 20))),
        status(
            400,
            json!({"detail": format!("{}{KEY}", "x".repeat(300 - 20))}),
        ),
        Answer::text(
            400,
            "application/json",
            format!(
                r#"{{"detail": "{}\u0063{}"}}"#,
                "x".repeat(300 - 20),
                &KEY[1..]
            ),
        ),
    ]);
    answers
        .into_iter()
        .map(|answer| {
            answer
                .header("x-request-id", format!("req {KEY}"))
                .header("cf-ray", KEY)
        })
        .collect()
}

/// An answer to any of the nine whose every field is this, and one of the wrong type.
fn everywhere(value: &Value) -> Answer {
    ok(json!({
        "created": value,
        "deleted": value,
        "deployed_models": value,
        "done": value,
        "endpoints": value,
        "model_architectures": {"wrong": value},
        "model_versions": value,
        "name": true,
        "response": value,
        "version_aliases": value,
    }))
}

#[tokio::test]
async fn a_key_that_is_echoed_is_in_no_error() {
    for operation in nine() {
        let service = good_service().await;
        let client = service.client();
        for answer in echoes() {
            service.on(operation.method, operation.path, answer);
            let error = (operation.send)(client.clone()).await.unwrap_err();
            assert_without(&error, KEY);
            assert_one_line(&error);
        }
    }
}

/// The places of all texts in an answer, as JSON pointers.
fn texts(answer: &Value) -> Vec<String> {
    let under = |place: String, inner: &Value| {
        let deeper = texts(inner).into_iter();
        deeper
            .map(|deeper| format!("/{place}{deeper}"))
            .collect::<Vec<_>>()
    };
    match answer {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| under(name.clone(), inner))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, inner)| under(at.to_string(), inner))
            .collect(),
        Value::String(_) => vec![String::new()],
        _ => vec![],
    }
}

/// Good answers that repeat the key in one of their texts, as it is and with escapes.
#[tokio::test]
async fn a_key_in_a_good_answer_is_in_no_error_and_in_no_value() {
    let mut escaped = String::new();
    for c in KEY.chars() {
        write!(escaped, "\\u{:04x}", u32::from(c)).unwrap();
    }
    let (mut refused, mut taken) = (0, 0);
    for operation in nine() {
        let service = good_service().await;
        let client = service.client();
        let good = published::answer(operation.id);
        for place in texts(&good) {
            let mut answer = good.clone();
            let text = answer.pointer_mut(&place).unwrap();
            *text = json!(format!("{}/{KEY}", text.as_str().unwrap()));
            let plain = answer.to_string();
            for body in [plain.replace(KEY, &escaped), plain] {
                let answer = Answer::text(200, "application/json", body);
                service.on(operation.method, operation.path, answer);
                match (operation.send)(client.clone()).await {
                    Ok(shown) => {
                        taken += 1;
                        assert!(!shown.to_string().contains(&KEY[..12]), "{place}: {shown}");
                    }
                    Err(error) => {
                        refused += 1;
                        assert_without(&error, KEY);
                    }
                }
            }
        }
    }
    assert!(refused > 10 && taken > 10, "{refused} {taken}");
}

#[tokio::test]
async fn a_key_in_a_status_is_marked_in_the_value() {
    let service = good_service().await;
    let answer = published::version(false, &format!("failed for {KEY}"), &[]);
    service.on("GET", path::VERSION_1, ok(answer));
    let version = version_1(&service.client()).get().await.unwrap();
    let status = version.sync_status().unwrap().as_str();
    assert_eq!(status, "failed for [key]");
    assert!(!format!("{version:?}").contains(KEY), "{version:?}");
}

#[tokio::test]
async fn what_is_taken_out_is_marked() {
    let service = good_service().await;
    let answer = status(401, json!({"detail": format!("the key {KEY} is wrong")}));
    let answer = answer.header("x-request-id", format!("req-{KEY}"));
    service.on("GET", path::ENDPOINT, answer);
    let error = endpoint(&service.client()).get().await.unwrap_err();
    assert_eq!(error.body(), Some(r#"{"detail":"the key [key] is wrong"}"#));
    assert_eq!(error.request_id(), Some("req-[key]"));
}

thread_local! {
    /// What this thread has traced, while somebody reads it.
    static TRACED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Writes down every event and span of every thread, with all their fields. It is set once for
/// the whole process: one that is set for a thread does not see what another thread met first.
struct Traces;

struct Fields;

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        TRACED.with_borrow_mut(|traced| {
            if let Some(traced) = traced {
                writeln!(traced, "{field}={value:?}").unwrap();
            }
        });
    }
}

impl tracing::Subscriber for Traces {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Fields);
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields);
    }

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields);
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_key_that_is_echoed_is_in_no_trace() {
    tracing::subscriber::set_global_default(Traces).unwrap();
    TRACED.set(Some(String::new()));
    let service = good_service().await;
    let client = service.client();
    let mut answers = echoes();
    let good = ok(published::answer("get_model_version"));
    answers.push(good.header("x-request-id", format!("good {KEY}")));
    for answer in answers {
        service.on("GET", path::VERSION_1, answer);
        let _ = version_1(&client).get().await;
    }
    // A key that was taken for a name goes out in a path, or in the body of a write.
    for org in [KEY, "my-org"] {
        let model = client.org(org).unwrap().model("gpt-oss-120b").unwrap();
        let upload = model.upload("s3://my-bucket/run-1");
        let _ = upload.fingerprint_suffix(KEY).await;
    }
    let traced = TRACED.take().unwrap();
    for expected in [
        "message=answered",
        "status=200",
        "message=failed",
        "[key]",
        "message=is sent",
        "path=\"/management/v1/orgs/[key]/models/gpt-oss-120b/versions\"",
        "\"system_fingerprint_suffix\":\"[key]\"",
    ] {
        assert!(traced.contains(expected), "{expected} is not in {traced}");
    }
    assert!(!traced.contains(&KEY[..12]), "{traced}");
}

#[tokio::test]
async fn the_inference_key_is_in_no_error_either() {
    let inference_key = "csk-Inf3renceKey-9876543210";
    let service = good_service().await;
    let answers = [
        status(401, json!({"message": format!("bad key {inference_key}")})),
        ok(json!({"choices": inference_key})),
        page(500),
    ];
    for answer in answers {
        let answer = answer.header("x-request-id", inference_key);
        service.on("POST", "/v1/chat/completions", answer);
        let client = service.builder().inference_key(inference_key).build();
        let chat = endpoint(&client.unwrap()).chat("Hello!").await;
        let error = chat.unwrap_err();
        assert_ne!(error.kind(), ErrorKind::InvalidInput);
        assert_without(&error, inference_key);
    }
}

#[test]
fn clients_and_builders_do_not_show_their_keys() {
    let builder = crate::harness::builder("http://127.0.0.1:1").inference_key("csk-Inf3rence");
    let shown = format!("{builder:?}");
    assert_eq!(shown, "ClientBuilder { .. }");
    let client = builder.build().unwrap();
    assert_eq!(
        format!("{client:?}"),
        "Client { base_url: \"http://127.0.0.1:1\", org: None, .. }"
    );
    assert_eq!(
        format!("{:?}", endpoint(&client)),
        "Endpoint { id: EndpointId(\"my-org-gpt-oss-120b\"), .. }"
    );
}
