//! Asking for a move of an alias.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use super::intent::MoveIntent;
use super::plan::MovePlan;
use crate::client::Client;
use crate::error::{Error, Result, printable};
use crate::names::{ModelVersionName, NameError, VersionAlias, VersionId, VersionRef};
use crate::versions::{Model, ModelVersion};

/// A move of an alias to be: awaiting it looks, takes the alias from the version that has it, and
/// gives it to another.
///
/// An alias names one version at a time, and the service has no request that moves one. So the
/// move is two writes, and between them the alias names no version: requests by the alias are
/// answered with 404. Nothing can close that gap; it is two requests long, without a look between
/// them, and its length is measured: [`AliasMove::without_alias`], and when the move fails,
/// [`MoveLeft::without_alias`](crate::MoveLeft::without_alias). Deployments are not touched:
/// [`Endpoint::deploy`](crate::Endpoint::deploy) goes by the integer id.
///
/// The gap is longer when the service answers the second write with 429, or no connection is
/// made. That write is then sent again, each time after a look, but none begins later than five
/// seconds after the first write: rather than wait for a longer `Retry-After`, the alias is put
/// back, and the error is the 429. Should the service refuse that with 429 too, it is waited out
/// as for any write, for as long as a call may take: nothing shorter would bring the alias back.
///
/// When the target has the alias already, it is done and nothing is sent. When no version has it,
/// it is added.
///
/// ```no_run
/// # async fn run(model: cerebras_management::Model) -> cerebras_management::Result<()> {
/// // To see it first, and to be able to finish it whatever happens to this process:
/// let plan = model.move_alias("production", 2_u64).from(1_u64).plan().await?;
/// println!("{plan}\n{}", plan.intent());
/// let moved = plan.run().await?;
/// println!("{} names {}; it named nothing for {:?}", moved.alias, moved.to, moved.without_alias);
///
/// // Or at once:
/// model.move_alias("production", "candidate").await?;
/// # Ok(())
/// # }
/// ```
///
/// # When the future is dropped
///
/// Nothing goes on without it, so that the alias may be left on the version that had it, on no
/// version, or on the target; a request that was on its way may still take effect within moments.
/// [`Model::version`] by the alias tells which. To finish the move, await the same again, or
/// [`Client::resume_move`] with the [`MovePlan::intent`] of before.
///
/// # When an answer is lost
///
/// It is looked at, and nothing is written twice: a removal that comes late would take the alias
/// away from where a later move has put it. What is seen to be done counts as done, with
/// [`AliasMove::in_doubt`]; a removal without effect ends the move, and after an add without
/// effect the alias is put back. `docs/writes.md` of the repository says what this promises and
/// what it cannot.
///
/// # Errors
///
/// Before anything is written: [`NotFound`](crate::ErrorKind::NotFound) when there is no such
/// version to move it to, and [`Conflict`](crate::ErrorKind::Conflict) when the alias names
/// another version than [`from`](MoveAlias::from) says.
/// [`Decode`](crate::ErrorKind::Decode) when the service does not tell which aliases either version
/// has, as for [`Version::add_alias`](crate::Version::add_alias): they would be lost.
///
/// When the alias has left its version and the target does not get it, it is put back. Whatever
/// failed is the kind of the error, and its line says which version the alias names now: the one
/// that had it, none, or that of a rival, who is never overwritten; or that looking failed, with
/// the intent to go on from. [`Error::alias_move`](crate::Error::alias_move) tells the same as data,
/// with the time without the alias. [`Conflict`](crate::ErrorKind::Conflict) too when either version's
/// list reads back otherwise than it was written; it then shows both.
#[derive(Debug)]
#[must_use = "an alias is moved when this is awaited"]
pub struct MoveAlias {
    pub(super) model: Model,
    alias: Result<VersionAlias, NameError>,
    to: Result<VersionRef, NameError>,
    from: Result<Expected, NameError>,
}

/// Which version may have the alias, besides the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Any,
    /// This one, or none at all.
    Only(VersionId),
    /// None at all: a move from this one, if from any, is gone on with.
    Nobody {
        resumed_from: Option<VersionId>,
    },
}

