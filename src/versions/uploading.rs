//! Sending an upload so that it makes one version, whatever becomes of the answers.
//!
//! A key is an alias that this upload alone carries. The protocol with a key: read what the key
//! names; adopt it if it is this upload; else send, and after a lost answer or a refusal read
//! again before sending again. Without a key it is sent once, and after a lost answer looked for
//! among the versions that are new. `crates/models` shows what each of them can promise.

use super::data::ModelVersion;
use super::{Model, Readiness, Version};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::explain::about_org;
use crate::names::{ModelVersionName, VersionAlias, VersionId, VersionRef};
use crate::operation::{Obtained, Operation};
use crate::pending::{Doubt, Pending, PendingUpload};
use crate::raw::types as raw;
use crate::resend::Resends;
use crate::retry::Op;

const OP: Op = Op::UPLOAD_MODEL_VERSION;

/// An upload that is complete and correct, as far as can be told before sending it.
pub(super) struct Uploading {
    pub(super) model: Model,
    pub(super) content: raw::ModelVersionUploadRequestModel,
    /// One of the aliases in `content`.
    pub(super) key: Option<VersionAlias>,
    /// Whether to look first who holds its aliases.
    pub(super) checked: bool,
}

impl Uploading {
    pub(super) async fn send(self) -> Result<Operation<ModelVersion>> {
        if let Some(earlier) = self.named_by_key().await? {
            return self.earlier(earlier);
        }
        let after = if self.checked {
            Some(self.look_before().await?)
        } else {
            None
        };
        let ours = self.pending(after);
        let mut resends = Resends::new(&self.model.client, OP);
        let mut lost = false;
        loop {
            let failed = match self.post().await {
                Ok(version) => {
                    let by = if lost {
                        Obtained::Resent
                    } else {
                        Obtained::Answered
                    };
                    return self.accepted(version, by);
                }
                Err(error) => error,
            };
            lost |= failed.may_have_happened();
            let error = match self
                .after_failure(failed, lost, &ours, &mut resends)
                .await?
            {
                Next::Adopt(version) => return self.accepted(version, Obtained::Adopted),
                Next::Send => continue,
                Next::End(error) => error,
            };
            return Err(if lost {
                self.in_doubt(ours, error)
            } else {
                error
            });
        }
    }

    /// Looks, after an attempt that failed, what may be done next.
    async fn after_failure(
        &self,
        failed: Error,
        lost: bool,
        ours: &PendingUpload,
        resends: &mut Resends<'_>,
    ) -> Result<Next> {
        let refused = matches!(failed.kind(), ErrorKind::Conflict | ErrorKind::Rejected);
        loop {
            if (lost || refused)
                && let Some(version) = self.look_after(ours, lost, &failed).await?
            {
                return Ok(Next::Adopt(version));
            }
            // Without a key it is sent once. It may still come to be seen.
            if lost && self.key.is_none() {
                if !resends.pause_before_look(&failed).await {
                    return Ok(Next::End(failed));
                }
                continue;
            }
            let (error, again) = resends.pause_after(failed).await;
            return Ok(if again { Next::Send } else { Next::End(error) });
        }
    }

    /// What the key names, if there is a key and it names anything.
    async fn named_by_key(&self) -> Result<Option<ModelVersion>> {
        match &self.key {
            Some(key) => self.model.named(key).await,
            None => Ok(None),
        }
    }

    /// The key names a version before anything is sent: another process has uploaded it.
    fn earlier(&self, version: ModelVersion) -> Result<Operation<ModelVersion>> {
        self.is_ours(&version)?;
        if Readiness::of(&version) == Readiness::Failed {
            let status = version.sync_status().map_or("", |status| status.as_str());
            return Err(Error::new(
                ErrorKind::OperationFailed,
                format!(
                    "it was uploaded before, as {}, and its sync ended as \"{}\"",
                    printable(version.name()),
                    printable(status)
                ),
            )
            .about(self.subject())
            .remedy_is("nothing was sent: delete that version, or use another nonce"));
        }
        let operation = Operation::of_sync(&self.model.client, version)?;
        Ok(operation.obtained_by(Obtained::Found))
    }

