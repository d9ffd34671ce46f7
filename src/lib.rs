//! The unofficial Rust SDK for the Cerebras Management API (private preview): upload fine-tuned
//! weights from S3 as a model version, name versions by aliases, and deploy a version to a
//! dedicated endpoint with no downtime.
//!
//! ```no_run
//! use cerebras_management::Client;
//!
//! # async fn run() -> cerebras_management::Result<()> {
//! let client = Client::from_env()?;
//! let model = client.org("my-org")?.model("gpt-oss-120b")?;
//!
//! let version = model
//!     .upload("s3://my-bucket/run-42")
//!     .alias("run-42")
//!     .fingerprint_suffix("run-42")
//!     .await? // the service has accepted it
//!     .wait()
//!     .await?; // the weights are there
//!
//! let endpoint = client.endpoint("my-org-gpt-oss-120b")?;
//! endpoint.deploy(&version).await?.wait().await?; // it serves
//! # Ok(())
//! # }
//! ```
//!
//! # How it is made
//!
//! - [`Client`] is built once and cloned freely. [`Org`], [`Model`], [`Version`] and [`Endpoint`]
//!   are names with a client: making one sends nothing, and their methods are the operations.
//! - What is asked for is checked before anything is sent: [`names`] have types of their own, and
//!   builders such as [`Upload`] and [`Deploy`] answer with the first thing wrong.
//! - What goes on at the service is an [`Operation`]: wait for its end, or watch each [`Change`].
//!   A wait ends well only if the service says so.
//! - Everything that fails is one [`Error`], whose [`kind`](Error::kind) says what to do about
//!   it. A write whose answer was lost is never sent again blindly:
//!   [`may_have_happened`](Error::may_have_happened) says so.
//!
//! # What is assumed
//!
//! The service is in private preview, and parts of what it does are not published. What this
//! crate assumes is listed, with the evidence, in `docs/assumptions.md` of its repository.
//!
//! # Features
//!
//! `rustls` (default): TLS, with the certificate roots of the platform. Without it only plain
//! `http` works, unless [`ClientBuilder::http`] brings another TLS.
//!
//! # Runtime
//!
//! The futures of this crate run on tokio, with its timers and its network driver.

mod aliases;
mod answer;
mod base_url;
mod client;
mod echo;
mod endpoints;
mod error;
mod explain;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod inference;
mod key;
pub mod names;
mod observed;
mod operation;
mod org;
mod pending;
mod poll;
mod printable;
mod raw;
mod resend;
mod resume;
mod retry;
pub mod status;
mod time;
#[cfg(feature = "rustls")]
mod tls;
mod together;
mod transport;
mod versions;

pub use aliases::{AliasMove, AliasNames, MoveAlias, MoveIntent, MoveLeft, MovePlan, MoveStep};
pub use client::{Client, ClientBuilder};
pub use endpoints::{
    Deploy, DeployTarget, Deployment, Endpoint, EndpointDetails, EndpointSummary, Replicas,
    Rollback, RolloutProgress, Serving,
};
pub use error::{Error, ErrorKind, FieldError, Result, Sent, Waited};
pub use handle::{Handle, HandleError};
pub use inference::{Chat, ChatAnswer};
pub use key::{ApiKey, KeyFuture, KeyProvider};
pub use observed::RawAnswer;
pub use operation::{Change, Obtained, Operation, Tracked, Wait, Watch};
pub use org::Org;
pub use pending::Pending;
pub use poll::Schedule;
pub use resume::Resumed;
pub use retry::RetryPolicy;
pub use together::{First, first_of, wait_all};
pub use versions::{Delete, Deleted, Model, ModelVersion, SyncProgress, Upload, Version};

/// The README's example, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
