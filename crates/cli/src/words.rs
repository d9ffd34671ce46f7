//! Words that people bring from other command lines, and what they are here.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The noun before the word, none for a command; the word; and what to type. None of them leads from
/// a word that reads to a command that writes.
const WORDS: [(&str, &[&str], &str); 8] = [
    (
        "",
        &["ls", "list", "get", "show", "describe", "ps"],
        "`cbm status`, `cbm versions`, `cbm alias` and `cbm endpoints` list what there is",
    ),
    (
        "",
        &["delete", "rm", "remove"],
        "`cbm versions delete` deletes a version, and `cbm alias remove` takes an alias away",
    ),
    (
        "",
        &["auth", "config", "configure", "init", "profile"],
        "`cbm login` writes a profile, and `cbm doctor` checks the settings",
    ),
    (
        "",
        &["model", "models"],
        "`cbm archs` lists the architectures, and `cbm versions` the versions",
    ),
    (
        "",
        &["create", "add", "push"],
        "`cbm upload` makes a version, and `cbm alias add` gives it an alias",
    ),
    (
        "",
        &["apply", "rollout"],
        "`cbm deploy` deploys a version, and `cbm rollback` goes back",
    ),
    (
        "versions",
        &["create", "add", "upload", "new"],
        "`cbm upload` makes a version",
    ),
    (
        "endpoints",
        &["create", "add", "new", "delete", "rm", "remove"],
        "endpoints are neither made nor deleted here; `cbm deploy` deploys to one",
    ),
];

/// The same error, with what was meant where that is known.
pub(crate) fn explained(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    if let Some(tip) = tip(&error, arguments) {
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::SuggestedArg);
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

fn tip(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let texts: Vec<_> = arguments.iter().map(|it| it.to_string_lossy()).collect();
    let given = |names: &[&str]| texts.iter().any(|it| names.contains(&&**it));
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let ContextValue::String(word) = error.get(ContextKind::InvalidSubcommand)? else {
                return None;
            };
            let at = texts.iter().position(|it| it == word)?;
            let before = &texts[..at];
            let noun = if before
                .iter()
                .any(|it| matches!(&**it, "version" | "versions"))
            {
                "versions"
            } else if before
                .iter()
                .any(|it| matches!(&**it, "endpoint" | "endpoints"))
            {
                "endpoints"
            } else if before.iter().any(|it| matches!(&**it, "alias" | "aliases")) {
                "alias"
            } else {
                ""
            };
            let known = WORDS
                .iter()
                .find(|(of, words, _)| *of == noun && words.contains(&&**word));
            if let Some((_, _, tip)) = known {
                return Some((*tip).to_owned());
            }
            let is_named = match noun {
                "versions" => word.contains(['@', '/']),
                // A slip in a command has no such sign.
                "endpoints" => word.contains(['-', '.', '_']),
                _ => false,
            };
            is_named.then(|| format!("`cbm {noun} show {word}` shows it"))
        }
        ErrorKind::UnknownArgument if given(&["deploy"]) => {
            let ContextValue::String(flag) = error.get(ContextKind::InvalidArg)? else {
                return None;
            };
            ["--version", "--endpoint", "--to"]
                .contains(&&**flag)
                .then(|| {
                    "the version and the endpoint have no flags: cbm deploy VERSION ENDPOINT"
                        .to_owned()
                })
        }
        _ => None,
    }
}
