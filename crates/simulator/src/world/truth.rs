use serde::{Deserialize, Serialize};

use super::{DeploymentState, SyncState, World};

/// A version as it really is, whatever the service reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersionTruth {
    /// The org.
    pub org: String,
    /// The model architecture.
    pub architecture: String,
    /// The id.
    pub id: u64,
    /// Where the weights came from, as given.
    pub weight_uri: String,
    /// The aliases.
    pub aliases: Vec<String>,
    /// What its answers' fingerprint ends in.
    pub fingerprint_suffix: Option<String>,
    /// How far the sync is.
    pub sync: SyncState,
}

/// A deployment as it really is, whatever the service reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploymentTruth {
    /// The id that the deploy answer gave.
    pub id: String,
    /// The version's id.
    pub version: u64,
    /// How far it is.
    pub state: DeploymentState,
    /// How many replicas run the version because of it.
    pub replicas_updated: u32,
    /// How many replicas there are.
    pub replicas: u32,
}

impl World {
    /// The version that an endpoint serves: that of the newest complete deployment. None when
    /// it serves nothing, or does not exist.
    #[must_use]
    pub fn serving(&self, endpoint: &str) -> Option<u64> {
        let deployment = self.endpoints.get(endpoint)?.serving(self.now)?;
        Some(deployment.version)
    }

    /// The versions under an architecture, in every org that has it.
    #[must_use]
    pub fn versions(&self, architecture: &str) -> Vec<VersionTruth> {
        let mut all = Vec::new();
        for (name, org) in &self.orgs {
            let Some(found) = org.architectures.get(architecture) else {
                continue;
            };
            all.extend(found.versions().map(|(id, version)| VersionTruth {
                org: name.clone(),
                architecture: architecture.into(),
                id,
                weight_uri: version.weight_uri.clone(),
                aliases: version.aliases.clone(),
                fingerprint_suffix: version.fingerprint_suffix.clone(),
                sync: version.sync.state(self.now),
            }));
        }
        all
    }

    /// Every deployment an endpoint accepted, oldest first.
    #[must_use]
    pub fn deployments(&self, endpoint: &str) -> Vec<DeploymentTruth> {
        let endpoint = self.endpoints.get(endpoint);
        let deployments = endpoint.into_iter().flat_map(|e| &e.deployments);
        deployments
            .map(|deployment| DeploymentTruth {
                id: deployment.id.clone(),
                version: deployment.version,
                state: deployment.rollout.state(self.now),
                replicas_updated: deployment.rollout.updated(self.now),
                replicas: deployment.rollout.replicas(),
            })
            .collect()
    }

    /// Moves time on without a request, so that what is asked next is as of `now`.
    pub fn advance_to(&mut self, now: std::time::Duration) {
        self.now = self.now.max(now);
    }
}
