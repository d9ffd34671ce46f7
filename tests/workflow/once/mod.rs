//! Uploads, deployments and rollbacks whose answers are lost, whose futures are dropped, and which
//! others do at the same time: what reached the service, and what the caller was told of it.

mod deploys;
mod dropped;
mod keys;
mod rollback;
mod serving;
mod uploads;

use std::time::Duration;

use cerebras_management::{Error, ErrorKind, Pending, Resumed};
use cerebras_management_simulator::{Behaviour, Fault, FaultAction, Operation as Route};

use crate::harness::{ARCHITECTURE, ENDPOINT, Rig, two_versions};

/// What goes wrong with a request, and what that means for a write.
pub(crate) struct Trouble {
    action: FaultAction,
    /// Whether the service handles the request.
    handled: bool,
    /// What the client can make of it.
    means: Means,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Means {
    /// It surely was not processed.
    NotProcessed,
    /// It may have been; another attempt may fare better.
    Silence,
    /// It may have been; another attempt would end the same way.
    Unusable,
}

fn status(status: u16) -> FaultAction {
    FaultAction::Status {
        status,
        retry_after: None,
    }
}

fn answer(content_type: &str, body: &str) -> FaultAction {
    FaultAction::Answer {
        status: 200,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    }
}

/// Everything that can go wrong with one request, but for delays.
fn troubles() -> Vec<Trouble> {
    let trouble = |action, handled, means| Trouble {
        action,
        handled,
        means,
    };
    vec![
        trouble(status(429), false, Means::NotProcessed),
        trouble(FaultAction::Close, false, Means::Silence),
        trouble(status(500), false, Means::Silence),
        trouble(status(503), false, Means::Silence),
        trouble(FaultAction::EdgePage { status: 502 }, false, Means::Silence),
        trouble(
            FaultAction::EdgePage { status: 403 },
            false,
            Means::Unusable,
        ),
        trouble(answer("text/html", "<html>"), false, Means::Unusable),
        trouble(answer("application/json", "{"), false, Means::Unusable),
        trouble(FaultAction::LoseAnswer, true, Means::Silence),
        trouble(FaultAction::CutBody, true, Means::Silence),
        trouble(FaultAction::InvalidJson, true, Means::Unusable),
        trouble(FaultAction::WrongShape, true, Means::Unusable),
    ]
}

/// Which requests for the write it hits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hits {
    TheFirst,
    /// The first is answered with 429.
    TheSecond,
    All,
}

impl Hits {
    const EACH: [Self; 3] = [Self::TheFirst, Self::TheSecond, Self::All];

    fn inject(self, rig: &Rig, route: Route, action: &FaultAction) {
        let fault = Fault::on(route, action.clone());
        let fault = match self {
            Self::TheFirst => fault.once(),
            Self::TheSecond => {
                rig.simulator.inject(Fault::on(route, status(429)).once());
                fault.nth(2)
            }
            Self::All => fault,
        };
        rig.simulator.inject(fault);
    }

    /// How many requests are answered with 429 before it.
    fn refused(self) -> u64 {
        u64::from(self == Self::TheSecond)
    }
}

async fn rig(behaviour: Behaviour) -> Rig {
    Rig::with(two_versions().behaviour(behaviour)).await
}

/// A behaviour with some switches set.
fn with(switches: &[(&str, &str)]) -> Behaviour {
    let mut behaviour = Behaviour::default();
    for (name, value) in switches {
        behaviour.set(name, value).unwrap();
    }
    behaviour
}

/// How many of the requests for a write the service has handled, and how many there were.
fn reached(rig: &Rig, route: Route) -> (usize, u64) {
    let journal = rig.simulator.journal();
    let handled = journal
        .iter()
        .filter(|e| e.operation == Some(route) && e.handled);
    (handled.count(), rig.simulator.count(route))
}

/// The ids of the versions beyond the first two.
fn made(rig: &Rig) -> Vec<u64> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.iter().map(|v| v.id).filter(|id| *id > 2).collect()
}

/// The ids of the deployments beyond the first.
fn deployed(rig: &Rig) -> Vec<String> {
    let deployments = rig.simulator.deployments(ENDPOINT);
    deployments.into_iter().skip(1).map(|d| d.id).collect()
}

/// What is needed to settle a write that is in doubt, as another process reads it.
#[track_caller]
fn pending(error: &Error) -> Pending {
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    assert!(error.may_have_happened(), "{error}");
    let pending = error.pending().expect("what to settle it with");
    let again: Pending = pending.to_string().parse().expect("its own text");
    assert_eq!(&again, pending);
    again
}

/// The id that settling finds.
fn found(settled: Option<Resumed>) -> Option<String> {
    Some(match settled? {
        Resumed::Upload(upload) => upload.name().version().to_string(),
        Resumed::Rollout(rollout) => rollout.deployment_id().to_owned(),
    })
}

/// Lets no simulated time pass with the requests that follow.
fn stand_still(rig: &Rig) {
    rig.pace.change_step(Duration::ZERO);
}
