//! When a request is sent again, counted at the service.

use std::time::{Duration, Instant};

use cerebras_management::{ErrorKind, RetryPolicy};
use serde_json::json;

use crate::harness::operations::{Operation, good_service, nine};
use crate::harness::service::{Answer, Service, ok, page, status};
use crate::harness::wire::{Fault, Wire};
use crate::harness::{endpoint, path, published};

/// Three attempts, quickly.
fn three() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(3)
        .base(Duration::from_millis(1))
        .cap(Duration::from_millis(2))
}

fn reads() -> impl Iterator<Item = Operation> {
    nine().into_iter().filter(|operation| !operation.writes())
}

fn writes() -> impl Iterator<Item = Operation> {
    nine().into_iter().filter(Operation::writes)
}

/// The writes that nothing tells to be safe to repeat. See `lost_answers` for the others.
fn posts() -> impl Iterator<Item = Operation> {
    writes().filter(|operation| operation.method == "POST")
}

/// How often the own request of an operation came.
fn own(operation: &Operation, lines: &[String]) -> usize {
    let own = lines
        .iter()
        .filter(|line| line.starts_with(&operation.line()));
    own.count()
}

fn refused(code: u16) -> Answer {
    status(code, json!({"detail": "no"}))
}

#[tokio::test]
async fn a_read_is_repeated_until_its_attempts_are_used_up() {
    for operation in reads() {
        for code in [408, 429, 500, 502, 503, 504] {
            let service = good_service().await;
            service.on("GET", operation.path, refused(code));
            let client = service.builder().retry(three()).build().unwrap();
            let error = (operation.send)(client).await.unwrap_err();
            assert_eq!(error.status(), Some(code));
            assert_eq!(error.attempts(), 3);
            let trailer = format!("({}: HTTP {code}, 3 attempts)", operation.id);
            assert!(error.to_string().ends_with(&trailer), "{error}");
            assert_eq!(own(&operation, &service.lines()), 3);
        }
    }
}

#[tokio::test]
async fn a_read_ends_well_when_a_later_attempt_does() {
    for operation in reads() {
        let service = good_service().await;
        let good = ok(published::answer(operation.id));
        let answers = [page(502), refused(429), good];
        service.in_turn("GET", operation.path, answers);
        let client = service.builder().retry(three()).build().unwrap();
        (operation.send)(client).await.unwrap();
        assert_eq!(service.lines(), vec![operation.line(); 3]);
    }
}

#[tokio::test]
async fn a_read_is_repeated_after_a_connection_that_broke() {
    for operation in reads() {
        for (fault, kind, seen) in [
            (Fault::Refuses, ErrorKind::Transport, 0),
            (Fault::Closes, ErrorKind::Transport, 3),
            (Fault::CutShort, ErrorKind::Transport, 3),
            (Fault::Silence, ErrorKind::Timeout, 3),
        ] {
            let wire = Wire::start(&operation, fault).await;
            let builder = wire.builder().retry(three());
            let quickly = builder.request_timeout(Duration::from_millis(100));
            let error = (operation.send)(quickly.build().unwrap())
                .await
                .unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (kind, 3), "{error}");
            assert_eq!(own(&operation, &wire.lines()), seen, "{error}");
        }
    }
}

#[tokio::test]
async fn what_repeating_cannot_mend_is_not_repeated() {
    for operation in nine() {
        let service = good_service().await;
        let client = service.builder().retry(three()).build().unwrap();
        let mut answers: Vec<_> = [400, 401, 403, 404, 409, 410, 422].map(refused).into();
        answers.extend([page(200), page(403), page(429), ok(json!([]))]);
        for answer in answers {
            service.on(operation.method, operation.path, answer);
            let error = (operation.send)(client.clone()).await.unwrap_err();
            assert_eq!(error.attempts(), 1);
            let lines: Vec<_> = service.forget().map(|request| request.line()).collect();
            assert_eq!(own(&operation, &lines), 1, "{error}");
        }
    }
}

#[tokio::test]
async fn an_upload_or_deploy_that_may_have_happened_is_not_repeated() {
    for operation in posts() {
        for code in [408, 500, 502, 503, 504] {
            let service = good_service().await;
            service.on(operation.method, operation.path, refused(code));
            let client = service.builder().retry(three()).build().unwrap();
            let error = (operation.send)(client).await.unwrap_err();
            assert!(error.may_have_happened(), "{error}");
            assert_eq!(own(&operation, &service.lines()), 1, "{error}");
        }
        for fault in [
            Fault::Closes,
            Fault::CutShort,
            Fault::CutShortChunked,
            Fault::Silence,
            Fault::SilenceAfterHead,
        ] {
            let wire = Wire::start(&operation, fault).await;
            let builder = wire.builder().retry(three());
            let quickly = builder.request_timeout(Duration::from_millis(300));
            let error = (operation.send)(quickly.build().unwrap())
                .await
                .unwrap_err();
            assert!(error.may_have_happened(), "{error}");
            assert_eq!(own(&operation, &wire.lines()), 1, "{error}");
        }
    }
}

