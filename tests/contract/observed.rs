//! Who watches the answers of a client gets each as it came, without the key.

use std::sync::{Arc, Mutex};

use cerebras_management::RawAnswer;
use serde_json::{Value, json};

use crate::harness::KEY;
use crate::harness::operations::{good_service, nine};
use crate::harness::service::{Service, ok, page, status};

type Seen = Arc<Mutex<Vec<RawAnswer>>>;

/// A watched client of a service, and what it sees.
fn watched(service: &Service) -> (cerebras_management::Client, Seen) {
    let seen = Seen::default();
    let into = Arc::clone(&seen);
    let builder = service.builder();
    let builder = builder.on_answer(move |answer| into.lock().unwrap().push(answer.clone()));
    (builder.build().unwrap(), seen)
}

#[tokio::test]
async fn each_answer_of_each_operation_is_shown_as_it_came() {
    for operation in nine() {
        let service = good_service().await;
        let (client, seen) = watched(&service);
        // An edit that is not read back as it was written is an error; its answers came all the same.
        let _ = (operation.send)(client).await;
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), service.lines().len(), "{}", operation.id);
        let answers = seen.iter().filter(|it| it.operation() == operation.id);
        let [answer] = answers.collect::<Vec<_>>()[..] else {
            panic!("{}: {seen:?}", operation.id);
        };
        assert_eq!(answer.status(), 200);
        assert!(answer.header_names().contains(&"content-type".to_owned()));
        let body: Value = serde_json::from_slice(answer.body()).expect("JSON");
        let published = crate::harness::published::answer(operation.id);
        assert_eq!(body, published, "{}", operation.id);
    }
}

/// What cannot be made anything of is shown too: that is when it is wanted.
#[tokio::test]
async fn refusals_pages_and_what_does_not_parse_are_shown_without_the_key() {
    let echo = json!({ "detail": format!("no {KEY}"), "more": KEY });
    for (answer, code) in [
        (status(403, echo.clone()), 403),
        (page(200), 200),
        (page(503), 503),
        (ok(json!({ "model_architectures": 7, "echo": echo })), 200),
    ] {
        let service = Service::start().await;
        let path = "/management/v1/orgs/my-org/models";
        let answer = answer.header(KEY, KEY).header("x-more", KEY);
        service.on("GET", path, answer);
        let (client, seen) = watched(&service);
        let org = client.org("my-org").unwrap();
        org.architectures().await.expect_err("it is no list");
        let seen = seen.lock().unwrap();
        let first = seen.first().expect("an answer");
        assert_eq!(first.status(), code);
        assert!(!first.body().is_empty());
        assert!(first.header_names().contains(&"x-more".to_owned()));
        let body = String::from_utf8_lossy(first.body());
        let all = format!("{body} {first:?} {}", first.header_names().join(" "));
        assert!(!all.to_lowercase().contains(&KEY.to_lowercase()), "{all}");
    }
}
