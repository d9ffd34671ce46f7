//! Uploads: what a wait says, and whether the version is synced.

use std::time::Duration;

use cerebras_management::{ErrorKind, ModelVersion, Wait};
use cerebras_management_simulator::{Operation as Route, Simulator, SyncOutcome, SyncState};
use futures_util::future::join_all;

use super::behaviours::Setting;
use super::beset::{NOT_FOUND, REFUSED, UNKNOWN_STATUS};
use super::tally::{Named, Rule, Verdict, Why, horizon, timings, why};
use crate::harness::{ARCHITECTURE, ENDPOINT, Rig, id_of, wait_for};

#[derive(Clone, Copy, Debug)]
pub(super) enum Scenario {
    Succeeds,
    Fails,
    Cancelled,
    EndsWithAWordOfItsOwn,
    Stalls,
}

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::Succeeds,
    Scenario::Fails,
    Scenario::Cancelled,
    Scenario::EndsWithAWordOfItsOwn,
    Scenario::Stalls,
];

impl Named for Scenario {
    fn name(self) -> &'static str {
        match self {
            Self::Succeeds => "a sync that succeeds",
            Self::Fails => "a sync that fails",
            Self::Cancelled => "a sync that is cancelled",
            Self::EndsWithAWordOfItsOwn => "a sync that ends badly with an unknown word",
            Self::Stalls => "a sync that stalls",
        }
    }
}

impl Scenario {
    fn outcome(self) -> SyncOutcome {
        let ends = |status: &str| SyncOutcome::Ends {
            status: status.to_owned(),
        };
        match self {
            Self::Succeeds => SyncOutcome::Succeeds,
            Self::Fails => SyncOutcome::Fails,
            Self::Cancelled => ends("cancelled"),
            Self::EndsWithAWordOfItsOwn => ends("archived"),
            Self::Stalls => SyncOutcome::Stalls,
        }
    }
}

pub(super) async fn run(scenario: Scenario, setting: Setting, pace: Duration) -> Verdict {
    let builder = Simulator::builder()
        .behaviour(setting.behaviour)
        .timings(timings());
    let horizon = match setting.beset {
        None => horizon(pace),
        Some(_) => Duration::MAX,
    };
    let rig = Rig::at(builder, Duration::ZERO, horizon).await;
    let planned = rig.simulator.plan_sync(ARCHITECTURE, scenario.outcome());
    planned.unwrap();
    let upload = rig.model().upload("s3://my-bucket/run-1/");
    let upload = match setting.beset {
        None => upload,
        // Whatever the service requires of an upload.
        Some(_) => upload.alias("run-1").fingerprint_suffix("run-1"),
    };
    let operation = match upload.await {
        Ok(operation) => operation,
        Err(error) => return Verdict::Red(why(error.kind())),
    };
    rig.pace.change_step(pace);
    let ended = match &setting.beset {
        None => vec![judged(&rig, wait_for(&operation).patience(Duration::ZERO)).await],
        Some(beset) => {
            let routes = [Route::GetModelVersion, Route::ListModelVersions];
            beset.begin(&rig, &routes, pace);
            let waits = (0..beset.waits).map(|_| judged(&rig, wait_for(&operation)));
            join_all(waits).await
        }
    };
    rig.simulator.clear_faults();
    for version in ended.iter().filter_map(|(_, version)| version.as_ref()) {
        it_can_be_deployed(&rig, version, &setting).await;
    }
    let verdicts = ended.iter().map(|(verdict, _)| *verdict);
    verdicts.max_by_key(|v| v.badness()).unwrap()
}

/// The verdict on a wait at the very moment of its end, and the version that it calls good.
async fn judged(rig: &Rig, wait: Wait<ModelVersion>) -> (Verdict, Option<ModelVersion>) {
    let ended = wait.await;
    let truth = &rig.simulator.versions(ARCHITECTURE)[0];
    let synced = truth.sync == SyncState::Synced;
    let over = synced || truth.sync == SyncState::Failed;
    match ended {
        Ok(version) if synced => {
            assert_eq!(id_of(&version), truth.id);
            (Verdict::Green, Some(version))
        }
        Ok(_) => (Verdict::FalseGreen, None),
        Err(error) => {
            let verdict = match why(error.kind()) {
                why if synced => Verdict::FalseRed(why),
                why @ Why::Said(_) if !over => Verdict::FalseRed(why),
                why => Verdict::Red(why),
            };
            (verdict, None)
        }
    }
}

/// What is called good comes to serve, under whatever behaviour.
async fn it_can_be_deployed(rig: &Rig, version: &ModelVersion, setting: &Setting) {
    let endpoint = rig.somebody_else().endpoint();
    let operation = endpoint.deploy(version).await.unwrap();
    rig.simulator.advance(Duration::from_secs(3600));
    // Without states a wait for it has no end.
    if !setting.has("deployment_states", "omitted") {
        wait_for(&operation).await.unwrap();
    }
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(id_of(version)));
    let answer = endpoint.chat("Hello!").await.unwrap();
    assert_eq!(
        answer.text,
        format!("Simulated answer from {}.", version.name())
    );
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
        because: "it was found, and now the service says that it is not there",
    },
    Rule {
        scenarios: &["a sync that succeeds"],
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::OperationFailed)),
        when: |setting| setting.is_beset_by(UNKNOWN_STATUS),
        because: "done, with a word that no page names: it could as well stand for a bad end",
    },
];

const ALL: &[&str] = &[
    "a sync that succeeds",
    "a sync that fails",
    "a sync that is cancelled",
    "a sync that ends badly with an unknown word",
    "a sync that stalls",
];

pub(super) const EXPLAINED: &[Rule] = &[
    Rule {
        scenarios: &["a sync that succeeds"],
        verdict: Verdict::FalseRed(Why::Said(ErrorKind::OperationFailed)),
        when: |setting| setting.has("done_signal", "unknown_status"),
        because: "a word that no page names could as well stand for a bad end",
    },
    Rule {
        scenarios: &["a sync that stalls"],
        verdict: Verdict::Red(Why::NeverEnded),
        when: |_| true,
        because: "it never ends",
    },
];
