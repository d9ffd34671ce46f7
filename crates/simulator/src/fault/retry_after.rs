use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// The `Retry-After` header of a refusal.
///
/// In a file, `7`, `{ date_in = 30 }`, or a text that is sent as it is.
///
/// ```
/// use cerebras_management_simulator::RetryAfter;
///
/// assert_eq!(RetryAfter::Seconds(7).to_string(), "7");
/// let date = RetryAfter::DateIn { date_in: 30 }.to_string();
/// assert!(date.ends_with(" GMT"), "{date}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number of seconds, { date_in = seconds }, or the header's text"
)]
#[non_exhaustive]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date so many real seconds after the answer.
    #[serde(rename_all = "snake_case")]
    DateIn {
        /// How many seconds after.
        date_in: u64,
    },
    /// Any text, as it is.
    Text(String),
}

impl From<u64> for RetryAfter {
    fn from(seconds: u64) -> Self {
        Self::Seconds(seconds)
    }
}

impl From<&str> for RetryAfter {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for RetryAfter {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// As in the header, a date as of now.
impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::DateIn { date_in } => {
                // The last second that an HTTP date can name.
                let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
                let date = SystemTime::now().checked_add(Duration::from_secs(*date_in));
                let date = date.filter(|date| *date <= last).unwrap_or(last);
                httpdate::fmt_http_date(date).fmt(f)
            }
            Self::Text(text) => text.fmt(f),
        }
    }
}
