//! How far an upload or a rollout has come, in the service's own words.
//!
//! Each status is open: a value that this crate does not know is kept as it came, so that a
//! word which the service adds later breaks no caller. Reading a status and writing it again
//! gives the same text, byte for byte, in the same case.
//!
//! Not all of the values below are published. Each says how it is known: *published* in the
//! schema; *in an example* of the reference; or *planned for*, because it is likely and would
//! be expensive to misread.
//!
//! ```
//! use cerebras_management::status::{Phase, SyncStatus};
//!
//! assert_eq!(SyncStatus::from("done"), SyncStatus::Done);
//! assert_eq!(SyncStatus::Done.phase(), Phase::Succeeded);
//!
//! let new = SyncStatus::from("verifying");
//! assert_eq!(new.as_str(), "verifying");
//! assert!(!new.is_known());
//! assert_eq!(new.phase(), Phase::InProgress);
//! ```

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a status means for somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It may still change. Every unknown status is here: to take a new word for an end would
    /// end a wait too early.
    InProgress,
    /// It has ended, and well.
    Succeeded,
    /// It has ended, and not well.
    Failed,
}

impl Phase {
    /// Whether nothing more is to come.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        self != Self::InProgress
    }
}

/// A status that this crate does not know, as it came.
///
/// It comes from reading one, and cannot be made by hand: so it never holds a word that has a
/// variant of its own. It is the server's text; escape it before it reaches a terminal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownStatus(Arc<str>);

impl UnknownStatus {
    /// The status as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for UnknownStatus {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for UnknownStatus {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

macro_rules! open_status {
    (
        $(#[$status_doc:meta])*
        $status:ident {
            $( $(#[$doc:meta])* $variant:ident = $text:literal => $phase:ident, )+
        }
    ) => {
        $(#[$status_doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $status {
            $( $(#[$doc])* #[doc = concat!("\n\nWritten `", $text, "`.")] $variant, )+
            /// Anything else, kept as it came.
            Other(UnknownStatus),
        }

        impl $status {
            /// The status as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(unknown) => unknown.as_str(),
                }
            }

            /// What it means for somebody who waits.
            #[must_use]
            pub fn phase(&self) -> Phase {
                match self {
                    $( Self::$variant => Phase::$phase, )+
                    Self::Other(_) => Phase::InProgress,
                }
            }

            /// Whether this crate knows the status. One that it does not know counts as in
            /// progress.
            #[must_use]
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl From<&str> for $status {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    unknown => Self::Other(UnknownStatus(unknown.into())),
                }
            }
        }

        impl From<String> for $status {
            fn from(text: String) -> Self {
                text.as_str().into()
            }
        }

        /// Never fails: what is not known is kept.
        impl FromStr for $status {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(text.into())
            }
        }

        impl fmt::Display for $status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $status {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        /// As the string that the service writes.
        impl Serialize for $status {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// From any string.
        impl<'de> Deserialize<'de> for $status {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                Ok(Self::from(&*text))
            }
        }
    };
}

open_status! {
    /// How far the service's copy of the weights has come: `sync_status` of a model version.
    ///
    /// The reference gives it no list of values. It is optional in an answer; `done` beside it
    /// is the field that is always there.
    SyncStatus {
        /// The copy has not begun. In an example.
        Queued = "queued" => InProgress,
        /// The weights are being copied. In an example.
        InProgress = "in_progress" => InProgress,
        /// The service has the weights; the version can be deployed. In an example.
        Done = "done" => Succeeded,
        /// The copy failed. Planned for: a public client of the service handles it.
        Failed = "failed" => Failed,
        /// The copy failed. Planned for: the word that a rollout uses.
        Error = "error" => Failed,
        /// The copy was cancelled. Planned for: the word that a rollout uses.
        Cancelled = "cancelled" => Failed,
    }
}

open_status! {
    /// How far a rollout had come when it was submitted: `rollout_status` in the answer to a
    /// deploy request.
    ///
    /// All seven values are published, as `DeploymentRolloutStatus`.
    RolloutStatus {
        /// The deployment is waiting for its turn. Published.
        NotStarted = "not_started" => InProgress,
        /// Replicas are being replaced. Published.
        InProgress = "in_progress" => InProgress,
        /// The rollout failed, and the replicas are being put back. It has not ended yet, but
        /// cannot end well. Published.
        RollingBack = "rolling_back" => InProgress,
        /// The rollout failed, and the version before it serves again. Published.
        RolledBack = "rolled_back" => Failed,
        /// All replicas serve the new version. Published.
        Done = "done" => Succeeded,
        /// The rollout failed. Published.
        Error = "error" => Failed,
        /// The rollout was cancelled. Published.
        Cancelled = "cancelled" => Failed,
    }
}

open_status! {
    /// How far a deployment has come: `state` of an endpoint's `deployed_models`.
    ///
    /// The only sight of a rollout after it was submitted. The reference gives it no list of
    /// values and shows a single one, `complete`; the others are taken from
    /// [`RolloutStatus`], which names the same thing with other words.
    DeploymentState {
        /// The deployment is waiting for its turn. Planned for: published for a rollout.
        NotStarted = "not_started" => InProgress,
        /// Replicas are being replaced. Planned for: published for a rollout.
        InProgress = "in_progress" => InProgress,
        /// The rollout failed, and the replicas are being put back. Planned for: published for
        /// a rollout.
        RollingBack = "rolling_back" => InProgress,
        /// The rollout failed, and the version before it serves again. Planned for: published
        /// for a rollout.
        RolledBack = "rolled_back" => Failed,
        /// All replicas serve the version. In an example.
        Complete = "complete" => Succeeded,
        /// All replicas serve the version. Planned for: published for a rollout.
        Done = "done" => Succeeded,
        /// The rollout failed. Planned for: published for a rollout.
        Error = "error" => Failed,
        /// The rollout failed. Planned for: a public client of the service handles it.
        Failed = "failed" => Failed,
        /// The rollout was cancelled. Planned for: published for a rollout.
        Cancelled = "cancelled" => Failed,
    }
}
