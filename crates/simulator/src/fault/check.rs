use std::fmt;

use super::{FaultAction, FaultPlan};
use crate::World;
use crate::place::Place;

/// What is wrong with a [`FaultPlan`], in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPlan {
    pub(crate) place: Place,
    pub(crate) message: String,
}

impl fmt::Display for BadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for BadPlan {}

impl FaultPlan {
    /// Checks that a plan can come true in a world: orgs, architectures and endpoints never
    /// change, so a name that is not there would silently match nothing.
    pub(crate) fn check(&self, world: &World) -> Result<(), BadPlan> {
        let known = |list, index, key, name: Option<&String>, names: &[String]| {
            let Some(name) = name.filter(|name| !names.contains(name)) else {
                return Ok(());
            };
            let names = names.join(", ");
            Err(BadPlan {
                place: Place::in_list(list, index, key),
                message: format!("the world has no {key} {name:?}; expected one of: {names}"),
            })
        };
        let (orgs, architectures, endpoints) = world.names();
        for (index, fault) in self.faults.iter().enumerate() {
            known("fault", index, "org", fault.org.as_ref(), &orgs)?;
            let architecture = fault.architecture.as_ref();
            known("fault", index, "architecture", architecture, &architectures)?;
            let endpoint = fault.endpoint.as_ref();
            known("fault", index, "endpoint", endpoint, &endpoints)?;
            check_probability("fault", index, fault.probability)?;
            check_status(index, &fault.action)?;
        }
        for (index, sync) in self.syncs.iter().enumerate() {
            let architecture = sync.architecture.as_ref();
            known("sync", index, "architecture", architecture, &architectures)?;
            check_probability("sync", index, sync.probability)?;
        }
        for (index, rollout) in self.rollouts.iter().enumerate() {
            let endpoint = rollout.endpoint.as_ref();
            known("rollout", index, "endpoint", endpoint, &endpoints)?;
            check_probability("rollout", index, rollout.probability)?;
        }
        Ok(())
    }
}

/// A file cannot say otherwise, but code can.
fn check_probability(
    list: &'static str,
    index: usize,
    probability: Option<f64>,
) -> Result<(), BadPlan> {
    match probability {
        Some(p) if !(0.0..=1.0).contains(&p) => Err(BadPlan {
            place: Place::in_list(list, index, "probability"),
            message: format!("expected a probability from 0 to 1, not {p}"),
        }),
        _ => Ok(()),
    }
}

fn check_status(index: usize, action: &FaultAction) -> Result<(), BadPlan> {
    match action {
        FaultAction::Status { status, .. }
        | FaultAction::Answer { status, .. }
        | FaultAction::EdgePage { status }
            if !(200..=999).contains(status) =>
        {
            Err(BadPlan {
                place: Place::in_list("fault", index, "action"),
                message: format!("expected a status from 200 to 999, not {status}"),
            })
        }
        _ => Ok(()),
    }
}
