//! What a check has found, in words to act on.

use serde::Serialize;

/// How sure it is that the weights cannot be served.
///
/// The service publishes no layout of what it takes, so that what is certainly broken is kept apart from
/// what only differs from the layout that is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot be read, or contradicts itself: no layout makes it right.
    Broken,
    /// It is not the layout that is assumed.
    Layout,
    /// It may well be right, and deserves a look.
    Warning,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which check found it: a stable word such as `missing-shard`.
    pub check: &'static str,
    /// The object or file that it is about, by its key below the prefix; empty for the whole.
    pub object: String,
    /// What is there, and what was expected.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}
