//! Uploads: what a wait says, and whether the version is synced.

use std::time::Duration;

use cerebras_management::{ErrorKind, ModelVersion};
use cerebras_management_simulator::{Simulator, SyncOutcome, SyncState};

use super::behaviours::Setting;
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
    let rig = Rig::at(builder, Duration::ZERO, horizon(pace)).await;
    let planned = rig.simulator.plan_sync(ARCHITECTURE, scenario.outcome());
    planned.unwrap();
    let operation = match rig.model().upload("s3://my-bucket/run-1/").await {
        Ok(operation) => operation,
        Err(error) => return Verdict::Red(why(error.kind())),
    };
    rig.pace.change_step(pace);
    let ended = wait_for(&operation).patience(Duration::ZERO).await;

    let truth = &rig.simulator.versions(ARCHITECTURE)[0];
    let synced = truth.sync == SyncState::Synced;
    let over = synced || truth.sync == SyncState::Failed;
    match ended {
        Ok(version) if synced => {
            assert_eq!(id_of(&version), truth.id);
            it_can_be_deployed(&rig, &version, &setting).await;
            Verdict::Green
        }
        Ok(_) => Verdict::FalseGreen,
        Err(error) => match why(error.kind()) {
            why if synced => Verdict::FalseRed(why),
            why @ Why::Said(_) if !over => Verdict::FalseRed(why),
            why => Verdict::Red(why),
        },
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