#[tokio::test]
async fn a_write_that_surely_was_not_processed_is_repeated() {
    for operation in posts() {
        let wire = Wire::start(&operation, Fault::Refuses).await;
        let client = wire.builder().retry(three()).build().unwrap();
        let error = (operation.send)(client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert_eq!(error.attempts(), 3);
        assert!(!error.may_have_happened());
    }
    for operation in writes() {
        let service = good_service().await;
        let good = ok(published::answer(operation.id));
        let answers = [refused(429), refused(429), good];
        service.in_turn(operation.method, operation.path, answers);
        let client = service.builder().retry(three()).build().unwrap();
        let before = ok(published::answer("get_model_version"));
        let after = ok(published::version(true, "done", &[]));
        if operation.method == "PATCH" {
            // It is read before each attempt, and after the last.
            let reads = [before.clone(), before.clone(), before, after];
            service.in_turn("GET", path::VERSION_1, reads);
        }
        (operation.send)(client).await.unwrap();
        let mut requests: Vec<_> = service.forget().collect();
        requests.retain(|request| request.method == operation.method);
        assert_eq!(requests.len(), 3, "{}", operation.id);
        assert_eq!(requests, vec![requests[0].clone(); 3]);
    }
}

#[tokio::test]
async fn the_repeats_of_all_clones_come_out_of_one_budget() {
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, refused(503));
    let often = three().max_attempts(1000);
    let client = service.builder().retry(often).build().unwrap();
    let first = endpoint(&client).get().await.unwrap_err();
    assert_eq!(first.attempts(), 101);
    assert_eq!(service.lines().len(), 101);
    let second = endpoint(&client.clone()).get().await.unwrap_err();
    assert_eq!(second.attempts(), 1);
    assert_eq!(service.lines().len(), 102);

    // Calls that succeed fill it again.
    let good = ok(published::answer("get_endpoint"));
    service.on("GET", path::ENDPOINT, good);
    for _ in 0..5 {
        endpoint(&client).get().await.unwrap();
    }
    service.on("GET", path::ENDPOINT, refused(503));
    let third = endpoint(&client).get().await.unwrap_err();
    assert_eq!(third.attempts(), 2);
}

#[tokio::test]
async fn a_retry_after_beyond_the_time_of_the_call_is_told_at_once() {
    for operation in nine() {
        let service = good_service().await;
        let later = refused(429).header("retry-after", "121");
        service.on(operation.method, operation.path, later);
        // 120 s for the whole call.
        let client = service.builder().retry(three()).build().unwrap();
        let started = Instant::now();
        let error = (operation.send)(client).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(60));
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(121)));
        assert_eq!(own(&operation, &service.lines()), 1);
    }
}

#[tokio::test]
async fn a_retry_after_within_the_time_of_the_call_is_waited_for() {
    let service = Service::start().await;
    let good = ok(published::answer("get_endpoint"));
    let later = refused(503).header("retry-after", "1");
    service.in_turn("GET", path::ENDPOINT, [later, good]);
    let client = service.builder().retry(three()).build().unwrap();
    let started = Instant::now();
    endpoint(&client).get().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(service.lines().len(), 2);
}

#[tokio::test]
async fn a_call_ends_with_its_time_whatever_attempts_are_left() {
    let operation = nine()
        .into_iter()
        .find(|operation| operation.id == "get_endpoint");
    let wire = Wire::start(&operation.unwrap(), Fault::Silence).await;
    let builder = wire.builder().retry(three().max_attempts(1000));
    let client = builder
        .request_timeout(Duration::from_millis(100))
        .call_timeout(Duration::from_millis(250));
    let started = Instant::now();
    let error = endpoint(&client.build().unwrap()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() >= Duration::from_millis(250));
    assert!(error.attempts() <= 4, "{error}");
}

#[tokio::test]
async fn no_time_is_too_long_to_be_given() {
    let service = good_service().await;
    let client = service
        .builder()
        .connect_timeout(Duration::MAX)
        .request_timeout(Duration::MAX)
        .call_timeout(Duration::MAX)
        .retry(
            RetryPolicy::default()
                .base(Duration::MAX)
                .cap(Duration::MAX),
        );
    endpoint(&client.build().unwrap()).get().await.unwrap();
}

#[tokio::test]
async fn repeats_take_from_the_budget_and_a_success_puts_back_what_it_took() {
    let service = good_service().await;
    let client = service.builder().retry(three().budget(5)).build().unwrap();
    let good = ok(published::answer("get_endpoint"));
    for _ in 0..3 {
        service.in_turn("GET", path::ENDPOINT, [refused(503), good.clone()]);
        endpoint(&client).get().await.unwrap();
    }
    service.on("GET", path::ENDPOINT, refused(503));
    for attempts in [2, 1, 1] {
        let error = endpoint(&client).get().await.unwrap_err();
        assert_eq!(error.attempts(), attempts);
    }
    let endless = three().budget(0).without_budget();
    let client = service.builder().retry(endless).build().unwrap();
    let error = endpoint(&client).get().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
}
