//! Alias edits and deletes whose answer is lost: what is sent to find out, and what is made of it.

use std::time::Duration;

use cerebras_management::{Client, ErrorKind, RetryPolicy, Sent};
use serde_json::json;

use crate::harness::operations::good_service;
use crate::harness::service::{Answer, Service, ok, page, status};
use crate::harness::{path, published, version_1};

fn told(code: u16) -> Answer {
    status(code, json!({"detail": "no"}))
}

fn with(aliases: &[&str]) -> Answer {
    ok(published::version(true, "done", aliases))
}

/// One that tries three times.
fn patient(service: &Service) -> Client {
    let policy = RetryPolicy::default()
        .max_attempts(3)
        .base(Duration::from_millis(1));
    service.builder().retry(policy).build().unwrap()
}

fn get() -> String {
    format!("GET {}", path::VERSION_1)
}

fn patch(body: &str) -> String {
    format!("PATCH {} {body}", path::VERSION_1)
}

fn delete() -> String {
    format!("DELETE {}", path::VERSION_1)
}

const BOTH: &str = r#"{"version_aliases":["a1","b2"]}"#;

#[tokio::test]
async fn an_edit_is_done_when_a_look_after_a_lost_answer_shows_it() {
    for answer in [
        told(503),
        page(200),
        page(403),
        ok(json!([])),
        Answer::text(200, "application/json", "{"),
    ] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&["a1"]), with(&["b2", "a1"])]);
        service.on("PATCH", path::VERSION_1, answer);
        let version = version_1(&service.client());
        let edited = version.add_alias("b2").await.unwrap();
        assert_eq!(edited.aliases(), ["b2", "a1"]);
        assert_eq!(service.lines(), [get(), patch(BOTH), get()]);
    }
}

#[tokio::test]
async fn an_edit_is_sent_again_whole_while_a_look_shows_the_list_as_it_was() {
    let service = good_service().await;
    let before = || with(&["a1"]);
    let reads = [before(), before(), before(), with(&["a1", "b2"])];
    service.in_turn("GET", path::VERSION_1, reads);
    let good = ok(published::answer("update_model_version_aliases"));
    service.in_turn("PATCH", path::VERSION_1, [told(503), told(504), good]);
    let version = version_1(&patient(&service));
    let edited = version.add_alias("b2").await.unwrap();
    assert_eq!(edited.aliases(), ["a1", "b2"]);
    let sent = [
        get(),
        patch(BOTH),
        get(),
        patch(BOTH),
        get(),
        patch(BOTH),
        get(),
    ];
    assert_eq!(service.lines(), sent);
}

#[tokio::test]
async fn an_edit_that_a_look_does_not_settle_is_in_doubt_and_told_by_its_own_failure() {
    for look in [with(&["a1"]), told(503), told(404), page(200)] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&["a1"]), look]);
        service.on("PATCH", path::VERSION_1, told(500));
        let error = version_1(&service.client()).add_alias("b2").await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Unavailable, Some(500))
        );
        assert_eq!(error.operation(), Some("update_model_version_aliases"));
        assert_eq!((error.was_sent(), error.attempts()), (Sent::Maybe, 1));
        assert!(error.may_have_happened());
        assert_eq!(service.lines(), [get(), patch(BOTH), get()]);
    }
}

#[tokio::test]
async fn an_edit_that_was_refused_is_not_looked_for() {
    for code in [400, 403, 404, 409, 422] {
        let service = good_service().await;
        service.on("GET", path::VERSION_1, with(&["a1"]));
        service.on("PATCH", path::VERSION_1, told(code));
        let error = version_1(&patient(&service)).add_alias("b2").await;
        let error = error.unwrap_err();
        assert_eq!(error.status(), Some(code));
        assert!(!error.may_have_happened());
        assert_eq!(service.lines(), [get(), patch(BOTH)]);
    }
}

#[tokio::test]
async fn a_404_to_a_delete_after_an_unanswered_one_is_success() {
    let service = good_service().await;
    service.on("GET", path::VERSION_1, with(&[]));
    service.in_turn("DELETE", path::VERSION_1, [told(503), told(404)]);
    let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
    let deleted = delete_it.await.unwrap();
    assert_eq!(deleted.message, None);
    assert_eq!(deleted.version.name(), crate::harness::VERSION_1);
    assert_eq!(service.lines(), [get(), delete(), get(), delete()]);
}

#[tokio::test]
async fn a_404_to_a_delete_without_an_unanswered_one_is_none() {
    for first in [vec![], vec![told(429)]] {
        let service = good_service().await;
        service.on("GET", path::VERSION_1, with(&[]));
        let answers = first.into_iter().chain([told(404)]);
        service.in_turn("DELETE", path::VERSION_1, answers);
        let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
        let error = delete_it.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::NotFound, Some(404))
        );
        assert!(!error.may_have_happened());
    }
}

