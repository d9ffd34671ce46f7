//! The grammar of the names for which the service publishes none.

use super::characters::{is_format, is_invisible};
use super::error::{Found, NameError};
use super::shown::may_hold_secret;

/// The longest name that is sent, in bytes. An assumption: no limit is published, and 255 is
/// what databases and file systems commonly hold.
const MAX_BYTES: usize = 255;

/// What differs between the names that share this grammar:
///
/// ```text
/// name      = 1*255 byte of character, but not "." or ".."
/// character = any Unicode character
///             except "/" "\" "?" "#" "%"   ; they end a path segment, or change it
///             except control, format and white-space characters
/// ```
///
/// The backslash is in the list because URL parsers read it as a slash.
pub(super) struct Plain {
    /// "organization name"
    pub(super) part: &'static str,
    /// "an organization name looks like "my-org""
    pub(super) example: &'static str,
    /// The characters of which none may occur, as a message lists them: in order, spaced.
    pub(super) forbidden: &'static str,
    /// The name inside of text that holds more: a path or a URL that was copied.
    pub(super) pick: fn(&str) -> Option<&str>,
}

impl Plain {
    pub(super) fn check(&self, text: &str) -> Result<(), NameError> {
        let Some(error) = self.problem(text) else {
            return Ok(());
        };
        if may_hold_secret(text) {
            let found = Found::Words("what may be a key or a signed URL");
            return Err(NameError::new(self.part, text, 0, "a name", &found).remedy(self.example));
        }
        let candidate = (self.pick)(text).map(str::to_owned);
        Err(error.propose(candidate.or_else(|| without_invisible(text))))
    }

    fn problem(&self, text: &str) -> Option<NameError> {
        if text.is_empty() {
            return Some(NameError::empty(self.part, "a name"));
        }
        let error = |position, expected: &str, found: &Found<'_>| {
            NameError::new(self.part, text, position, expected, found).remedy(self.example)
        };
        if text == "." || text == ".." {
            return Some(error(0, "a name", &Found::Words("a relative path")));
        }
        for (position, c) in text.char_indices() {
            if position + c.len_utf8() > MAX_BYTES {
                let found = format!("{} bytes", text.len());
                let expected = format!("at most {MAX_BYTES} bytes");
                return Some(error(position, &expected, &Found::Words(&found)));
            }
            if c == '%' {
                let expected = format!("none of {}", self.forbidden);
                return Some(
                    error(position, &expected, &Found::Here)
                        .remedy("write it as it is, not percent-encoded"),
                );
            }
            if c != ' ' && self.forbidden.contains(c) {
                let expected = format!("none of {}", self.forbidden);
                return Some(error(position, &expected, &Found::Here));
            }
            if is_invisible(c) {
                return Some(
                    error(position, "a visible character", &Found::Here).remedy("remove it"),
                );
            }
        }
        None
    }
}

/// `text` as it looks: without what cannot be seen at its ends, and without format characters
/// inside. White space inside stays, and with it the text stays invalid: what should stand in
/// its place is not known.
pub(super) fn without_invisible(text: &str) -> Option<String> {
    let seen: String = text
        .trim_matches(is_invisible)
        .chars()
        .filter(|&c| !is_format(c))
        .collect();
    (seen.len() < text.len()).then_some(seen)
}

/// The segment of a path or URL that follows the segment `collection`.
pub(super) fn segment_after<'a>(text: &'a str, collection: &str) -> Option<&'a str> {
    let mut segments = text.split(['/', '?', '#']);
    segments.find(|segment| *segment == collection)?;
    segments.next()
}
