use std::collections::BTreeMap;
use std::sync::Arc;

use super::version::Version;
use crate::IdReuse;

/// The versions under a model architecture of an org, and their aliases.
#[derive(Clone, Debug, Default)]
pub(super) struct Architecture {
    /// By id, in order: a new one has the highest.
    versions: Vec<(u64, Version)>,
    /// Which version holds an alias. A map, so that an alias names at most one.
    holders: BTreeMap<Arc<str>, u64>,
    last_id: u64,
}

impl Architecture {
    pub(super) fn versions(&self) -> impl Iterator<Item = (u64, &Version)> + Clone {
        self.versions.iter().map(|(id, version)| (*id, version))
    }

    /// Where the version of an id is.
    fn at(&self, id: u64) -> Option<usize> {
        self.versions.binary_search_by_key(&id, |(id, _)| *id).ok()
    }

    /// The version that `reference` names: an id as the service writes it, or an alias.
    pub(super) fn find(&self, reference: &str) -> Option<(u64, &Version)> {
        let id = match reference.parse::<u64>() {
            Ok(id) if id.to_string() == reference => id,
            _ => *self.holders.get(reference)?,
        };
        Some((id, &self.versions[self.at(id)?].1))
    }

    /// The first of `aliases` that a version other than `own` holds, and that version.
    pub(super) fn taken<'a>(&self, aliases: &'a [String], own: u64) -> Option<(&'a str, u64)> {
        aliases.iter().find_map(|alias| {
            let holder = *self.holders.get(alias.as_str())?;
            (holder != own).then_some((alias.as_str(), holder))
        })
    }

    /// Adds a version, and gives it aliases. The caller has checked that none is taken.
    pub(super) fn add(
        &mut self,
        version: Version,
        aliases: &[String],
        reuse: IdReuse,
    ) -> (u64, &Version) {
        let last = match reuse {
            IdReuse::Never => self.last_id,
            IdReuse::Reused => self.versions.last().map_or(0, |(id, _)| *id),
        };
        let id = last + 1;
        self.last_id = id;
        let at = self.versions.len();
        self.versions.push((id, version));
        self.set_aliases(id, aliases);
        (id, &self.versions[at].1)
    }

    /// Replaces the whole list. The caller has checked that none is taken.
    pub(super) fn set_aliases(&mut self, id: u64, aliases: &[String]) {
        let Some(at) = self.at(id) else {
            return;
        };
        let version = &mut self.versions[at].1;
        for alias in &version.aliases {
            self.holders.remove(alias);
        }
        version.aliases = aliases.iter().map(|alias| alias.as_str().into()).collect();
        let aliases = version.aliases.iter().cloned();
        self.holders.extend(aliases.map(|alias| (alias, id)));
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.set_aliases(id, &[]);
        if let Some(at) = self.at(id) {
            self.versions.remove(at);
        }
    }
}
