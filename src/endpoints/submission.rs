//! Asking for a deployment at most once, whatever becomes of the answer.

use super::Endpoint;
use super::data::{Deployment, EndpointDetails};
use super::rollout::{RolloutProbe, RolloutProgress};
use crate::error::{Error, ErrorKind, Result};
use crate::explain::other_than_asked;
use crate::handle::Handle;
use crate::names::ModelVersionName;
use crate::operation::{Obtained, Operation};
use crate::pending::{Doubt, Pending, PendingDeploy, Seen, listed};
use crate::raw::types as raw;
use crate::resend::Resends;
use crate::retry::Op;

const OP: Op = Op::DEPLOY_MODEL;

/// A deployment that is to be asked for.
pub(super) struct Submission<'a> {
    endpoint: &'a Endpoint,
    /// By its integer id.
    version: ModelVersionName,
    /// The ids of the deployments of this version that there were before, if that is known.
    known: Option<Vec<String>>,
    /// Another deployment of it that is under way.
    beside: Option<Box<Handle>>,
}

impl<'a> Submission<'a> {
    pub(super) fn new(
        endpoint: &'a Endpoint,
        version: ModelVersionName,
        before: Option<&EndpointDetails>,
    ) -> Self {
        let before = before.filter(|details| details.lists_deployments);
        let known = before.map(|details| {
            let same = details.deployments.iter().filter(|d| d.may_be_of(&version));
            same.map(|d| d.id.clone()).collect()
        });
        let beside = before.and_then(|details| under_way(endpoint, details, &version));
        Self {
            endpoint,
            version,
            known,
            beside,
        }
    }

    pub(super) async fn send(self) -> Result<Operation<Deployment>> {
        let failed = match self.ask().await {
            Ok(deployment) => return Ok(self.operation(deployment, Obtained::Answered)),
            Err(error) if !error.may_have_happened() => return Err(error),
            Err(error) => error,
        };
        let pending = PendingDeploy {
            endpoint: self.endpoint.id.clone(),
            version: self.version.clone(),
            known: self.known.clone(),
        };
        let mut looks = Resends::new(&self.endpoint.client, OP);
        loop {
            let looked = match self.endpoint.find(&pending).await {
                Ok(Seen::Ours(deployment)) => {
                    return Ok(self.operation(deployment, Obtained::Adopted));
                }
                looked => looked,
            };
            // A look that fails has been repeated as the policy says.
            if looked.is_err() || !looks.pause_before_look(&failed).await {
                return Err(self.in_doubt(pending, &Seen::told(&looked), failed));
            }
        }
    }

    /// Asks. It is asked again only when the request surely was not processed.
    async fn ask(&self) -> Result<Deployment> {
        let (endpoint, version) = (self.endpoint, &self.version);
        let body = raw::EndpointDeployModelRequest {
            model: version.clone(),
        };
        let answer = endpoint
            .client
            .call(OP, async |raw| raw.deploy_model(&endpoint.id, &body).await)
            .await
            .map_err(|error| {
                error.about(format_args!("deployment of {version} to {}", endpoint.id))
            })?;
        answers(endpoint, version, &answer)
            .map_err(|error| error.during(OP.id, true).after_attempts(1).accepted())?;
        Ok(Deployment::submitted(&endpoint.id, version, answer))
    }

    fn operation(&self, deployment: Deployment, by: Obtained) -> Operation<Deployment> {
        rollout(self.endpoint, deployment, &self.version)
            .obtained_by(by)
            .beside(self.beside.clone())
    }

    /// The error of a deployment that may have been queued, and that was not found.
    fn in_doubt(&self, pending: PendingDeploy, seen: &str, failed: Error) -> Error {
        let failed = failed.about(&pending).during(OP.id, true);
        let pending = Pending {
            of: Doubt::Deploy(pending),
            base: self.endpoint.client.base_url().to_owned(),
        };
        let remedy = "do not deploy again blindly: Client::settle looks for it later, and \
                      Endpoint::get shows what there is";
        failed.unsettled(seen, remedy, pending)
    }
}

