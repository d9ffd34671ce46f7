//! What the service tells of endpoints and deployments.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

use crate::names::{EndpointId, ModelVersionName, VersionId};
use crate::raw::types as raw;
use crate::status::{DeploymentState, Phase, RolloutStatus};

/// An endpoint as [`Org::endpoints`](crate::Org::endpoints) lists it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EndpointSummary {
    /// Its id.
    pub id: String,
    /// The architecture that it runs.
    pub architecture: Option<String>,
    /// The organization that it belongs to.
    pub org_name: Option<String>,
    /// When it was made, in whole seconds.
    pub created: Option<SystemTime>,
    /// When it was last changed, in whole seconds.
    pub updated: Option<SystemTime>,
}

impl From<raw::EndpointSummary> for EndpointSummary {
    fn from(answer: raw::EndpointSummary) -> Self {
        Self {
            id: answer.endpoint_id,
            architecture: answer.model_arch_id,
            org_name: answer.org_name,
            created: answer.created.map(time),
            updated: answer.updated.map(time),
        }
    }
}

/// An endpoint with its deployments, at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EndpointDetails {
    /// Its id.
    pub id: String,
    /// The architecture that it runs.
    pub architecture: String,
    /// The organization that manages it.
    pub managing_org: String,
    /// The deployments that the service lists, in its order. Whether past ones stay in the list
    /// is not published.
    pub deployments: Vec<Deployment>,
    /// Whether the answer held a list of them at all.
    pub(crate) lists_deployments: bool,
    /// When it was made, in whole seconds.
    pub created: SystemTime,
    /// When it was last changed, in whole seconds.
    pub updated: SystemTime,
}

impl EndpointDetails {
    pub(super) fn new(id: &EndpointId, answer: raw::EndpointResponse) -> Self {
        Self {
            lists_deployments: answer.deployed_models.is_some(),
            deployments: answer
                .deployed_models
                .unwrap_or_default()
                .into_iter()
                .map(|entry| Deployment::listed(id, entry))
                .collect(),
            id: answer.name,
            architecture: answer.model_arch_id,
            managing_org: answer.managing_org_name,
            created: time(answer.created),
            updated: time(answer.updated),
        }
    }

    /// What answers inference requests now: the newest deployment that is complete.
    ///
    /// One whose state the service does not tell, or tells in a word that is not known, is taken
    /// to be on its way. Where none is known to be complete, it may as well be what serves.
    #[must_use]
    pub fn serving(&self) -> Serving {
        let complete: Vec<_> = self
            .deployments
            .iter()
            .filter(|d| d.is_complete())
            .collect();
        let latest = complete.iter().filter_map(|d| d.created).max();
        // One without a date may be as new as the newest.
        let mut newest = complete;
        newest.retain(|d| d.created == latest || d.created.is_none());
        newest.sort_by_key(|d| d.created.is_none());
        match newest.as_slice() {
            [] => {
                let is_untold =
                    |d: &&Deployment| matches!(d.state, None | Some(DeploymentState::Other(_)));
                let untold: Vec<_> = self.deployments.iter().filter(is_untold).cloned().collect();
                if untold.is_empty() {
                    Serving::Nothing
                } else {
                    Serving::Unclear(untold)
                }
            }
            [first, rest @ ..] if rest.iter().all(|d| d.model == first.model) => {
                Serving::Deployment((*first).clone())
            }
            _ => {
                newest.dedup();
                Serving::Unclear(newest.into_iter().cloned().collect())
            }
        }
    }

    /// The deployment that serves a version or may come to serve it, if there is one.
    pub(crate) fn uses(&self, name: &ModelVersionName) -> Option<&Deployment> {
        let serving = match self.serving() {
            Serving::Nothing => Vec::new(),
            Serving::Deployment(one) => vec![one],
            Serving::Unclear(tied) => tied,
        };
        self.deployments.iter().find(|deployment| {
            deployment.may_be_of(name) && (deployment.is_going() || serving.contains(deployment))
        })
    }
}

/// What an endpoint serves, as far as its deployments tell.
///
/// Deployments are dated in whole seconds. Where two versions were completed in deployments of
/// the same second, or in ones without a date, it cannot be told which of them serves; nor can it
/// where the service tells no states.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Serving {
    /// No deployment is complete.
    Nothing,
    /// This one is the newest that is complete.
    Deployment(Deployment),
    /// One of these: their dates do not tell which is the newest. Or one of these, or nothing:
    /// their states are not told, or not in a word that is known.
    Unclear(Vec<Deployment>),
}

