//! How syncs and rollouts that have not begun will go.

use std::collections::BTreeSet;

use super::World;
use crate::fault::{Kind, Outcomes};
use crate::{BadPlan, FaultPlan, PlannedRollout, PlannedSync, RolloutOutcome, SyncOutcome};

/// How the next ones will go.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    pub(super) syncs: Outcomes<SyncOutcome>,
    pub(super) rollouts: Outcomes<RolloutOutcome>,
}

impl Plans {
    /// Everything is to go well, until something is planned; its draws follow from `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            syncs: Outcomes::<SyncOutcome>::new(seed, Kind::Sync),
            rollouts: Outcomes::<RolloutOutcome>::new(seed, Kind::Rollout),
        }
    }
}

impl World {
    /// Plans how the next upload under an architecture will sync, in whichever org. False when
    /// there is no such architecture.
    pub fn plan_sync(&mut self, architecture: &str, outcome: SyncOutcome) -> bool {
        let mut orgs = self.orgs.values();
        let known = orgs.any(|org| org.architectures.contains_key(architecture));
        if known {
            let planned = PlannedSync::of(architecture, outcome);
            self.plans.syncs.plan(planned);
        }
        known
    }

    /// Plans how the rollout of the next deployment accepted by an endpoint will go. False when
    /// there is no such endpoint.
    pub fn plan_rollout(&mut self, endpoint: &str, outcome: RolloutOutcome) -> bool {
        let known = self.endpoints.contains_key(endpoint);
        if known {
            let planned = PlannedRollout::of(endpoint, outcome);
            self.plans.rollouts.plan(planned);
        }
        known
    }

    /// Replaces what is planned for syncs and rollouts by what a plan says of them. Its faults
    /// are for requests on their way, and so not for this.
    ///
    /// # Errors
    ///
    /// When the plan names an org, architecture or endpoint that is not there, or has a fault that
    /// could hit nothing or not be done. Nothing has changed then.
    pub fn set_plan(&mut self, plan: &FaultPlan) -> Result<(), BadPlan> {
        plan.check(self)?;
        self.plans = Plans::new(plan.seed);
        self.add_plans(plan);
        Ok(())
    }

    /// Adds what a plan says of syncs and rollouts. Its names have been checked.
    pub(crate) fn add_plans(&mut self, plan: &FaultPlan) {
        for planned in &plan.syncs {
            self.plans.syncs.plan(planned.clone());
        }
        for planned in &plan.rollouts {
            self.plans.rollouts.plan(planned.clone());
        }
    }

    /// What is planned and has not come to pass.
    pub(crate) fn plans(&self) -> (Vec<PlannedSync>, Vec<PlannedRollout>) {
        (self.plans.syncs.left(), self.plans.rollouts.left())
    }

    /// The names that never change: of orgs, architectures and endpoints.
    pub(crate) fn names(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let orgs = self.orgs.keys().cloned().collect();
        let architectures = self.orgs.values().flat_map(|org| org.architectures.keys());
        let architectures: BTreeSet<_> = architectures.cloned().collect();
        let endpoints = self.endpoints.keys().cloned().collect();
        (orgs, architectures.into_iter().collect(), endpoints)
    }
}
