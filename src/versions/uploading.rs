//! Sending an upload so that it makes one version, whatever becomes of the answers.
//!
//! A key is an alias that this upload alone carries. The protocol with a key: read what the key
//! names; adopt it if it is this upload; else send, and after a lost answer read again before
//! sending again, after a refusal only read. Without a key it is sent once, and after a lost
//! answer looked for among the versions that are new. `crates/models` shows what each of them can
//! promise.

mod sought;

use super::data::{ModelVersion, no_id};
use super::{Model, Readiness};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::explain::about_org;
use crate::names::{ModelVersionName, VersionAlias, VersionId};
use crate::operation::{Obtained, Operation};
use crate::pending::{Doubt, Pending, PendingUpload, Seen};
use crate::raw::types as raw;
use crate::resend::Resends;
use crate::retry::{Op, may_pass};
use sought::{holds, names};

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
        let mut ours = self.pending();
        if let Some(key) = &self.key
            && let Some(earlier) = self.model.named(key).await?
        {
            return self.earlier(&ours, earlier);
        }
        if self.checked {
            let versions = self.model.versions().await?;
            // It may have come since.
            if let Some(key) = &self.key
                && holder(&versions, key).is_some()
                && let Some(earlier) = self.model.named(key).await?
            {
                return self.earlier(&ours, earlier);
            }
            self.aliases_are_free(&versions)?;
            let ids = versions.iter().filter_map(ModelVersion::id);
            ours.after = Some(ids.map(VersionId::get).max().unwrap_or_default());
        }
        let mut resends = Resends::new(&self.model.client, OP);
        let mut lost = false;
        loop {
            let failed = match self.post().await {
                Ok(version) => {
                    resends.succeeded();
                    let by = if lost {
                        Obtained::Resent
                    } else {
                        Obtained::Answered
                    };
                    return self.operation(version, by);
                }
                Err(error) => resends.count(error),
            };
            lost |= failed.may_have_happened();
            match self.after_failure(failed, lost, &ours, &mut resends).await {
                Next::Adopt(version, left) => {
                    let adopted = self.operation(version, Obtained::Adopted)?;
                    return Ok(adopted.leaving(left));
                }
                Next::Send => {}
                Next::End(error) => return Err(error),
            }
        }
    }

    /// Looks, after an attempt that failed, what may be done next.
    async fn after_failure(
        &self,
        failed: Error,
        lost: bool,
        ours: &PendingUpload,
        resends: &mut Resends<'_>,
    ) -> Next {
        let refused = matches!(failed.kind(), ErrorKind::Conflict | ErrorKind::Rejected);
        if !lost && !refused {
            return if resends.pause_before_resend(&failed).await {
                Next::Send
            } else {
                Next::End(failed)
            };
        }
        if !lost && self.key.is_none() {
            return Next::End(self.refused(ours, failed).await);
        }
        // An alias that is taken may be the key, and its version not to be seen yet.
        let looks_on = lost || matches!(failed.status(), Some(400 | 409));
        let sends_again = lost && !refused && self.key.is_some() && may_pass(&failed);
        let mut paused = false;
        let looked = loop {
            let looked = self.model.look_for(ours).await;
            match looked {
                Ok(Seen::Ours(version)) => return self.found(ours, version, &failed, lost).await,
                Ok(Seen::Nothing(_)) if sends_again && paused => return Next::Send,
                Ok(_) if looks_on && resends.pause_before_look(&failed).await => paused = true,
                looked => break looked,
            }
        };
        Next::End(if lost {
            self.in_doubt(ours.clone(), &Seen::told(&looked), failed)
        } else {
            self.refused(ours, failed).await
        })
    }

    /// A look has found it, by its key or by its content.
    async fn found(
        &self,
        ours: &PendingUpload,
        version: ModelVersion,
        failed: &Error,
        lost: bool,
    ) -> Next {
        if self.key.is_none() {
            return Next::Adopt(version, Vec::new());
        }
        // Whatever the answer was: one that was lost may have been a refusal.
        let left = self.model.made_and_refused(ours, version.id()).await;
        match ours.is_of(&version) {
            Ok(()) if left.is_empty() => Next::Adopt(version, left),
            Ok(()) => {
                tracing::warn!(upload = %ours, %failed, "{}", may_be_left(&left));
                Next::Adopt(version, left)
            }
            Err(error) if !left.is_empty() => Next::End(
                error
                    .seeing(may_be_left(&left))
                    .during(OP.id, true)
                    .accepted(),
            ),
            Err(error) if lost => Next::End(error.during(OP.id, true).in_doubt()),
            Err(error) => Next::End(error),
        }
    }

    /// The key names a version before anything is sent: another process has uploaded it.
    fn earlier(
        &self,
        ours: &PendingUpload,
        version: ModelVersion,
    ) -> Result<Operation<ModelVersion>> {
        ours.is_of(&version)?;
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
            .about(ours)
            .remedy_is("nothing was sent: delete that version, or use another nonce"));
        }
        let operation = Operation::of_sync(&self.model.client, version)?;
        Ok(operation.obtained_by(Obtained::Found))
    }

    /// Every alias must be free: it names at most one version.
    fn aliases_are_free(&self, versions: &[ModelVersion]) -> Result<()> {
        let own = self.content.version_aliases.iter();
        for alias in own.filter(|alias| Some(*alias) != self.key.as_ref()) {
            if let Some(holder) = holder(versions, alias) {
                let name = self.model.name_of(alias);
                let holder = printable(holder.name());
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("alias \"{alias}\" is held by {holder}"),
                )
                .about(format_args!("upload as {name}"))
                .remedy_is(
                    "nothing was sent: upload without it and move it afterwards, or remove it \
                     first",
                ));
            }
        }
        Ok(())
    }

    async fn post(&self) -> Result<ModelVersion> {
        let model = &self.model;
        let body = raw::ModelVersionUploadRequest {
            model_arch_id: model.architecture.clone(),
            model: self.content.clone(),
        };
        let answer = model
            .client
            .call_once(OP, async |raw| {
                raw.upload_model_version(&model.org, &body).await
            })
            .await
            .map_err(|error| about_org(error, &model.org).about(self.pending()))?;
        ModelVersion::from(answer)
            .listed_under(&model.org, &model.architecture)
            .and_then(|version| match version.id() {
                Some(_) => Ok(version),
                None => Err(no_id(version.name())),
            })
            .map_err(|error| error.during(OP.id, true).after_attempts(1).accepted())
    }

    fn operation(&self, version: ModelVersion, by: Obtained) -> Result<Operation<ModelVersion>> {
        Operation::of_sync(&self.model.client, version)
            .map(|operation| operation.obtained_by(by))
            .map_err(|error| error.during(OP.id, true).accepted())
    }

    fn pending(&self) -> PendingUpload {
        let mut aliases = self.content.version_aliases.clone();
        aliases.retain(|alias| Some(alias) != self.key.as_ref());
        PendingUpload {
            org: self.model.org.clone(),
            architecture: self.model.architecture.clone(),
            weights: self.content.weight_uri.clone(),
            suffix: self.content.system_fingerprint_suffix.clone(),
            aliases,
            key: self.key.clone(),
            after: None,
        }
    }

    /// The error of an upload that was refused. A service may make the version first, and refuse
    /// its aliases then.
    async fn refused(&self, ours: &PendingUpload, failed: Error) -> Error {
        if self.content.version_aliases.is_empty() {
            return failed;
        }
        let left = self.model.made_and_refused(ours, None).await;
        if left.is_empty() {
            return failed;
        }
        failed
            .seeing(may_be_left(&left))
            .accepted()
            .remedy_is_rather(
                "look at it before uploading again: give it its aliases, or delete it",
            )
    }

    /// The error of an upload that may have happened, and that was not found.
    fn in_doubt(&self, ours: PendingUpload, seen: &str, failed: Error) -> Error {
        let remedy = match self.key {
            Some(_) => "upload again with the same nonce: what was made is found then",
            None => {
                "do not upload again blindly: Client::settle looks for it later; with an \
                 idempotency key it can be sent again"
            }
        };
        let failed = failed.about(&ours).during(OP.id, true);
        let pending = Pending {
            of: Doubt::Upload(ours),
            base: self.model.client.base_url().to_owned(),
        };
        failed.unsettled(seen, remedy, pending)
    }
}

/// What follows an attempt that failed.
enum Next {
    /// Beside it these may have been made.
    Adopt(ModelVersion, Vec<ModelVersionName>),
    Send,
    End(Error),
}

fn may_be_left(versions: &[ModelVersionName]) -> String {
    let names = names(versions);
    format!("{names} is new and without aliases: it may have been made before they were refused")
}

/// Which of the versions an alias names.
fn holder<'a>(versions: &'a [ModelVersion], alias: &VersionAlias) -> Option<&'a ModelVersion> {
    versions.iter().find(|v| holds(v.aliases(), alias))
}
