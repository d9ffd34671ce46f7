//! Deploying a version to an endpoint.

use std::future::IntoFuture;
use std::pin::Pin;

use super::Endpoint;
use super::data::{Deployment, EndpointDetails, Serving};
use super::rollout::{RolloutProbe, RolloutProgress};
use super::submission::Submission;
use super::target::{DeployTarget, Target};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::{ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionRef};
use crate::operation::{Obtained, Operation};
use crate::versions::{ModelVersion, Readiness, Version};

/// A deployment to be: awaiting it checks what can be read, and asks the service to deploy.
///
/// The result is an [`Operation`]: the service has queued the deployment.
///
/// An alias is looked up once, first; what is deployed is the integer id that it named then.
/// When the endpoint already serves the version and nothing else is under way, the operation
/// has ended before it began and nothing is sent: see
/// [`already_serves`](Operation::already_serves) and [`redeploy`](Deploy::redeploy).
///
/// ```no_run
/// # async fn run(client: cerebras_management::Client) -> cerebras_management::Result<()> {
/// let endpoint = client.endpoint("my-org-gpt-oss-120b")?;
/// let deployment = endpoint.deploy("production").await?.wait().await?;
/// println!("{} serves {}", endpoint.id(), deployment.model);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Before anything is sent: [`InvalidInput`](crate::ErrorKind::InvalidInput) when the endpoint
/// runs another architecture, and [`Conflict`](crate::ErrorKind::Conflict) when the version is
/// not synced, or something else serves than [`if_serving`](Deploy::if_serving) says.
///
/// # When an answer is lost
///
/// Nothing is sent again. The endpoint is read, some times over: a deployment of the version that
/// was not there before is taken for ours, which it is unless somebody else deploys the same
/// version. When there is none, the error is [`Ambiguous`](crate::ErrorKind::Ambiguous), and its
/// [`pending`](crate::Error::pending) is what [`Client::settle`](crate::Client::settle) looks
/// again with. [`obtained`](Operation::obtained) tells how it went.
///
/// # When the future is dropped
///
/// The deployment may have been queued, or will be within moments, when the request was on its
/// way. Look with [`Endpoint::get`] before deploying again.
#[derive(Debug)]
#[must_use = "a deployment is asked for when it is awaited"]
pub struct Deploy {
    endpoint: Endpoint,
    target: Result<DeployTarget, NameError>,
    if_serving: Option<Result<DeployTarget, NameError>>,
    checked: bool,
    redeploy: bool,
}

impl Deploy {
    pub(super) fn new(endpoint: Endpoint, target: Result<DeployTarget, NameError>) -> Self {
        Self {
            endpoint,
            target,
            if_serving: None,
            checked: true,
            redeploy: false,
        }
    }

    /// Deploys although the endpoint already serves the version.
    pub fn redeploy(mut self) -> Self {
        self.redeploy = true;
        self
    }

    /// Deploys only if this version is what serves now, and nothing else is on its way to serve.
    /// So nobody's deployment is replaced that the caller has not seen.
    ///
    /// The look is the last request before the deployment: what comes between the two is not seen.
    pub fn if_serving(
        mut self,
        version: impl TryInto<DeployTarget, Error: Into<NameError>>,
    ) -> Self {
        self.if_serving = Some(version.try_into().map_err(Into::into));
        self
    }

    /// Leaves out every check before sending but [`if_serving`](Deploy::if_serving); the service
    /// has its own. An alias is still looked up, and an id without its organization and
    /// architecture still takes them from the endpoint. After a lost answer the deployment can
    /// then only be found for sure where the endpoint was read.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    async fn send(self) -> Result<Operation<Deployment>> {
        let endpoint = &self.endpoint;
        let target = self.target.clone()?.0;
        let seen = self.if_serving.clone().transpose()?;
        let first = match (&target, seen.as_ref().map(|seen| &seen.0)) {
            (Target::Named(_), None) if !self.checked => None,
            (Target::Named(_), Some(Target::Named(_))) => None,
            _ => Some(endpoint.get().await?),
        };
        let asked = match target {
            Target::Named(name) => name,
            Target::Own(version) => own_of(first.as_ref(), version)?,
        };
        if let Some(first) = first.as_ref().filter(|_| self.checked) {
            runs_the_architecture(endpoint, first, &asked)?;
        }
        let seen = match seen {
            Some(seen) => Some(by_id(endpoint, first.as_ref(), seen).await?),
            None => None,
        };
        let name = self.pinned(&asked).await?;
        let details = match seen {
            None => first,
            // The last look before sending, so that as little as can be comes between them.
            Some(seen) => {
                let now = endpoint.get().await?;
                if self.checked {
                    runs_the_architecture(endpoint, &now, &asked)?;
                }
                serves(endpoint, &now, &seen)?;
                Some(now)
            }
        };
        let may_be_there = details.as_ref().filter(|_| self.checked && !self.redeploy);
        if let Some(deployment) = may_be_there.and_then(|details| already_serving(details, &name)) {
            let progress = RolloutProgress::of(&deployment);
            let probe = RolloutProbe::new(endpoint.clone(), deployment.clone(), name);
            let settled = Operation::settled(probe, progress, deployment);
            return Ok(settled.obtained_by(Obtained::Found));
        }
        Submission::new(endpoint, name, details.as_ref())
            .send()
            .await
    }

    /// The name with its integer id; on the way the version is read, where that is wanted.
    async fn pinned(&self, asked: &ModelVersionName) -> Result<ModelVersionName> {
        if !self.checked && asked.version().as_id().is_some() {
            return Ok(asked.clone());
        }
        let (version, name) = read(&self.endpoint, asked).await?;
        if self.checked {
            is_synced(&version)?;
        }
        Ok(name)
    }
}

