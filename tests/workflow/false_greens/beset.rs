//! Polls that fail while a scenario runs.

use std::sync::Arc;
use std::time::Duration;

use cerebras_management_simulator::{Fault, FaultAction, Operation as Route};

use super::tally::ENDED;
use crate::harness::Rig;

/// What happens to polls, and to which of them.
#[derive(Clone, Debug)]
pub(crate) struct Beset {
    pub(crate) name: &'static str,
    action: FaultAction,
    hits: Hits,
    /// How many waits there are side by side.
    pub(crate) waits: usize,
}

/// Which of the polls are hit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hits {
    First(u64),
    After(u64, u64),
    EveryOther,
}

pub(crate) const HITS: [Hits; 3] = [Hits::First(2), Hits::After(1, 3), Hits::EveryOther];

pub(crate) const REFUSED: &str = "403";
pub(crate) const NOT_FOUND: &str = "404";
pub(crate) const UNKNOWN_STATUS: &str = "unknown status";

/// Every action that a fault can have, some of them with several values.
pub(crate) fn actions() -> Vec<(&'static str, FaultAction)> {
    let status = |status, retry_after: Option<u64>| FaultAction::Status {
        status,
        retry_after: retry_after.map(Into::into),
    };
    let answer = |body: &str| FaultAction::Answer {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    vec![
        ("late", FaultAction::Delay { milliseconds: 5 }),
        ("503", status(503, None)),
        ("429", status(429, Some(0))),
        (REFUSED, status(403, None)),
        (NOT_FOUND, status(404, None)),
        (
            "rate limit",
            FaultAction::RateLimit {
                burst: 1,
                per_minute: 0,
            },
        ),
        ("answer {}", answer("{}")),
        ("answer null", answer("null")),
        ("challenge", FaultAction::EdgePage { status: 403 }),
        ("page 200", FaultAction::EdgePage { status: 200 }),
        (
            "handled",
            FaultAction::HandledThen {
                status: 504,
                retry_after: None,
                edge_page: false,
            },
        ),
        ("down", FaultAction::Refuse { milliseconds: 5 }),
        ("closed", FaultAction::Close),
        ("lost", FaultAction::LoseAnswer),
        ("cut", FaultAction::CutBody),
        (
            "trickle",
            FaultAction::Trickle {
                bytes: 100,
                milliseconds: 1,
            },
        ),
        ("no JSON", FaultAction::InvalidJson),
        ("wrong shape", FaultAction::WrongShape),
        ("unknown fields", FaultAction::UnknownFields),
        (
            UNKNOWN_STATUS,
            FaultAction::UnknownStatus {
                status: "archived".to_owned(),
            },
        ),
        ("huge", FaultAction::HugeBody { bytes: 100_000 }),
    ]
}

impl Beset {
    pub(crate) fn new(
        (name, action): (&'static str, FaultAction),
        hits: Hits,
        waits: usize,
    ) -> Self {
        Self {
            name,
            action,
            hits,
            waits,
        }
    }

    /// `503 (First(2), 1 waits)`.
    pub(crate) fn line(&self) -> String {
        format!("{} ({:?}, {} waits)", self.name, self.hits, self.waits)
    }

    /// Has the polls fail from now on, until everything has ended and a poll more. A little later
    /// the key is refused: no wait goes on beyond that.
    pub(crate) fn begin(&self, rig: &Rig, routes: &[Route], pace: Duration) {
        for route in routes {
            let fault = Fault::on(*route, self.action.clone());
            rig.simulator.inject(match self.hits {
                Hits::First(times) => fault.times(times),
                Hits::After(after, times) => fault.after(after).times(times),
                Hits::EveryOther => fault.probability(0.5),
            });
        }
        let ended = usize::try_from(ENDED.as_secs().div_ceil(pace.as_secs())).unwrap();
        let simulator = Arc::clone(&rig.simulator);
        rig.pace.before(ended + 2, async move {
            simulator.clear_faults();
        });
        let simulator = Arc::clone(&rig.simulator);
        rig.pace.before(ended + 10, async move {
            let refused = FaultAction::Status {
                status: 401,
                retry_after: None,
            };
            simulator.inject(Fault::on_any(refused));
        });
    }
}
