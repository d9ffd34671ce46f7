//! Deleting a version, with a guard.

use std::future::IntoFuture;
use std::pin::Pin;

use super::{ModelVersion, Version};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::ModelVersionName;
use crate::org::Org;
use crate::retry::Op;

/// A delete to be: awaiting it looks whether the version is in use, and deletes it if not.
///
/// What is lost is the service's copy of the weights, for ever. The objects in S3 stay, so that
/// the same weights can be uploaded again, as a new version with a new id.
///
/// An alias is looked up once; what is deleted is the integer id that it named then.
///
/// # Errors
///
/// [`Conflict`](crate::ErrorKind::Conflict) when the version carries aliases or is deployed,
/// unless told otherwise. The look and the delete are two requests: a deployment or an alias
/// that comes between them is not seen.
///
/// When the answer is lost, the version may have been deleted; a read tells.
#[derive(Debug)]
#[must_use = "a delete is sent when it is awaited"]
pub struct Delete {
    version: Version,
    even_if_aliased: bool,
    even_if_deployed: bool,
}

/// A version that was deleted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deleted {
    /// The version, as it was read just before.
    pub version: ModelVersion,
    /// What the service said about it, if anything.
    pub message: Option<String>,
}

impl Version {
    /// Deletes it, unless it is in use; see [`Delete`] for what is lost.
    pub fn delete(&self) -> Delete {
        Delete {
            version: self.clone(),
            even_if_aliased: false,
            even_if_deployed: false,
        }
    }
}

impl Delete {
    /// Deletes it although aliases name it. They are lost with it.
    pub fn even_if_aliased(mut self) -> Self {
        self.even_if_aliased = true;
        self
    }

    /// Deletes it although an endpoint serves it or is about to. What the service does then is
    /// not published. The endpoints are not looked at.
    pub fn even_if_deployed(mut self) -> Self {
        self.even_if_deployed = true;
        self
    }

    async fn send(self) -> Result<Deleted> {
        let before = self.version.get().await?;
        let Some(name) = before.parsed_name().cloned() else {
            return Err(super::data::no_id(before.name()));
        };
        if !self.even_if_aliased {
            has_no_alias(&before, &name)?;
        }
        if !self.even_if_deployed {
            self.is_not_deployed(&name).await?;
        }
        let op = Op::DELETE_MODEL_VERSION;
        let pinned = Version::new(self.version.client.clone(), name.clone());
        let answer = pinned
            .client
            .call(op, |raw| {
                let name = name.clone();
                async move {
                    raw.delete_model_version(name.org(), name.architecture(), name.version())
                        .await
                }
            })
            .await
            .map_err(|error| pinned.explain(error))?;
        let about_another = answer.name.filter(|answered| *answered != name.to_string());
        if let Some(answered) = about_another {
            return Err(crate::explain::other_than_asked("version", answered, &name)
                .during(op.id, true)
                .accepted());
        }
        if answer.deleted == Some(false) {
            return Err(Error::new(
                ErrorKind::Rejected,
                "the service answered that it was not deleted",
            )
            .about(format_args!("model version {name}"))
            .sent(crate::Sent::Yes)
            .during(op.id, true));
        }
        Ok(Deleted {
            version: before,
            message: answer.message,
        })
    }

    /// Looks at every endpoint of the organization that runs this architecture.
    async fn is_not_deployed(&self, name: &ModelVersionName) -> Result<()> {
        let client = self.version.client();
        let org = Org::new(client.clone(), name.org().clone());
        let endpoints = org.listed_endpoints().await?;
        let endpoints =
            endpoints.ok_or_else(|| unknown(name, "the organization's endpoints", LOOK))?;
        for summary in endpoints {
            let architecture = summary.architecture.as_deref();
            if architecture.is_some_and(|a| a != name.architecture().as_str()) {
                continue;
            }
            let endpoint = client.endpoint(summary.id.as_str())?;
            let details = endpoint.get().await?;
            if !details.lists_deployments {
                return Err(unknown(
                    name,
                    format_args!("what endpoint {} serves", endpoint.id()),
                    LOOK,
                ));
            }
            if let Some(deployment) = details.uses(name) {
                return Err(in_use(
                    name,
                    format!(
                        "endpoint {} has it deployed, with state \"{}\"",
                        endpoint.id(),
                        printable(deployment.state.as_ref().map_or("", |state| state.as_str()))
                    ),
                    "deploy another version there first, or say even_if_deployed",
                ));
            }
        }
        Ok(())
    }
}

fn has_no_alias(before: &ModelVersion, name: &ModelVersionName) -> Result<()> {
    match before.told_aliases() {
        Some([]) => Ok(()),
        Some(aliases) => Err(in_use(
            name,
            format!("aliases name it: {}", printable(&aliases.join(", "))),
            "remove them first, or say even_if_aliased",
        )),
        None => Err(unknown(
            name,
            "its aliases",
            "look at who uses it, or say even_if_aliased",
        )),
    }
}

fn in_use(name: &ModelVersionName, what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Conflict, what)
        .about(format_args!("model version {name}"))
        .remedy_is(format!("nothing was deleted: {remedy}"))
}

const LOOK: &str = "look at the endpoints, or say even_if_deployed";

/// The error of a guard that was not told what it has to know.
fn unknown(name: &ModelVersionName, what: impl std::fmt::Display, remedy: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the service did not tell {what}, so that it may be in use"),
    )
    .about(format_args!("model version {name}"))
    .remedy_is(format!("nothing was deleted: {remedy}"))
}

impl IntoFuture for Delete {
    type Output = Result<Deleted>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
