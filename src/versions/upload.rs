//! Uploading weights as a new version.

use std::future::IntoFuture;
use std::pin::Pin;

use super::{Model, ModelVersion};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::explain::about_org;
use crate::names::{ModelVersionName, NameError, VersionAlias, VersionRef, WeightUri};
use crate::operation::Operation;
use crate::raw::types as raw;
use crate::retry::Op;

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
/// # Errors
///
/// The first thing wrong with what was collected is an
/// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent. An alias that
/// another version holds is a [`Conflict`](crate::ErrorKind::Conflict) that names it, before
/// anything is sent, unless [`unchecked`](Upload::unchecked).
///
/// When the answer is lost, the version may have been made:
/// [`may_have_happened`](crate::Error::may_have_happened) is then true, and nothing is sent
/// again. Dropping the future while it runs leaves the same doubt. Look with
/// [`Model::versions`] before uploading again.
#[derive(Debug)]
#[must_use = "an upload is sent when it is awaited"]
pub struct Upload {
    model: Model,
    weights: Option<WeightUri>,
    aliases: Vec<VersionAlias>,
    suffix: Option<String>,
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

    /// Leaves out the look at who holds the aliases.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    fn refuse(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    async fn send(self) -> Result<Operation<ModelVersion>> {
        if let Some(error) = self.wrong {
            return Err(error);
        }
        let model = self.model;
        let Some(weight_uri) = self.weights else {
            return Err(Error::invalid("weight URI: none was given"));
        };
        if self.checked && !self.aliases.is_empty() {
            are_free(&model, &self.aliases).await?;
        }
        let body = raw::ModelVersionUploadRequest {
            model_arch_id: model.architecture.clone(),
            model: raw::ModelVersionUploadRequestModel {
                weight_uri,
                version_aliases: self.aliases,
                system_fingerprint_suffix: self.suffix,
            },
        };
        let op = Op::UPLOAD_MODEL_VERSION;
        let answer = model
            .client
            .call(op, |raw| {
                let (org, body) = (model.org.clone(), body.clone());
                async move { raw.upload_model_version(&org, &body).await }
            })
            .await
            .map_err(|error| {
                about_org(error, &model.org).about(format_args!(
                    "upload of {} for {} of organization {}",
                    body.model.weight_uri, model.architecture, model.org
                ))
            })?;
        ModelVersion::from(answer)
            .listed_under(&model.org, &model.architecture)
            .and_then(|version| Operation::of_sync(&model.client, version))
            .map_err(|error| error.during(op.id, true).accepted())
    }
}

impl IntoFuture for Upload {
    type Output = Result<Operation<ModelVersion>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
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

/// An alias names at most one version, so one that is held cannot be given to a new one.
async fn are_free(model: &Model, aliases: &[VersionAlias]) -> Result<()> {
    for version in model.versions().await? {
        let held = |alias: &&VersionAlias| version.aliases().iter().any(|a| a == alias.as_str());
        if let Some(alias) = aliases.iter().find(held) {
            let name = ModelVersionName::new(
                model.org.clone(),
                model.architecture.clone(),
                VersionRef::Alias(alias.clone()),
            );
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("alias \"{alias}\" is held by {}", printable(version.name())),
            )
            .about(format_args!("upload as {name}"))
            .remedy_is(
                "nothing was sent: upload without it and move it afterwards, or remove it first",
            ));
        }
    }
    Ok(())
}
