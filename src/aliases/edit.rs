//! One edit of the aliases of one version: written, looked at in doubt, and read back.

use tokio::time::Instant;

use super::list::{Shown, same};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::explain::other_than_asked;
use crate::names::{ModelVersionName, VersionAlias};
use crate::raw::types as raw;
use crate::resend::Resends;
use crate::retry::Op;
use crate::versions::{ModelVersion, Version, no_id};

const OP: Op = Op::UPDATE_MODEL_VERSION_ALIASES;

/// A list that was read, and the list that is to take its place.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// By its integer id: an alias could move between two attempts.
    version: Version,
    /// As the service told it; none where it did not.
    before: Option<Vec<String>>,
    wanted: Vec<VersionAlias>,
}

/// What is done when an answer was lost and the list is still as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The list is written again. The first write may be under way still, and undo what comes
    /// between the two: docs/writes.md.
    IsOvercome,
    /// It is the end.
    IsLeft,
}

/// What is known when a list is written.
pub(super) enum Written {
    /// The service has answered so.
    Answered {
        /// The list that it holds now, if it told it.
        told: Option<Vec<String>>,
        /// How many times the list was sent.
        attempts: u32,
    },
    /// It was read as it was to be written, after an attempt that failed.
    Seen {
        version: Box<ModelVersion>,
        /// How many times the list was sent.
        attempts: u32,
        /// Whether the answer was lost: the write may be on its way still, and what was read be
        /// somebody else's.
        lost: bool,
    },
}

impl Written {
    pub(super) fn attempts(&self) -> u32 {
        match self {
            Self::Answered { attempts, .. } | Self::Seen { attempts, .. } => *attempts,
        }
    }

    /// Whether the write may come later, although all looks well.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Seen { lost: true, .. })
    }
}

impl Edit {
    pub(super) fn new(
        client: &Client,
        read: &ModelVersion,
        wanted: Vec<VersionAlias>,
    ) -> Result<Self> {
        let name = read.parsed_name().ok_or_else(|| no_id(read.name()))?;
        Ok(Self {
            version: Version::new(client.clone(), name.clone()),
            before: read.told_aliases().map(<[_]>::to_vec),
            wanted,
        })
    }

    /// The version, by its integer id.
    pub(super) fn name(&self) -> &ModelVersionName {
        self.version.name()
    }

    pub(super) fn before(&self) -> &[String] {
        self.before.as_deref().unwrap_or_default()
    }

    pub(super) fn wanted(&self) -> &[VersionAlias] {
        &self.wanted
    }

    /// Whether there is anything to write.
    pub(super) fn changes(&self) -> bool {
        !self.is_wanted(self.before.as_deref())
    }

    pub(super) async fn read(&self) -> Result<ModelVersion> {
        self.version.get().await
    }

    /// Writes the list and reads it back.
    pub(super) async fn apply(&self, silence: Silence) -> Result<ModelVersion> {
        match self.write(silence).await? {
            Written::Seen { version, .. } => Ok(*version),
            Written::Answered { told, attempts } => self.read_back(told, attempts).await,
        }
    }

    /// Writes the list. After any failure it is read before it is written again: what somebody
    /// else has written in the meantime is not overwritten.
    pub(super) async fn write(&self, silence: Silence) -> Result<Written> {
        let resends = Resends::new(self.version.client(), OP);
        self.write_with(resends, silence).await
    }

    /// As [`write`](Self::write), but it is not written again after this time.
    pub(super) async fn write_until(&self, until: Instant, silence: Silence) -> Result<Written> {
        let resends = Resends::new(self.version.client(), OP).not_after(until);
        self.write_with(resends, silence).await
    }

