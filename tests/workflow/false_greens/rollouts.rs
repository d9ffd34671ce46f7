//! Rollouts, alone and in competition: what each wait says, and what serves.

use std::time::Duration;

use cerebras_management::names::VersionId;
use cerebras_management::{Deployment, ErrorKind, Operation, Result, Serving, Wait};
use cerebras_management_simulator::{Operation as Route, RolloutOutcome, Simulator};
use futures_util::future::join_all;

use super::behaviours::Setting;
use super::beset::{NOT_FOUND, REFUSED};
use super::tally::{Named, Rule, Verdict, Why, horizon, timings, why};
use crate::harness::{ENDPOINT, ORG, Rig, deployed_id, serving, synced, wait_for};

/// Deployments to an endpoint that serves version 1. The one that is waited for is of version 2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    name: &'static str,
    ours: fn() -> RolloutOutcome,
    rival: Option<Rival>,
}

impl Named for Scenario {
    fn name(self) -> &'static str {
        self.name
    }
}

/// Somebody else's deployment.
#[derive(Clone, Copy, Debug)]
struct Rival {
    version: u64,
    /// Whether it comes before ours or after it, and how long.
    comes: Comes,
    outcome: fn() -> RolloutOutcome,
}

#[derive(Clone, Copy, Debug)]
enum Comes {
    SecondsBefore(u64),
    SecondsAfter(u64),
}

use Comes::{SecondsAfter, SecondsBefore};

fn completes() -> RolloutOutcome {
    RolloutOutcome::Completes
}

fn rolls_back() -> RolloutOutcome {
    RolloutOutcome::RollsBack { replicas: 1 }
}

fn errors() -> RolloutOutcome {
    RolloutOutcome::Errors { replicas: 2 }
}

fn stalls() -> RolloutOutcome {
    RolloutOutcome::Stalls { replicas: 2 }
}

const fn alone(name: &'static str, ours: fn() -> RolloutOutcome) -> Scenario {
    Scenario {
        name,
        ours,
        rival: None,
    }
}

const fn rivalled(
    name: &'static str,
    ours: fn() -> RolloutOutcome,
    (version, comes, outcome): (u64, Comes, fn() -> RolloutOutcome),
) -> Scenario {
    Scenario {
        name,
        ours,
        rival: Some(Rival {
            version,
            comes,
            outcome,
        }),
    }
}

const COMPLETES: &str = "it completes";
const ROLLS_BACK: &str = "it rolls back";
const ROLLS_BACK_FOLLOWED: &str = "it rolls back, and another follows";
const FOLLOWED: &str = "another follows";
const ANOTHER_FAILS: &str = "another follows, and fails";
const ERRORS: &str = "it ends in an error";
const STALLS: &str = "it stalls";
const BEHIND: &str = "another came before";
const BEHIND_A_FAILED_ONE: &str = "another came before, and fails";
const BEHIND_A_STALLED_ONE: &str = "another came before, and stalls";
const TIED_FIRST: &str = "another follows in the same second";
const TIED_SECOND: &str = "another came before in the same second";
const SAME_VERSION: &str = "the same version follows";

pub(super) const SCENARIOS: &[Scenario] = &[
    alone(COMPLETES, completes),
    alone(ROLLS_BACK, rolls_back),
    alone(ERRORS, errors),
    alone(STALLS, stalls),
    rivalled(FOLLOWED, completes, (3, SecondsAfter(2), completes)),
    rivalled(ANOTHER_FAILS, completes, (3, SecondsAfter(2), errors)),
    rivalled(
        ROLLS_BACK_FOLLOWED,
        rolls_back,
        (3, SecondsAfter(2), completes),
    ),
    rivalled(SAME_VERSION, completes, (2, SecondsAfter(2), completes)),
    rivalled(TIED_FIRST, completes, (3, SecondsAfter(0), completes)),
    rivalled(TIED_SECOND, completes, (3, SecondsBefore(0), completes)),
    rivalled(BEHIND, completes, (3, SecondsBefore(2), completes)),
    rivalled(
        BEHIND_A_FAILED_ONE,
        completes,
        (3, SecondsBefore(2), rolls_back),
    ),
    rivalled(
        BEHIND_A_STALLED_ONE,
        completes,
        (3, SecondsBefore(2), stalls),
    ),
];

