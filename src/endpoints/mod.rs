//! Endpoints: what they serve, and deploying to them.

mod data;
mod deploy;
mod rollback;
mod rollout;
mod submission;
mod target;

use std::fmt;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::explain::other_than_asked;
use crate::names::{EndpointId, NameError};
use crate::operation::Operation;
use crate::retry::Op;
use crate::transport::Attempts;

pub use data::{Deployment, EndpointDetails, EndpointSummary, Replicas, Serving};
pub use deploy::Deploy;
pub use rollback::Rollback;
pub use rollout::RolloutProgress;
pub use target::DeployTarget;

impl Client {
    /// An endpoint, by the id that inference requests use as `model`. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that no path can hold.
    pub fn endpoint(
        &self,
        id: impl TryInto<EndpointId, Error: Into<NameError>>,
    ) -> Result<Endpoint> {
        let id = id.try_into().map_err(Into::into)?;
        Ok(Endpoint::new(self.clone(), id))
    }
}

/// A dedicated endpoint.
///
/// It owns its id and a clone of the client; making one sends nothing.
#[derive(Clone)]
pub struct Endpoint {
    client: Client,
    id: EndpointId,
}

impl Endpoint {
    pub(crate) fn new(client: Client, id: EndpointId) -> Self {
        Self { client, id }
    }

    /// Its id, which inference requests use as `model`.
    #[must_use]
    pub fn id(&self) -> &EndpointId {
        &self.id
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads it, with its deployments.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such endpoint;
    /// [`Decode`](crate::ErrorKind::Decode) when the answer is about another one.
    pub async fn get(&self) -> Result<EndpointDetails> {
        self.get_as(Attempts::ByPolicy).await
    }

    async fn get_as(&self, attempts: Attempts) -> Result<EndpointDetails> {
        let answer = self
            .client
            .call_as(attempts, Op::GET_ENDPOINT, async |raw| {
                raw.get_endpoint(&self.id).await
            })
            .await;
        self.read(answer)
    }

    /// What answers inference requests now: the newest deployment that is complete.
    ///
    /// During a rollout both the old and the new version may answer.
    pub async fn serving(&self) -> Result<Serving> {
        Ok(self.get().await?.serving())
    }

    /// Reads it and gives an operation that waits for the end of a deployment that it lists, such
    /// as one that was begun elsewhere, by the deployment's UUID. To go on from a handle, use
    /// [`Client::resume`], which also waits for one that is not listed yet.
    ///
    /// ```no_run
    /// # async fn run(endpoint: cerebras_management::Endpoint) -> cerebras_management::Result<()> {
    /// for deployment in endpoint.get().await?.deployments {
    ///     if deployment.is_going() {
    ///         let ended = endpoint.track(&deployment.id).await?.wait().await?;
    ///         println!("{} serves", ended.model);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such endpoint, or it lists no such
    /// deployment; [`Decode`](crate::ErrorKind::Decode) when the list does not name its version
    /// with an integer id.
    pub async fn track(&self, deployment: &str) -> Result<Operation<Deployment>> {
        Operation::of_listed(self.clone(), &self.get().await?, deployment)
    }

    /// Deploys a version to it; see [`Deploy`].
    ///
    /// The version is a [`ModelVersion`](crate::ModelVersion), a full name exactly as an upload
    /// returned it, or an integer id or alias of the endpoint's own organization and
    /// architecture.
    pub fn deploy(&self, version: impl TryInto<DeployTarget, Error: Into<NameError>>) -> Deploy {
        Deploy::new(self.clone(), version.try_into().map_err(Into::into))
    }

    pub(crate) fn read(
        &self,
        answer: Result<crate::raw::types::EndpointResponse>,
    ) -> Result<EndpointDetails> {
        let answer = answer.map_err(|error| self.explain(error))?;
        if answer.name != self.id.as_str() {
            return Err(other_than_asked("endpoint", &answer.name, &self.id)
                .during(Op::GET_ENDPOINT.id, false));
        }
        Ok(EndpointDetails::new(&self.id, answer))
    }

    pub(crate) fn explain(&self, error: Error) -> Error {
        let error = error.about(format_args!("endpoint {}", self.id));
        match error.kind() {
            ErrorKind::NotFound => error.remedy_is(
                "check the id: it is the `model` of inference requests, and Org::endpoints lists \
                 them",
            ),
            _ => error,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
