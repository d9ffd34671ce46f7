//! What is known of a wait that has ended with an error.

use std::time::Duration;

/// How a wait went that ended with an [`Error`](crate::Error), for logs and alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waited {
    /// The progress that was seen last, as its `Display` shows it: `in_progress`.
    pub last_seen: String,
    /// How long this wait has taken.
    pub elapsed: Duration,
    /// How often it has looked, looks that failed and those shared with other waits included.
    pub polls: u32,
    /// What the last look failed with, if it did.
    pub last_fault: Option<String>,
}
