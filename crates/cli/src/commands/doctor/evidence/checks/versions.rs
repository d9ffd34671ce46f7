//! What is told of versions.

use cerebras_management::names::{ModelVersionName, WeightUri};
use cerebras_management::status::{DeploymentState, Phase, SyncStatus};

use super::super::answers::{Answers, Asked};
use super::super::fields::fields;
use super::super::names::Names;
use super::{Finding, count, counted, shown};

/// An optional field that is always there shows nothing; one of another kind is not what is read.
pub(super) fn optional_fields(answers: &Answers, _: &Names) -> Finding {
    let expected = |name: &str| match name {
        "response" => Some("object"),
        "customer_s3_uri" | "sync_status" | "system_fingerprint_suffix" => Some("string"),
        "version_aliases" => Some("list"),
        _ => None,
    };
    let (mut wrong, mut right, mut seen) = (0, 0, Vec::new());
    for field in fields(answers) {
        let Some(kind) = expected(&field.name).filter(|_| field.is_published) else {
            continue;
        };
        let nulls = field.kinds.get("null").copied().unwrap_or_default();
        let there = field.kinds.get(kind).copied().unwrap_or_default();
        let missing = field.absent() + nulls;
        wrong += field.of - missing - there;
        right += missing;
        if missing > 0 || there < field.of {
            let (name, place) = (&field.name, field.place);
            let absent = field.absent();
            seen.push(format!(
                "`{name}` in {place}: of {} absent {absent}, null {nulls}",
                field.of
            ));
        }
    }
    if seen.is_empty() {
        seen.push("none of them was missing".to_owned());
    }
    Finding::of(wrong, right, seen.join("; "))
}

pub(super) fn words(answers: &Answers, names: &Names) -> Finding {
    let words: Vec<_> = answers
        .versions()
        .filter_map(|it| it["response"]["sync_status"].as_str())
        .map(SyncStatus::from)
        .collect();
    let known = words.iter().filter(|it| it.is_known()).count();
    // That these are failures is what is assumed; the others are published.
    let failures = words.iter().filter(|it| it.phase() == Phase::Failed);
    let shown = words
        .iter()
        .map(|it| shown(it.as_str(), it.is_known(), names));
    let seen = format!("`sync_status`: {}", counted(&count(shown)));
    Finding::of(words.len() - known, failures.count(), seen)
}

/// That one is done of which no known status says so is good is seen when it serves.
pub(super) fn done_without_a_known_status(answers: &Answers, names: &Names) -> Finding {
    let serving: Vec<_> = answers
        .deployments()
        .flatten()
        .filter(|it| {
            let state = it["state"].as_str().map(DeploymentState::from);
            state.is_some_and(|it| it.phase() == Phase::Succeeded)
        })
        .filter_map(|it| it["model"].as_str())
        .collect();
    let (mut wrong, mut right) = (0, 0);
    let mut pairs = Vec::new();
    for version in answers.versions() {
        let status = version["response"]["sync_status"]
            .as_str()
            .map(SyncStatus::from);
        let done = version["done"].as_bool().unwrap_or_default();
        let serves = version["name"]
            .as_str()
            .is_some_and(|it| serving.contains(&it));
        match &status {
            None if done && serves => right += 1,
            Some(status) if done && serves && !status.is_known() => wrong += 1,
            _ => {}
        }
        let status = status.map_or_else(
            || "no status".to_owned(),
            |it| shown(it.as_str(), it.is_known(), names),
        );
        pairs.push(format!("`done: {done}` with {status}"));
    }
    Finding::of(wrong, right, counted(&count(pairs)))
}

fn uris(answers: &Answers) -> impl Iterator<Item = &str> {
    let versions = answers.versions();
    versions.filter_map(|it| it["response"]["customer_s3_uri"].as_str())
}

pub(super) fn weights(answers: &Answers, _: &Names) -> Finding {
    let form = |uri: &str| {
        let Some(rest) = uri.strip_prefix("s3://") else {
            return "in another form than `s3://`";
        };
        match (rest.contains("//"), rest.ends_with('/')) {
            (true, _) => "`s3://` with a repeated slash",
            (false, true) => "`s3://` with a slash at the end",
            (false, false) => "`s3://` with no slash too many",
        }
    };
    let wrong = uris(answers).filter(|it| !it.starts_with("s3://"));
    let forms = uris(answers).map(|it| form(it).to_owned());
    let right = uris(answers).count();
    Finding::of(wrong.count(), right, counted(&count(forms)))
}

pub(super) fn weight_grammar(answers: &Answers, _: &Names) -> Finding {
    let is_taken = |uri: &&str| uri.parse::<WeightUri>().is_ok();
    let all = uris(answers).count();
    let taken = uris(answers).filter(is_taken).count();
    let seen = format!("{taken} of {all} addresses would be taken in an upload");
    Finding::of(all - taken, taken, seen)
}

pub(super) fn suffixes(answers: &Answers, _: &Names) -> Finding {
    let versions = answers.bodies("get_model_version");
    let all: Vec<_> = versions
        .filter_map(|it| it["response"]["system_fingerprint_suffix"].as_str())
        .collect();
    let is_taken = |it: &&&str| (1..=255).contains(&it.len()) && !it.contains(char::is_control);
    let taken = all.iter().filter(is_taken).count();
    let seen = format!(
        "{taken} of {} suffixes would be taken in an upload",
        all.len()
    );
    Finding::of(all.len() - taken, taken, seen)
}

pub(super) fn by_alias(answers: &Answers, _: &Names) -> Finding {
    let (mut wrong, mut right) = (0, 0);
    for answer in &answers.0 {
        let Asked::ByAlias(name) = &answer.asked else {
            continue;
        };
        let told = answer.body.as_ref().and_then(|it| it["name"].as_str());
        if told == Some(name) {
            right += 1;
        } else {
            wrong += 1;
        }
    }
    let all = wrong + right;
    let seen = format!("{right} of {all} versions were found by an alias as by their id");
    Finding::of(wrong, right, seen)
}

pub(super) fn ids(answers: &Answers, _: &Names) -> Finding {
    let names: Vec<_> = answers
        .versions()
        .filter_map(|it| it["name"].as_str())
        .collect();
    let is_right = |name: &&str| {
        let name = name.parse::<ModelVersionName>().ok();
        name.is_some_and(|it| it.version().as_id().is_some())
    };
    let all = names.len();
    let right = names.into_iter().filter(is_right).count();
    let seen = format!("{right} of {all} names end in such an integer");
    Finding::of(all - right, right, seen)
}
