//! When it is over: whether all that there is was told to somebody, and nothing is lost.

use std::collections::BTreeSet;

use cerebras_management::Client;
use cerebras_management_simulator::Operation as Route;

use super::CLIENTS;
use super::findings::{Report, Wrong};
use super::shared::{listed_alias, shared_weights};
use super::storm::{SEEDED, SHARED_ALIASES, SHARED_LIST, Storm, model};
use crate::leaks;
use crate::told;
use crate::world::{Truth, was_carried_out};

impl Storm {
    /// Nothing goes wrong any more.
    pub(super) async fn reconcile(&self) -> Report {
        self.simulator.clear_faults();
        self.simulator.accept_connections().await;
        let client = self.client();
        self.keys(&client).await;
        self.aliases(&client).await;
        self.list(&client).await;
        self.all_was_told();
        self.journal();
        self.known().report.clone()
    }

    /// One version for each key, and the same for all who were told of it.
    async fn keys(&self, client: &Client) {
        let truth = self.truth();
        let pending = std::mem::take(&mut self.known().pending);
        for (key, pending) in pending {
            let settled = client.settle(&pending).await;
            let found = settled.unwrap_or_else(|error| panic!("{pending}: {error}"));
            let found: Option<u64> = found
                .as_ref()
                .map(|found| told::found(found).parse().unwrap());
            let there = of_key(&truth, key);
            if found != there.first().copied() {
                let what = format!("key {key} settles to {found:?}, and there is {there:?}");
                self.wrong(Wrong::Untruthful, what);
            }
            self.known().versions.extend(found);
        }
        let told = self.known().keyed.clone();
        for (key, told) in told {
            let there = of_key(&truth, key);
            if there.len() > 1 {
                let what = format!("key {key} has {there:?}");
                self.wrong(Wrong::DuplicatedVersion, what);
            } else if told != there {
                let what = format!("{told:?} were told of key {key}, and there is {there:?}");
                self.wrong(Wrong::Untruthful, what);
            }
            self.known().report.count("keys that clients shared", 1);
        }
    }

    /// Each shared alias names a version, or one of the open intents brings it back.
    async fn aliases(&self, client: &Client) {
        for alias in SHARED_ALIASES {
            if self.truth().named(alias).is_some() {
                continue;
            }
            let intents = self.known().intents.get(alias).cloned().unwrap_or_default();
            let Some(intent) = intents.last() else {
                let what = format!("{alias} names no version, and no move of it is in doubt");
                self.wrong(Wrong::LostAlias, what);
                continue;
            };
            let resumed = client.resume_move(intent).unwrap().await;
            self.known()
                .report
                .count("aliases brought back by an intent", 1);
            if self.truth().named(alias).is_none() {
                let what = format!("{alias} is not brought back by {intent}: {resumed:?}");
                self.wrong(Wrong::LostAlias, what);
            }
        }
    }

    /// One after the other, edits of the list lose nothing.
    async fn list(&self, client: &Client) {
        let version = model(client).version(SHARED_LIST).unwrap();
        for number in 0..CLIENTS {
            version.add_alias(listed_alias(number)).await.unwrap();
        }
        let truth = self.truth();
        let held: BTreeSet<_> = truth.version(SHARED_LIST).unwrap().aliases.clone();
        let expected: BTreeSet<_> = (0..CLIENTS).map(listed_alias).collect();
        if held != expected {
            let what = format!("the list is {held:?}, and {expected:?} was written");
            self.wrong(Wrong::LostAlias, what);
        }
    }

    /// Every version and every deployment that was ever made is known to somebody.
    fn all_was_told(&self) {
        let truth = self.truth();
        let newest = truth.versions.iter().map(|version| version.id).max();
        let newest = newest.unwrap().max(SEEDED);
        let mut known = self.known();
        for id in SEEDED + 1..=newest {
            if !known.versions.contains(&id) {
                let what = format!("nobody was told of version {id}: {:?}", truth.version(id));
                known.report.wrong(Wrong::DuplicatedVersion, what);
            }
        }
        for deployment in &truth.deployments {
            if !known.deployments.contains(&deployment.id) {
                let what = format!("nobody was told of {deployment:?}");
                known.report.wrong(Wrong::DuplicatedDeployment, what);
            }
        }
        known.report.count("versions made", newest - SEEDED);
        known
            .report
            .count("deployments made", truth.deployments.len() as u64);
    }

    /// The journal is whole, and as many writes were carried out as there are effects.
    fn journal(&self) {
        let journal = self.simulator.journal();
        assert_eq!(self.simulator.journal_dropped(), 0);
        leaks::watch().text("the journal", &format!("{journal:?}"));
        let faults = journal.iter().filter(|entry| entry.fault.is_some()).count();
        let deployed = journal
            .iter()
            .filter(|entry| entry.operation == Some(Route::DeployModel) && was_carried_out(entry));
        let deployed = deployed.count() as u64;
        let mut known = self.known();
        known.report.count("requests", journal.len() as u64);
        known.report.count("requests hit by a fault", faults as u64);
        let made = known.report.numbers["deployments made"];
        // An answer that was lost may have been a refusal.
        if deployed < made {
            let what = format!("{made} deployments of {deployed} requests");
            known.report.wrong(Wrong::DuplicatedDeployment, what);
        }
    }
}

fn of_key(truth: &Truth, key: u64) -> BTreeSet<u64> {
    let weights = shared_weights(key);
    let versions = truth.versions.iter().filter(|v| v.weights == weights);
    versions.map(|version| version.id).collect()
}
