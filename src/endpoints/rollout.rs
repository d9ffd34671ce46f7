//! How a rollout goes on, and when it has ended.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Endpoint;
use super::data::{Deployment, EndpointDetails, Replicas, Serving};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::handle::{Handle, Subject};
use crate::names::ModelVersionName;
use crate::operation::{Obtained, Operation, Tracked, private};
use crate::poll::{Feed, Look, Probe, Read, View};
use crate::status::{DeploymentState, Phase};
use crate::transport::Attempts;
use crate::versions::no_id;

/// How long a deployment that was just accepted may be missing from the list before that is told.
const UNLISTED: Duration = Duration::from_secs(60);

/// What is seen of a rollout on its way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RolloutProgress {
    /// Whether the endpoint lists the deployment, or may not do so yet: it was accepted less than
    /// a minute ago. One that is not listed later is still waited for.
    pub listed: bool,
    /// The deployment's state, if the service says one.
    pub state: Option<DeploymentState>,
    /// The replicas, if the service counts them.
    pub replicas: Option<Replicas>,
}

impl RolloutProgress {
    pub(super) fn of(deployment: &Deployment) -> Self {
        Self {
            listed: true,
            state: deployment.state.clone(),
            replicas: deployment.replicas,
        }
    }
}

impl fmt::Display for RolloutProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            Some(state) => f.write_str(&printable(state.as_str()))?,
            None if self.listed => f.write_str("accepted")?,
            None => f.write_str("not listed")?,
        }
        match &self.replicas {
            Some(replicas) => write!(f, ", {replicas}"),
            None => Ok(()),
        }
    }
}

impl Tracked for Deployment {
    type Progress = RolloutProgress;
}

impl private::Tracked for Deployment {
    type Probe = RolloutProbe;
    const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

    fn handle(probe: &RolloutProbe) -> Handle {
        Handle {
            of: Subject::Rollout {
                endpoint: probe.endpoint.id().clone(),
                deployment: probe.deployment.clone(),
                version: probe.version.clone(),
                created: probe.created.and_then(unix_seconds),
            },
            base: probe.endpoint.client().base_url().to_owned(),
        }
    }
}

impl Operation<Deployment> {
    /// One that goes on from a handle. Nothing is known of it until the first poll.
    pub(crate) fn resumed_rollout(
        endpoint: Endpoint,
        deployment: String,
        version: ModelVersionName,
        created: Option<u64>,
    ) -> Self {
        let known = RolloutProgress {
            listed: true,
            state: None,
            replicas: None,
        };
        let probe = RolloutProbe {
            endpoint,
            deployment,
            version,
            created: created.and_then(from_unix_seconds),
            since: Instant::now(),
            seen: known.clone(),
            listed: false,
            earlier: Vec::new(),
        };
        Self::unseen(probe, known)
    }

    /// One that the endpoint lists, by its id.
    pub(super) fn of_listed(
        endpoint: Endpoint,
        details: &EndpointDetails,
        id: &str,
    ) -> Result<Self> {
        let subject = format!("endpoint {}", endpoint.id());
        let Some(listed) = details.deployments.iter().find(|d| d.id == id) else {
            let what = format!("it lists no deployment \"{}\"", printable(id));
            return Err(Error::new(ErrorKind::NotFound, what)
                .about(subject)
                .sent(crate::Sent::Yes)
                .remedy_is("Endpoint::get shows what there is"));
        };
        let pinned = listed.version.clone();
        let Some(version) = pinned.filter(|name| name.version().as_id().is_some()) else {
            return Err(no_id(&listed.model).about(subject));
        };
        let mut probe = RolloutProbe::new(endpoint, listed.clone(), version);
        let operation = match probe.judge(details) {
            Look::Done(progress, deployment) => Self::settled(probe, progress, deployment),
            Look::Going(progress) | Look::Ended(progress, _) => Self::accepted(probe, progress),
        };
        Ok(operation.obtained_by(Obtained::Found))
    }

    /// The deployment's UUID.
    #[must_use]
    pub fn deployment_id(&self) -> &str {
        &self.probe().deployment
    }