impl IntoFuture for Deploy {
    type Output = Result<Operation<Deployment>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The full name of a version of the endpoint's own organization and architecture.
fn own(details: &EndpointDetails, version: VersionRef) -> Result<ModelVersionName> {
    let unusable = |error: NameError| {
        Error::new(
            ErrorKind::Decode,
            format!("the endpoint's answer cannot be used: {error}"),
        )
        .remedy_is("give the full name of the version")
    };
    let org: OrgName = details.managing_org.parse().map_err(unusable)?;
    let architecture: ModelArchitectureId = details.architecture.parse().map_err(unusable)?;
    Ok(ModelVersionName::new(org, architecture, version))
}

/// The same of an endpoint that was read for it.
fn own_of(details: Option<&EndpointDetails>, version: VersionRef) -> Result<ModelVersionName> {
    let details = details.ok_or_else(|| Error::invalid("the endpoint was not read"))?;
    own(details, version)
}

/// A version, and its name with the integer id.
async fn read(
    endpoint: &Endpoint,
    asked: &ModelVersionName,
) -> Result<(ModelVersion, ModelVersionName)> {
    let resource = Version::new(endpoint.client.clone(), asked.clone());
    let version = resource.get().await?;
    // `get` answers with nothing but a version whose id is known.
    match version.parsed_name().cloned() {
        Some(name) => Ok((version, name)),
        None => Err(Error::new(ErrorKind::Decode, "the answer names no version id").about(asked)),
    }
}

/// That what serves is what the caller saw, and that nothing is about to replace it.
pub(super) async fn serves_still(
    endpoint: &Endpoint,
    details: &EndpointDetails,
    seen: DeployTarget,
) -> Result<()> {
    let seen = by_id(endpoint, Some(details), seen).await?;
    serves(endpoint, details, &seen)
}

/// The name with its integer id of what the caller saw.
async fn by_id(
    endpoint: &Endpoint,
    details: Option<&EndpointDetails>,
    seen: DeployTarget,
) -> Result<ModelVersionName> {
    let asked = match seen.0 {
        Target::Named(name) => name,
        Target::Own(version) => own_of(details, version)?,
    };
    match asked.version().as_id() {
        Some(_) => Ok(asked),
        None => Ok(read(endpoint, &asked).await?.1),
    }
}

fn serves(endpoint: &Endpoint, details: &EndpointDetails, seen: &ModelVersionName) -> Result<()> {
    let what = if let Some(going) = details.deployments.iter().find(|d| d.is_going()) {
        format!(
            "deployment {} of {} {}",
            printable(&going.id),
            printable(&going.model),
            match going.state {
                Some(_) => "is under way",
                None => "is not known to have ended",
            }
        )
    } else {
        match details.serving() {
            Serving::Deployment(now) if now.version.as_ref() == Some(seen) => return Ok(()),
            Serving::Deployment(now) => format!(
                "it serves {}, and {seen} was expected",
                printable(&now.model)
            ),
            Serving::Nothing => format!("it serves nothing, and {seen} was expected"),
            Serving::Unclear(_) => {
                format!("it cannot be told what it serves, and {seen} was expected")
            }
        }
    };
    Err(Error::new(ErrorKind::Conflict, what)
        .about(format_args!("endpoint {}", endpoint.id()))
        .remedy_is("nothing was sent: look at the endpoint, and decide again"))
}

fn runs_the_architecture(
    endpoint: &Endpoint,
    details: &EndpointDetails,
    asked: &ModelVersionName,
) -> Result<()> {
    if details.architecture == asked.architecture().as_str() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "it runs the architecture {}, and {asked} is of another",
        printable(&details.architecture)
    ))
    .about(format_args!("endpoint {}", endpoint.id()))
    .remedy_is("nothing was sent: deploy to an endpoint of the version's architecture"))
}

fn is_synced(version: &ModelVersion) -> Result<()> {
    let what = match Readiness::of(version) {
        Readiness::Ready | Readiness::Contradicted | Readiness::Unclear => return Ok(()),
        Readiness::Going => "is not synced yet",
        Readiness::Failed => "did not sync",
    };
    let status = version.sync_status().map_or_else(
        || "the service does not call it done".to_owned(),
        |status| format!("its sync status is \"{status}\""),
    );
    let error = Error::new(ErrorKind::Conflict, format!("it {what}: {status}"))
        .about(format_args!("model version {}", version.name()));
    Err(match Readiness::of(version) {
        Readiness::Going => error.remedy_is("nothing was sent: wait for its upload first"),
        _ => error.remedy_is("nothing was sent: upload the weights again"),
    })
}

/// The deployment that serves this very version, unless another rollout is under way, which
/// would replace it.
fn already_serving(details: &EndpointDetails, name: &ModelVersionName) -> Option<Deployment> {
    let Serving::Deployment(serving) = details.serving() else {
        return None;
    };
    let serves = serving.version.as_ref() == Some(name);
    let replaced = details.deployments.iter().any(Deployment::is_going);
    (serves && !replaced).then_some(serving)
}