    /// That what the key names is what is uploaded here, as far as the service tells.
    fn is_ours(&self, version: &ModelVersion) -> Result<()> {
        let content = self.content();
        if content.may_be(version) {
            return Ok(());
        }
        let told = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), printable);
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "its idempotency key is held by {}, which is another upload: its weights are {} \
                 and its fingerprint suffix is {}",
                printable(version.name()),
                told(version.weight_uri()),
                told(version.fingerprint_suffix()),
            ),
        )
        .about(self.subject())
        .remedy_is("use another nonce for another upload"))
    }

    /// The highest id there is. Every alias must be free: it names at most one version.
    async fn look_before(&self) -> Result<u64> {
        let versions = self.model.versions().await?;
        for version in &versions {
            let held =
                |alias: &&VersionAlias| version.aliases().iter().any(|a| a == alias.as_str());
            if let Some(alias) = self.content.version_aliases.iter().find(held) {
                let name = self.model.name_of(alias);
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("alias \"{alias}\" is held by {}", printable(version.name())),
                )
                .about(format_args!("upload as {name}"))
                .remedy_is(
                    "nothing was sent: upload without it and move it afterwards, or remove it \
                     first",
                ));
            }
        }
        let ids = versions.iter().filter_map(ModelVersion::id);
        Ok(ids.map(VersionId::get).max().unwrap_or_default())
    }

    /// Looks for the version after an answer was lost, or the service has refused to make it.
    async fn look_after(
        &self,
        ours: &PendingUpload,
        lost: bool,
        failed: &Error,
    ) -> Result<Option<ModelVersion>> {
        let looked = match &self.key {
            Some(_) => self.named_by_key().await,
            None if lost => self.model.find(ours).await,
            None => Ok(None),
        };
        match looked {
            Ok(Some(version)) if self.key.is_some() => {
                self.is_ours(&version).map_err(|error| {
                    if lost {
                        error.during(OP.id, true).in_doubt()
                    } else {
                        error
                    }
                })?;
                Ok(Some(version))
            }
            Ok(None) if !lost && !self.content.version_aliases.is_empty() => {
                self.made_all_the_same(ours, failed).await
            }
            Ok(found) => Ok(found),
            // The look failed, or found more than one.
            Err(_) if lost => Err(self.in_doubt(ours.clone(), failed.again())),
            Err(_) => Ok(None),
        }
    }

    /// A service may make the version first, and refuse its aliases then.
    async fn made_all_the_same(
        &self,
        ours: &PendingUpload,
        failed: &Error,
    ) -> Result<Option<ModelVersion>> {
        if ours.after.is_none() {
            return Ok(None);
        }
        let Ok(Some(made)) = self.model.find(ours).await else {
            return Ok(None);
        };
        Err(failed
            .again()
            .about_rather(format_args!(
                "{}: {} was made, and its aliases were refused",
                self.subject(),
                printable(made.name())
            ))
            .during(OP.id, true)
            .accepted()
            .remedy_is_rather("do not upload again: give that version its aliases, or delete it"))
    }

    async fn post(&self) -> Result<ModelVersion> {
        let model = &self.model;
        let body = raw::ModelVersionUploadRequest {
            model_arch_id: model.architecture.clone(),
            model: self.content.clone(),
        };
        let answer = model
            .client
            .call_once(OP, |raw| {
                let (org, body) = (model.org.clone(), body.clone());
                async move { raw.upload_model_version(&org, &body).await }
            })
            .await
            .map_err(|error| about_org(error, &model.org).about(self.subject()))?;
        Ok(answer.into())
    }

    fn accepted(&self, version: ModelVersion, by: Obtained) -> Result<Operation<ModelVersion>> {
        version
            .listed_under(&self.model.org, &self.model.architecture)
            .and_then(|version| Operation::of_sync(&self.model.client, version))
            .map(|operation| operation.obtained_by(by))
            .map_err(|error| error.during(OP.id, true).accepted())
    }

    fn pending(&self, after: Option<u64>) -> PendingUpload {
        PendingUpload {
            org: self.model.org.clone(),
            architecture: self.model.architecture.clone(),
            weights: self.content.weight_uri.clone(),
            suffix: self.content.system_fingerprint_suffix.clone(),
            key: self.key.clone(),
            after,
        }
    }

    fn content(&self) -> PendingUpload {
        self.pending(None)
    }

    fn subject(&self) -> String {
        format!(
            "upload of {} for {} of organization {}",
            self.content.weight_uri, self.model.architecture, self.model.org
        )
    }

    /// The error of an upload that may have happened, and of which nothing is seen.
    fn in_doubt(&self, ours: PendingUpload, cause: Error) -> Error {
        let remedy = match self.key {
            Some(_) => "upload again with the same nonce: what was made is found then",
            None => {
                "do not upload again blindly: Client::settle looks for it later; with an \
                 idempotency key it can be sent again"
            }
        };
        cause.about(self.subject()).during(OP.id, true).unseen(
            "no version is known to be of it",
            remedy,
            Pending {
                of: Doubt::Upload(ours),
                base: self.model.client.base_url().to_owned(),
            },
        )
    }
}

