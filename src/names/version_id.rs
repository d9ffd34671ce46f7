//! Version numbers.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::characters::is_invisible;
use super::error::{Found, NameError};

pub(super) const PART: &str = "version";

/// The number of a model version: 1, 2, 3 and so on within its model architecture.
///
/// A number stays with its version, where an alias can move. Whether the number of a deleted
/// version is given out again is not published.
///
/// # Grammar
///
/// Published is an auto-incrementing integer. One number is written in one way only, so that
/// two texts that differ never mean the same version:
///
/// ```text
/// version-id = ( "1" .. "9" ) *digit       ; 1 to 18446744073709551615
/// ```
///
/// In serde it is an integer.
///
/// # Examples
///
/// ```
/// use cerebras_management::names::VersionId;
///
/// let version: VersionId = "42".parse()?;
/// assert_eq!(version.get(), 42);
/// assert_eq!(version, VersionId::try_from(42)?);
///
/// for wrong in ["", "0", "007", "+1", "-1", "1.0", "18446744073709551616"] {
///     assert!(wrong.parse::<VersionId>().is_err(), "{wrong:?}");
/// }
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`] for anything outside of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(NonZeroU64);

impl VersionId {
    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl FromStr for VersionId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        parse(text).map_err(|error| {
            error
                .propose(nearest(text))
                .confirm(|proposal| parse(proposal).is_ok())
        })
    }
}

fn parse(text: &str) -> Result<VersionId, NameError> {
    if text.is_empty() {
        return Err(NameError::empty(PART, "a digit"));
    }
    if let Some((position, _)) = text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        return Err(
            NameError::new(PART, text, position, "a digit", &Found::Here)
                .remedy("a version is a number from 1 up"),
        );
    }
    if text.bytes().all(|b| b == b'0') {
        return Err(zero(text));
    }
    if text.starts_with('0') {
        let expected = "a number without leading zeros";
        return Err(NameError::new(PART, text, 0, expected, &Found::Here));
    }
    text.parse().map(VersionId).map_err(|_| {
        let expected = format!("a number up to {}", u64::MAX);
        let found = Found::Words("a larger one");
        NameError::new(PART, text, 0, expected, &found)
            .remedy("versions are numbered 1, 2, 3 and so on")
    })
}

fn zero(text: &str) -> NameError {
    let found = Found::Words("zero");
    NameError::new(PART, text, 0, "a number from 1 up", &found)
        .remedy("the first version of a model architecture is 1")
}

/// The number in `+1`, `v3`, `#3` or ` 007 `.
fn nearest(text: &str) -> Option<&str> {
    let text = text.trim_matches(is_invisible);
    let text = text.strip_prefix(['+', 'v', 'V', '#']).unwrap_or(text);
    let number = text.trim_start_matches('0');
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u64> for VersionId {
    type Error = NameError;

    fn try_from(number: u64) -> Result<Self, NameError> {
        match NonZeroU64::new(number) {
            Some(number) => Ok(Self(number)),
            None => Err(zero("0").without_position()),
        }
    }
}

impl TryFrom<&str> for VersionId {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        text.parse()
    }
}

impl TryFrom<String> for VersionId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<&VersionId> for VersionId {
    fn from(version: &VersionId) -> Self {
        *version
    }
}

impl From<NonZeroU64> for VersionId {
    fn from(number: NonZeroU64) -> Self {
        Self(number)
    }
}

impl From<VersionId> for u64 {
    fn from(version: VersionId) -> Self {
        version.get()
    }
}

/// As an integer.
impl Serialize for VersionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.get())
    }
}

/// From an integer, which must not be zero.
impl<'de> Deserialize<'de> for VersionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = VersionId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a version number from 1 up")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<VersionId, E> {
                number.try_into().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<VersionId, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
            }
        }

        deserializer.deserialize_u64(Number)
    }
}
