//! What the tests share.

mod pace;
mod rig;

use std::time::Duration;

use cerebras_management::{
    Deployment, Error, ModelVersion, Operation, Result, Schedule, Tracked, Wait,
};
use cerebras_management_simulator::{Entry, SeedEndpoint, SeedVersion};

pub(crate) use pace::Pace;
pub(crate) use rig::{Rig, build, two_versions};

pub(crate) const ORG: &str = "my-org";
pub(crate) const ARCHITECTURE: &str = "gpt-oss-120b";
pub(crate) const ENDPOINT: &str = "my-org-gpt-oss-120b";

/// Polls as often as the SDK allows: the simulated time passes with the polls, not between them.
pub(crate) fn quick() -> Schedule {
    Schedule::default()
        .floor(Duration::from_millis(10))
        .fraction(0.0)
}

/// So late that only a wait which never ends reaches it.
pub(crate) const GENEROUS: Duration = Duration::from_secs(60);

/// A wait of an operation that is to end.
pub(crate) fn wait_for<T: Tracked>(operation: &Operation<T>) -> Wait<T> {
    operation.wait().schedule(quick()).deadline(GENEROUS)
}

/// The integer id of a version.
pub(crate) fn id_of(version: &ModelVersion) -> u64 {
    version.id().unwrap().get()
}

/// The integer id of the version that was deployed.
pub(crate) fn deployed_id(deployment: &Deployment) -> u64 {
    let name = deployment.version.as_ref().unwrap();
    name.version().as_id().unwrap().get()
}

/// The full name of a version of the default architecture.
pub(crate) fn name_of(version: impl std::fmt::Display) -> String {
    format!("orgs/{ORG}/models/{ARCHITECTURE}/versions/{version}")
}

/// The path of a version of the default architecture.
pub(crate) fn path_of(version: impl std::fmt::Display) -> String {
    format!("/management/v1/{}", name_of(version))
}

/// A synced version of the default architecture, with an alias that is also its fingerprint.
pub(crate) fn synced(alias: &str) -> SeedVersion {
    SeedVersion::new(ARCHITECTURE, format!("s3://my-bucket/{alias}"))
        .alias(alias)
        .fingerprint_suffix(alias)
}

/// The default endpoint, with a version that serves from the start.
pub(crate) fn serving(version: u64) -> SeedEndpoint {
    SeedEndpoint::new(ENDPOINT, ARCHITECTURE).serving(version)
}

/// `GET /management/… 200`, one for each request.
pub(crate) fn lines(entries: &[Entry]) -> Vec<String> {
    let line = |entry: &Entry| {
        let status = entry.status.unwrap_or_default();
        format!("{} {} {status}", entry.method, entry.path)
    };
    entries.iter().map(line).collect()
}

/// The error of what was not to succeed.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>) -> Error {
    match result {
        Ok(value) => panic!("it succeeded: {value:?}"),
        Err(error) => error,
    }
}