pub(super) async fn run(scenario: Scenario, setting: Setting, pace: Duration) -> Verdict {
    let builder = Simulator::builder()
        .behaviour(setting.behaviour)
        .timings(timings())
        .version(ORG, synced("run-1"))
        .version(ORG, synced("run-2"))
        .version(ORG, synced("run-3"))
        .endpoint(ORG, serving(1));
    // The deploys take no time, so that how far apart they are is the scenario's to say.
    let horizon = match setting.beset {
        None => horizon(pace),
        Some(_) => Duration::MAX,
    };
    let rig = Rig::at(builder, Duration::ZERO, horizon).await;
    rig.simulator.advance(Duration::from_secs(10));

    let ours = match scenario.rival {
        None => deploy(&rig, 2, scenario.ours).await,
        Some(rival) => match rival.comes {
            SecondsBefore(seconds) => {
                let _theirs = deploy(&rig, rival.version, rival.outcome).await.unwrap();
                rig.simulator.advance(Duration::from_secs(seconds));
                deploy(&rig, 2, scenario.ours).await
            }
            SecondsAfter(seconds) => {
                let ours = deploy(&rig, 2, scenario.ours).await;
                rig.simulator.advance(Duration::from_secs(seconds));
                // Where a second deployment is refused, there is no rival.
                let _refused = deploy(&rig, rival.version, rival.outcome).await;
                ours
            }
        },
    };
    let operation = match ours {
        Ok(operation) => operation,
        Err(error) => return Verdict::Red(why(error.kind())),
    };
    rig.pace.change_step(pace);
    let verdicts = match &setting.beset {
        None => vec![
            judged(
                &rig,
                &operation,
                wait_for(&operation).patience(Duration::ZERO),
            )
            .await,
        ],
        Some(beset) => {
            beset.begin(&rig, &[Route::GetEndpoint], pace);
            let waits = (0..beset.waits).map(|_| judged(&rig, &operation, wait_for(&operation)));
            join_all(waits).await
        }
    };
    rig.simulator.clear_faults();
    what_is_said_to_serve_does(&rig, scenario, &setting).await;
    verdicts.into_iter().max_by_key(|v| v.badness()).unwrap()
}

/// The verdict on a wait at the very moment of its end.
async fn judged(rig: &Rig, operation: &Operation<Deployment>, wait: Wait<Deployment>) -> Verdict {
    let ended = wait.await;
    judge(rig, operation, ended)
}

/// `Endpoint::serving` tells the truth, or names it among what it cannot choose from.
async fn what_is_said_to_serve_does(rig: &Rig, scenario: Scenario, setting: &Setting) {
    let said = rig.somebody_else().endpoint().serving().await.unwrap();
    let said: Vec<_> = match &said {
        Serving::Unclear(tied) => tied.iter().map(|d| Some(deployed_id(d))).collect(),
        other => vec![other.version_id().map(VersionId::get)],
    };
    let truth = rig.simulator.serving(ENDPOINT);
    let (name, setting) = (scenario.name, setting.name());
    assert!(
        said.contains(&truth),
        "{name} [{setting}]: {said:?}, not {truth:?}"
    );
}

async fn deploy(
    rig: &Rig,
    version: u64,
    outcome: fn() -> RolloutOutcome,
) -> Result<Operation<Deployment>> {
    rig.simulator.plan_rollout(ENDPOINT, outcome()).unwrap();
    rig.endpoint().deploy(version.to_string()).redeploy().await
}

fn judge(rig: &Rig, operation: &Operation<Deployment>, ended: Result<Deployment>) -> Verdict {
    let serves = rig.simulator.serving(ENDPOINT) == Some(2);
    let all = rig.simulator.deployments(ENDPOINT);
    let ours = all.iter().find(|d| d.id == operation.deployment_id());
    let over = ours.unwrap().state.has_ended();
    match ended {
        Ok(deployment) if serves => {
            assert_eq!(deployed_id(&deployment), 2);
            Verdict::Green
        }
        Ok(_) => Verdict::FalseGreen,
        Err(error) => match why(error.kind()) {
            why if serves => Verdict::FalseRed(why),
            why @ Why::Said(_) if !over => Verdict::FalseRed(why),
            why => Verdict::Red(why),
        },
    }
}

