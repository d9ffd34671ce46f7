//! Aliases of model versions.

use std::sync::Arc;

use super::characters::is_invisible;
use super::error::{Found, NameError};

const PART: &str = "alias";
const MAX: usize = 128;

/// A name of the team's own for a model version, such as `production` or `run-42`.
///
/// An alias names at most one version of a model architecture in an organization, and can be
/// used wherever a version number can (both published). It starts with a letter, so it is
/// never mistaken for a version number.
///
/// # Grammar
///
/// Published: `^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$`, that is
///
/// ```text
/// alias = lower *126( letter / digit / "-" ) ( lower / digit )   ; 2 to 128 characters
/// lower = "a" .. "z"      letter = lower / "A" .. "Z"      digit = "0" .. "9"
/// ```
///
/// # Examples
///
/// ```
/// use cerebras_management::names::VersionAlias;
///
/// let alias: VersionAlias = "production-jan-12-2026-finetuned".parse()?;
/// assert_eq!(alias.to_string(), "production-jan-12-2026-finetuned");
///
/// for wrong in ["", "p", "Production", "42", "v1.2", "prod_eu", "feature/x", "prod-"] {
///     assert!(wrong.parse::<VersionAlias>().is_err(), "{wrong:?}");
/// }
///
/// // A git commit often starts with a digit.
/// let error = "4f9d2ab".parse::<VersionAlias>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"alias "4f9d2ab": byte 0: expected a lower-case letter, found '4'; try "sha-4f9d2ab""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`] for anything outside of the grammar, and offers the
/// nearest alias within it where there is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionAlias(Arc<str>);

text_newtype!(VersionAlias, "an alias", check);

/// What the alias of an idempotency key begins with.
pub(crate) const IDEMPOTENCY_PREFIX: &str = "idem-";

impl VersionAlias {
    /// Whether it is an idempotency key: an alias that begins with `idem-`, by which an upload is
    /// found again after a lost answer.
    ///
    /// A key names no use of a version. Edits of aliases keep it unless it is named, and the guard
    /// of a delete does not count it.
    ///
    /// ```
    /// use cerebras_management::names::VersionAlias;
    ///
    /// let key: VersionAlias = "idem-3f9a0c".parse()?;
    /// assert!(key.is_idempotency_key());
    /// let alias: VersionAlias = "production".parse()?;
    /// assert!(!alias.is_idempotency_key());
    /// # Ok::<(), cerebras_management::names::NameError>(())
    /// ```
    #[must_use]
    pub fn is_idempotency_key(&self) -> bool {
        is_idempotency_key(&self.0)
    }
}

/// The same of an alias as the service sent it.
pub(crate) fn is_idempotency_key(alias: &str) -> bool {
    alias.starts_with(IDEMPOTENCY_PREFIX)
}

fn check(text: &str) -> Result<(), NameError> {
    problem(text).map_or(Ok(()), |error| {
        let explanation = if text.bytes().all(|b| b.is_ascii_digit()) {
            "a number alone is a version, not an alias: "
        } else {
            ""
        };
        Err(error.propose_as(explanation, nearest(text)))
    })
}

/// The first thing wrong, in reading order.
fn problem(text: &str) -> Option<NameError> {
    let error = |position, expected: &str| {
        NameError::new(PART, text, position, expected, &Found::Here)
            .remedy(r#"an alias looks like "production" or "run-42""#)
    };
    if text.is_empty() {
        return Some(NameError::empty(PART, "a lower-case letter"));
    }
    for (position, c) in text.char_indices() {
        if position == 0 && !c.is_ascii_lowercase() {
            return Some(error(0, "a lower-case letter"));
        }
        if !(c.is_ascii_alphanumeric() || c == '-') {
            return Some(error(position, "an ASCII letter, a digit or '-'"));
        }
        if position == MAX {
            let found = text.chars().count();
            let remedy = match found - MAX {
                1 => "leave out 1 character".to_owned(),
                more => format!("leave out {more} characters"),
            };
            let found = format!("{found} characters");
            let expected = format!("at most {MAX} characters");
            let found = Found::Words(&found);
            return Some(NameError::new(PART, text, MAX, expected, &found).remedy(remedy));
        }
    }
    let last = text.len() - 1;
    if last == 0 {
        return Some(error(1, "a second character").remedy("an alias has 2 to 128 characters"));
    }
    if !text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Some(error(last, "a lower-case letter or a digit at the end"));
    }
    None
}

/// What the person who wrote `text` would most likely have written, had they known the
/// grammar. It may still not be an alias; the caller checks.
pub(super) fn nearest(text: &str) -> Option<String> {
    // An address is not an alias written badly; it is something else.
    if text.contains("://") || text.starts_with("orgs/") || text.starts_with("arn:") {
        return None;
    }
    let mut alias = String::with_capacity(text.len() + 4);
    for c in text.trim_matches(is_invisible).chars() {
        match c {
            c if c.is_ascii_alphanumeric() => alias.push(c),
            c if c.is_ascii() || is_dash(c) => {
                if !alias.ends_with('-') {
                    alias.push('-');
                }
            }
            c if is_invisible(c) => {}
            _ => return None,
        }
    }
    let alias = alias.trim_matches('-');
    let (first, rest) = alias.split_at_checked(1)?;

    let mut alias = match first.as_bytes()[0] {
        b'0'..=b'9' if is_git_commit(alias) => format!("sha-{alias}"),
        b'0'..=b'9' => format!("v{alias}"),
        _ if alias.bytes().any(|b| b.is_ascii_lowercase()) => first.to_ascii_lowercase() + rest,
        _ => alias.to_ascii_lowercase(),
    };
    if let Some(last) = alias.pop() {
        alias.push(last.to_ascii_lowercase());
    }
    Some(alias)
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// A commit's hash, in full or shortened as git does it: 4 to 64 hexadecimal digits, some of
/// them letters.
fn is_git_commit(text: &str) -> bool {
    (4..=64).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && text.bytes().any(|b| b.is_ascii_lowercase())
}
