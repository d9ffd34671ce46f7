//! What was begun, what came of it, and what was answered.

use std::time::Duration;

use cerebras_management::{AliasMove, AliasNames, MoveLeft, Obtained};
use serde::Serialize;

use super::ReplicasRecord;
use crate::output::Record;
use crate::output::time::took;

/// Something that the service has accepted and that is not waited for.
#[derive(Debug, Serialize)]
pub(crate) struct OperationRecord {
    pub(crate) handle: String,
    pub(crate) version: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) status: String,
    pub(crate) obtained: &'static str,
}

/// How a write came to what it has made, in JSON.
pub(crate) fn obtained(how: Obtained) -> &'static str {
    match how {
        Obtained::Answered => "answered",
        Obtained::Resent => "resent",
        Obtained::Adopted => "adopted",
        Obtained::Found => "found",
        _ => "other",
    }
}

impl Record for OperationRecord {
    const COLUMNS: &'static [&'static str] = &["HANDLE"];

    fn row(&self) -> Vec<String> {
        vec![self.handle.clone()]
    }

    fn name(&self) -> String {
        self.handle.clone()
    }
}

/// One change of what is waited for, as a line of ndjson.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the name is public")]
pub(crate) struct Event<'a, R: Serialize> {
    /// `accepted`, `progress`, `stalled`; and at the end `done`, `failed`, or `unfinished` when the
    /// wait has ended before what it waits for.
    pub(crate) event: &'static str,
    pub(crate) time: String,
    pub(crate) handle: &'a str,
    pub(crate) version: &'a str,
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) replicas: Option<ReplicasRecord>,
    /// What there is in the end, of `done` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<R>,
    /// Why there is nothing, of `failed` and `unfinished` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<EventError<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EventError<'a> {
    pub(crate) kind: &'a str,
    pub(crate) message: String,
}

/// What has become of a write whose outcome was not known.
#[derive(Debug, Serialize)]
pub(crate) struct SettledRecord {
    pub(crate) happened: bool,
    pub(crate) handle: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) endpoint: Option<String>,
}

impl Record for SettledRecord {
    const COLUMNS: &'static [&'static str] = &["HAPPENED", "VERSION", "ENDPOINT", "HANDLE"];

    fn row(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            if self.happened { "yes" } else { "not seen" }.to_owned(),
            text(&self.version),
            text(&self.endpoint),
            text(&self.handle),
        ]
    }

    fn name(&self) -> String {
        let version = self.version.as_ref();
        let name = self.handle.as_ref().or(version);
        name.cloned().unwrap_or_default()
    }
}

/// An alias that was moved.
#[derive(Debug, Serialize)]
pub(crate) struct MoveRecord {
    alias: String,
    from: Option<String>,
    to: String,
    /// How long it named no version, at most, in milliseconds; none when it was taken from none.
    without_alias_ms: Option<u64>,
    in_doubt: bool,
    #[serde(skip)]
    gap: String,
}

impl From<&AliasMove> for MoveRecord {
    fn from(moved: &AliasMove) -> Self {
        let gap = moved.without_alias;
        Self {
            alias: moved.alias.to_string(),
            from: moved.from.as_ref().map(ToString::to_string),
            to: moved.to.to_string(),
            without_alias_ms: gap.map(milliseconds),
            in_doubt: moved.in_doubt,
            gap: gap.map(took).unwrap_or_default(),
        }
    }
}

/// What a move that failed has left, in an error under `--output json`.
#[derive(Debug, Serialize)]
pub(crate) struct MoveLeftRecord {
    alias: String,
    from: Option<String>,
    to: String,
    /// `source`, `target`, `other`, `nothing` or `unknown`.
    names: &'static str,
    /// The version that it names, where that is known.
    version: Option<String>,
    /// As in a [`MoveRecord`].
    without_alias_ms: Option<u64>,
    /// Whether a write may come late.
    in_doubt: bool,
    /// For `cbm alias move --resume` and `cbm settle`.
    handle: String,
}

impl From<&MoveLeft> for MoveLeftRecord {
    fn from(left: &MoveLeft) -> Self {
        let intent = &left.intent;
        let from = intent.from().map(ToString::to_string);
        let (names, version) = match &left.names {
            AliasNames::Source => ("source", from.clone()),
            AliasNames::Target => ("target", Some(intent.to().to_string())),
            AliasNames::Other(version) => ("other", Some(version.clone())),
            AliasNames::Nothing => ("nothing", None),
            _ => ("unknown", None),
        };
        Self {
            alias: intent.alias().to_string(),
            from,
            to: intent.to().to_string(),
            names,
            version,
            without_alias_ms: left.without_alias.map(milliseconds),
            in_doubt: left.in_doubt,
            handle: intent.to_string(),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Record for MoveRecord {
    const COLUMNS: &'static [&'static str] = &["ALIAS", "FROM", "TO", "NAMED NOTHING FOR"];

    fn row(&self) -> Vec<String> {
        vec![
            self.alias.clone(),
            self.from.clone().unwrap_or_default(),
            self.to.clone(),
            self.gap.clone(),
        ]
    }

    fn name(&self) -> String {
        self.to.clone()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ChatRecord {
    pub(crate) endpoint: String,
    pub(crate) text: String,
    pub(crate) system_fingerprint: Option<String>,
}

impl Record for ChatRecord {
    const COLUMNS: &'static [&'static str] = &["TEXT"];

    fn row(&self) -> Vec<String> {
        vec![self.text.clone()]
    }

    fn name(&self) -> String {
        self.text.clone()
    }
}