    async fn write_with(&self, mut resends: Resends<'_>, silence: Silence) -> Result<Written> {
        let (mut lost, mut attempts) = (false, 0);
        loop {
            let error = match self.put().await {
                Ok(answered) => {
                    resends.succeeded();
                    return self.about_this(answered, attempts + 1);
                }
                Err(error) => error,
            };
            lost |= error.may_have_happened();
            let (error, again) = resends.pause_after(error).await;
            attempts = error.attempts();
            // A later attempt that was refused says nothing of an earlier one.
            let error = if lost { error.in_doubt() } else { error };
            if !again && !lost {
                return Err(error);
            }
            let Ok(now) = self.version.get().await else {
                return Err(error);
            };
            if self.is_wanted(now.told_aliases()) {
                let version = Box::new(now);
                return Ok(Written::Seen {
                    version,
                    attempts,
                    lost,
                });
            }
            if !self.is_before(now.told_aliases()) {
                return Err(self.edited_meanwhile(&now, &error, lost));
            }
            if !again || (lost && silence == Silence::IsLeft) {
                return Err(error);
            }
        }
    }

    /// Reads the list back after it was sent so many times, and written.
    pub(super) async fn read_back(
        &self,
        told: Option<Vec<String>>,
        attempts: u32,
    ) -> Result<ModelVersion> {
        let name = self.name();
        let after = self.version.get().await.map_err(|error| {
            error
                .about_rather(format_args!(
                    "model version {name}: its aliases were written as {}, and reading them \
                     back failed",
                    Shown(&self.wanted)
                ))
                .during(OP.id, true)
                .accepted()
        })?;
        // Where a read does not tell them, the answer to the write does.
        let held = after.told_aliases().or(told.as_deref());
        if self.is_wanted(held) {
            return Ok(after);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "its aliases were written as {} and read back as {}",
                Shown(&self.wanted),
                Shown(held.unwrap_or_default())
            ),
        )
        .about(format_args!("model version {name}"))
        .during(OP.id, true)
        .after_attempts(attempts)
        .accepted()
        .remedy_is("somebody else has edited them: look, and edit again"))
    }

    /// Sends it once.
    async fn put(&self) -> Result<raw::ModelVersionUpdateAliasesResponse> {
        let body = raw::ModelVersionUpdateAliasesRequest {
            version_aliases: self.wanted.clone(),
        };
        self.version
            .client()
            .call_once(OP, async |raw| {
                let name = self.name();
                raw.update_model_version_aliases(
                    name.org(),
                    name.architecture(),
                    name.version(),
                    &body,
                )
                .await
            })
            .await
            .map_err(|error| {
                let error = self.version.explain(error);
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
            })
    }

    fn about_this(
        &self,
        answer: raw::ModelVersionUpdateAliasesResponse,
        attempts: u32,
    ) -> Result<Written> {
        if answer.name == self.name().to_string() {
            let told = answer.version_aliases;
            return Ok(Written::Answered { told, attempts });
        }
        Err(other_than_asked("version", answer.name, self.name())
            .during(OP.id, true)
            .after_attempts(attempts)
            .accepted())
    }

    fn is_wanted(&self, held: Option<&[String]>) -> bool {
        held.is_some_and(|held| same(held, &self.wanted))
    }

    fn is_before(&self, held: Option<&[String]>) -> bool {
        match (&self.before, held) {
            (Some(before), Some(held)) => same(held, before),
            (None, None) => true,
            _ => false,
        }
    }

    fn edited_meanwhile(&self, now: &ModelVersion, cause: &Error, lost: bool) -> Error {
        let sent = if lost { Sent::Maybe } else { cause.was_sent() };
        let error = Error::new(
            ErrorKind::Conflict,
            format!(
                "its aliases were {}, were to become {}, and are {} after a write that failed: {}",
                Shown(self.before()),
                Shown(&self.wanted),
                Shown(now.aliases()),
                cause.brief()
            ),
        )
        .about(format_args!("model version {}", self.name()))
        .sent(sent)
        .during(OP.id, true)
        .after_attempts(cause.attempts());
        error.remedy_is("somebody else has edited them: look, and edit again")
    }
}
