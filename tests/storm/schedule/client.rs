//! One of the clients: what it does next, and how it checks what it is told.

use std::collections::BTreeSet;

use cerebras_management::{Client, Error, ErrorKind, Pending, Result};

use super::findings::Wrong;
use super::storm::{Storm, own_endpoint};
use crate::leaks;
use crate::told::{self, Told};
use crate::world::{Truth, Version};

pub(super) struct Worker<'a> {
    pub(super) storm: &'a Storm,
    pub(super) number: usize,
    pub(super) client: Client,
    pub(super) random: fastrand::Rng,
    /// Every version that it ever made.
    made: BTreeSet<u64>,
    /// What was its own when it last looked, unless something of it is in doubt.
    last: Option<Truth>,
    /// For names that are used once.
    pub(super) turn: usize,
}

impl<'a> Worker<'a> {
    pub(super) fn new(storm: &'a Storm, number: usize) -> Self {
        let seed = storm
            .seed
            .wrapping_mul(1_000_003)
            .wrapping_add(number as u64);
        Self {
            storm,
            number,
            client: storm.client(),
            random: fastrand::Rng::with_seed(seed),
            made: BTreeSet::new(),
            last: None,
            turn: 0,
        }
    }

    pub(super) async fn run(mut self, turns: usize) {
        for turn in 0..turns {
            self.turn = turn;
            // Its future is large.
            Box::pin(self.next()).await;
        }
        let budget = format!("{:?}", self.client);
        leaks::watch().text("a client", &budget);
    }

    async fn next(&mut self) {
        match self.random.u32(0..100) {
            0..10 => self.upload().await,
            10..16 => self.upload_with_own_key().await,
            16..24 => self.upload_with_shared_key().await,
            24..42 => self.edit().await,
            42..48 => self.move_own().await,
            48..58 => Box::pin(self.move_shared()).await,
            58..62 => self.edit_shared_list().await,
            62..68 => self.delete().await,
            68..80 => self.deploy().await,
            80..84 => self.rollback().await,
            84..90 => self.wait().await,
            90..98 => self.read().await,
            _ => self.chat().await,
        }
    }

    /// Where the weights of its own versions lie.
    pub(super) fn place(&self) -> String {
        format!("s3://my-bucket/own-{}/", self.number)
    }

    /// What is its own: versions of its weights, the deployments of each that it ever made, and of
    /// its endpoint.
    pub(super) fn mine(&mut self) -> Truth {
        let mut mine = self.storm.truth();
        let place = self.place();
        mine.versions
            .retain(|version| version.weights.starts_with(&place));
        self.made
            .extend(mine.versions.iter().map(|version| version.id));
        let own = own_endpoint(self.number);
        let made = &self.made;
        mine.deployments
            .retain(|d| d.endpoint == own || made.contains(&d.version));
        mine
    }

    /// One of its versions, by chance.
    pub(super) fn one_of(&mut self, mine: &Truth) -> Option<Version> {
        if mine.versions.is_empty() {
            return None;
        }
        let index = self.random.usize(0..mine.versions.len());
        Some(mine.versions[index].clone())
    }

    /// Before an operation on what is its own: what there is. Nothing has changed since the last
    /// one, unless that was in doubt.
    pub(super) fn before(&mut self) -> Truth {
        let mine = self.mine();
        if let Some(last) = self.last.take().filter(|last| *last != mine) {
            let what = format!("client {}: {last:?} has become {mine:?}", self.number);
            self.storm.wrong(differs(&last, &mine), what);
        }
        mine
    }

