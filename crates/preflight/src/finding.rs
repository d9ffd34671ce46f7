//! What a check has found, in words to act on.

use serde::{Serialize, Serializer};

use crate::Check;

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
    /// Which check found it; its word in JSON, such as `missing-shard`.
    #[serde(serialize_with = "word")]
    pub check: Check,
    /// The object or file that it is about, by its key below the prefix; empty for the whole.
    pub object: String,
    /// What is there, and what was expected.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        check: Check,
        object: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: check.severity(),
            check,
            object: object.into(),
            what: what.into(),
            why: check.why(),
            remedy: remedy.into(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn word<S: Serializer>(check: &Check, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(check.word())
}
