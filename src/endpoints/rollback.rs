//! Going back to what served before.

use std::future::IntoFuture;
use std::pin::Pin;

use super::Endpoint;
use super::data::{Deployment, EndpointDetails, Serving};
use super::deploy::Deploy;
use super::target::{DeployTarget, Target};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::{ModelVersionName, NameError};
use crate::operation::Operation;

/// A rollback to be: awaiting it deploys what served before the version that serves now.
///
/// Both are found from the endpoint itself: what serves is the newest deployment that is
/// complete, and what served before is the newest one of another version that completed before
/// it. It is then deployed as with [`Endpoint::deploy`], and all that is said there holds, also
/// of lost answers. [`version`](Operation::version) of the result is what it goes back to.
///
/// It refuses when another deployment is under way, or when something else serves by the time it
/// is sent.
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
/// dates do not tell which one it was; [`Conflict`](crate::ErrorKind::Conflict) when something
/// else serves than [`if_serving`](Rollback::if_serving) says.
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
        let details = endpoint.get().await?;
        let (now, before) = self.now_and_before(&details)?;
        let seen = match self.if_serving {
            Some(seen) => seen?,
            None => DeployTarget(Target::Named(now)),
        };
        let target = DeployTarget(Target::Named(before.clone()));
        let deploy = Deploy::new(endpoint.clone(), Ok(target)).if_serving(seen);
        deploy.await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error
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
        let Serving::Deployment(now) = details.serving() else {
            return Err(match details.serving() {
                Serving::Nothing => self.cannot(ErrorKind::NotFound, "nothing serves".to_owned()),
                _ => self.cannot(
                    ErrorKind::Ambiguous,
                    "the dates of its deployments do not tell which of them serves".to_owned(),
                ),
            });
        };
        let Some(serving) = now.version.clone() else {
            return Err(self.unnamed(&now));
        };
        let mut rest = details.clone();
        rest.deployments
            .retain(|d| d.version.as_ref() != Some(&serving));
        match rest.serving() {
            Serving::Nothing => Err(self.cannot(
                ErrorKind::NotFound,
                format!("it lists no deployment that was complete before that of {serving}"),
            )),
            Serving::Unclear(tied) => {
                let ids: Vec<_> = tied.iter().map(|d| printable(&d.id)).collect();
                Err(self.cannot(
                    ErrorKind::Ambiguous,
                    format!(
                        "the dates do not tell which of the deployments {} served before {serving}",
                        ids.join(", ")
                    ),
                ))
            }
            Serving::Deployment(before) => match before.version.clone() {
                Some(name) => Ok((serving, name)),
                None => Err(self.unnamed(&before)),
            },
        }
    }

    fn unnamed(&self, deployment: &Deployment) -> Error {
        self.cannot(
            ErrorKind::Ambiguous,
            format!(
                "deployment {} is of \"{}\", which is no full name of a version",
                printable(&deployment.id),
                printable(&deployment.model)
            ),
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
