//! How syncs and rollouts that have not begun will go.

use std::collections::{BTreeSet, VecDeque};

use super::World;
use crate::{FaultPlan, PlannedRollout, PlannedSync, RolloutOutcome, SyncOutcome};

/// Outcomes for one after another: each for as many as it says.
#[derive(Clone, Debug)]
pub(super) struct Plans<O>(VecDeque<(O, u64)>);

impl<O> Default for Plans<O> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<O: Clone + Default> Plans<O> {
    pub(super) fn push(&mut self, outcome: O, times: u64) {
        if times > 0 {
            self.0.push_back((outcome, times));
        }
    }

    /// The outcome of the next; the usual one when nothing is planned.
    pub(super) fn next(&mut self) -> O {
        let Some((outcome, times)) = self.0.front_mut() else {
            return O::default();
        };
        *times -= 1;
        let outcome = outcome.clone();
        if self.0.front().is_some_and(|(_, times)| *times == 0) {
            self.0.pop_front();
        }
        outcome
    }
}

impl World {
    /// Plans how the next upload under an architecture will sync, in whichever org. False when
    /// there is no such architecture.
    pub fn plan_sync(&mut self, architecture: &str, outcome: SyncOutcome) -> bool {
        let known = self.has_architecture(architecture);
        if known {
            self.sync_plans(architecture).push(outcome, 1);
        }
        known
    }

    /// Plans how the rollout of the next deployment accepted by an endpoint will go. False when
    /// there is no such endpoint.
    pub fn plan_rollout(&mut self, endpoint: &str, outcome: RolloutOutcome) -> bool {
        let endpoint = self.endpoints.get_mut(endpoint);
        endpoint
            .map(|endpoint| endpoint.plans.push(outcome, 1))
            .is_some()
    }

    /// Adds what a plan says of syncs and rollouts. Its names have been checked.
    pub(crate) fn add_plans(&mut self, plan: &FaultPlan) {
        for sync in &plan.syncs {
            let plans = self.sync_plans(&sync.architecture);
            plans.push(sync.outcome.clone(), sync.times);
        }
        for rollout in &plan.rollouts {
            if let Some(endpoint) = self.endpoints.get_mut(&rollout.endpoint) {
                endpoint.plans.push(rollout.outcome.clone(), rollout.times);
            }
        }
    }

    pub(crate) fn clear_plans(&mut self) {
        self.sync_plans.clear();
        for endpoint in self.endpoints.values_mut() {
            endpoint.plans = Plans::default();
        }
    }

    /// What is planned and has not come to pass.
    pub(crate) fn plans(&self) -> (Vec<PlannedSync>, Vec<PlannedRollout>) {
        let syncs = self.sync_plans.iter().flat_map(|(architecture, plans)| {
            plans.0.iter().map(|(outcome, times)| PlannedSync {
                architecture: architecture.clone(),
                outcome: outcome.clone(),
                times: *times,
            })
        });
        let rollouts = self.endpoints.iter().flat_map(|(id, endpoint)| {
            let plans = endpoint.plans.0.iter();
            plans.map(|(outcome, times)| PlannedRollout {
                endpoint: id.clone(),
                outcome: outcome.clone(),
                times: *times,
            })
        });
        (syncs.collect(), rollouts.collect())
    }

    /// The names that never change: of orgs, architectures and endpoints.
    pub(crate) fn names(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let orgs = self.orgs.keys().cloned().collect();
        let architectures = self.orgs.values().flat_map(|org| org.architectures.keys());
        let architectures: BTreeSet<_> = architectures.cloned().collect();
        let endpoints = self.endpoints.keys().cloned().collect();
        (orgs, architectures.into_iter().collect(), endpoints)
    }

    fn has_architecture(&self, id: &str) -> bool {
        let mut orgs = self.orgs.values();
        orgs.any(|org| org.architectures.contains_key(id))
    }

    fn sync_plans(&mut self, architecture: &str) -> &mut Plans<SyncOutcome> {
        self.sync_plans.entry(architecture.into()).or_default()
    }
}
