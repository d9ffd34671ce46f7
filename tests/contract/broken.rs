//! Connections that break, hang or flood: for each of the nine operations the whole error.

use std::time::Duration;

use cerebras_management::{Error, ErrorKind, Sent};
use futures_util::future::join_all;

use crate::harness::operations::{Operation, good_service, nine};
use crate::harness::secret::{assert_one_line, assert_without};
use crate::harness::wire::{Fault, Wire};
use crate::harness::{KEY, endpoint, path, published};

/// What is known of an answer whose head came.
const HEAD: (Option<u16>, Option<&str>) = (Some(200), Some("req-1"));
const NOTHING: (Option<u16>, Option<&str>) = (None, None);

/// What an operation ends in, and how often its own request was seen.
async fn broken(operation: &Operation, fault: Fault) -> (Error, usize) {
    let wire = Wire::start(operation, fault).await;
    let client = wire.builder().build().unwrap();
    let error = (operation.send)(client).await.unwrap_err();
    let own = operation.line();
    (
        error,
        wire.lines().iter().filter(|line| **line == own).count(),
    )
}

/// Checks all that a fault means, the whole line included.
fn check(
    operation: &Operation,
    error: &Error,
    kind: ErrorKind,
    sent: Sent,
    (status, request_id): (Option<u16>, Option<&str>),
    (says, remedy): (&str, Option<&str>),
) {
    let may = operation.writes() && sent != Sent::No;
    let line = format!(
        "{} ({}{})",
        operation.error_line(says, may, remedy),
        operation.id,
        status.map_or_else(String::new, |status| format!(
            ": HTTP {status}, request id req-1"
        )),
    );
    assert_eq!(error.to_string(), line);
    operation.check_kind(error, kind);
    assert_eq!(error.was_sent(), sent, "{line}");
    assert_eq!(error.may_have_happened(), may, "{line}");
    assert_eq!(error.status(), status, "{line}");
    assert_eq!(error.request_id(), request_id, "{line}");
    assert_eq!(error.operation(), Some(operation.id), "{line}");
    assert_eq!(error.attempts(), 1, "{line}");
    assert_one_line(error);
    assert_without(error, KEY);
}

#[tokio::test]
async fn a_refused_connection_surely_sent_nothing() {
    for operation in nine() {
        let (error, seen) = broken(&operation, Fault::Refuses).await;
        check(
            &operation,
            &error,
            ErrorKind::Transport,
            Sent::No,
            NOTHING,
            (
                "no connection: Connection refused (os error 111)",
                Some(
                    "check the base URL, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
                ),
            ),
        );
        assert_eq!(seen, 0);
    }
}

#[tokio::test]
async fn what_lies_behind_a_broken_connection_is_kept_without_its_address() {
    for operation in nine() {
        for fault in [Fault::Refuses, Fault::Closes] {
            let (error, _) = broken(&operation, fault).await;
            let sources = std::iter::successors(std::error::Error::source(&error), |e| e.source());
            let mut of_reqwest = sources.filter_map(|e| e.downcast_ref::<reqwest::Error>());
            assert_eq!(of_reqwest.next().expect("of reqwest").url(), None);
        }
    }
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_leaves_it_open() {
    for operation in nine() {
        let (error, seen) = broken(&operation, Fault::Closes).await;
        check(
            &operation,
            &error,
            ErrorKind::Transport,
            Sent::Maybe,
            NOTHING,
            (
                "the connection broke before an answer came: connection closed before message \
                 completed",
                None,
            ),
        );
        assert_eq!(seen, 1);
    }
}

#[tokio::test]
async fn an_answer_cut_short_leaves_it_open() {
    for operation in nine() {
        for (fault, cause) in [
            (Fault::CutShort, "end of file before message length reached"),
            (
                Fault::CutShortChunked,
                "unexpected EOF during chunk size line",
            ),
        ] {
            let (error, seen) = broken(&operation, fault).await;
            let says = format!("the answer was cut short: {cause}");
            let (kind, sent) = (ErrorKind::Transport, Sent::Maybe);
            check(&operation, &error, kind, sent, HEAD, (&says, None));
            assert_eq!(seen, 1);
        }
    }
}

#[tokio::test]
async fn a_refusal_cut_short_is_told_by_its_status() {
    for operation in nine() {
        let (error, seen) = broken(&operation, Fault::RefusalCutShort).await;
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.status(), Some(404));
        assert_eq!(error.request_id(), Some("req-1"));
        assert_eq!(error.was_sent(), Sent::Yes);
        assert_eq!(error.body(), Some(r#"{"detail": "No"#));
        assert_eq!(seen, 1);
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_timeout() {
    let patience = Duration::from_millis(400);
    let silences = [(Fault::Silence, NOTHING), (Fault::SilenceAfterHead, HEAD)];
    // Clients take a while to build, which is not to count.
    let mut all = Vec::new();
    for operation in nine() {
        for (fault, head) in silences {
            let wire = Wire::start(&operation, fault).await;
            let client = wire.builder().request_timeout(patience).build().unwrap();
            all.push((operation, wire, client, head));
        }
    }
    join_all(
        all.into_iter()
            .map(|(operation, wire, client, head)| async move {
                let error = (operation.send)(client).await.unwrap_err();
                // How long it took is measured, so that it is not always the same text.
                let line = error.to_string();
                let (_, rest) = line.split_once("no whole answer within ").expect(&line);
                let (seconds, _) = rest.split_once(" s").unwrap();
                assert!(seconds.parse::<f64>().unwrap() >= 0.4, "{line}");
                let says = format!("no whole answer within {seconds} s");
                let (kind, sent) = (ErrorKind::Timeout, Sent::Maybe);
                check(&operation, &error, kind, sent, head, (&says, None));
                let lines = wire.lines();
                let own = lines.iter().filter(|line| **line == operation.line());
                assert_eq!(own.count(), 1);
            }),
    )
    .await;
}

#[tokio::test]
async fn an_answer_of_40_mib_is_not_read() {
    for operation in nine() {
        for fault in [Fault::HugeAnnounced, Fault::Huge, Fault::HugeChunked] {
            let (error, seen) = broken(&operation, fault).await;
            check(
                &operation,
                &error,
                ErrorKind::LimitExceeded,
                Sent::Yes,
                HEAD,
                (
                    "the answer is larger than the limit of 33554432 bytes",
                    Some("raise ClientBuilder::response_limit"),
                ),
            );
            assert_eq!(seen, 1);
        }
    }
}

#[tokio::test]
async fn the_limit_of_an_answer_is_exact() {
    let service = good_service().await;
    let length = published::answer("get_endpoint").to_string().len();
    let limited = |bytes| service.builder().response_limit(bytes).build().unwrap();
    endpoint(&limited(length)).get().await.unwrap();
    let error = endpoint(&limited(length - 1)).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(service.lines(), vec![format!("GET {}", path::ENDPOINT); 2]);
}
