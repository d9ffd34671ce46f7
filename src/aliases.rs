//! Editing the aliases of a version, and moving an alias from one version to another.
//!
//! The service replaces the whole list and has no version check, so two editors can lose each
//! other's change: reading just before narrows the gap and reading back afterwards finds most of
//! what went wrong, but neither closes it. The edits of one client and its clones wait for each
//! other.

mod carry_out;
mod edit;
mod intent;
mod left;
mod list;
mod moving;
mod plan;

use crate::error::{Error, ErrorKind, Result};
use crate::names::{NameError, VersionAlias};
use crate::versions::{ModelVersion, Version};
use edit::{Edit, Silence};
use list::{Shown, each_once, is_expected, sendable, told, with_keys};

pub use intent::MoveIntent;
pub use left::{AliasNames, MoveLeft};
pub use moving::{AliasMove, MoveAlias};
pub use plan::{MovePlan, MoveStep};

impl Version {
    /// Adds an alias to those that the version has, and reads the version back.
    ///
    /// Nothing is sent when it has the alias already. The service keeps an alias unique within
    /// the organization and architecture: to take one from another version, use
    /// [`Model::move_alias`](crate::Model::move_alias).
    ///
    /// Each edit of aliases reads the list, writes it whole to the integer id, and reads it back;
    /// the edits of one client and its clones follow one after another. The service has no
    /// version check, so an edit by somebody else that falls between our read and our write is
    /// lost; no client can exclude that.
    ///
    /// # When an answer is lost
    ///
    /// The list is read. If it is as written, the edit is done; if it is as before, it is written
    /// again, as often as the [`RetryPolicy`](crate::RetryPolicy) says; anything else is a
    /// conflict, and nothing is overwritten. A write that the network delivers only after all
    /// this can still undo what came later.
    ///
    /// # When the future is dropped
    ///
    /// The list is as before, or as it was to be written, or becomes so within moments, when the
    /// request was on its way. [`get`](Version::get) tells; to call this again is safe, since it
    /// reads first.
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) when another version holds the alias, when the
    /// version carries an alias that cannot be sent back, or when somebody else is seen to have
    /// edited the list: the error shows both lists. [`Decode`](crate::ErrorKind::Decode) when the
    /// service does not tell which aliases the version has: they would be lost. When what was
    /// written is not known in the end, [`may_have_happened`](crate::Error::may_have_happened) is
    /// true.
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
    /// Nothing is sent when it does not have the alias. Otherwise as
    /// [`add_alias`](Version::add_alias), also when an answer is lost or the future dropped.
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
    /// An alias given twice is sent once; an empty list removes them all, but for those that
    /// begin with `idem-`: the idempotency key of an upload stays until
    /// [`remove_alias`](Version::remove_alias) names it. Nothing is sent when the version has
    /// just these already. Otherwise as [`add_alias`](Version::add_alias), also when an answer is
    /// lost or the future dropped.
    ///
    /// [`replace_aliases`](Version::replace_aliases) does it only if they are what you saw.
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
        let wanted = each_once(aliases)?;
        self.edit_aliases(|version| Ok(with_keys(version.aliases(), &wanted, &[])))
            .await
    }

    /// Replaces all aliases of the version if they are what you saw, and reads the version back.
    ///
    /// An alias that begins with `idem-`, the idempotency key of an upload, counts and is
    /// replaced only if `expected` names it; otherwise it stays. Nothing is sent when the version
    /// has just the new ones already and they were expected. Otherwise as
    /// [`add_alias`](Version::add_alias), also when an answer is lost or the future dropped.
    ///
    /// ```no_run
    /// # async fn run(version: cerebras_management::Version) -> cerebras_management::Result<()> {
    /// let seen = version.get().await?;
    /// version.replace_aliases(seen.aliases(), ["stable", "run-42"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) that shows both lists when they are not what was
    /// expected, in whatever order: nothing was written. Otherwise as for
    /// [`add_alias`](Version::add_alias).
    pub async fn replace_aliases<E, A>(
        &self,
        expected: impl IntoIterator<Item = E, IntoIter: Send> + Send,
        aliases: impl IntoIterator<Item = A, IntoIter: Send> + Send,
    ) -> Result<ModelVersion>
    where
        E: TryInto<VersionAlias, Error: Into<NameError>>,
        A: TryInto<VersionAlias, Error: Into<NameError>>,
    {
        let expected = each_once(expected)?;
        let wanted = each_once(aliases)?;
        self.edit_aliases(|version| {
            let held = told(version)?;
            if is_expected(held, &expected) {
                return Ok(with_keys(held, &wanted, &expected));
            }
            Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "its aliases are {}, and {} were expected",
                    Shown(held),
                    Shown(&expected)
                ),
            )
            .about(format_args!("model version {}", version.name()))
            .remedy_is("nothing was written: somebody else has edited them; look again"))
        })
        .await
    }

    /// Reads, writes to the integer id, and reads back.
    async fn edit_aliases(
        &self,
        wanted: impl FnOnce(&ModelVersion) -> Result<Vec<VersionAlias>>,
    ) -> Result<ModelVersion> {
        let _ours = self.client().alias_edit().await;
        let before = self.get().await?;
        let wanted = wanted(&before)?;
        let edit = Edit::new(self.client(), &before, wanted)?;
        if edit.changes() {
            edit.apply(Silence::IsOvercome).await
        } else {
            Ok(before)
        }
    }
}
