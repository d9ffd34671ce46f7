use std::collections::BTreeMap;

use super::version::Version;
use crate::IdReuse;

/// The versions under a model architecture of an org, and their aliases.
#[derive(Clone, Debug, Default)]
pub(super) struct Architecture {
    versions: BTreeMap<u64, Version>,
    /// Which version holds an alias. A map, so that an alias names at most one.
    holders: BTreeMap<String, u64>,
    last_id: u64,
}

impl Architecture {
    pub(super) fn versions(&self) -> impl Iterator<Item = (u64, &Version)> {
        self.versions.iter().map(|(id, version)| (*id, version))
    }

    /// The version that `reference` names: an id as the service writes it, or an alias.
    pub(super) fn find(&self, reference: &str) -> Option<(u64, &Version)> {
        let id = match reference.parse::<u64>() {
            Ok(id) if id.to_string() == reference => id,
            _ => *self.holders.get(reference)?,
        };
        Some((id, self.versions.get(&id)?))
    }

    /// The first of `aliases` that a version other than `own` holds, and that version.
    pub(super) fn taken<'a>(&self, aliases: &'a [String], own: u64) -> Option<(&'a str, u64)> {
        aliases.iter().find_map(|alias| {
            let holder = *self.holders.get(alias)?;
            (holder != own).then_some((alias.as_str(), holder))
        })
    }

    pub(super) fn add(&mut self, version: Version, reuse: IdReuse) -> u64 {
        let last = match reuse {
            IdReuse::Never => self.last_id,
            IdReuse::Reused => self.versions.last_key_value().map_or(0, |(id, _)| *id),
        };
        let id = last + 1;
        self.last_id = id;
        let aliases = version.aliases.iter().cloned();
        self.holders.extend(aliases.map(|alias| (alias, id)));
        self.versions.insert(id, version);
        id
    }

    /// Replaces the whole list. The caller has checked that none is taken.
    pub(super) fn set_aliases(&mut self, id: u64, aliases: Vec<String>) {
        let Some(version) = self.versions.get_mut(&id) else {
            return;
        };
        for alias in &version.aliases {
            self.holders.remove(alias);
        }
        let added = aliases.iter().cloned();
        self.holders.extend(added.map(|alias| (alias, id)));
        version.aliases = aliases;
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.set_aliases(id, Vec::new());
        self.versions.remove(&id);
    }
}