/// The first may have deleted it, so that the second found nothing to delete.
#[tokio::test]
async fn an_answer_that_nothing_was_deleted_does_not_settle_an_unanswered_delete() {
    for (look, gone) in [(told(404), true), (with(&[]), false)] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&[]), with(&[]), look]);
        let no = ok(json!({"name": crate::harness::VERSION_1, "deleted": false}));
        service.in_turn("DELETE", path::VERSION_1, [told(503), no]);
        let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
        let result = delete_it.await;
        assert_eq!(service.lines(), [get(), delete(), get(), delete(), get()]);
        if gone {
            assert_eq!(result.unwrap().message, None);
            continue;
        }
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Rejected, 2));
        assert!(error.may_have_happened(), "the first may come late");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_success_counts_as_an_attempt() {
    for (body, in_doubt) in [
        (json!({"deleted": false}), false),
        (json!({"name": "orgs/o/models/m/versions/9"}), true),
    ] {
        let service = good_service().await;
        service.on("GET", path::VERSION_1, with(&[]));
        service.in_turn("DELETE", path::VERSION_1, [told(429), ok(body)]);
        let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
        let error = delete_it.await.unwrap_err();
        assert_eq!((error.was_sent(), error.attempts()), (Sent::Yes, 2));
        assert_eq!(error.may_have_happened(), in_doubt);
    }
    // Read back as before; and the answer is about another version.
    let ours = ok(published::answer("update_model_version_aliases"));
    let other = ok(json!({"name": "orgs/o/models/m/versions/9", "version_aliases": []}));
    for answer in [ours, other] {
        let service = good_service().await;
        service.on("GET", path::VERSION_1, with(&["a1"]));
        service.in_turn("PATCH", path::VERSION_1, [told(429), answer]);
        let error = version_1(&patient(&service)).add_alias("b2").await;
        let error = error.unwrap_err();
        assert_eq!((error.was_sent(), error.attempts()), (Sent::Yes, 2));
        assert!(error.may_have_happened());
    }
}

/// 429 is an answer: what is found out before the next attempt comes after a request.
#[tokio::test]
async fn what_a_look_between_two_attempts_shows_comes_after_a_request() {
    let service = good_service().await;
    service.in_turn("GET", path::VERSION_1, [with(&["a1"]), with(&["theirs"])]);
    service.on("PATCH", path::VERSION_1, told(429));
    let error = version_1(&patient(&service)).add_alias("b2").await;
    let edited = error.unwrap_err();

    let mut others = published::version(true, "done", &[]);
    others["response"]["customer_s3_uri"] = json!("s3://b/other");
    let mut errors = vec![edited];
    for look in [ok(others), with(&["theirs"])] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&[]), look]);
        service.on("DELETE", path::VERSION_1, told(429));
        let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
        errors.push(delete_it.await.unwrap_err());
    }
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!((error.was_sent(), error.attempts()), (Sent::Yes, 1));
        assert!(!error.may_have_happened(), "{error}");
    }
}

/// Something in front of the service does not know which versions there are.
#[tokio::test]
async fn a_page_is_no_word_that_a_version_is_gone() {
    let service = good_service().await;
    service.on("GET", path::VERSION_1, with(&[]));
    service.in_turn("DELETE", path::VERSION_1, [told(503), page(404)]);
    let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
    let error = delete_it.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::NotFound, Some(404))
    );
    assert!(
        error.may_have_happened(),
        "of the first one nothing is known"
    );
    assert_eq!(service.lines(), [get(), delete(), get(), delete(), get()]);
}

#[tokio::test]
async fn a_version_that_a_look_does_not_find_is_deleted() {
    for answer in [told(503), page(200), ok(json!([]))] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&[]), told(404)]);
        service.on("DELETE", path::VERSION_1, answer);
        let delete_it = version_1(&service.client()).delete().even_if_deployed();
        assert_eq!(delete_it.await.unwrap().message, None);
        assert_eq!(service.lines(), [get(), delete(), get()]);
    }
}

#[tokio::test]
async fn a_delete_that_a_look_does_not_settle_is_in_doubt() {
    for look in [with(&[]), told(503), page(404)] {
        let service = good_service().await;
        service.in_turn("GET", path::VERSION_1, [with(&[]), look]);
        service.on("DELETE", path::VERSION_1, told(500));
        let delete_it = version_1(&service.client()).delete().even_if_deployed();
        let error = delete_it.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Unavailable, Some(500))
        );
        assert!(error.may_have_happened());
        assert_eq!(service.lines(), [get(), delete(), get()]);
    }
}

#[tokio::test]
async fn what_has_become_of_an_id_is_seen_by_its_weights_its_suffix_and_its_end() {
    let mut before = published::version(true, "done", &[]);
    before["response"]["system_fingerprint_suffix"] = json!("run-1");
    let changed = |pointer: &str, value| {
        let mut now = before.clone();
        *now.pointer_mut(pointer).expect(pointer) = value;
        now
    };
    for (now, is_another) in [
        (before.clone(), false),
        (
            changed("/response/version_aliases", json!(["idem-1"])),
            false,
        ),
        (
            changed("/response/customer_s3_uri", json!("s3://b/other")),
            true,
        ),
        (changed("/response/customer_s3_uri", json!(null)), true),
        (
            changed("/response/system_fingerprint_suffix", json!("x")),
            true,
        ),
        (changed("/done", json!(false)), true),
    ] {
        let service = good_service().await;
        service.in_turn(
            "GET",
            path::VERSION_1,
            [ok(before.clone()), ok(now.clone())],
        );
        let good = ok(published::answer("delete_model_version"));
        service.in_turn("DELETE", path::VERSION_1, [told(503), good]);
        let delete_it = version_1(&patient(&service)).delete().even_if_deployed();
        let result = delete_it.await.map_err(|error| error.kind());
        let sent = service.lines().into_iter().filter(|line| *line == delete());
        let expected = if is_another { 1 } else { 2 };
        assert_eq!(sent.count(), expected, "{now}");
        let kind = result.map(drop).err();
        assert_eq!(kind, is_another.then_some(ErrorKind::Ambiguous), "{now}");
    }
}
