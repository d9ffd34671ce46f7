//! Keys that come from a provider, and change while the client lives.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cerebras_management::{ApiKey, Client, ErrorKind, KeyFuture, KeyProvider, Sent};
use serde_json::json;

use crate::harness::operations::{good_service, nine};
use crate::harness::secret::{assert_one_line, assert_without};
use crate::harness::service::{Service, ok, page, status};
use crate::harness::{endpoint, path, published};

const OLD: &str = "csk-OldSecret-0123456789";
const NEW: &str = "csk-NewSecret-0123456789";

/// Gives one key after the other, and the last one for ever.
#[derive(Clone)]
struct Keys {
    keys: Arc<Mutex<VecDeque<&'static str>>>,
    asked: Arc<AtomicUsize>,
}

impl Keys {
    fn new(keys: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            keys: Arc::new(Mutex::new(keys.into_iter().collect())),
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl KeyProvider for Keys {
    fn key(&self) -> KeyFuture<'_> {
        Box::pin(async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let mut keys = self.keys.lock().unwrap();
            let key = match keys.len() {
                0 => return Err("the vault is empty".into()),
                1 => keys[0],
                _ => keys.pop_front().unwrap(),
            };
            Ok(ApiKey::new(key)?)
        })
    }
}

fn client(service: &Service, keys: &Keys) -> Client {
    let builder = service.builder().key_provider(keys.clone());
    builder.build().expect("a client")
}