/// Where polls fail.
pub(super) const BESET: &[Rule] = &[
    Rule {
        scenarios: ALL,
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::PermissionDenied)),
        when: |setting| setting.is_beset_by(REFUSED),
        because: "the service refused a poll, and repeating it does not mend that",
    },
    Rule {
        scenarios: ALL,
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::NotFound)),
        when: |setting| setting.is_beset_by(NOT_FOUND),
        because: "the service says that there is no such endpoint",
    },
];

pub(super) const EXPLAINED: &[Rule] = &[
    Rule {
        scenarios: ENDING,
        verdict: Verdict::FalseRed(Why::NeverEnded),
        when: is_untold,
        because: "it serves, and nothing tells that it is complete",
    },
    Rule {
        scenarios: ENDING,
        verdict: Verdict::Red(Why::NeverEnded),
        when: is_untold,
        because: "it has ended, and nothing tells it",
    },
    Rule {
        scenarios: &[SAME_VERSION],
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::Superseded)),
        when: |setting| setting.has("second_deploy", "cancels_first") || is_forgetful(setting),
        because: "the version serves, but by the newer deployment: ours was cancelled or is gone",
    },
    Rule {
        scenarios: &[TIED_SECOND],
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::Ambiguous)),
        when: |setting| !is_forgetful(setting),
        because: "both were complete at the first poll, and their dates are the same",
    },
    Rule {
        scenarios: &[
            COMPLETES,
            FOLLOWED,
            ANOTHER_FAILS,
            TIED_FIRST,
            BEHIND,
            BEHIND_A_FAILED_ONE,
            BEHIND_A_STALLED_ONE,
            SAME_VERSION,
        ],
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::Ambiguous)),
        when: |setting| is_undated(setting) && !is_forgetful(setting),
        because: "an older one was complete too when ours was first listed, and none has a date",
    },
    Rule {
        scenarios: &[SAME_VERSION],
        verdict: Verdict::FalseRed(Why::NeverEnded),
        when: |setting| is_undated(setting) && is_forgetful(setting),
        because: "ours was gone before a poll could see it, and nothing tells that what serves \
                  its version is newer",
    },
    Rule {
        scenarios: &[FOLLOWED],
        verdict: Verdict::Red(Why::NeverEnded),
        when: |setting| is_undated(setting) && is_forgetful(setting),
        because: "ours was gone before a poll could see it, and nothing tells that the other is \
                  newer",
    },
    Rule {
        scenarios: &[STALLS, BEHIND_A_STALLED_ONE],
        verdict: Verdict::Red(Why::NeverEnded),
        when: |_| true,
        because: "it never ends",
    },
    Rule {
        scenarios: &[
            ROLLS_BACK,
            ROLLS_BACK_FOLLOWED,
            ERRORS,
            ANOTHER_FAILS,
            TIED_FIRST,
        ],
        verdict: Verdict::Red(Why::NeverEnded),
        when: is_forgetful,
        because: "it was gone from the list before a poll could see it there",
    },
];

/// Every scenario in which ours may come to an end.
const ENDING: &[&str] = &[
    COMPLETES,
    ROLLS_BACK,
    ERRORS,
    FOLLOWED,
    ANOTHER_FAILS,
    ROLLS_BACK_FOLLOWED,
    SAME_VERSION,
    TIED_FIRST,
    TIED_SECOND,
    BEHIND,
    BEHIND_A_FAILED_ONE,
    BEHIND_A_STALLED_ONE,
];

const ALL: &[&str] = &[
    COMPLETES,
    ROLLS_BACK,
    ERRORS,
    STALLS,
    FOLLOWED,
    ANOTHER_FAILS,
    ROLLS_BACK_FOLLOWED,
    SAME_VERSION,
    TIED_FIRST,
    TIED_SECOND,
    BEHIND,
    BEHIND_A_FAILED_ONE,
    BEHIND_A_STALLED_ONE,
];

/// Whether the list never tells how far a deployment is.
fn is_untold(setting: &Setting) -> bool {
    setting.has("deployment_states", "omitted")
}

/// Whether deployments that have ended leave the list.
fn is_forgetful(setting: &Setting) -> bool {
    setting.has("past_deployments", "dropped") || setting.has("past_deployments", "newest_kept")
}

/// Whether the list does not tell which deployment is newer.
fn is_undated(setting: &Setting) -> bool {
    setting.has("deployment_dates", "omitted")
}
