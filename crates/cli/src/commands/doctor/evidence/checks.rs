//! One check for each line of docs/assumptions.md that reading can settle.

mod deployments;
mod refused;
mod versions;

use std::collections::BTreeMap;
use std::fmt;

use cerebras_management::names::{EndpointId, ModelArchitectureId, OrgName};
use serde_json::Value;

use super::answers::Answers;
use super::fields::{fields, shape};
use super::names::Names;

/// What that which was seen says of an assumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed,
    Contradicted,
    /// There was nothing to see, or what there was could be either way.
    NotSeen,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Contradicted => "**contradicted**",
            Self::NotSeen => "not seen",
        })
    }
}

/// A verdict, and what it comes from: shapes, counts and words of the service alone.
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) seen: String,
}

impl Finding {
    /// `wrong` and `right` are how often the one and the other was seen.
    fn of(wrong: usize, right: usize, seen: impl Into<String>) -> Self {
        let verdict = match (wrong, right) {
            (1.., _) => Verdict::Contradicted,
            (0, 1..) => Verdict::Confirmed,
            (0, 0) => Verdict::NotSeen,
        };
        let seen = seen.into();
        Self { verdict, seen }
    }
}

type Check = fn(&Answers, &Names) -> Finding;

/// By the line of docs/assumptions.md.
pub(super) const CHECKS: [(u8, Check); 22] = [
    (2, unknown_fields),
    (3, deployments::words),
    (5, refused::bodies),
    (6, architectures),
    (7, versions::optional_fields),
    (8, deployments::replicas_and_errors),
    (9, deployments::entries),
    (13, versions::words),
    (14, versions::done_without_a_known_status),
    (18, versions::weights),
    (22, versions::by_alias),
    (23, deployments::words),
    (24, deployments::order),
    (25, deployments::dates),
    (26, deployments::past),
    (32, refused::other_org),
    (34, names_without_a_pattern),
    (36, versions::ids),
    (37, versions::weight_grammar),
    (38, versions::suffixes),
    (40, request_ids),
    (41, refused::made_up_key),
];

/// Why reading cannot settle the others.
pub(super) const NOT_BY_READING: [(u8, &str); 34] = [
    (1, "it takes a delete"),
    (4, "it takes a deployment"),
    (10, "it is about the answers to writes"),
    (11, "it takes something in front of the service to fail"),
    (12, "it takes an upload"),
    (15, "it takes looking again and again while a sync ends"),
    (16, "it takes an upload"),
    (17, "it takes an upload"),
    (19, "it takes a delete and an upload"),
    (20, "it takes two edits of aliases"),
    (21, "it takes an edit of aliases"),
    (27, "it takes a deployment"),
    (28, "it takes two deployments"),
    (29, "it takes a rollout that fails"),
    (30, "it takes a delete"),
    (31, "it takes a deployment"),
    (33, "it takes a chat request, which costs tokens"),
    (35, "nothing but the text of an error depends on it"),
    (39, "it takes a write that is refused"),
    (42, "it takes a write that is refused"),
    (43, "it takes an upload"),
    (44, "it takes a deployment"),
    (45, "it takes an edit of aliases"),
    (46, "it takes a chat request, which costs tokens"),
    (47, "it takes writes that are wrong in several ways"),
    (48, "it takes what is no request of HTTP"),
    (49, "it takes an upload of other weights"),
    (50, "it takes an upload of other weights"),
    (51, "it takes an upload of other weights"),
    (52, "it takes an upload of other weights"),
    (53, "it takes an upload of other weights"),
    (54, "it takes an upload of other weights"),
    (55, "it takes an upload of other weights"),
    (56, "it takes an upload of other weights"),
];

fn unknown_fields(answers: &Answers, names: &Names) -> Finding {
    let more = fields(answers).into_iter().filter(|it| !it.is_published);
    let more: Vec<_> = more
        .map(|it| format!("{} in {}", names.word(&it.name), it.place))
        .collect();
    let seen = match &more[..] {
        [] => "no field that its page does not name".to_owned(),
        more => format!("fields that their page does not name: {}", more.join("; ")),
    };
    Finding::of(0, more.len(), seen)
}

fn architectures(answers: &Answers, names: &Names) -> Finding {
    let all: Vec<_> = answers.bodies("list_model_architectures").collect();
    let is_right = |body: &Value| {
        let list = body.get("model_architectures").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().all(Value::is_string))
    };
    let right = all.iter().filter(|body| is_right(body)).count();
    let shapes = all.iter().map(|body| shape(body, names));
    Finding::of(all.len() - right, right, counted(&count(shapes)))
}

fn names_without_a_pattern(answers: &Answers, _: &Names) -> Finding {
    let mut tally = [(0, 0); 3];
    let mut see = |at: usize, name: &Value, is_taken: fn(&str) -> bool| {
        if let Some(name) = name.as_str() {
            tally[at].0 += usize::from(is_taken(name));
            tally[at].1 += 1;
        }
    };
    for endpoint in answers.endpoints() {
        see(0, &endpoint["org_name"], |it| it.parse::<OrgName>().is_ok());
        see(1, &endpoint["model_arch_id"], |it| {
            it.parse::<ModelArchitectureId>().is_ok()
        });
        see(2, &endpoint["endpoint_id"], |it| {
            it.parse::<EndpointId>().is_ok()
        });
    }
    for list in answers.bodies("list_model_architectures") {
        for name in list["model_architectures"].as_array().into_iter().flatten() {
            see(1, name, |it| it.parse::<ModelArchitectureId>().is_ok());
        }
    }
    let [orgs, architectures, endpoints] = tally.map(|(taken, all)| format!("{taken} of {all}"));
    let seen = format!(
        "would be taken: organizations {orgs}, architectures {architectures}, endpoints {endpoints}"
    );
    let taken: usize = tally.iter().map(|(taken, _)| taken).sum();
    let all: usize = tally.iter().map(|(_, all)| all).sum();
    Finding::of(all - taken, taken, seen)
}

fn request_ids(answers: &Answers, names: &Names) -> Finding {
    let all = answers.0.iter().flat_map(|it| &it.headers);
    let headers = count(all.map(String::clone));
    let known = ["x-request-id", "request-id", "cf-ray"].map(|it| headers.contains_key(it));
    let another = headers.keys().any(|it| {
        let tells = ["request-id", "requestid", "trace", "correlation"];
        tells.iter().any(|part| it.contains(part))
    });
    let has_id = known[0] || known[1];
    let listed: Vec<_> = headers.keys().map(|it| names.word(it)).collect();
    let seen = format!("headers: {}", listed.join(", "));
    Finding::of(usize::from(another && !has_id), usize::from(has_id), seen)
}

fn count(items: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// `3 × this, 1 × that`.
fn counted(counts: &BTreeMap<String, usize>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let each = counts
        .iter()
        .map(|(what, count)| format!("{count} × {what}"));
    each.collect::<Vec<_>>().join(", ")
}

/// A word that this program knows stands in its own documentation.
fn shown(word: &str, is_known: bool, names: &Names) -> String {
    if is_known {
        format!("`{word}`")
    } else {
        names.word(word)
    }
}
