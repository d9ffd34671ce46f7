//! Going back to what served before.

use std::future::IntoFuture;
use std::pin::Pin;

use super::Endpoint;
use super::data::{Deployment, EndpointDetails, Serving};
use super::deploy::{Deploy, serves_still};
use super::target::DeployTarget;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::{ModelVersionName, NameError};
use crate::operation::Operation;
use crate::pending::listed;

/// A rollback to be: awaiting it deploys what served before the version that serves now.
///
/// Both are found from the endpoint itself: what serves is the newest deployment that is
/// complete, and what served before is the newest one of another version that completed before
/// it. One that failed or was replaced on its way has never served, and is passed over. The
/// version is then deployed as with [`Endpoint::deploy`], and all that is said there holds, also
/// of lost answers. [`version`](Operation::version) of the result is what it goes back to.
///
/// A rollback is a deployment like any other, so that a second one goes forth again: to what the
/// first has replaced. To go back further, deploy by name.
///
/// It refuses when another deployment is under way, or when something else serves by the time it
/// is sent. A version is known by its integer id alone: a service that gave the id of a deleted
/// version to another would have that one deployed.
///
/// ```no_run
/// # async fn run(client: cerebras_management::Client) -> cerebras_management::Result<()> {
/// let endpoint = client.endpoint("my-org-gpt-oss-120b")?;
/// let back = endpoint.rollback().if_serving(42).await?;
/// println!("going back to {}", back.version());
/// back.wait().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Before anything is sent: [`NotFound`](crate::ErrorKind::NotFound) when the endpoint lists no
/// earlier deployment that completed (whether past ones stay in the list is not published), or
/// when the version has been deleted since; [`Ambiguous`](crate::ErrorKind::Ambiguous) when the
/// dates and states do not tell which one it was, or the endpoint names it by an alias;
/// [`Conflict`](crate::ErrorKind::Conflict) when something else serves than
/// [`if_serving`](Rollback::if_serving) says, or another deployment is under way.
///
/// # When the future is dropped
///
/// As with [`Deploy`]: look with [`Endpoint::get`] before going on.
#[derive(Debug)]
#[must_use = "a rollback is asked for when it is awaited"]
pub struct Rollback {
    endpoint: Endpoint,
    if_serving: Option<Result<DeployTarget, NameError>>,
}

impl Endpoint {
    /// Deploys what served before the version that serves now; see [`Rollback`].
    pub fn rollback(&self) -> Rollback {
        Rollback {
            endpoint: self.clone(),
            if_serving: None,
        }
    }
}

impl Rollback {
    /// Goes back only if this version is what serves now: the one that is known to be bad.
    pub fn if_serving(
        mut self,
        version: impl TryInto<DeployTarget, Error: Into<NameError>>,
    ) -> Self {
        self.if_serving = Some(version.try_into().map_err(Into::into));
        self
    }

    async fn send(self) -> Result<Operation<Deployment>> {
        let endpoint = &self.endpoint;
        let seen = self.if_serving.clone().transpose()?;
        let details = endpoint.get().await?;
        if let Some(seen) = seen {
            serves_still(endpoint, &details, seen).await?;
        }
        let (now, before) = self.now_and_before(&details)?;
        let target = DeployTarget::from(&before);
        let deploy = Deploy::new(endpoint.clone(), Ok(target)).if_serving(now);
        deploy
            .await
            .map_err(|error| match (error.kind(), error.operation()) {
                (ErrorKind::NotFound, Some("get_model_version")) => error
                    .about_rather(format_args!(
                        "rollback of {}: {before} served before, and is not found any more",
                        endpoint.id()
                    ))
                    .remedy_is_rather("it seems to be deleted: deploy another version by name"),
                _ => error,
            })
    }

    /// What serves, and what served before it.
    fn now_and_before(
        &self,
        details: &EndpointDetails,
    ) -> Result<(ModelVersionName, ModelVersionName)> {
        let serving = match details.serving() {
            Serving::Deployment(now) => self.by_id(&now)?,
            Serving::Nothing => {
                return Err(self.cannot(ErrorKind::NotFound, "nothing serves".to_owned()));
            }
            Serving::Unclear(among) => {
                return Err(self.unclear(&among, "serves"));
            }
        };
        let mut rest = details.clone();
        rest.deployments
            .retain(|d| d.version.as_ref() != Some(&serving));
        match rest.serving() {
            Serving::Deployment(before) => Ok((serving, self.by_id(&before)?)),
            Serving::Nothing => Err(self.cannot(
                ErrorKind::NotFound,
                format!("it lists no deployment that was complete before that of {serving}"),
            )),
            Serving::Unclear(among) => {
                Err(self.unclear(&among, &format!("served before {serving}")))
            }
        }
    }

    /// The version of a deployment. An alias may name another one by now.
    fn by_id(&self, deployment: &Deployment) -> Result<ModelVersionName> {
        let named = deployment.version.clone();
        named
            .filter(|name| name.version().as_id().is_some())
            .ok_or_else(|| {
                self.cannot(
                    ErrorKind::Ambiguous,
                    format!(
                        "deployment {} is of \"{}\", which is not the full name of a version \
                         with its integer id",
                        printable(&deployment.id),
                        printable(&deployment.model)
                    ),
                )
            })
    }

    fn unclear(&self, among: &[Deployment], did: &str) -> Error {
        let ids = listed(among.iter().map(|d| d.id.as_str()));
        self.cannot(
            ErrorKind::Ambiguous,
            format!("the dates and states of deployments {ids} do not tell which of them {did}"),
        )
    }

    fn cannot(&self, kind: ErrorKind, what: String) -> Error {
        Error::new(kind, what)
            .about(format_args!("rollback of {}", self.endpoint.id()))
            .remedy_is("nothing was sent: deploy a version by name")
    }
}

impl IntoFuture for Rollback {
    type Output = Result<Operation<Deployment>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
