//! What `deployed_models` holds.

use cerebras_management::status::{DeploymentState, Phase};
use serde_json::Value;

use super::super::answers::Answers;
use super::super::fields::kind;
use super::super::names::Names;
use super::{Finding, count, counted, shown};

pub(super) fn words(answers: &Answers, names: &Names) -> Finding {
    let words: Vec<_> = answers
        .deployments()
        .flatten()
        .filter_map(|it| it["state"].as_str())
        .map(DeploymentState::from)
        .collect();
    let ended_well = words.iter().filter(|it| it.phase() == Phase::Succeeded);
    let unknown = words.iter().filter(|it| !it.is_known());
    let shown = words
        .iter()
        .map(|it| shown(it.as_str(), it.is_known(), names));
    let seen = format!("`state`: {}", counted(&count(shown)));
    Finding::of(unknown.count(), ended_well.count(), seen)
}

pub(super) fn replicas_and_errors(answers: &Answers, _: &Names) -> Finding {
    let has = |field: &str| {
        let all = answers.deployments().flatten();
        all.filter(|it| it.get(field).is_some()).count()
    };
    let counts = has("rollout_replicas_updated").min(has("rollout_total_replicas"));
    let errors = has("rollout_error_message");
    let all = answers.deployments().flatten().count();
    let seen = format!(
        "of {all} deployments {counts} with replica counts, {errors} with an error message"
    );
    Finding::of(0, counts + errors, seen)
}

pub(super) fn entries(answers: &Answers, _: &Names) -> Finding {
    let all: Vec<_> = answers.deployments().flatten().collect();
    let needed = |it: &&&Value| it["id"].is_string() && it["model"].is_string();
    let right = all.iter().filter(needed).count();
    let without = |field: &str| all.iter().filter(|it| it.get(field).is_none()).count();
    let seen = format!(
        "of {} deployments {right} with `id` and `model`, {} without `created`, {} without `state`",
        all.len(),
        without("created"),
        without("state"),
    );
    Finding::of(all.len() - right, right, seen)
}

/// Which of several that are complete serves, reading does not show; of one alone there is no doubt.
pub(super) fn order(answers: &Answers, _: &Names) -> Finding {
    let (mut alone, mut lists) = (0, Vec::new());
    for entries in answers.deployments() {
        let complete = entries.iter().filter(|it| {
            let state = it["state"].as_str().map(DeploymentState::from);
            state.is_some_and(|it| it.phase() == Phase::Succeeded)
        });
        alone += usize::from(complete.count() == 1);
        let dates: Vec<_> = entries
            .iter()
            .filter_map(|it| it["created"].as_f64())
            .collect();
        let order = match dates.len() {
            0 | 1 => "too short to tell",
            _ if dates.is_sorted_by(|a, b| a > b) => "newest first",
            _ if dates.is_sorted() => "oldest first",
            _ => "in another order",
        };
        lists.push(order.to_owned());
    }
    let seen = format!(
        "lists: {}; with one complete deployment: {alone}",
        counted(&count(lists))
    );
    Finding::of(0, alone, seen)
}

/// A date in seconds is neither a fraction nor so large as one in milliseconds.
const SECONDS: std::ops::Range<u64> = 1_000_000_000..100_000_000_000;

pub(super) fn dates(answers: &Answers, _: &Names) -> Finding {
    let (mut wrong, mut right, mut ties) = (0, 0, 0);
    let mut kinds = Vec::new();
    for entries in answers.deployments() {
        let dates = entries.iter().filter_map(|it| it.get("created"));
        let mut whole = Vec::new();
        for date in dates {
            let seconds = date.as_u64().filter(|it| SECONDS.contains(it));
            kinds.push(match seconds {
                Some(_) => "whole seconds".to_owned(),
                None => format!("{} that is no whole second", kind(date)),
            });
            whole.extend(seconds);
            wrong += usize::from(seconds.is_none());
        }
        right += whole.len();
        whole.sort_unstable();
        ties += whole.windows(2).filter(|pair| pair[0] == pair[1]).count();
    }
    let seen = format!("`created`: {}; ties: {ties}", counted(&count(kinds)));
    Finding::of(wrong, right, seen)
}

pub(super) fn past(answers: &Answers, _: &Names) -> Finding {
    let ended = |entries: &Vec<&Value>| {
        let states = entries.iter().filter_map(|it| it["state"].as_str());
        let ended = states.filter(|it| DeploymentState::from(*it).phase().is_terminal());
        ended.count()
    };
    let counts: Vec<_> = answers.deployments().map(|it| ended(&it)).collect();
    let several = counts.iter().filter(|it| **it > 1).count();
    let seen = format!(
        "deployments that have ended, of each endpoint: {counts:?}; only more than one shows that \
         they stay"
    );
    Finding::of(0, several, seen)
}