/// The keys that requests of a method carried.
fn keys_sent(service: &Service, method: &str) -> Vec<String> {
    let requests = service.requests().into_iter();
    requests
        .filter(|request| request.method == method)
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect()
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[tokio::test]
async fn the_provider_is_asked_before_the_first_request_and_its_key_is_kept() {
    let service = good_service().await;
    let keys = Keys::new([OLD, NEW]);
    let client = client(&service, &keys);
    assert_eq!(keys.asked(), 0);
    for _ in 0..3 {
        endpoint(&client).get().await.unwrap();
    }
    assert_eq!(keys.asked(), 1);
    assert_eq!(keys_sent(&service, "GET"), vec![bearer(OLD); 3]);
}

#[tokio::test]
async fn a_key_that_is_refused_is_asked_for_once_more_and_the_request_resent() {
    for operation in nine() {
        let service = good_service().await;
        let good = ok(published::answer(operation.id));
        let refused = status(401, json!({"detail": "expired"}));
        service.in_turn(operation.method, operation.path, [refused, good]);
        let before = ok(published::answer("get_model_version"));
        let after = ok(published::version(true, "done", &[]));
        if operation.method == "PATCH" {
            service.in_turn("GET", path::VERSION_1, [before, after]);
        }
        let keys = Keys::new([OLD, NEW]);
        (operation.send)(client(&service, &keys)).await.unwrap();
        assert_eq!(keys.asked(), 2, "{}", operation.id);
        assert_eq!(
            keys_sent(&service, operation.method),
            [bearer(OLD), bearer(NEW)],
            "{}",
            operation.id
        );
        let requests = service.requests().into_iter();
        let mut bodies = requests
            .filter(|request| request.method == operation.method)
            .map(|request| request.body);
        assert_eq!(bodies.next(), bodies.next(), "{}", operation.id);
    }
}

#[tokio::test]
async fn the_new_key_is_kept_in_turn() {
    let service = good_service().await;
    let good = ok(published::answer("get_endpoint"));
    let refused = status(401, json!({"detail": "expired"}));
    service.in_turn("GET", path::ENDPOINT, [refused, good]);
    let keys = Keys::new([OLD, NEW]);
    let client = client(&service, &keys);
    endpoint(&client).get().await.unwrap();
    endpoint(&client).get().await.unwrap();
    assert_eq!(keys.asked(), 2);
    assert_eq!(
        keys_sent(&service, "GET"),
        [bearer(OLD), bearer(NEW), bearer(NEW)]
    );
}

#[tokio::test]
async fn the_same_key_again_is_not_sent_again() {
    for operation in nine() {
        let service = good_service().await;
        let refused = status(401, json!({"detail": "expired"}));
        service.on(operation.method, operation.path, refused);
        let keys = Keys::new([OLD]);
        let error = (operation.send)(client(&service, &keys)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert_eq!(error.status(), Some(401));
        assert_eq!(error.attempts(), 1);
        assert_eq!(keys.asked(), 2);
        let sent = keys_sent(&service, operation.method);
        assert_eq!(sent, [bearer(OLD)], "{}", operation.id);
    }
}

#[tokio::test]
async fn a_second_key_that_is_refused_ends_it() {
    for operation in nine() {
        let service = good_service().await;
        let refused = status(401, json!({"detail": "expired"}));
        service.on(operation.method, operation.path, refused);
        let keys = Keys::new([OLD, NEW, "csk-third"]);
        let error = (operation.send)(client(&service, &keys)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert_eq!(error.attempts(), 2);
        assert_eq!(keys.asked(), 2);
        let sent = keys_sent(&service, operation.method);
        assert_eq!(sent, [bearer(OLD), bearer(NEW)], "{}", operation.id);
    }
}

#[tokio::test]
async fn a_provider_that_has_no_second_key_says_that_the_first_was_refused() {
    let service = good_service().await;
    let refused = status(401, json!({"detail": "expired"}));
    service.on("GET", path::ENDPOINT, refused);
    let given = AtomicUsize::new(0);
    let once = move || -> KeyFuture<'static> {
        let first = given.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move {
            if first {
                return Ok(ApiKey::new(OLD)?);
            }
            Err("the vault\nis\u{1b}[31m empty".into())
        })
    };
    let client = service.builder().key_provider(once).build().unwrap();
    let error = endpoint(&client).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.attempts(), 1);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the API key was refused, and the key provider gave no \
         other: the vault is [31m empty (get_endpoint)"
    );
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn the_inference_key_can_come_from_a_provider_of_its_own() {
    let service = Service::start().await;
    let refused = status(401, json!({"message": "expired"}));
    let route = "/v1/chat/completions";
    service.in_turn("POST", route, [refused, ok(json!({"choices": []}))]);
    let keys = Keys::new([OLD, NEW]);
    let builder = service.builder().inference_key_provider(keys.clone());
    let endpoint = endpoint(&builder.build().unwrap());
    endpoint.chat("Hello!").await.unwrap();
    assert_eq!(keys.asked(), 2);
    assert_eq!(keys_sent(&service, "POST"), [bearer(OLD), bearer(NEW)]);
}

#[tokio::test]
async fn a_login_page_is_no_reason_to_ask_for_another_key() {
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, page(401));
    let keys = Keys::new([OLD, NEW]);
    let error = endpoint(&client(&service, &keys)).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Blocked);
    assert_eq!((keys.asked(), service.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_provider_that_fails_is_the_error_and_nothing_is_sent() {
    for operation in nine() {
        let service = good_service().await;
        let error = (operation.send)(client(&service, &Keys::new([]))).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert_eq!(error.was_sent(), Sent::No);
        assert_eq!(error.attempts(), 0);
        let line = error.to_string();
        let says = "the key provider gave no key: the vault is empty (";
        assert!(line.contains(says), "{line}");
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "the vault is empty");
        assert_eq!(service.requests(), []);
    }
}

#[tokio::test]
async fn what_a_provider_says_cannot_break_the_line() {
    fn fails() -> KeyFuture<'static> {
        Box::pin(async { Err("sealed:\r\n\u{1b}[31mask\u{202e} the admin\n".into()) })
    }
    let service = good_service().await;
    let client = service.builder().key_provider(fails).build().unwrap();
    let error = endpoint(&client).get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the key provider gave no key: sealed: [31mask the admin \
         (get_endpoint)"
    );
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_key_is_taken_as_a_text_or_already_checked() {
    let service = good_service().await;
    let chat = "/v1/chat/completions";
    service.on("POST", chat, ok(json!({"choices": []})));
    let (old, new) = (OLD.to_owned(), NEW.to_owned());
    let builder = || service.builder();
    for with_key in [
        builder().key(OLD).inference_key(NEW),
        builder().key(&old).inference_key(&new),
        builder().key(old.clone()).inference_key(new.clone()),
        builder()
            .key(ApiKey::new(OLD).unwrap())
            .inference_key(ApiKey::new(NEW).unwrap()),
    ] {
        let endpoint = endpoint(&with_key.build().unwrap());
        endpoint.get().await.unwrap();
        endpoint.chat("Hello!").await.unwrap();
    }
    assert_eq!(keys_sent(&service, "GET"), vec![bearer(OLD); 4]);
    assert_eq!(keys_sent(&service, "POST"), vec![bearer(NEW); 4]);
}

#[tokio::test]
async fn a_provider_that_hangs_is_a_timeout_and_nothing_is_sent() {
    fn hangs() -> KeyFuture<'static> {
        Box::pin(std::future::pending())
    }
    let service = good_service().await;
    let builder = service.builder().key_provider(hangs);
    let client = builder.request_timeout(Duration::from_millis(50)).build();
    let error = endpoint(&client.unwrap()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.was_sent(), Sent::No);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the key provider gave no key in time (get_endpoint)"
    );
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_provider_that_gives_a_wrong_key_is_told_without_showing_it() {
    let service = good_service().await;
    let keys = Keys::new(["Bearer csk-S3cretFromTheVault"]);
    let error = endpoint(&client(&service, &keys)).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the key provider gave no key: API key: byte 0: it starts \
         with \"Bearer \"; give the key alone; \"Bearer \" is added when it is sent \
         (get_endpoint)"
    );
    assert_one_line(&error);
    assert_without(&error, "csk-S3cretFromTheVault");
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn the_simulators_key_goes_to_no_other_host() {
    let keys = Keys::new(["simulated-management-key"]);
    let builder = Client::builder().key_provider(keys);
    let client = builder.base_url("https://api.example.invalid").build();
    let error = endpoint(&client.unwrap()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the API key is the simulator's, and \
         https://api.example.invalid is not a simulator on this machine; use a key of your own \
         (get_endpoint)"
    );
}

#[tokio::test]
async fn a_file_that_is_rotated_is_read_again() {
    let name = format!("cerebras-management-key-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, format!("{OLD}\n")).unwrap();
    let service = good_service().await;
    let source = file.clone();
    let from_the_file = move || -> KeyFuture<'static> {
        let read = std::fs::read_to_string(&source);
        Box::pin(async move { Ok(ApiKey::new(read?)?) })
    };
    let client = service
        .builder()
        .key_provider(from_the_file)
        .build()
        .unwrap();
    endpoint(&client).get().await.unwrap();

    std::fs::write(&file, format!("{NEW}\n")).unwrap();
    let good = ok(published::answer("get_endpoint"));
    let refused = status(401, json!({"detail": "revoked"}));
    service.in_turn("GET", path::ENDPOINT, [refused, good]);
    endpoint(&client).get().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        keys_sent(&service, "GET"),
        [bearer(OLD), bearer(OLD), bearer(NEW)]
    );
}