    /// The version that is deployed, with its integer id.
    #[must_use]
    pub fn version(&self) -> &ModelVersionName {
        &self.probe().version
    }

    /// The deployment that served the version already when it was looked for, so that nothing was
    /// sent.
    #[must_use]
    pub fn already_serves(&self) -> Option<&Deployment> {
        self.settled_value()
    }

    /// The handle of a deployment of the same version that was under way, as the newest, when the
    /// endpoint was last read before this one was asked for. The version is rolled out twice then;
    /// to wait for the first alone, give the handle to [`Client::resume`](crate::Client::resume).
    ///
    /// None where the endpoint was not read ([`Deploy::unchecked`](crate::Deploy::unchecked)),
    /// tells no states, or names no integer id. One that is asked for meanwhile is not seen.
    #[must_use]
    pub fn already_under_way(&self) -> Option<&Handle> {
        self.is_beside()
    }
}

/// Reads one endpoint and looks for one deployment in it.
#[derive(Clone, Debug)]
pub struct RolloutProbe {
    endpoint: Endpoint,
    deployment: String,
    version: ModelVersionName,
    created: Option<SystemTime>,
    since: Instant,
    /// What was seen last.
    seen: RolloutProgress,
    /// Whether it has been listed.
    listed: bool,
    /// The ids of those that were complete while ours was not: ours comes after them.
    earlier: Vec<String>,
}

impl RolloutProbe {
    pub(super) fn new(
        endpoint: Endpoint,
        deployment: Deployment,
        version: ModelVersionName,
    ) -> Self {
        Self {
            endpoint,
            version,
            created: deployment.created,
            since: Instant::now(),
            seen: RolloutProgress::of(&deployment),
            deployment: deployment.id,
            listed: false,
            earlier: Vec::new(),
        }
    }

    fn judge(&mut self, details: &EndpointDetails) -> Look<RolloutProgress, Deployment> {
        let ours = details.deployments.iter().find(|d| d.id == self.deployment);
        if ours.is_some_and(Deployment::is_going) {
            let complete = details.deployments.iter().filter(|d| d.is_complete());
            self.earlier = complete.map(|d| d.id.clone()).collect();
        }
        let Some(ours) = ours else {
            let progress = RolloutProgress {
                listed: false,
                state: None,
                replicas: None,
            };
            return match self.newer_complete(details) {
                Some(newer) => {
                    Look::Ended(progress, self.superseded("it is not listed", Some(newer)))
                }
                None if self.listed => {
                    Look::Ended(progress, self.superseded("it is no longer listed", None))
                }
                None if self.since.elapsed() < UNLISTED => Look::Going(self.seen.clone()),
                None => Look::Going(progress),
            };
        };
        self.listed = true;
        self.created = ours.created.or(self.created);
        let progress = RolloutProgress::of(ours);
        if !ours.may_be_of(&self.version) {
            let error = Error::new(
                ErrorKind::OperationFailed,
                format!("the endpoint lists it as {}", printable(&ours.model)),
            );
            return Look::Ended(progress, self.ended(error));
        }
        match ours.phase() {
            Phase::Failed if ours.state == Some(DeploymentState::Cancelled) => {
                let newer = self.newest_after_ours(&details.deployments);
                Look::Ended(progress, self.superseded("it was cancelled", newer))
            }
            Phase::Failed => Look::Ended(progress, self.failed(ours)),
            Phase::InProgress => match self.newer_complete(details) {
                Some(newer) => {
                    let error = self.superseded("it is not complete", Some(newer));
                    Look::Ended(progress, error)
                }
                None => Look::Going(progress),
            },
            Phase::Succeeded => match self.does_not_serve(details) {
                Some(error) => Look::Ended(progress, error),
                None => Look::Done(progress, ours.clone()),
            },
        }
    }

