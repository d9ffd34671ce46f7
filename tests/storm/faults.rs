//! Every fault that the simulator knows, each in the forms that make a difference to a client.

use std::time::Duration;

use cerebras_management::ErrorKind::{self, *};
use cerebras_management_simulator::FaultAction;

/// How long the client of a fault that delays waits for one request.
pub(crate) const IMPATIENT: Duration = Duration::from_millis(500);

/// What a fault does to a request that it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing that a client may notice.
    Harmless,
    /// It passes: the next one may fare better. Whether the request was handled is in the fault.
    Passing,
    /// The service refuses, or cannot be understood, as often as it is asked.
    Lasting,
}

#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) action: FaultAction,
    /// The kinds of error that a request which it hits may end with.
    pub(crate) kinds: &'static [ErrorKind],
    /// Whether its requests take longer than an impatient client waits.
    pub(crate) slow: bool,
}

fn named(name: &'static str, way: Way, action: FaultAction, kinds: &'static [ErrorKind]) -> Named {
    Named {
        name,
        way,
        action,
        kinds,
        slow: false,
    }
}

fn status(status: u16) -> FaultAction {
    FaultAction::Status {
        status,
        retry_after: None,
    }
}

fn limited(seconds: u64) -> FaultAction {
    FaultAction::Status {
        status: 429,
        retry_after: Some(seconds.into()),
    }
}

/// Handled, and answered as if something behind it had given up. A 429 after all is not here: that
/// it was not handled is what a 429 says, and docs/assumptions.md takes it at its word.
fn done(status: u16, edge_page: bool) -> FaultAction {
    FaultAction::HandledThen {
        status,
        retry_after: None,
        edge_page,
    }
}

fn answer(status: u16, content_type: &str, body: &str) -> FaultAction {
    FaultAction::Answer {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Named> {
    use Way::{Harmless, Lasting, Passing};
    let late = u64::try_from(IMPATIENT.as_millis()).unwrap() * 3;
    let slow = |fault: Named| Named {
        slow: true,
        ..fault
    };
    vec![
        named(
            "delay",
            Harmless,
            FaultAction::Delay { milliseconds: 5 },
            &[],
        ),
        named("trickle", Harmless, trickle(64, 1), &[]),
        named("new-fields", Harmless, FaultAction::UnknownFields, &[]),
        named(
            "large",
            Harmless,
            FaultAction::HugeBody { bytes: 50_000 },
            &[],
        ),
        named(
            "new-status",
            Lasting,
            unknown_status(),
            &[Ambiguous, Conflict, OperationFailed],
        ),
        named("429", Passing, status(429), &[RateLimited]),
        named("429/0s", Passing, limited(0), &[RateLimited]),
        named("429/1h", Lasting, limited(3600), &[RateLimited]),
        named("limit", Passing, bucket(), &[RateLimited]),
        named("500", Passing, status(500), &[Unavailable]),
        named("503", Passing, status(503), &[Unavailable]),
        named(
            "edge-502",
            Passing,
            FaultAction::EdgePage { status: 502 },
            &[Unavailable],
        ),
        named("close", Passing, FaultAction::Close, &[Transport]),
        named(
            "refuse",
            Passing,
            FaultAction::Refuse { milliseconds: 3 },
            &[Transport],
        ),
        named("lose", Passing, FaultAction::LoseAnswer, &[Transport]),
        named("cut", Passing, FaultAction::CutBody, &[Transport]),
        named("done-504", Passing, done(504, false), &[Unavailable]),
        named("done-502", Passing, done(502, true), &[Unavailable]),
        slow(named(
            "late",
            Passing,
            FaultAction::Delay { milliseconds: late },
            &[Timeout],
        )),
        slow(named("slow", Passing, trickle(1, late / 4), &[Timeout])),
        named("half", Lasting, FaultAction::InvalidJson, &[Decode]),
        named("shape", Lasting, FaultAction::WrongShape, &[Decode]),
        named(
            "no-json",
            Lasting,
            answer(200, "application/json", "not JSON"),
            &[Decode],
        ),
        named(
            "huge",
            Lasting,
            FaultAction::HugeBody { bytes: 300_000 },
            &[LimitExceeded],
        ),
        named(
            "page",
            Lasting,
            answer(200, "text/html", "<html>log in"),
            &[Blocked],
        ),
        named(
            "edge-403",
            Lasting,
            FaultAction::EdgePage { status: 403 },
            &[Blocked],
        ),
        named("307", Lasting, answer(307, "text/plain", ""), &[Rejected]),
        named("400", Lasting, status(400), &[Rejected]),
        named("401", Lasting, status(401), &[Unauthorized]),
        named("403", Lasting, status(403), &[PermissionDenied]),
        named("404", Lasting, status(404), &[NotFound]),
        named("409", Lasting, status(409), &[Conflict]),
        named("422", Lasting, status(422), &[Rejected]),
    ]
}

fn trickle(bytes: usize, milliseconds: u64) -> FaultAction {
    FaultAction::Trickle {
        bytes,
        milliseconds,
    }
}

fn unknown_status() -> FaultAction {
    FaultAction::UnknownStatus {
        status: "pondering".to_owned(),
    }
}

/// One request gets through, and no other.
fn bucket() -> FaultAction {
    FaultAction::RateLimit {
        burst: 1,
        per_minute: 0,
    }
}

/// The name of the kind of a fault, as files have it.
fn kind(action: &FaultAction) -> String {
    let json = serde_json::to_value(action).unwrap();
    match json.as_object() {
        Some(fields) => fields.keys().next().unwrap().clone(),
        None => json.as_str().unwrap().to_owned(),
    }
}

/// The simulator's README lists every kind; none of them is left out here.
#[test]
fn every_kind_of_fault_is_among_them() {
    let readme = include_str!("../../crates/simulator/README.md");
    let table = readme.split("| `action` |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|row| row.starts_with('|'));
    let mut listed: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let mut here: Vec<_> = all().iter().map(|fault| kind(&fault.action)).collect();
    listed.sort_unstable();
    here.sort_unstable();
    here.dedup();
    assert_eq!(here, listed);
}
