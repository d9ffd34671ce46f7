//! References to a model version: by number or by alias.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};

use super::alias::nearest;
use super::characters::is_invisible;
use super::error::{Found, NameError};
use super::plain::segment_after;
use super::version_id::PART;
use super::{VersionAlias, VersionId};

const EXPECTED: &str = "a version number or an alias";

/// A model version, by its number or by one of its aliases.
///
/// The two never collide: an alias starts with a letter. They differ in what they promise,
/// though. A number stays with its version; an alias can be moved to another one at any time,
/// also between two requests.
///
/// # Grammar
///
/// ```text
/// version-ref = version-id     ; if it starts with a digit
///             / alias
/// ```
///
/// In serde it is a string, the one that [`Display`](fmt::Display) writes; an integer is read
/// as well, so that a configuration file may say `version: 3`.
///
/// # Examples
///
/// ```
/// use cerebras_management::names::{VersionAlias, VersionId, VersionRef};
///
/// let number: VersionRef = "3".parse()?;
/// assert_eq!(number, VersionRef::Id(VersionId::try_from(3)?));
/// assert_eq!(number, VersionRef::try_from(3)?);
///
/// let alias: VersionRef = "production".parse()?;
/// assert_eq!(alias, VersionRef::Alias("production".parse()?));
///
/// let error = "1.5".parse::<VersionRef>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"version "1.5": byte 1: expected a digit, found '.'; an alias starts with a letter: try "v1-5""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`] for anything outside of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionRef {
    /// By number, which stays with its version.
    Id(VersionId),
    /// By alias, which can move to another version.
    Alias(VersionAlias),
}

impl VersionRef {
    /// The number, unless this is an alias.
    #[must_use]
    pub fn as_id(&self) -> Option<VersionId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Alias(_) => None,
        }
    }
}

impl FromStr for VersionRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        parse(text).map_err(|error| error.confirm(|proposal| parse(proposal).is_ok()))
    }
}

fn parse(text: &str) -> Result<VersionRef, NameError> {
    if text.is_empty() {
        return Err(NameError::empty(PART, EXPECTED));
    }
    if let Some(reference) = segment_after(text, "versions") {
        let found = Found::Words("a full name");
        return Err(NameError::new(PART, text, 0, EXPECTED, &found)
            .remedy("give only what follows \"versions/\"")
            .propose(Some(reference)));
    }
    // With a sign or with white space around it, it is still meant as a number.
    let number = text.trim_matches(is_invisible);
    let number = number.strip_prefix(['+', '-']).unwrap_or(number);
    if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(VersionRef::Id);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or_default();
        return Err(NameError::new(PART, text, end, "a digit", &Found::Here)
            .remedy("a version is a number, or an alias that starts with a letter")
            .propose_as("an alias starts with a letter: ", nearest(text)));
    }
    text.parse().map(VersionRef::Alias)
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Alias(alias) => alias.fmt(f),
        }
    }
}

impl From<VersionId> for VersionRef {
    fn from(id: VersionId) -> Self {
        Self::Id(id)
    }
}

impl From<&VersionId> for VersionRef {
    fn from(id: &VersionId) -> Self {
        Self::Id(*id)
    }
}

impl From<VersionAlias> for VersionRef {
    fn from(alias: VersionAlias) -> Self {
        Self::Alias(alias)
    }
}

impl From<&VersionAlias> for VersionRef {
    fn from(alias: &VersionAlias) -> Self {
        Self::Alias(alias.clone())
    }
}

/// The only integer type that converts, and meant to stay so: with a second one,
/// `version(3)` would no longer tell the compiler which of them the literal is.
impl TryFrom<u64> for VersionRef {
    type Error = NameError;

    fn try_from(number: u64) -> Result<Self, NameError> {
        VersionId::try_from(number).map(Self::Id)
    }
}

text_conversions!(VersionRef);

/// From a string, or from an integer.
impl<'de> Deserialize<'de> for VersionRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reference;

        impl Visitor<'_> for Reference {
            type Value = VersionRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<VersionRef, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<VersionRef, E> {
                number.try_into().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<VersionRef, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Reference)
        } else {
            // A compact format does not say what comes next; it was written as a string.
            deserializer.deserialize_str(Reference)
        }
    }
}
