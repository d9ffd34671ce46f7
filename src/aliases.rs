//! Editing the aliases of a version.
//!
//! The service replaces the whole list and has no version check, so two editors can lose each
//! other's change: reading just before narrows the gap and reading back afterwards finds most of
//! what went wrong, but neither closes it.

use crate::error::{Error, ErrorKind, Result, Sent, printable};
use crate::names::{ModelVersionName, NameError, VersionAlias};
use crate::raw::types as raw;
use crate::retry::Op;
use crate::versions::{ModelVersion, Version};

impl Version {
    /// Adds an alias to those that the version has, and reads the version back.
    ///
    /// Nothing is sent when it has the alias already. The service keeps an alias unique within
    /// the organization and architecture: one that another version holds must be removed there
    /// first.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) when another version holds the alias, when the
    /// version carries an alias that cannot be sent back, or when the list is not as written
    /// afterwards because somebody else has edited it. [`Decode`](crate::ErrorKind::Decode) when
    /// the service does not tell which aliases the version has: they would be lost. After a lost
    /// answer
    /// [`may_have_happened`](crate::Error::may_have_happened) is true and nothing is sent again;
    /// [`get`](Version::get) tells.
    pub async fn add_alias(
        &self,
        alias: impl TryInto<VersionAlias, Error: Into<NameError>>,
    ) -> Result<ModelVersion> {
        let alias = alias.try_into().map_err(Into::into)?;
        self.edit_aliases(|version| {
            let mut aliases = sendable(version)?;
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
            Ok(aliases)
        })
        .await
    }

    /// Removes an alias from those that the version has, and reads the version back.
    ///
    /// Nothing is sent when it does not have the alias.
    ///
    /// # Errors
    ///
    /// As for [`add_alias`](Version::add_alias).
    pub async fn remove_alias(
        &self,
        alias: impl TryInto<VersionAlias, Error: Into<NameError>>,
    ) -> Result<ModelVersion> {
        let alias = alias.try_into().map_err(Into::into)?;
        self.edit_aliases(|version| {
            let mut aliases = sendable(version)?;
            aliases.retain(|held| *held != alias);
            Ok(aliases)
        })
        .await
    }

    /// Replaces all aliases of the version, whatever they were, and reads the version back.
    ///
    /// An alias given twice is sent once; an empty list removes them all. Nothing is sent when
    /// the version has just these already.
    ///
    /// # Errors
    ///
    /// As for [`add_alias`](Version::add_alias); the first alias that is none is an
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub async fn set_aliases<A>(
        &self,
        aliases: impl IntoIterator<Item = A, IntoIter: Send> + Send,
    ) -> Result<ModelVersion>
    where
        A: TryInto<VersionAlias, Error: Into<NameError>>,
    {
        let mut wanted: Vec<VersionAlias> = Vec::new();
        for alias in aliases {
            let alias = alias.try_into().map_err(Into::into)?;
            if !wanted.contains(&alias) {
                wanted.push(alias);
            }
        }
        self.edit_aliases(|_| Ok(wanted)).await
    }

    /// Reads, writes to the integer id, and reads back.
    async fn edit_aliases(
        &self,
        wanted: impl FnOnce(&ModelVersion) -> Result<Vec<VersionAlias>>,
    ) -> Result<ModelVersion> {
        let before = self.get().await?;
        let wanted = wanted(&before)?;
        if before
            .told_aliases()
            .is_some_and(|held| same(held, &wanted))
        {
            return Ok(before);
        }
        let Some(name) = before.parsed_name() else {
            return Err(crate::versions::no_id(before.name()));
        };
        let pinned = Version::new(self.client().clone(), name.clone());
        let answered = pinned.put_aliases(name, &wanted).await?;
        let after = pinned.get().await.map_err(|error| {
            error
                .about_rather(format_args!(
                    "model version {name}: its aliases were written as [{}], and reading them \
                     back failed",
                    joined(&wanted)
                ))
                .during(Op::UPDATE_MODEL_VERSION_ALIASES.id, true)
                .accepted()
        })?;
        // Where a read does not tell them, the answer to the write does.
        let held = after.told_aliases().or(answered.as_deref());
        let held = held.unwrap_or_default();
        if same(held, &wanted) {
            return Ok(after);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "its aliases were written as [{}] and read back as [{}]",
                joined(&wanted),
                printable(&held.join(", "))
            ),
        )
        .about(format_args!("model version {name}"))
        .sent(Sent::Yes)
        .remedy_is("somebody else has edited them: look, and edit again"))
    }

    /// Writes, and gives the list that the service answers.
    async fn put_aliases(
        &self,
        name: &ModelVersionName,
        wanted: &[VersionAlias],
    ) -> Result<Option<Vec<String>>> {
        let op = Op::UPDATE_MODEL_VERSION_ALIASES;
        let body = raw::ModelVersionUpdateAliasesRequest {
            version_aliases: wanted.to_vec(),
        };
        let answer = self
            .client()
            .call(op, |raw| {
                let (name, body) = (name.clone(), body.clone());
                async move {
                    raw.update_model_version_aliases(
                        name.org(),
                        name.architecture(),
                        name.version(),
                        &body,
                    )
                    .await
                }
            })
            .await
            .map_err(|error| {
                let error = self.explain(error);
                match error.kind() {
                    ErrorKind::Conflict => error.remedy_is(
                        "an alias names one version at a time: remove it from the version that \
                         holds it first",
                    ),
                    // How the service refuses an alias that is held is not published.
                    ErrorKind::Rejected if error.status() == Some(400) => error.remedy_is(
                        "if another version holds one of the aliases, remove it there first",
                    ),
                    _ => error,
                }
            })?;
        if answer.name != name.to_string() {
            return Err(
                crate::explain::other_than_asked("version", answer.name, name)
                    .during(op.id, true)
                    .accepted(),
            );
        }
        Ok(answer.version_aliases)
    }
}

/// The aliases that a version has, as they can be sent back. The service may hold one that is not
/// of the published form, or not tell them; to leave them out would be to lose them silently.
fn sendable(version: &ModelVersion) -> Result<Vec<VersionAlias>> {
    let Some(aliases) = version.told_aliases() else {
        return Err(Error::new(
            ErrorKind::Decode,
            "the service did not tell its aliases, so that a new list would lose them",
        )
        .about(format_args!("model version {}", printable(version.name())))
        .remedy_is("nothing was written: replace the whole list with set_aliases"));
    };
    aliases
        .iter()
        .map(|alias| {
            alias.parse().map_err(|error: NameError| {
                Error::new(
                    ErrorKind::Conflict,
                    format!("it carries an alias that cannot be sent back: {error}"),
                )
                .about(format_args!("model version {}", printable(version.name())))
                .remedy_is("nothing was written: replace the whole list with set_aliases")
            })
        })
        .collect()
}

/// Whether two lists name the same aliases, in whatever order.
fn same(held: &[String], wanted: &[VersionAlias]) -> bool {
    held.len() == wanted.len() && wanted.iter().all(|a| held.iter().any(|h| h == a.as_str()))
}

fn joined(aliases: &[VersionAlias]) -> String {
    let texts: Vec<_> = aliases.iter().map(VersionAlias::as_str).collect();
    texts.join(", ")
}
