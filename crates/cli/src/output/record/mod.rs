//! What is listed and shown, and the fields that programs read. The README of this crate
//! documents them; they are not renamed and not taken away.

mod endpoints;
mod operations;
mod preflight;
mod versions;

use cerebras_management::names::{ModelVersionName, VersionAlias};

pub(crate) use endpoints::{DeploymentRecord, EndpointRecord, ReplicasRecord, StatusRecord};
pub(crate) use operations::{
    ChatRecord, Event, EventError, MoveLeftRecord, MoveRecord, OperationRecord, SettledRecord,
    obtained,
};
pub(crate) use preflight::PreflightRecord;
pub(crate) use versions::{AliasRecord, Architecture, DeletedRecord, VersionRecord};

/// `gpt-oss-120b@3`: what is typed, where the organization is known.
pub(crate) fn short(name: &ModelVersionName) -> String {
    format!("{}@{}", name.architecture(), name.version())
}

/// The same of a name as the service sent it.
fn short_of(name: &str, parsed: Option<&ModelVersionName>) -> String {
    parsed.map_or_else(|| name.to_owned(), short)
}

/// Those that are no idempotency keys, and those that are.
fn without_keys(aliases: &[String]) -> (Vec<String>, Vec<String>) {
    let is_key = |alias: &String| {
        let alias = alias.parse::<VersionAlias>();
        alias.is_ok_and(|alias| alias.is_idempotency_key())
    };
    let (keys, aliases) = aliases.iter().cloned().partition(is_key);
    (aliases, keys)
}