fn rollout(
    endpoint: &Endpoint,
    deployment: Deployment,
    version: &ModelVersionName,
) -> Operation<Deployment> {
    let progress = RolloutProgress::of(&deployment);
    let probe = RolloutProbe::new(endpoint.clone(), deployment, version.clone());
    Operation::accepted(probe, progress)
}

/// The newest deployment, if it is of the version and goes on. One that no state is told of may
/// have ended long ago.
fn under_way(
    endpoint: &Endpoint,
    details: &EndpointDetails,
    version: &ModelVersionName,
) -> Option<Box<Handle>> {
    let going = details.deployments.iter();
    let going = going.filter(|d| d.state.is_some() && d.is_going());
    let newest = going.max_by_key(|d| d.created)?;
    let ours = newest.version.as_ref() == Some(version);
    ours.then(|| Box::new(rollout(endpoint, newest.clone(), version).handle()))
}

impl Endpoint {
    /// The one new deployment that is of the version, if there is one.
    async fn find(&self, pending: &PendingDeploy) -> Result<Seen<Deployment>> {
        let details = self.get().await?;
        if !details.lists_deployments {
            return Ok(Seen::Nothing("the endpoint lists no deployments"));
        }
        let known = pending.known.as_deref().unwrap_or_default();
        let mut new = details.deployments;
        new.retain(|d| d.may_be_of(&pending.version) && !known.contains(&d.id));
        let why = match new.as_slice() {
            [] => return Ok(Seen::Nothing("no new deployment of it is listed")),
            [_, _, ..] => "there is more than one",
            [_] if pending.known.is_none() => {
                "it may be older, since nobody looked before it was sent"
            }
            [one] if one.version.as_ref() != Some(&pending.version) => {
                "its version is not named by an id"
            }
            [one] => return Ok(Seen::Ours(one.clone())),
        };
        let ids = listed(new.iter().map(|d| d.id.as_str()));
        Ok(Seen::Unclear(format!(
            "it may have made deployment {ids}: {why}"
        )))
    }

    /// The deployment whose answer was lost, if it is there now.
    pub(crate) async fn settle(
        &self,
        pending: &PendingDeploy,
    ) -> Result<Seen<Operation<Deployment>>> {
        Ok(match self.find(pending).await? {
            Seen::Ours(deployment) => Seen::Ours(
                rollout(self, deployment, &pending.version).obtained_by(Obtained::Adopted),
            ),
            Seen::Nothing(what) => Seen::Nothing(what),
            Seen::Unclear(what) => Seen::Unclear(what),
        })
    }
}

/// Checks that the answer is about this endpoint and this version.
fn answers(
    endpoint: &Endpoint,
    name: &ModelVersionName,
    answer: &raw::EndpointDeployResponse,
) -> Result<()> {
    if answer.name.is_empty() {
        return Err(
            Error::new(ErrorKind::Decode, "the answer holds no deployment id")
                .sent(crate::Sent::Yes),
        );
    }
    let Some(data) = &answer.response else {
        return Ok(());
    };
    let version = name.version();
    for (part, answered, asked) in [
        ("deployment", &data.deployment_id, answer.name.as_str()),
        ("endpoint", &data.endpoint_id, endpoint.id.as_str()),
        ("organization", &data.org_name, name.org().as_str()),
        (
            "architecture",
            &data.model_arch_id,
            name.architecture().as_str(),
        ),
    ] {
        if let Some(answered) = answered.as_ref().filter(|answered| *answered != asked) {
            return Err(other_than_asked(part, answered, asked));
        }
    }
    let is_other = |id: &i64| {
        !version
            .as_id()
            .is_some_and(|asked| u64::try_from(*id) == Ok(asked.get()))
    };
    match data.version_id.filter(is_other) {
        Some(id) => Err(other_than_asked("version", id.to_string(), version)),
        None => Ok(()),
    }
}
