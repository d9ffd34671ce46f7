//! How requests are refused that ask for what is not there, or with a key that is none.

use serde_json::Value;

use super::super::answers::{Answer, Answers, Asked};
use super::super::fields::shape;
use super::super::names::Names;
use super::{Finding, count, counted};

/// Those of management routes are what is read here.
pub(super) fn bodies(answers: &Answers, names: &Names) -> Finding {
    let is_detail = |body: &Value| match body.get("detail") {
        Some(Value::String(_)) => true,
        Some(Value::Array(items)) => items.iter().all(|it| it.get("msg").is_some()),
        _ => false,
    };
    let all: Vec<_> = answers.refusals().collect();
    let right = all
        .iter()
        .filter(|it| it.body.as_ref().is_some_and(is_detail));
    let right = right.count();
    let shapes = all.iter().map(|it| {
        let shape = it.body.as_ref().map(|body| shape(body, names));
        let shape = shape.unwrap_or_else(|| "no JSON".to_owned());
        format!("{} with {shape}", it.status)
    });
    Finding::of(all.len() - right, right, counted(&count(shapes)))
}

/// Statuses of the answers to one kind of question, and how many were as assumed.
fn statuses<'a>(answers: impl Iterator<Item = &'a Answer>, right: &[u16], what: &str) -> Finding {
    let all: Vec<_> = answers.map(|it| it.status).collect();
    let good = all.iter().filter(|it| right.contains(it)).count();
    let shown = all.iter().map(ToString::to_string);
    let seen = format!(
        "{what}: {}",
        counted(&count(shown.map(|it| format!("with {it}"))))
    );
    Finding::of(all.len() - good, good, seen)
}

pub(super) fn other_org(answers: &Answers, _: &Names) -> Finding {
    let what = "a name that is nobody's; one that is somebody's was not tried";
    statuses(answers.of(&Asked::NoSuchOrg), &[403, 404], what)
}

pub(super) fn made_up_key(answers: &Answers, _: &Names) -> Finding {
    let what = "two routes with a key that was made up";
    statuses(answers.of(&Asked::MadeUpKey), &[401], what)
}
