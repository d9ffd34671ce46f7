//! Which statements of a policy an earlier call has written.

use serde_json::Value;

use super::{ACTIONS, OURS};

const PARTS: [&str; 6] = [
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "Resource",
    "Condition",
];

/// Whether a statement is one that this tool writes, for whatever role and prefix, in the bucket of `bucket`.
///
/// The Sid alone makes none: it has to allow just what ours of that name allows, to one principal, in this
/// bucket. All else is somebody's own, and is left alone.
pub(super) fn is_ours(statement: &Value, bucket: &str) -> bool {
    let Some(parts) = statement.as_object() else {
        return false;
    };
    let sid = statement["Sid"].as_str().unwrap_or_default();
    let [get, version, list, location] = ACTIONS;
    let (kinds, listed): (&[&[&str]], bool) = match sid.strip_prefix(OURS) {
        Some("Read") => (&[&ACTIONS, &[get, version]], false),
        Some("List") => (&[&[list]], true),
        Some("Locate") => (&[&[location]], false),
        _ => return false,
    };
    let mut actions = texts(&statement["Action"]);
    actions.sort_unstable();
    let just = |kind: &&[&str]| {
        let mut kind = kind.to_vec();
        kind.sort_unstable();
        actions == kind
    };
    let under = format!("{bucket}/");
    let resources = texts(&statement["Resource"]);
    let here = |it: &&str| *it == bucket || it.starts_with(&under);
    let conditioned = match statement.get("Condition") {
        None => !listed,
        Some(condition) => listed && on_prefix_alone(condition),
    };
    parts.keys().all(|it| PARTS.contains(&it.as_str()))
        && statement["Effect"] == "Allow"
        && role(statement).is_some()
        && kinds.iter().any(just)
        && !resources.is_empty()
        && resources.iter().all(here)
        && conditioned
}

/// The one principal that a statement of ours is for.
pub(super) fn role(statement: &Value) -> Option<&str> {
    let principal = statement["Principal"].as_object()?;
    match texts(principal.get("AWS")?)[..] {
        [one] if principal.len() == 1 => Some(one),
        _ => None,
    }
}

fn on_prefix_alone(condition: &Value) -> bool {
    let only = |it: &Value, name: &str| {
        it.as_object()
            .is_some_and(|it| it.len() == 1 && it.contains_key(name))
    };
    only(condition, "StringLike") && only(&condition["StringLike"], "s3:prefix")
}

/// A text, or a list of nothing but texts; empty for all else.
fn texts(part: &Value) -> Vec<&str> {
    match part {
        Value::String(one) => vec![one],
        Value::Array(all) => {
            let texts: Option<Vec<_>> = all.iter().map(Value::as_str).collect();
            texts.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
