//! What became of each shared alias, write by write, and whether a write that took it away is
//! explained by what its author was told.
//!
//! The simulator handles a request when it comes, so that no write is carried out once its author
//! has been told how it ended. Which of those who were writing at the time was the author, no
//! request tells: one of them has to explain it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cerebras_management_simulator::{Entry, Operation as Route};

use crate::world::{Truth, was_carried_out};

/// A write of the list of one version. Its place among all of them is its number.
#[derive(Clone, Debug)]
struct Write {
    version: u64,
    aliases: BTreeSet<String>,
    /// The lists after it.
    lists: BTreeMap<u64, BTreeSet<String>>,
}

/// An edit or a move of a shared alias.
#[derive(Clone, Debug)]
pub(super) struct Attempt<D> {
    pub(super) alias: String,
    /// The numbers of the writes that any client sent while it went on.
    pub(super) during: Range<u64>,
    pub(super) did: D,
}

#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub(super) from: Option<u64>,
    pub(super) in_doubt: bool,
}

/// An edit of the list: whether it was to have the alias.
#[derive(Clone, Debug)]
pub(super) struct Edited {
    pub(super) adds: bool,
}

/// A time in which an alias was on no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The version that lost it.
    pub(super) from: u64,
    /// From the write that took it away until the one that gave it back, if any has.
    pub(super) since: u64,
    pub(super) until: Option<u64>,
}

/// Every write of aliases of some versions.
pub(super) struct History {
    writes: Vec<(u64, Write)>,
    start: BTreeMap<u64, BTreeSet<String>>,
}

impl History {
    /// `start` is the world before the first request, of which the versions count that are there.
    pub(super) fn new(start: &Truth, journal: &[Entry]) -> Self {
        let requests = journal
            .iter()
            .filter(|entry| entry.operation == Some(Route::UpdateModelVersionAliases));
        let carried_out = (0..).zip(requests).filter(|(_, e)| was_carried_out(e));
        Self::of(
            start,
            carried_out.filter_map(|(number, e)| {
                let version = e.path.rsplit('/').next()?.parse().ok()?;
                let json = e.json().expect("a list of aliases");
                let aliases = json["version_aliases"].as_array().expect("aliases");
                let alias = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                Some((number, version, aliases.iter().map(alias).collect()))
            }),
        )
    }

    pub(super) fn of(
        start: &Truth,
        writes: impl Iterator<Item = (u64, u64, BTreeSet<String>)>,
    ) -> Self {
        let versions = start.versions.iter();
        let start: BTreeMap<_, _> = versions.map(|v| (v.id, v.aliases.clone())).collect();
        let mut lists = start.clone();
        let mut all = Vec::new();
        for (number, version, aliases) in writes {
            let is_held = lists
                .iter()
                .any(|(id, held)| *id != version && !held.is_disjoint(&aliases));
            // Its answer was lost, and was a refusal.
            if is_held || !lists.contains_key(&version) {
                continue;
            }
            lists.insert(version, aliases.clone());
            let lists = lists.clone();
            let write = Write {
                version,
                aliases,
                lists,
            };
            all.push((number, write));
        }
        Self { writes: all, start }
    }

    /// The lists as they are after all writes.
    pub(super) fn end(&self) -> &BTreeMap<u64, BTreeSet<String>> {
        let last = self.writes.last();
        last.map_or(&self.start, |(_, write)| &write.lists)
    }

    /// When an alias was on no version.
    fn gaps(&self, alias: &str) -> Vec<Gap> {
        let holder = |lists: &BTreeMap<u64, BTreeSet<String>>| {
            let mut lists = lists.iter();
            lists.find_map(|(id, held)| held.contains(alias).then_some(*id))
        };
        let mut named = holder(&self.start);
        let mut gaps: Vec<Gap> = Vec::new();
        for (number, write) in &self.writes {
            let now = holder(&write.lists);
            match (named, now) {
                (Some(from), None) => gaps.push(Gap {
                    from,
                    since: *number,
                    until: None,
                }),
                (None, Some(_)) => {
                    if let Some(gap) = gaps.last_mut() {
                        gap.until = Some(*number);
                    }
                }
                _ => {}
            }
            named = now;
        }
        gaps
    }

    /// The times in which a moved alias was lost: the move that took it away was over, and not in
    /// doubt.
    pub(super) fn lost(&self, alias: &str, moves: &[Attempt<Moved>]) -> Lost {
        let mut lost = Lost::default();
        for gap in self.gaps(alias) {
            lost.times += 1;
            let explains = |attempt: &Attempt<Moved>| {
                let during = &attempt.during;
                let is_author = during.contains(&gap.since)
                    && attempt.alias == alias
                    && attempt.did.from == Some(gap.from);
                let goes_on = gap.until.is_some_and(|until| during.contains(&until));
                is_author && (attempt.did.in_doubt || goes_on)
            };
            let explained = moves.iter().position(explains);
            if explained.is_none() {
                lost.gaps.push(gap);
            } else if gap.until.is_none() {
                lost.open = explained;
            }
        }
        lost
    }

    /// The writes that undid an edit of the list of `version` although whoever wrote it had read
    /// the list after that edit.
    pub(super) fn undone(
        &self,
        version: u64,
        alias: &str,
        edits: &[Attempt<Edited>],
    ) -> Vec<String> {
        let mut held = self.start[&version].contains(alias);
        let mut last = None;
        let mut undone = Vec::new();
        for (number, write) in self.writes.iter().filter(|(_, w)| w.version == version) {
            let holds = write.aliases.contains(alias);
            if holds == held {
                continue;
            }
            let explains = |edit: &&Attempt<Edited>| {
                let wanted = edit.alias == alias && edit.did.adds == holds;
                // It may have read the list before the alias came, or went.
                let unread = edit.alias != alias && last.is_some_and(|at| edit.during.start <= at);
                edit.during.contains(number) && (wanted || unread)
            };
            if edits.iter().find(explains).is_none() {
                undone.push(format!(
                    "write {number} makes the list {:?}: {alias} was {held} since {last:?}",
                    write.aliases
                ));
            }
            held = holds;
            last = Some(*number);
        }
        undone
    }
}

/// What [`History::lost`] finds.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// How often the alias was on no version: each move that is carried out has such a time.
    pub(super) times: u64,
    /// Unexplained.
    pub(super) gaps: Vec<Gap>,
    /// Which move explains why the alias is on no version now.
    pub(super) open: Option<usize>,
}
