//! How input is shown in a message: on one line, escaped, cut, and not at all when it may hold
//! a secret.

use std::fmt::Write as _;

/// How many characters of the input a message shows.
const SHOWN: usize = 80;

/// `input` in quotes, for a message; `None` when it may hold a secret.
///
/// The query of a URL is left out even when it looks harmless: that is where tokens live.
pub(super) fn shown(input: &str) -> Option<String> {
    if may_hold_secret(input) {
        return None;
    }
    let (visible, cut) = match input.split_once('?') {
        Some((visible, _)) if input.contains("://") => (visible, "?…"),
        _ => (input, ""),
    };
    Some(match visible.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("\"{}…\"", escape(&visible[..end])),
        None => format!("\"{}{cut}\"", escape(visible)),
    })
}

/// All of `text` in quotes, to be copied by a person.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// `text` without line breaks, control characters or anything invisible.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\'' {
            escaped.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "{}", c.escape_debug());
        }
    }
    escaped
}

/// Whether `input` looks like something that must not reach a log: a presigned URL, a URL with
/// credentials in it, an API key.
///
/// A wrong yes costs a less telling message; a wrong no writes a secret into a build log. So
/// this leans towards yes.
pub(super) fn may_hold_secret(input: &str) -> bool {
    const MARKS: [&str; 11] = [
        "x-amz-", // X-Amz-Signature, -Credential, -Security-Token
        "signature=",
        "signature%3d",
        "awsaccesskeyid",
        "sig=",
        "token=",
        "secret=",
        "password=",
        "api_key=",
        "authorization:",
        "bearer ",
    ];
    let input = input.to_ascii_lowercase();
    let start = input.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    start.starts_with("csk-")
        || MARKS.iter().any(|mark| input.contains(mark))
        || has_user_info(&input)
}

/// `scheme://user@host` or `scheme://id:secret@bucket`, where the secret may hold slashes.
fn has_user_info(input: &str) -> bool {
    let Some((_, rest)) = input.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.contains('@')
        || rest
            .rsplit_once('@')
            .is_some_and(|(before, _)| before.contains(':'))
}