/// An alias that was moved.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AliasMove {
    /// The alias.
    pub alias: VersionAlias,
    /// The version that it named before, which may be the same; none when it named none.
    pub from: Option<ModelVersionName>,
    /// The version that it names now, with its integer id.
    pub to: ModelVersionName,
    /// How long it named no version, at most: from just before it was taken from one until the
    /// other is known to have it. None when it was taken from none.
    pub without_alias: Option<Duration>,
    /// Whether an answer was lost on the way. All is well now, but what was written then may come
    /// late, and take the alias away from the version it was on should it be there again by then.
    /// Keep the intent for as long as a request can be under way; [`Client::resume_move`] mends it.
    pub in_doubt: bool,
    /// The version that it names now, as it was read back.
    pub version: ModelVersion,
}

impl Model {
    /// Moves an alias to a version, by its id or another alias; see [`MoveAlias`].
    pub fn move_alias(
        &self,
        alias: impl TryInto<VersionAlias, Error: Into<NameError>>,
        to: impl TryInto<VersionRef, Error: Into<NameError>>,
    ) -> MoveAlias {
        MoveAlias {
            model: self.clone(),
            alias: alias.try_into().map_err(Into::into),
            to: to.try_into().map_err(Into::into),
            from: Ok(Expected::Any),
        }
    }
}

impl Client {
    /// Goes on with a move of an alias from its intent, such as one whose process is gone.
    /// Nothing is sent until it is awaited or planned.
    ///
    /// It is done when the target has the alias. When no version has it, the target gets it. When
    /// any other has it, that is a [`Conflict`](crate::ErrorKind::Conflict) that names it, and
    /// nothing is written: also when it is the one that had it at first, since a move that never
    /// began looks like one that was put back, or moved back by somebody. To begin it again, say
    /// so with [`from`](MoveAlias::from). An alias that somebody took away on purpose looks like one
    /// that a move has lost: [`plan`](MoveAlias::plan) it first where that may be.
    ///
    /// It can be repeated. After a crash or a lost answer a write may come late, so it is of use
    /// for as long as a request can be under way.
    ///
    /// ```no_run
    /// # async fn run(printed: &str) -> cerebras_management::Result<()> {
    /// let client = cerebras_management::Client::from_env()?;
    /// let moved = client.resume_move(&printed.parse()?)?.await?;
    /// println!("{} names {}", moved.alias, moved.to);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the intent is of a service at
    /// another address than this client's.
    pub fn resume_move(&self, intent: &MoveIntent) -> Result<MoveAlias> {
        if intent.base_url() != self.base_url() {
            return Err(Error::invalid(format!(
                "the move is at {}, and the client of {}",
                printable(intent.base_url()),
                self.base_url()
            ))
            .remedy_is("build the client with the move's base URL, if you trust it"));
        }
        let to = &intent.to;
        let from = intent.from.as_ref();
        Ok(MoveAlias {
            model: Model::new(self.clone(), to.org().clone(), to.architecture().clone()),
            alias: Ok(intent.alias.clone()),
            to: Ok(to.version().clone()),
            from: Ok(Expected::Nobody {
                resumed_from: from.and_then(|from| from.version().as_id()),
            }),
        })
    }
}

impl MoveAlias {
    /// Refuses when another version than this, by its integer id, has the alias. That none has it
    /// is no hindrance, so that a move that was broken off can be asked for again.
    pub fn from(mut self, version: impl TryInto<VersionId, Error: Into<NameError>>) -> Self {
        self.from = match version.try_into() {
            Ok(id) => Ok(Expected::Only(id)),
            Err(error) => Err(error.into()),
        };
        self
    }

    /// Looks, and says what is to be written. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// What the move itself is refused for before anything is written: see [`MoveAlias`].
    pub async fn plan(self) -> Result<MovePlan> {
        MovePlan::look(&self.model, self.alias?, self.to?, &self.from?).await
    }

    async fn send(self) -> Result<AliasMove> {
        let client = self.model.client().clone();
        let _ours = client.alias_edit().await;
        self.plan().await?.carry_out().await
    }
}

impl IntoFuture for MoveAlias {
    type Output = Result<AliasMove>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
