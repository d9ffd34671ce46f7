//! When it is over: whether all that there is was told to somebody, and nothing is lost.

use std::collections::BTreeSet;

use cerebras_management::Client;
use cerebras_management::names::VersionId;
use cerebras_management_simulator::Operation as Route;

use super::CLIENTS;
use super::findings::{Report, Wrong};
use super::history::History;
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

    /// No shared alias was ever lost, and the intent of the very move that has left one on no
    /// version brings it back. Looked at before anything is written again.
    async fn aliases(&self, client: &Client) {
        let journal = self.simulator.journal();
        let history = History::new(&self.start, &journal);
        let (moves, intents, edits) = {
            let known = self.known();
            (
                known.moves.clone(),
                known.intents.clone(),
                known.edits.clone(),
            )
        };
        // That each write was understood is shown by where they end.
        let truth = self.truth();
        for (id, aliases) in history.end() {
            assert_eq!(truth.version(*id).map(|v| &v.aliases), Some(aliases));
        }
        for alias in (0..CLIENTS).map(listed_alias) {
            for what in history.undone(SHARED_LIST, &alias, &edits) {
                self.wrong(Wrong::LostAlias, what);
            }
        }
        for alias in SHARED_ALIASES {
            let lost = history.lost(alias, &moves);
            self.known()
                .report
                .count("times a shared alias was on no version", lost.times);
            for gap in lost.gaps {
                let what = format!("{alias} was on no version, and no move in doubt: {gap:?}");
                self.wrong(Wrong::LostAlias, what);
            }
            let Some(open) = lost.open else {
                continue;
            };
            let intent = &intents[open];
            let resumed = client.resume_move(intent).unwrap().await;
            self.known()
                .report
                .count("aliases brought back by an intent", 1);
            let to = intent.to().version().as_id().map(VersionId::get);
            if self.truth().named(alias) != to {
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
