//! A simulator of the Cerebras Management API: a real HTTP server with state.
//!
//! The service is in private preview, so most people cannot call it. This crate is how they
//! build, test and rehearse against it: the nine management routes and one inference route,
//! answering as the published pages say. It is unofficial, and shares no type with the SDK, so
//! that each is a witness for the other.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use cerebras_management_simulator::{MANAGEMENT_KEY, Simulator};
//!
//! let simulator = Simulator::start().await?;
//! let answer = reqwest::Client::new()
//!     .get(format!("{}/management/v1/orgs/my-org/models", simulator.base_url()))
//!     .bearer_auth(MANAGEMENT_KEY)
//!     .send()
//!     .await?;
//! assert_eq!(
//!     answer.text().await?,
//!     r#"{"model_architectures":["gpt-oss-120b","llama3.1-8b"]}"#
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Four parts, each usable without the next:
//!
//! - [`World`]: the state machine. [`World::apply`] takes a request and the time, changes the
//!   state and gives the answer. No clock, no network, no randomness.
//! - [`Clock`]: the time given to it, as fast as wanted, or moved by hand.
//! - [`Simulator`]: both behind a port, with a handle that makes failures happen and tells what
//!   is really the case.
//! - [`Behaviour`]: a switch for each thing that the published pages leave open.
//!
//! [`FaultPlan`] makes things go wrong on the way and inside. It and the world can come from
//! files: [`WorldFile`].

mod behaviour;
mod builder;
mod clock;
mod fault;
mod file;
mod http;
mod journal;
mod operation;
mod outcome;
mod place;
mod seconds;
mod seed;
mod simulator;
mod snapshot;
mod splitmix;
mod timings;
mod wire;
mod world;

pub use behaviour::{
    AliasConflict, Architectures, Behaviour, ChatError, CompletedState, DeleteAnswer,
    DeleteDeployed, DeployAnswer, DeployedOrder, DeploymentDates, DeploymentStates, DoneSignal,
    ErrorShape, FailedState, Fingerprint, IdReuse, Listing, NewVersion, OtherOrg, PastDeployments,
    ReplicaCounts, RequestId, RolloutError, SecondDeploy, SuccessStatus, Switch, TakenAlias,
    UnknownSwitch, UnstartedResponse, UnsyncedDeploy, UploadRequires, VersionFields, WeightUri,
};
pub use builder::Builder;
pub use clock::Clock;
pub use fault::{BadPlan, Fault, FaultAction, FaultPlan, PlannedRollout, PlannedSync, RetryAfter};
pub use file::{FileError, WorldFile};
pub use journal::Entry;
pub use operation::Operation;
pub use outcome::{RolloutOutcome, SyncOutcome};
pub use seed::{
    BadSeed, DEFAULT_ARCHITECTURES, DEFAULT_ENDPOINTS, DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY,
    SeedEndpoint, SeedOrg, SeedVersion, SeedWorld,
};
pub use simulator::{Simulator, UnknownName};
pub use snapshot::{ArchitectureTruth, EndpointTruth, OrgTruth, Snapshot};
pub use timings::Timings;
pub use world::{
    Answer, DeploymentState, DeploymentTruth, Refusal, Request, SyncState, VersionTruth, World,
};

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
