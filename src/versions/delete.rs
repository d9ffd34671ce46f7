//! Deleting a version, with a guard.

use std::future::IntoFuture;
use std::pin::Pin;

use super::{ModelVersion, Version};
use crate::error::{Error, ErrorKind, Result, Sent, printable};
use crate::explain::other_than_asked;
use crate::names::{ModelVersionName, is_idempotency_key};
use crate::org::Org;
use crate::raw::types as raw;
use crate::resend::Resends;
use crate::retry::Op;

const OP: Op = Op::DELETE_MODEL_VERSION;

/// A delete to be: awaiting it looks whether the version is in use, and deletes it if not.
///
/// What is lost is the service's copy of the weights, for ever. The objects in S3 stay, so that
/// the same weights can be uploaded again, as a new version with a new id.
///
/// An alias is looked up once; what is deleted is the integer id that it named then, so that no
/// attempt can hit a version that took the alias over.
///
/// # When an answer is lost
///
/// The version is looked at. When it is gone, it is deleted. When it is there and still in no
/// use, the delete is sent again, as often as the [`RetryPolicy`](crate::RetryPolicy) says; a 404
/// is success then, and an answer that nothing was deleted has it looked at once more. When its weights are others, its id was given to another version, which is
/// not deleted.
///
/// # When the future is dropped
///
/// The version is there, or deleted, or will be within moments, when the request was on its way.
/// [`Version::get`] by the integer id tells. To delete it again is safe only while no other
/// version can have got the id.
///
/// # Errors
///
/// [`Conflict`](crate::ErrorKind::Conflict) when the version carries aliases or is deployed,
/// unless told otherwise. An alias that begins with `idem-` is the idempotency key of its upload
/// and does not count. The look and the delete are two requests: a deployment or an alias that
/// comes between them is not seen.
///
/// [`Ambiguous`](crate::ErrorKind::Ambiguous) when the answer was lost and the id names other
/// weights now. When the answer was lost and looking does not settle it,
/// [`may_have_happened`](crate::Error::may_have_happened) is true.
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
        self.is_not_in_use(&before, &name).await?;
        let pinned = Version::new(self.version.client.clone(), name.clone());
        let mut resends = Resends::new(&pinned.client, OP);
        let mut lost = false;
        loop {
            let failed = match delete_once(&pinned).await {
                Ok(answer) => match said(&name, answer) {
                    Ok(message) => {
                        resends.succeeded();
                        return Ok(Deleted::new(before, message));
                    }
                    // It was done to another version than asked: no look at this one settles it.
                    Err(error) if error.may_have_happened() => return Err(resends.count(error)),
                    Err(error) => error,
                },
                Err(error) if lost && error.says_there_is_none() => {
                    return Ok(Deleted::new(before, None));
                }
                Err(error) => error,
            };
            lost |= failed.may_have_happened();
            let (error, again) = resends.pause_after(failed).await;
            // A later attempt that was refused says nothing of an earlier one.
            let error = if lost { error.in_doubt() } else { error };
            if !again && !lost {
                return Err(error);
            }
            match pinned.get().await {
                Ok(now) if !is_same(&before, &now) => {
                    return Err(given_again(&name, &now, &error, lost));
                }
                Ok(now) if again => self.is_still_not_in_use(&now, &name, &error, lost).await?,
                Err(none) if lost && none.says_there_is_none() => {
                    return Ok(Deleted::new(before, None));
                }
                _ => return Err(error),
            }
        }
    }

    async fn is_not_in_use(&self, version: &ModelVersion, name: &ModelVersionName) -> Result<()> {
        if !self.even_if_aliased {
            has_no_alias(version, name)?;
        }
        if !self.even_if_deployed {
            self.is_not_deployed(name).await?;
        }
        Ok(())
    }

    /// The guard again, before the delete is sent again.
    async fn is_still_not_in_use(
        &self,
        now: &ModelVersion,
        name: &ModelVersionName,
        cause: &Error,
        lost: bool,
    ) -> Result<()> {
        self.is_not_in_use(now, name).await.map_err(|error| {
            let mut error = error.after_attempts(cause.attempts());
            if error.was_sent() == Sent::No {
                // That of the guard itself; the delete was sent.
                error = error.sent(cause.was_sent());
            }
            if lost {
                error.during(OP.id, true).in_doubt().remedy_is_rather(
                    "an answer to the delete was lost, and it was not sent again: look whether \
                     the version is still there",
                )
            } else {
                error
            }
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

impl Deleted {
    fn new(version: ModelVersion, message: Option<String>) -> Self {
        Self { version, message }
    }
}

async fn delete_once(pinned: &Version) -> Result<raw::ModelVersionDeleteResponse> {
    pinned
        .client
        .call_once(OP, async |raw| {
            let name = &pinned.name;
            raw.delete_model_version(name.org(), name.architecture(), name.version())
                .await
        })
        .await
        .map_err(|error| pinned.explain(error))
}

/// What the service says about it, if its answer to the one attempt is that the version was
/// deleted.
fn said(
    name: &ModelVersionName,
    answer: raw::ModelVersionDeleteResponse,
) -> Result<Option<String>> {
    let asked = name.to_string();
    if let Some(answered) = answer.name.filter(|answered| *answered != asked) {
        return Err(other_than_asked("version", answered, name)
            .during(OP.id, true)
            .after_attempts(1)
            .accepted());
    }
    if answer.deleted == Some(false) {
        return Err(Error::new(
            ErrorKind::Rejected,
            "the service answered that it was not deleted",
        )
        .about(format_args!("model version {name}"))
        .sent(Sent::Yes)
        .after_attempts(1)
        .during(OP.id, true));
    }
    Ok(answer.message)
}

/// Whether it is still the version that was to be deleted, as far as can be told: ids may be
/// given again.
fn is_same(before: &ModelVersion, now: &ModelVersion) -> bool {
    let weights = |version: &ModelVersion| version.weight_uri().map(str::to_owned);
    let suffix = |version: &ModelVersion| version.fingerprint_suffix().map(str::to_owned);
    let kept = |before: Option<String>, now: Option<String>| before.is_none() || before == now;
    kept(weights(before), weights(now))
        && kept(suffix(before), suffix(now))
        && (now.done() || !before.done())
}

/// The error of an id that names something else when the delete is about to be sent again.
fn given_again(name: &ModelVersionName, now: &ModelVersion, cause: &Error, lost: bool) -> Error {
    let weights = now.weight_uri().map_or_else(
        || "the service tells of other weights now".to_owned(),
        |uri| format!("its weights are {} now", printable(uri)),
    );
    let (kind, sent) = if lost {
        (ErrorKind::Ambiguous, Sent::Maybe)
    } else {
        (ErrorKind::Conflict, cause.was_sent())
    };
    let why = cause.brief();
    Error::new(
        kind,
        format!("{weights}, after a delete that failed: {why}"),
    )
    .about(format_args!("model version {name}"))
    .during(OP.id, true)
    .sent(sent)
    .after_attempts(cause.attempts())
    .remedy_is(
        "the id seems to be given to another version, so the delete was not sent again: look",
    )
}

fn has_no_alias(before: &ModelVersion, name: &ModelVersionName) -> Result<()> {
    match before.told_aliases() {
        Some(aliases) => {
            let mut named = aliases.to_vec();
            named.retain(|alias| !is_idempotency_key(alias));
            if named.is_empty() {
                return Ok(());
            }
            Err(in_use(
                name,
                format!("aliases name it: {}", printable(&named.join(", "))),
                "remove them first, or say even_if_aliased",
            ))
        }
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