    /// Compares what was said with what has become of its own.
    pub(super) async fn check(
        &mut self,
        operation: &'static str,
        before: Truth,
        result: Result<Told>,
    ) {
        let now = self.mine();
        let place = format!("client {}, turn {}, {operation}", self.number, self.turn);
        let error = match result {
            Ok(told) => {
                self.ended(operation, &told.letter.to_string());
                let expected = (told.world)(before.clone());
                self.know(&before, &now);
                match expected {
                    Ok(expected) if expected == now => {}
                    Ok(expected) => {
                        let wrong = differs(&expected, &now);
                        let what = format!("{place}: expected {expected:?}, and it is {now:?}");
                        self.storm.wrong(wrong, what);
                    }
                    Err(lie) => self
                        .storm
                        .wrong(Wrong::Untruthful, format!("{place}: {lie}")),
                }
                self.last = Some(now);
                return;
            }
            Err(error) => error,
        };
        self.error(operation, &error);
        if !error.may_have_happened() {
            if now != before {
                let what = format!("{place}: {before:?} has become {now:?} after: {error}");
                self.storm.wrong(differs(&before, &now), what);
            }
            self.last = Some(now);
            return;
        }
        let versions = now.new_versions(&before);
        let deployments = now.new_deployments(&before);
        if versions.len() + deployments.len() > 1 {
            let wrong = differs(&before, &now);
            let what = format!("{place}: {before:?} has become {now:?} after: {error}");
            self.storm.wrong(wrong, what);
        }
        if let Some(pending) = error.pending() {
            let versions = versions.iter().map(|version| version.id.to_string());
            let made: Vec<_> = versions
                .chain(deployments.iter().map(|d| d.id.clone()))
                .collect();
            self.settle(&place, pending, made.first()).await;
        }
        self.know(&before, &now);
    }

    /// Keeps what it was told of.
    fn know(&self, before: &Truth, now: &Truth) {
        let versions = now.new_versions(before).into_iter();
        let deployments = now.new_deployments(before).into_iter();
        let mut known = self.storm.known();
        known.versions.extend(versions.map(|version| version.id));
        known.deployments.extend(deployments.map(|d| d.id.clone()));
    }

    /// Counts an error, and searches it for the keys.
    pub(super) fn error(&self, operation: &'static str, error: &Error) {
        leaks::watch().error(error);
        let doubt = if error.may_have_happened() { "?" } else { "" };
        self.ended(operation, &format!("{:?}{doubt}", error.kind()));
        if error.may_have_happened() && error.was_sent() == cerebras_management::Sent::No {
            let what = format!("{operation}: it was not sent and may have happened: {error}");
            self.storm.wrong(Wrong::Untruthful, what);
        }
    }

    pub(super) fn ended(&self, operation: &'static str, how: &str) {
        self.storm.known().report.ended(operation, how.to_owned());
    }

    /// A doubt settles to what has happened. Faults go on meanwhile, and one of them is a 404 that
    /// is the service's own word: so that there is none is believed when it is told repeatedly.
    async fn settle(&self, place: &str, pending: &Pending, made: Option<&String>) {
        let mut nothing = 0;
        for _ in 0..50 {
            match self.client.settle(pending).await {
                Ok(None) if made.is_some() && nothing < 3 => nothing += 1,
                Ok(found) => {
                    let found = found.as_ref().map(told::found);
                    if found.as_ref() != made {
                        let what = format!("{place}: it settles to {found:?}, and is {made:?}");
                        self.storm.wrong(Wrong::Untruthful, what);
                    }
                    return;
                }
                Err(error) if error.kind() == ErrorKind::Ambiguous => {
                    let what = format!("{place}: it cannot be settled: {error}");
                    self.storm.wrong(Wrong::Untruthful, what);
                    return;
                }
                Err(error) => leaks::watch().error(&error),
            }
        }
        let what = format!("{place}: fifty looks have settled nothing");
        self.storm.wrong(Wrong::Untruthful, what);
    }
}

/// What is wrong when the world is not as was told.
fn differs(expected: &Truth, now: &Truth) -> Wrong {
    if now.versions.len() > expected.versions.len() {
        Wrong::DuplicatedVersion
    } else if now.deployments.len() > expected.deployments.len() {
        Wrong::DuplicatedDeployment
    } else if aliases(now).is_superset(&aliases(expected)) {
        Wrong::Untruthful
    } else {
        Wrong::LostAlias
    }
}

fn aliases(world: &Truth) -> BTreeSet<&String> {
    let versions = world.versions.iter();
    versions.flat_map(|version| &version.aliases).collect()
}

#[test]
fn an_alias_that_no_version_has_any_more_is_lost() {
    let world = |aliases: &[&str]| Truth {
        versions: vec![Version {
            id: 1,
            weights: "s3://my-bucket/run".to_owned(),
            suffix: None,
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        }],
        ..Truth::default()
    };
    let (both, one) = (world(&["a", "b"]), world(&["a"]));
    assert_eq!(differs(&both, &one), Wrong::LostAlias);
    assert_eq!(differs(&one, &both), Wrong::Untruthful);
    assert_eq!(differs(&Truth::default(), &one), Wrong::DuplicatedVersion);
}
