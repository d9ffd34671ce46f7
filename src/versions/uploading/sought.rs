//! Which version is of an upload whose answer was lost.

use super::super::data::ModelVersion;
use super::super::{Model, Version};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::{ModelVersionName, VersionAlias, VersionId, VersionRef};
use crate::operation::{Obtained, Operation};
use crate::pending::{PendingUpload, Seen, listed};

/// What the service tells of a version, held against what was uploaded.
enum Fit {
    Same,
    /// Nothing speaks against it, and this is not known to be the same.
    Perhaps(&'static str),
    Other,
}

impl PendingUpload {
    /// That what the key names is this upload, as far as the service tells.
    pub(super) fn is_of(&self, version: &ModelVersion) -> Result<()> {
        if !matches!(self.content_of(version), Fit::Other) {
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
        .about(self)
        .remedy_is("use another nonce for another upload"))
    }

    fn content_of(&self, version: &ModelVersion) -> Fit {
        let suffix = version.fingerprint_suffix().filter(|s| !s.is_empty());
        let suffix_fits = match (&self.suffix, suffix) {
            (None, None) => Fit::Same,
            (Some(_), None) => Fit::Perhaps("its fingerprint suffix is not told"),
            (ours, Some(told)) if ours.as_deref() == Some(told) => Fit::Same,
            _ => return Fit::Other,
        };
        match version.weight_uri() {
            None => Fit::Perhaps("its weights are not told"),
            Some(told) if self.weights.same_location(told) => suffix_fits,
            Some(_) => Fit::Other,
        }
    }

    /// The same with the aliases, which nobody had. Where the service makes the version and
    /// refuses its aliases then, it is not what was asked for.
    fn fit(&self, version: &ModelVersion) -> Fit {
        let content = self.content_of(version);
        if matches!(content, Fit::Other) || self.aliases.is_empty() {
            return content;
        }
        match (version.told_aliases(), content) {
            (Some(told), _) if self.aliases.iter().all(|alias| holds(told, alias)) => Fit::Same,
            (Some(_), _) => Fit::Perhaps("it has not the aliases asked for"),
            (None, Fit::Same) => Fit::Perhaps("its aliases are not told"),
            (None, content) => content,
        }
    }

    /// Whether a version has come since, when that is known.
    fn is_new(&self, version: &ModelVersion) -> bool {
        let newer = |id: VersionId| self.after.is_none_or(|after| id.get() > after);
        version.id().is_some_and(newer)
    }

    /// The one of these new ones that is of the upload, which has no key.
    fn among(&self, versions: Vec<ModelVersion>) -> Seen<ModelVersion> {
        let (mut same, mut perhaps, mut why) = (Vec::new(), Vec::new(), "");
        for version in versions {
            match self.fit(&version) {
                Fit::Same => same.push(version),
                Fit::Perhaps(unknown) => {
                    why = unknown;
                    perhaps.push(version);
                }
                Fit::Other => {}
            }
        }
        if self.after.is_some() && same.len() == 1 {
            return same.pop().map_or(Seen::Nothing(NOTHING), Seen::Ours);
        }
        if !same.is_empty() {
            why = match self.after {
                Some(_) => "there is more than one",
                None => "it may be older, since nobody looked before it was sent",
            };
            perhaps = same;
        }
        if perhaps.is_empty() {
            return Seen::Nothing(NOTHING);
        }
        let names = listed(perhaps.iter().map(ModelVersion::name));
        Seen::Unclear(format!("it may have made {names}: {why}"))
    }

