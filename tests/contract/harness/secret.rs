//! That a secret is nowhere in an error.

use std::error::Error as _;
use std::fmt::Write as _;

use cerebras_management::Error;

/// Every text that a caller can get out of an error.
fn all_texts(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(deeper) = source {
        write!(all, "{deeper}\n{deeper:?}\n{deeper:#?}\n").unwrap();
        source = deeper.source();
    }
    for text in [
        error.body(),
        error.request_id(),
        error.ray_id(),
        error.remedy(),
    ] {
        writeln!(all, "{}", text.unwrap_or_default()).unwrap();
    }
    for field in error.field_errors() {
        writeln!(all, "{field} {field:?}").unwrap();
    }
    all
}

/// Fails when an error shows the secret, or a recognisable part of it.
#[track_caller]
pub(crate) fn assert_without(error: &Error, secret: &str) {
    // A host name is shown in lower case.
    let all = all_texts(error).to_lowercase();
    let part = secret[..secret.len().min(12)].to_lowercase();
    assert!(!all.contains(&part), "the secret is shown:\n{all}");
}

/// Fails when an error is more than one line, or could break a terminal.
#[track_caller]
pub(crate) fn assert_one_line(error: &Error) {
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(!line.trim().is_empty());
}
