use std::fmt;

use axum::http::HeaderValue;

use super::{Fault, FaultAction, FaultPlan, RetryAfter};
use crate::place::Place;
use crate::{SyncOutcome, World};

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
        self.check_itself()?;
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
        }
        for (index, sync) in self.syncs.iter().enumerate() {
            let architecture = sync.architecture.as_ref();
            known("sync", index, "architecture", architecture, &architectures)?;
            known("sync", index, "org", sync.org.as_ref(), &orgs)?;
        }
        for (index, rollout) in self.rollouts.iter().enumerate() {
            let endpoint = rollout.endpoint.as_ref();
            known("rollout", index, "endpoint", endpoint, &endpoints)?;
        }
        Ok(())
    }

    /// Checks what is wrong in any world.
    pub(crate) fn check_itself(&self) -> Result<(), BadPlan> {
        for (index, fault) in self.faults.iter().enumerate() {
            check_probability("fault", index, fault.probability)?;
            check_match(index, fault)?;
            check_action(&fault.action).map_err(|message| BadPlan {
                place: Place::in_list("fault", index, "action"),
                message,
            })?;
        }
        for (index, sync) in self.syncs.iter().enumerate() {
            check_probability("sync", index, sync.probability)?;
            if let SyncOutcome::Ends { status } = &sync.outcome
                && status == "done"
            {
                let message = "a sync that ends as \"done\" is a good one: use \"succeeds\"";
                return Err(BadPlan {
                    place: Place::in_list("sync", index, "outcome"),
                    message: message.into(),
                });
            }
        }
        for (index, rollout) in self.rollouts.iter().enumerate() {
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

/// A request that has no place for a name never names it: the fault would hit nothing.
fn check_match(index: usize, fault: &Fault) -> Result<(), BadPlan> {
    let Some(operation) = fault.operation else {
        return Ok(());
    };
    let names = operation.names();
    let asked = [
        ("org", &fault.org),
        ("architecture", &fault.architecture),
        ("version", &fault.version),
        ("endpoint", &fault.endpoint),
    ];
    let mut asked = asked.into_iter().filter(|(_, name)| name.is_some());
    let Some((key, _)) = asked.find(|(key, _)| !names.contains(key)) else {
        return Ok(());
    };
    let names = names.join(", ");
    Err(BadPlan {
        place: Place::in_list("fault", index, key),
        message: format!(
            "a request for {operation} names no {key}, so this hits nothing; it can be matched by: \
             {names}"
        ),
    })
}

fn check_action(action: &FaultAction) -> Result<(), String> {
    match action {
        FaultAction::Status {
            status,
            retry_after,
        }
        | FaultAction::HandledThen {
            status,
            retry_after,
            ..
        } => {
            check_status(*status)?;
            match retry_after {
                Some(RetryAfter::Text(text)) => check_header("retry_after", text),
                _ => Ok(()),
            }
        }
        FaultAction::EdgePage { status } => check_status(*status),
        FaultAction::Answer {
            status,
            content_type,
            ..
        } => {
            check_status(*status)?;
            check_header("content_type", content_type)
        }
        FaultAction::RateLimit { burst: 0, .. } => {
            Err("expected a burst of at least 1: with 0 no request could come, ever".into())
        }
        _ => Ok(()),
    }
}

fn check_status(status: u16) -> Result<(), String> {
    if (200..=999).contains(&status) {
        Ok(())
    } else {
        Err(format!("expected a status from 200 to 999, not {status}"))
    }
}

fn check_header(key: &str, value: &str) -> Result<(), String> {
    let possible = HeaderValue::from_str(value);
    possible.map(|_| ()).map_err(|_| {
        format!("no header can have the {key} {value:?}: expected no control characters")
    })
}