    /// Those that are new, may be of the upload, and have no alias: what a service leaves that
    /// makes a version before it refuses its aliases.
    fn left_without_aliases(
        &self,
        mut versions: Vec<ModelVersion>,
        but: Option<VersionId>,
    ) -> Vec<ModelVersionName> {
        versions.retain(|version| {
            self.is_new(version)
                && version.id() != but
                && !matches!(self.content_of(version), Fit::Other)
                && version.aliases().is_empty()
        });
        let names = versions.iter().filter_map(ModelVersion::parsed_name);
        names.cloned().collect()
    }
}

/// Names of versions, for a line.
pub(super) fn names(versions: &[ModelVersionName]) -> String {
    let names: Vec<_> = versions.iter().map(ToString::to_string).collect();
    listed(names.iter().map(String::as_str))
}

const NOTHING: &str = "no new version is of its weights";

/// Whether a list of aliases holds one.
pub(super) fn holds(told: &[String], alias: &VersionAlias) -> bool {
    told.iter().any(|held| held == alias.as_str())
}

impl Model {
    /// The version that an alias names.
    pub(super) async fn named(&self, alias: &VersionAlias) -> Result<Option<ModelVersion>> {
        self.found(self.name_of(alias)).await
    }

    /// A version, if there is one of this name.
    async fn found(&self, name: ModelVersionName) -> Result<Option<ModelVersion>> {
        match Version::new(self.client.clone(), name).get().await {
            Ok(version) => Ok(Some(version)),
            Err(error) if error.says_there_is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn name_of(&self, alias: &VersionAlias) -> ModelVersionName {
        ModelVersionName::new(
            self.org.clone(),
            self.architecture.clone(),
            VersionRef::Alias(alias.clone()),
        )
    }

    /// Looks for the version of an upload whose answer was lost. With a key it is the one that
    /// has it, and only its content is to be compared: see [`PendingUpload::is_of`].
    pub(super) async fn look_for(&self, upload: &PendingUpload) -> Result<Seen<ModelVersion>> {
        let Some(key) = &upload.key else {
            let mut new = self.versions().await?;
            new.retain(|v| upload.is_new(v) && !matches!(upload.fit(v), Fit::Other));
            return Ok(upload.among(self.read_each(new).await?));
        };
        Ok(match self.named(key).await? {
            Some(version) => Seen::Ours(version),
            None => Seen::Nothing("no version has its key"),
        })
    }

    /// Reads versions of a list one by one, unless they are many: a list tells no suffix.
    async fn read_each(&self, listed: Vec<ModelVersion>) -> Result<Vec<ModelVersion>> {
        const MANY: usize = 5;
        if listed.len() > MANY {
            return Ok(listed);
        }
        let mut read = Vec::with_capacity(listed.len());
        for name in listed.iter().filter_map(ModelVersion::parsed_name) {
            read.extend(self.found(name.clone()).await?);
        }
        Ok(read)
    }

    /// Versions that may have been made for an upload whose aliases were refused then.
    pub(super) async fn made_and_refused(
        &self,
        upload: &PendingUpload,
        but: Option<VersionId>,
    ) -> Vec<ModelVersionName> {
        // Without the ids from before, nothing can be told.
        if upload.after.is_none() {
            return Vec::new();
        }
        match self.versions().await {
            Ok(versions) => upload.left_without_aliases(versions, but),
            Err(_) => Vec::new(),
        }
    }

    /// The upload whose answer was lost, if its version is there now.
    pub(crate) async fn settle(
        &self,
        upload: &PendingUpload,
    ) -> Result<Seen<Operation<ModelVersion>>> {
        let version = match self.look_for(upload).await? {
            Seen::Ours(version) => version,
            Seen::Unclear(what) => return Ok(Seen::Unclear(what)),
            Seen::Nothing(what) => {
                let left = match &upload.key {
                    Some(_) => self.made_and_refused(upload, None).await,
                    None => Vec::new(),
                };
                return Ok(match left.as_slice() {
                    [] => Seen::Nothing(what),
                    left => Seen::Unclear(format!(
                        "it may have made {}, which has not its key",
                        names(left)
                    )),
                });
            }
        };
        if upload.key.is_some() {
            upload.is_of(&version)?;
        }
        let operation = Operation::of_sync(&self.client, version)?;
        Ok(Seen::Ours(operation.obtained_by(Obtained::Adopted)))
    }
}
