use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::deployment::Deployment;
use super::endpoint::Endpoint;
use super::version::Version;
use super::{DeploymentState, Org, SyncState, World};
use crate::snapshot::{ArchitectureTruth, EndpointTruth, OrgTruth, Snapshot};

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
            let versions = found.versions();
            all.extend(
                versions.map(|(id, version)| self.version_truth(name, architecture, id, version)),
            );
        }
        all
    }

    /// Every deployment an endpoint accepted, oldest first.
    #[must_use]
    pub fn deployments(&self, endpoint: &str) -> Vec<DeploymentTruth> {
        let endpoint = self.endpoints.get(endpoint);
        let deployments = endpoint.into_iter().flat_map(|e| &e.deployments);
        deployments
            .map(|deployment| self.deployment_truth(deployment))
            .collect()
    }

    /// Everything there is.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of_newest(usize::MAX)
    }

    /// Everything, but of versions and deployments no more than the newest and those in use.
    pub(crate) fn snapshot_of_newest(&self, newest: usize) -> Snapshot {
        let orgs = self.orgs.iter();
        let endpoints = self.endpoints.iter();
        Snapshot {
            started: self.settings.started,
            now: self.now,
            orgs: orgs
                .map(|(name, org)| self.org_truth(name, org, newest))
                .collect(),
            endpoints: endpoints
                .map(|(id, endpoint)| self.endpoint_truth(id, endpoint, newest))
                .collect(),
        }
    }

    fn org_truth(&self, name: &str, org: &Org, newest: usize) -> OrgTruth {
        let architectures = org.architectures.iter();
        OrgTruth {
            name: name.into(),
            management_key: org.management_key.clone(),
            inference_key: org.inference_key.clone(),
            architectures: architectures
                .map(|(id, found)| self.architecture_truth(name, id, found, newest))
                .collect(),
        }
    }

    fn architecture_truth(
        &self,
        org: &str,
        id: &str,
        architecture: &Architecture,
        newest: usize,
    ) -> ArchitectureTruth {
        let endpoints = self.endpoints.values();
        let in_use: BTreeSet<u64> = endpoints
            .filter(|endpoint| endpoint.org == org && endpoint.architecture == id)
            .flat_map(|endpoint| endpoint.in_use(self.now))
            .map(|deployment| deployment.version)
            .collect();
        let count = architecture.versions().count();
        let old = count.saturating_sub(newest);
        let versions: Vec<_> = architecture
            .versions()
            .enumerate()
            .filter(|(index, (version, _))| *index >= old || in_use.contains(version))
            .map(|(_, (number, version))| self.version_truth(org, id, number, version))
            .collect();
        ArchitectureTruth {
            id: id.into(),
            versions_left_out: count - versions.len(),
            versions,
        }
    }

    fn endpoint_truth(&self, id: &str, endpoint: &Endpoint, newest: usize) -> EndpointTruth {
        let count = endpoint.deployments.len();
        let old = count.saturating_sub(newest);
        let in_use: Vec<&str> = endpoint
            .in_use(self.now)
            .map(|deployment| deployment.id.as_str())
            .collect();
        let deployments: Vec<_> = endpoint
            .deployments
            .iter()
            .enumerate()
            .filter(|(index, deployment)| *index >= old || in_use.contains(&&*deployment.id))
            .map(|(_, deployment)| self.deployment_truth(deployment))
            .collect();
        EndpointTruth {
            id: id.into(),
            org: endpoint.org.clone(),
            architecture: endpoint.architecture.clone(),
            replicas: endpoint.replicas,
            serving: self.serving(id),
            deployments_left_out: count - deployments.len(),
            deployments,
        }
    }

    fn version_truth(
        &self,
        org: &str,
        architecture: &str,
        id: u64,
        version: &Version,
    ) -> VersionTruth {
        VersionTruth {
            org: org.into(),
            architecture: architecture.into(),
            id,
            weight_uri: version.weight_uri.to_string(),
            aliases: version.aliases.iter().map(ToString::to_string).collect(),
            fingerprint_suffix: version.fingerprint_suffix.as_deref().map(str::to_owned),
            sync: version.sync.state(self.now),
        }
    }

    fn deployment_truth(&self, deployment: &Deployment) -> DeploymentTruth {
        DeploymentTruth {
            id: deployment.id.clone(),
            version: deployment.version,
            state: deployment.rollout.state(self.now),
            replicas_updated: deployment.rollout.updated(self.now),
            replicas: deployment.rollout.replicas(),
        }
    }

    /// Moves time on without a request, so that what is asked next is as of `now`.
    pub fn advance_to(&mut self, now: std::time::Duration) {
        self.now = self.now.max(now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Behaviour, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld, Timings};

    fn world() -> World {
        let org = SeedOrg::new("o").architecture("a");
        let org = (1..=5).fold(org, |org, n| {
            org.version(SeedVersion::new("a", format!("s3://b/{n}")))
        });
        let seed = SeedWorld::empty().org(org.endpoint(SeedEndpoint::new("e", "a").serving(1)));
        World::new(&seed, Behaviour::default(), Timings::default(), 0).expect("a world")
    }

    fn versions(snapshot: &Snapshot) -> Vec<u64> {
        let architecture = &snapshot.orgs[0].architectures[0];
        architecture.versions.iter().map(|v| v.id).collect()
    }

    #[test]
    fn a_snapshot_agrees_with_each_truth() {
        let mut world = world();
        world.advance_to(Duration::from_secs(7));
        let snapshot = world.snapshot();
        assert_eq!(snapshot.now, Duration::from_secs(7));
        let architecture = &snapshot.orgs[0].architectures[0];
        assert_eq!(architecture.versions, world.versions("a"));
        assert_eq!(architecture.versions_left_out, 0);
        let endpoint = &snapshot.endpoints[0];
        assert_eq!(endpoint.serving, world.serving("e"));
        assert_eq!(endpoint.deployments, world.deployments("e"));
        assert_eq!(endpoint.deployments_left_out, 0);
    }

    #[test]
    fn the_newest_come_with_those_in_use() {
        let snapshot = world().snapshot_of_newest(2);
        assert_eq!(versions(&snapshot), [1, 4, 5]);
        assert_eq!(snapshot.orgs[0].architectures[0].versions_left_out, 2);
        let snapshot = world().snapshot_of_newest(0);
        assert_eq!(versions(&snapshot), [1]);
        let serving = world().deployments("e");
        assert_eq!(snapshot.endpoints[0].deployments, serving);
    }
}
