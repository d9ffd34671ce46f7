//! What is checked after each step.

use std::collections::BTreeMap;

use cerebras_management_simulator::{
    DeployedOrder, DeploymentState, IdReuse, NewVersion, Operation, SyncState,
};
use serde_json::Value;

use super::{ALIASES, PLACES, STARTED, Watch};

impl Watch {
    pub(super) fn check(&mut self) {
        self.world.advance_to(self.clock);
        for at in 0..PLACES.len() {
            self.check_aliases(at);
            self.check_versions(at);
            self.check_deployments(at);
            self.check_endpoint(at);
        }
    }

    /// An alias names at most one version, and that version by every path.
    fn check_aliases(&mut self, at: usize) {
        let mut holders = BTreeMap::new();
        for version in self.versions(at) {
            for alias in version.aliases {
                let other = holders.insert(alias, version.id);
                assert_eq!(other, None, "an alias of two versions");
            }
        }
        let at_once = self.behaviour.new_version == NewVersion::AtOnce;
        for alias in ALIASES {
            let found = self.read(at, Operation::GetModelVersion, alias);
            if at_once || found.is_ok() {
                assert_eq!(found.is_ok(), holders.contains_key(alias), "{alias}");
            }
        }
        for (alias, id) in holders {
            let by_alias = self.read(at, Operation::GetModelVersion, &alias).ok();
            let id = id.to_string();
            let by_id = self.read(at, Operation::GetModelVersion, &id).ok();
            assert_eq!(by_alias, by_id);
            match by_id {
                Some(found) => assert_eq!(found["name"], PLACES[at].version(&id)),
                None => assert!(!at_once),
            }
        }
    }

    /// Ids count up, and what is done stays done.
    fn check_versions(&mut self, at: usize) {
        let truth = self.versions(at);
        let ids = truth.iter().map(|version| version.id).collect();
        let seen = &mut self.seen_at[at];
        for id in truth.iter().map(|version| version.id) {
            if self.behaviour.id_reuse == IdReuse::Never && !seen.versions.contains(&id) {
                assert!(id > seen.highest_id, "{id} after {}", seen.highest_id);
            }
        }
        seen.highest_id = truth
            .iter()
            .fold(seen.highest_id, |highest, version| highest.max(version.id));
        seen.versions = ids;
        // The id may be another's later.
        seen.done.retain(|id| seen.versions.contains(id));

        let list = self.read(at, Operation::ListModelVersions, "");
        let list = list.expect("a list")["model_versions"].take();
        let list = list.as_array().expect("an array");
        if self.behaviour.new_version == NewVersion::AtOnce {
            assert_eq!(list.len(), truth.len());
        }
        for shown in list {
            let own = |id: u64| shown["name"] == PLACES[at].version(&id.to_string());
            let truth = truth.iter().find(|truth| own(truth.id));
            let truth = truth.expect("what is listed is there");
            let done = shown["done"] == true;
            let seen = &mut self.seen_at[at];
            if done {
                seen.done.insert(truth.id);
                let sync = truth.sync;
                assert!(sync >= SyncState::Synced, "done, but {sync:?}");
            }
            assert_eq!(done, seen.done.contains(&truth.id));
        }
    }

    /// Each deployment ends once; what serves is the newest that is complete.
    fn check_deployments(&mut self, at: usize) {
        let deployments = self.world.deployments(PLACES[at].endpoint);
        let mut unfinished = false;
        let mut complete = None;
        for deployment in &deployments {
            if deployment.state.has_ended() {
                assert!(!unfinished, "one ended before the one in front of it");
                let id = deployment.id.clone();
                let first = *self.ended.entry(id).or_insert(deployment.state);
                assert_eq!(deployment.state, first, "ended twice");
            } else {
                assert!(!self.ended.contains_key(&deployment.id), "began again");
                let started = deployment.state != DeploymentState::NotStarted;
                assert!(!(started && unfinished), "two at once");
                unfinished = true;
            }
            if deployment.state == DeploymentState::Complete {
                complete = Some(deployment.version);
            }
            assert!(deployment.replicas_updated <= deployment.replicas);
        }
        assert_eq!(self.world.serving(PLACES[at].endpoint), complete);
    }

    /// Times are in order and never change; an endpoint is updated when a deployment comes or
    /// changes state, and not otherwise.
    fn check_endpoint(&mut self, at: usize) {
        let endpoint = self.read(at, Operation::GetEndpoint, "");
        let endpoint = endpoint.expect("the endpoint");
        let updated = endpoint["updated"].as_u64().expect("a time");
        let listed = endpoint["deployed_models"].as_array().expect("an array");
        let mut dates = Vec::new();
        for shown in listed {
            let id = shown["id"].as_str().expect("an id").to_owned();
            if let Some(date) = shown.get("created").and_then(Value::as_u64) {
                assert_eq!(*self.created.entry(id).or_insert(date), date);
                assert!(date <= updated, "updated before it was made");
                dates.push(date);
            }
        }
        if self.behaviour.deployed_order == DeployedOrder::NewestFirst {
            dates.reverse();
        }
        assert!(dates.is_sorted(), "out of order: {dates:?}");

        let deployments = self.world.deployments(PLACES[at].endpoint);
        let states: Vec<_> = deployments.into_iter().map(|d| (d.id, d.state)).collect();
        let seen = &mut self.seen_at[at];
        assert!(updated >= seen.updated, "time went back");
        if states != seen.states {
            assert!(updated >= seen.looked, "changed, and not updated");
        } else if seen.updated > 0 {
            assert_eq!(updated, seen.updated);
        }
        seen.looked = STARTED + self.latest.as_secs();
        seen.states = states;
        seen.updated = updated;
        self.seen = self.seen.max(updated);
    }
}
