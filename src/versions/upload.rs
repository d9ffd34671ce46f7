//! Uploading weights as a new version.

use std::future::IntoFuture;
use std::pin::Pin;

use super::uploading::Uploading;
use super::{Model, ModelVersion, key};
use crate::error::{Error, Result, printable};
use crate::names::{NameError, VersionAlias, WeightUri};
use crate::operation::Operation;
use crate::raw::types as raw;

/// An upload to be: collects what belongs to it, and sends it when awaited.
///
/// The result is an [`Operation`]: the service has accepted the upload and copies the weights.
///
/// ```no_run
/// # async fn run(model: cerebras_management::Model) -> cerebras_management::Result<()> {
/// let version = model
///     .upload("s3://my-bucket/run-42")
///     .alias("run-42")
///     .fingerprint_suffix("run-42")
///     .await?
///     .wait()
///     .await?;
/// println!("{} is ready", version.name());
/// # Ok(())
/// # }
/// ```
///
/// # When an answer is lost
///
/// The service documents no idempotency key, so that sending an upload again may make a second
/// version. There is a key all the same, an alias that this upload alone carries: with
/// [`idempotency_key`](Upload::idempotency_key) it is looked for, and sent again if it is not
/// there, in this process and in the next one. What that rests on is in `docs/writes.md`.
///
/// Without a key nothing is sent again once the service may have it. The versions are read: the
/// one that is new and of the same weights, suffix and aliases is taken for ours, which it is
/// unless somebody else uploads the same. When there is none, or more than one, or the service
/// does not tell, the error is [`Ambiguous`](crate::ErrorKind::Ambiguous) and says what was seen;
/// its [`source`](std::error::Error::source) is how the upload itself failed, and its
/// [`pending`](crate::Error::pending) is what [`Client::settle`](crate::Client::settle) looks
/// again with. [`obtained`](Operation::obtained) tells how it went.
///
/// Between looks it pauses as the [`RetryPolicy`](crate::RetryPolicy) says.
///
/// # When the future is dropped
///
/// The version may have been made, or will be within moments, when the request was on its way.
/// With a key, upload again with the same nonce; without one, look with [`Model::versions`].
///
/// # Errors
///
/// The first thing wrong with what was collected is an
/// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent. An alias that
/// another version holds is a [`Conflict`](crate::ErrorKind::Conflict) that names it, before
/// anything is sent, unless [`unchecked`](Upload::unchecked).
///
/// When the service refuses an alias, the version may have been made all the same: a new one of
/// the same content and without aliases is named in the error, which then
/// [`may_have_happened`](crate::Error::may_have_happened).
#[derive(Debug)]
#[must_use = "an upload is sent when it is awaited"]
pub struct Upload {
    model: Model,
    weights: Option<WeightUri>,
    aliases: Vec<VersionAlias>,
    suffix: Option<String>,
    nonce: Option<String>,
    checked: bool,
    wrong: Option<Error>,
}

impl Upload {
    pub(super) fn new(model: Model, weights: Result<WeightUri, NameError>) -> Self {
        let (weights, wrong) = match weights {
            Ok(weights) => (Some(weights), None),
            Err(error) => (None, Some(error.into())),
        };
        Self {
            model,
            weights,
            aliases: Vec::new(),
            suffix: None,
            nonce: None,
            checked: true,
            wrong,
        }
    }

    /// Adds an alias that is to name the new version. An alias names one version at a time.
    pub fn alias(mut self, alias: impl TryInto<VersionAlias, Error: Into<NameError>>) -> Self {
        match alias.try_into() {
            Ok(alias) if self.aliases.contains(&alias) => {}
            Ok(alias) => self.aliases.push(alias),
            Err(error) => self.refuse(Into::<NameError>::into(error).into()),
        }
        self
    }

    /// What is to be added to the `system_fingerprint` of inference answers, so that one can see
    /// which version answered. Not empty, at most 255 bytes, no control characters.
    pub fn fingerprint_suffix(mut self, suffix: impl Into<String>) -> Self {
        let suffix = suffix.into();
        match check_suffix(&suffix) {
            Ok(()) => self.suffix = Some(suffix),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Makes it safe to upload again, here or in another process: with the same nonce there is
    /// one version, however often it is sent.
    ///
    /// The nonce names this one upload, such as the id of a CI job: a text without control
    /// characters. From it, the organization, the architecture and the place of the weights an
    /// alias is derived, `idem-` and 32 hexadecimal digits, which the version carries beside its
    /// other aliases. What it names already is this upload, and nothing is sent. It must stay on
    /// the version for as long as the upload may be repeated; edits of aliases keep it, and a
    /// delete does not count it.
    ///
    /// Under a service that makes the version first and refuses a taken alias then, two requests
    /// that are sent at the same time can leave a second version without aliases. The result is
    /// the one with the key even so; [`left_behind`](Operation::left_behind) names what a look at
    /// the versions has shown beside it, as does a warning of `tracing`.
    ///
    /// ```no_run
    /// # async fn run(model: cerebras_management::Model) -> cerebras_management::Result<()> {
    /// let job = std::env::var("GITHUB_RUN_ID").expect("a CI job");
    /// let upload = model
    ///     .upload("s3://my-bucket/run-42")
    ///     .idempotency_key(job)
    ///     .await?;
    /// println!("{} ({:?})", upload.name(), upload.obtained());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) when the nonce was used for an upload with
    /// another suffix; [`OperationFailed`](crate::ErrorKind::OperationFailed) when the earlier
    /// upload is there and its sync has failed: delete it, or use another nonce.
    pub fn idempotency_key(mut self, nonce: impl Into<String>) -> Self {
        let nonce = nonce.into();
        match key::check_nonce(&nonce) {
            Ok(()) => self.nonce = Some(nonce),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// Leaves out the look at the versions before sending: who holds the aliases, and which ids
    /// there are. After a lost answer an upload without a key can then not be found for sure, and
    /// after a refusal nothing tells whether a version was made all the same. What has the
    /// idempotency key is looked up even so.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    fn refuse(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    fn check(self) -> Result<Uploading> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let Some(weight_uri) = self.weights else {
            return Err(Error::invalid("weight URI: none was given"));
        };
        let mut version_aliases = self.aliases;
        let key = match &self.nonce {
            Some(nonce) => Some(key::alias(&self.model, &weight_uri, nonce)?),
            None => None,
        };
        version_aliases.extend(key.clone());
        Ok(Uploading {
            model: self.model,
            content: raw::ModelVersionUploadRequestModel {
                weight_uri,
                version_aliases,
                system_fingerprint_suffix: self.suffix,
            },
            key,
            checked: self.checked,
        })
    }
}

impl IntoFuture for Upload {
    type Output = Result<Operation<ModelVersion>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.check()?.send().await })
    }
}

fn check_suffix(suffix: &str) -> Result<()> {
    let shown = printable(suffix);
    let wrong = if suffix.is_empty() {
        "it is empty".to_owned()
    } else if suffix.len() > 255 {
        format!("it has {} bytes, and at most 255 are allowed", suffix.len())
    } else if let Some(at) = suffix.find(char::is_control) {
        format!("byte {at}: it contains a control character")
    } else {
        return Ok(());
    };
    Err(
        Error::invalid(format!("fingerprint suffix \"{shown}\": {wrong}"))
            .remedy_is("give a short name such as the alias"),
    )
}