    /// Why ours, which is complete, is not known to be what serves: it has to be the newest that
    /// is complete, those aside that are known to have come before it.
    fn does_not_serve(&self, details: &EndpointDetails) -> Option<Error> {
        let mut rest = details.clone();
        rest.deployments.retain(|d| !self.earlier.contains(&d.id));
        let ours = rest.deployments.iter_mut();
        for ours in ours.filter(|d| d.id == self.deployment) {
            ours.created = self.created;
        }
        let (newest, unclear) = match rest.serving() {
            Serving::Nothing => return None,
            Serving::Unclear(tied) => (tied, true),
            Serving::Deployment(one) => (vec![one], false),
        };
        let other = newest
            .iter()
            .find(|d| d.id != self.deployment && d.version.as_ref() != Some(&self.version))?;
        Some(if unclear {
            self.unclear(other)
        } else {
            self.superseded("it was complete", Some(other))
        })
    }

    /// The newest deployment that is complete, if it was created after ours.
    fn newer_complete<'a>(&self, details: &'a EndpointDetails) -> Option<&'a Deployment> {
        self.newest_after_ours(details.deployments.iter().filter(|d| d.is_complete()))
    }

    /// The newest of some deployments, if it was created after ours. Times are in whole seconds,
    /// so that one of the same second is not newer.
    fn newest_after_ours<'a>(
        &self,
        deployments: impl IntoIterator<Item = &'a Deployment>,
    ) -> Option<&'a Deployment> {
        let ours = self.created?;
        deployments
            .into_iter()
            .filter(|d| d.id != self.deployment)
            .filter(|d| d.created.is_some_and(|created| created > ours))
            .max_by_key(|d| d.created)
    }

    fn failed(&self, ours: &Deployment) -> Error {
        let state = ours.state.as_ref().map_or("", DeploymentState::as_str);
        let state = printable(state);
        let why = ours.error_message.as_deref().map(printable);
        let why = why.map_or_else(String::new, |why| format!(": \"{why}\""));
        let what = format!("the rollout ended as \"{state}\"{why}");
        self.ended(Error::new(ErrorKind::OperationFailed, what))
            .remedy_is("look at Endpoint::serving before going on")
    }

    fn superseded(&self, what: &str, newer: Option<&Deployment>) -> Error {
        let what = match newer {
            Some(newer) => format!(
                "{what}, and the newer deployment {} of {} took its place",
                printable(&newer.id),
                printable(&newer.model)
            ),
            None => what.to_owned(),
        };
        self.ended(Error::new(ErrorKind::Superseded, what))
            .remedy_is("look at what serves before deploying again")
    }

    fn unclear(&self, other: &Deployment) -> Error {
        let what = format!(
            "it is complete, and so is deployment {} of {}, and their dates do not tell which of \
             them serves",
            printable(&other.id),
            printable(&other.model)
        );
        self.ended(Error::new(ErrorKind::Ambiguous, what))
            .remedy_is("ask the endpoint itself what answers, or deploy again")
    }

    fn ended(&self, error: Error) -> Error {
        error.about(self.subject()).sent(crate::Sent::Yes)
    }
}

fn unix_seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

fn from_unix_seconds(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// One request shows all deployments of an endpoint.
impl View for EndpointDetails {}

impl Probe for RolloutProbe {
    type Progress = RolloutProgress;
    type Output = Deployment;
    type View = EndpointDetails;

    /// It is the same request.
    const ALONE_TELLS_MORE: bool = false;

    fn feed(&self) -> Arc<Feed<EndpointDetails>> {
        self.endpoint.client().feed(self.endpoint.id())
    }

    fn read(&self) -> Read<EndpointDetails> {
        let endpoint = self.endpoint.clone();
        Box::pin(async move { endpoint.get_as(Attempts::One).await })
    }

    fn see(&mut self, details: &EndpointDetails) -> Option<Look<RolloutProgress, Deployment>> {
        Some(self.judge(details))
    }

    async fn look(&mut self) -> Result<Look<RolloutProgress, Deployment>> {
        let details = self.endpoint.get_as(Attempts::One).await?;
        Ok(self.judge(&details))
    }

    fn subject(&self) -> String {
        format!(
            "deployment {} of {} to {}",
            printable(&self.deployment),
            self.version,
            self.endpoint.id()
        )
    }
}

#[cfg(test)]
mod tests;
