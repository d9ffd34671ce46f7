use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DeploymentTruth, VersionTruth};

/// The whole world as it really is at one moment, whatever the service reports.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use cerebras_management_simulator::Simulator;
///
/// let simulator = Simulator::builder().manual_clock().start().await?;
/// let snapshot = simulator.snapshot();
/// assert_eq!(snapshot.orgs[0].architectures[0].id, "gpt-oss-120b");
/// assert_eq!(snapshot.endpoints[0].serving, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The wall time at the start, in Unix seconds.
    pub started: u64,
    /// The simulated time since then; written as a number of seconds.
    #[serde(with = "crate::seconds")]
    pub now: Duration,
    /// The orgs, by name.
    pub orgs: Vec<OrgTruth>,
    /// The endpoints of all orgs, by id.
    pub endpoints: Vec<EndpointTruth>,
}

/// An org as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrgTruth {
    /// The name in paths.
    pub name: String,
    /// The key for management routes. A simulator's keys are public.
    pub management_key: String,
    /// The key for inference.
    pub inference_key: String,
    /// The model architectures, by id.
    pub architectures: Vec<ArchitectureTruth>,
}

/// A model architecture of an org, as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArchitectureTruth {
    /// The id.
    pub id: String,
    /// The versions, oldest first.
    pub versions: Vec<VersionTruth>,
    /// How many more there are: the page leaves out old ones. 0 in a whole snapshot.
    pub versions_left_out: usize,
}

/// An endpoint as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointTruth {
    /// The id.
    pub id: String,
    /// The org it belongs to.
    pub org: String,
    /// The model architecture it runs.
    pub architecture: String,
    /// How many replicas it has.
    pub replicas: u32,
    /// The version that it serves.
    pub serving: Option<u64>,
    /// Every deployment it accepted, oldest first.
    pub deployments: Vec<DeploymentTruth>,
    /// How many more there are: the page leaves out old ones. 0 in a whole snapshot.
    pub deployments_left_out: usize,
}