/// What follows an attempt that failed.
enum Next {
    Adopt(ModelVersion),
    Send,
    End(Error),
}

impl PendingUpload {
    /// Whether nothing that the service tells of a version speaks against its being of this
    /// upload.
    fn may_be(&self, version: &ModelVersion) -> bool {
        let place = version.weight_uri();
        let suffix = version.fingerprint_suffix();
        place.is_none_or(|place| self.weights.same_location(place))
            && suffix.is_none_or(|suffix| self.suffix.as_deref() == Some(suffix))
    }

    /// Whether a version is of the same content, and newer than what was there before.
    fn is_new(&self, version: &ModelVersion) -> bool {
        let newer = |id: VersionId| self.after.is_none_or(|after| id.get() > after);
        version.weight_uri().is_some() && self.may_be(version) && version.id().is_some_and(newer)
    }
}

impl Model {
    /// The version that an alias names.
    async fn named(&self, alias: &VersionAlias) -> Result<Option<ModelVersion>> {
        let version = Version::new(self.client.clone(), self.name_of(alias));
        match version.get().await {
            Ok(version) => Ok(Some(version)),
            Err(error) if error.says_there_is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn name_of(&self, alias: &VersionAlias) -> ModelVersionName {
        ModelVersionName::new(
            self.org.clone(),
            self.architecture.clone(),
            VersionRef::Alias(alias.clone()),
        )
    }

    /// The one new version that is of the same content, if there is one.
    async fn find(&self, upload: &PendingUpload) -> Result<Option<ModelVersion>> {
        let mut found = self.versions().await?;
        found.retain(|version| upload.is_new(version));
        let unclear = match found.as_slice() {
            [] => return Ok(None),
            [_] if upload.after.is_some() => return Ok(found.pop()),
            [_] => "it may be an older one: what was there before it was sent is not known",
            _ => "more than one version may be of it",
        };
        let names: Vec<_> = found.iter().map(|v| printable(v.name())).collect();
        Err(Error::new(
            ErrorKind::Ambiguous,
            format!("{unclear}: {}", names.join(", ")),
        )
        .about(format_args!(
            "upload of {} for {} of organization {}",
            upload.weights, self.architecture, self.org
        ))
        .remedy_is("look at their dates and aliases, and delete what is not needed"))
    }

    /// The upload whose answer was lost, if its version is there now.
    pub(crate) async fn settle(
        &self,
        upload: &PendingUpload,
    ) -> Result<Option<Operation<ModelVersion>>> {
        let found = match &upload.key {
            Some(key) => self
                .named(key)
                .await?
                .filter(|version| upload.may_be(version)),
            None => self.find(upload).await?,
        };
        found
            .map(|version| Operation::of_sync(&self.client, version))
            .transpose()
    }
}
