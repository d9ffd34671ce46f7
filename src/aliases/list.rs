//! Lists of aliases: how they are compared, made sendable, and shown.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{Error, ErrorKind, Result, printable};
use crate::names::{NameError, VersionAlias, is_idempotency_key};
use crate::versions::ModelVersion;

/// The aliases that a version has, as they can be sent back. The service may hold one that is not
/// of the published form, or not tell them; to leave them out would be to lose them silently.
pub(super) fn sendable(version: &ModelVersion) -> Result<Vec<VersionAlias>> {
    told(version)?
        .iter()
        .map(|alias| {
            alias.parse().map_err(|error: NameError| {
                Error::new(
                    ErrorKind::Conflict,
                    format!("it carries an alias that cannot be sent back: {error}"),
                )
                .about(format_args!("model version {}", printable(version.name())))
                .remedy_is("nothing was written: replace the whole list with set_aliases")
            })
        })
        .collect()
}

/// The aliases that a version has, as the service sent them.
pub(super) fn told(version: &ModelVersion) -> Result<&[String]> {
    version.told_aliases().ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            "the service did not tell its aliases, so that a new list would lose them",
        )
        .about(format_args!("model version {}", printable(version.name())))
        .remedy_is("nothing was written: replace the whole list with set_aliases")
    })
}

/// What is to be sent so that nothing but `wanted` and the idempotency keys are left. Those of
/// `named` are the caller's to keep or to leave out.
pub(super) fn with_keys(
    held: &[String],
    wanted: &[VersionAlias],
    named: &[VersionAlias],
) -> Vec<VersionAlias> {
    let mut aliases = wanted.to_vec();
    let keys = held.iter().filter(|alias| is_idempotency_key(alias));
    for key in keys.filter_map(|alias| alias.parse().ok()) {
        if !named.contains(&key) && !aliases.contains(&key) {
            aliases.push(key);
        }
    }
    aliases
}

/// Whether a version has what the caller expects: the idempotency keys count only where the
/// caller names them.
pub(super) fn is_expected(held: &[String], expected: &[VersionAlias]) -> bool {
    let named = |alias: &String| expected.iter().any(|e| e.as_str() == alias);
    let counted = held
        .iter()
        .filter(|alias| !is_idempotency_key(alias) || named(alias));
    same(&counted.collect::<Vec<_>>(), expected)
}

/// Whether two lists name the same aliases, in whatever order.
pub(super) fn same(held: &[impl AsRef<str>], wanted: &[impl AsRef<str>]) -> bool {
    let held: BTreeSet<&str> = held.iter().map(AsRef::as_ref).collect();
    let wanted: BTreeSet<&str> = wanted.iter().map(AsRef::as_ref).collect();
    held == wanted
}

/// Aliases given by the caller, each once.
pub(super) fn each_once<A>(aliases: impl IntoIterator<Item = A>) -> Result<Vec<VersionAlias>>
where
    A: TryInto<VersionAlias, Error: Into<NameError>>,
{
    let mut all: Vec<VersionAlias> = Vec::new();
    for alias in aliases {
        let alias = alias.try_into().map_err(Into::into)?;
        if !all.contains(&alias) {
            all.push(alias);
        }
    }
    Ok(all)
}

/// `[production, run-42]`, for a line that a person reads.
pub(super) struct Shown<'a, A>(pub(super) &'a [A]);

impl<A: AsRef<str>> fmt::Display for Shown<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(AsRef::as_ref).collect();
        write!(f, "[{}]", printable(&texts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(texts: &[&str]) -> Vec<VersionAlias> {
        texts
            .iter()
            .map(|text| text.parse().expect("an alias"))
            .collect()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lists_are_compared_as_sets() {
        for (held, wanted, expected) in [
            (&["a1", "b2"][..], &["b2", "a1"][..], true),
            (&["a1", "a1"], &["a1"], true),
            (&["a1"], &["a1", "b2"], false),
            (&["a1", "b2"], &["a1"], false),
            (&["a1", "a1"], &["a1", "b2"], false),
            (&[], &[], true),
        ] {
            assert_eq!(same(&texts(held), &aliases(wanted)), expected, "{held:?}");
        }
    }

    #[test]
    fn a_key_is_kept_unless_it_is_named() {
        let held = texts(&["production", "idem-1", "idem-2"]);
        let wanted = aliases(&["stable"]);
        let kept = with_keys(&held, &wanted, &[]);
        assert_eq!(kept, aliases(&["stable", "idem-1", "idem-2"]));
        let kept = with_keys(&held, &wanted, &aliases(&["production", "idem-1"]));
        assert_eq!(kept, aliases(&["stable", "idem-2"]));
        let kept = with_keys(&held, &aliases(&["idem-2", "stable"]), &[]);
        assert_eq!(kept, aliases(&["idem-2", "stable", "idem-1"]));
    }

    #[test]
    fn a_key_is_expected_only_where_it_is_named() {
        let held = texts(&["production", "idem-1"]);
        for (expected, is) in [
            (&["production"][..], true),
            (&["idem-1", "production"], true),
            (&["idem-2", "production"], false),
            (&["stable"], false),
            (&["idem-1"], false),
        ] {
            assert_eq!(is_expected(&held, &aliases(expected)), is, "{expected:?}");
        }
    }
}