impl Serving {
    /// The deployment that serves, if it is known.
    #[must_use]
    pub fn deployment(&self) -> Option<&Deployment> {
        match self {
            Self::Deployment(deployment) => Some(deployment),
            Self::Nothing | Self::Unclear(_) => None,
        }
    }

    /// The version that serves, if it is known.
    #[must_use]
    pub fn version(&self) -> Option<&ModelVersionName> {
        self.deployment()?.version.as_ref()
    }

    /// The integer id of the version that serves, if it is known.
    #[must_use]
    pub fn version_id(&self) -> Option<VersionId> {
        self.version()?.version().as_id()
    }
}

/// One deployment of a version to an endpoint, at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deployment {
    /// Its UUID, as the service sent it.
    pub id: String,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The full name of the version, as the service sent it.
    pub model: String,
    /// The same, parsed; none for a name that does not have the published form.
    pub version: Option<ModelVersionName>,
    /// The alias or the id by which it was asked for, if the service says so.
    pub requested_as: Option<String>,
    /// When it was created, in whole seconds, if the service says so.
    pub created: Option<SystemTime>,
    /// How far it has come, if the service says so.
    pub state: Option<DeploymentState>,
    /// The replicas, if the service counts them.
    pub replicas: Option<Replicas>,
    /// What the service says of a failure, if anything.
    pub error_message: Option<String>,
}

impl Deployment {
    /// Whether its rollout has completed. It need not be what serves: a newer one may be.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.phase() == Phase::Succeeded
    }

    /// Whether it has not ended, as far as its state tells.
    #[must_use]
    pub fn is_going(&self) -> bool {
        self.phase() == Phase::InProgress
    }

    /// What is not known to have ended goes on.
    pub(super) fn phase(&self) -> Phase {
        self.state
            .as_ref()
            .map_or(Phase::InProgress, DeploymentState::phase)
    }

    /// Whether it may be of this version, which has an integer id: the list may name it by an
    /// alias, or in a form that is not known.
    pub(super) fn may_be_of(&self, name: &ModelVersionName) -> bool {
        let Some(listed) = &self.version else {
            return true;
        };
        listed.org() == name.org()
            && listed.architecture() == name.architecture()
            && (listed.version() == name.version() || listed.version().as_id().is_none())
    }

    fn listed(endpoint: &EndpointId, entry: raw::DeployedModel) -> Self {
        Self {
            endpoint: endpoint.clone(),
            version: entry.model.parse().ok(),
            id: entry.id,
            model: entry.model,
            requested_as: entry.version_alias,
            created: entry.created.map(time),
            state: entry.state,
            replicas: Replicas::of(entry.rollout_replicas_updated, entry.rollout_total_replicas),
            error_message: entry.rollout_error_message,
        }
    }

    /// What the answer to a deploy tells of it: metadata captured at submission.
    pub(crate) fn submitted(
        endpoint: &EndpointId,
        version: &ModelVersionName,
        answer: raw::EndpointDeployResponse,
    ) -> Self {
        let mut model = String::with_capacity(64);
        // A string takes all that is written to it.
        let _ = write!(model, "{version}");
        let mut deployment = Self {
            id: answer.name,
            endpoint: endpoint.clone(),
            model,
            version: Some(version.clone()),
            requested_as: None,
            created: None,
            state: None,
            replicas: None,
            error_message: None,
        };
        if let Some(data) = answer.response {
            deployment.requested_as = data.version_alias;
            deployment.created = data.created.map(time);
            deployment.replicas =
                Replicas::of(data.rollout_replicas_updated, data.rollout_total_replicas);
            deployment.error_message = data.rollout_error_message;
            deployment.state = data.rollout_status.as_ref().map(state_of);
        }
        deployment
    }
}

/// The two vocabularies name one thing: what a deploy calls `done` is `complete` in the list.
fn state_of(status: &RolloutStatus) -> DeploymentState {
    match status {
        RolloutStatus::Done => DeploymentState::Complete,
        other => DeploymentState::from(other.as_str()),
    }
}

/// How many replicas of an endpoint run the new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replicas {
    /// Those that have been updated.
    pub updated: u64,
    /// All of them.
    pub total: u64,
}

impl Replicas {
    fn of(updated: Option<i64>, total: Option<i64>) -> Option<Self> {
        Some(Self {
            updated: updated?.try_into().ok()?,
            total: total?.try_into().ok()?,
        })
    }
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} replicas", self.updated, self.total)
    }
}

/// Unix seconds as the service sends them; what no clock can show is the epoch.
fn time(seconds: i64) -> SystemTime {
    u64::try_from(seconds)
        .ok()
        .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
