//! Asking for a deployment at most once, whatever becomes of the answer.

use super::Endpoint;
use super::data::{Deployment, EndpointDetails};
use super::rollout::{RolloutProbe, RolloutProgress};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::explain::other_than_asked;
use crate::names::ModelVersionName;
use crate::operation::{Obtained, Operation};
use crate::pending::{Doubt, Pending, PendingDeploy};
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
        Self {
            endpoint,
            version,
            known,
        }
    }

    pub(super) async fn send(self) -> Result<Operation<Deployment>> {
        let failed = match self.ask().await {
            Ok(deployment) => return Ok(self.operation(&deployment, Obtained::Answered)),
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
            if let Ok(Some(deployment)) = self.endpoint.find(&pending).await {
                return Ok(self.operation(&deployment, Obtained::Adopted));
            }
            if !looks.pause_before_look(&failed).await {
                return Err(self.in_doubt(pending, failed));
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
            .call(OP, |raw| {
                let (id, body) = (endpoint.id.clone(), body.clone());
                async move { raw.deploy_model(&id, &body).await }
            })
            .await
            .map_err(|error| error.about(self.subject()))?;
        answers(endpoint, version, &answer)
            .map_err(|error| error.during(OP.id, true).accepted())?;
        Ok(Deployment::submitted(&endpoint.id, version, answer))
    }

    fn operation(&self, deployment: &Deployment, by: Obtained) -> Operation<Deployment> {
        rollout(self.endpoint, deployment, &self.version).obtained_by(by)
    }

    fn subject(&self) -> String {
        format!("deployment of {} to {}", self.version, self.endpoint.id)
    }

    /// The error of a deployment that may have been queued, and that is not seen.
    fn in_doubt(&self, pending: PendingDeploy, cause: Error) -> Error {
        cause.about(self.subject()).during(OP.id, true).unseen(
            "no new deployment is known to be of it",
            "do not deploy again blindly: Client::settle looks for it later, and Endpoint::get \
             shows what there is",
            Pending {
                of: Doubt::Deploy(pending),
                base: self.endpoint.client.base_url().to_owned(),
            },
        )
    }
}

fn rollout(
    endpoint: &Endpoint,
    deployment: &Deployment,
    version: &ModelVersionName,
) -> Operation<Deployment> {
    let progress = RolloutProgress::of(deployment);
    let probe = RolloutProbe::new(endpoint.clone(), deployment, version.clone());
    Operation::accepted(probe, progress)
}

impl Endpoint {
    /// The one new deployment that is of the version, if there is one.
    async fn find(&self, pending: &PendingDeploy) -> Result<Option<Deployment>> {
        let details = self.get().await?;
        let known = pending.known.as_deref().unwrap_or_default();
        let mut new = details.deployments;
        new.retain(|d| d.may_be_of(&pending.version) && !known.contains(&d.id));
        let unclear = match new.as_slice() {
            [] => return Ok(None),
            [one] if pending.known.is_some() && one.version.as_ref() == Some(&pending.version) => {
                return Ok(new.pop());
            }
            [_] if pending.known.is_none() => {
                "it may be an older one: what was there before it was sent is not known"
            }
            [_] => "the endpoint does not name its version by an id",
            _ => "more than one deployment may be of it",
        };
        let ids: Vec<_> = new.iter().map(|d| printable(&d.id)).collect();
        Err(Error::new(
            ErrorKind::Ambiguous,
            format!("{unclear}: {}", ids.join(", ")),
        )
        .about(format_args!(
            "deployment of {} to {}",
            pending.version, self.id
        ))
        .remedy_is("look at what the endpoint serves before deploying again"))
    }

    /// The deployment whose answer was lost, if it is there now.
    pub(crate) async fn settle(
        &self,
        pending: &PendingDeploy,
    ) -> Result<Option<Operation<Deployment>>> {
        let found = self.find(pending).await?;
        Ok(found.map(|deployment| {
            rollout(self, &deployment, &pending.version).obtained_by(Obtained::Adopted)
        }))
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
    let answered_version = data.version_id.map(|id| id.to_string());
    let version = name.version().to_string();
    for (part, answered, asked) in [
        ("deployment", &data.deployment_id, answer.name.as_str()),
        ("endpoint", &data.endpoint_id, endpoint.id.as_str()),
        ("organization", &data.org_name, name.org().as_str()),
        (
            "architecture",
            &data.model_arch_id,
            name.architecture().as_str(),
        ),
        ("version", &answered_version, version.as_str()),
    ] {
        if let Some(answered) = answered.as_ref().filter(|answered| *answered != asked) {
            return Err(other_than_asked(part, answered, asked)
                .remedy_is("look at the endpoint before going on"));
        }
    }
    Ok(())
}
