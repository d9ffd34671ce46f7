//! The measure of this project: a wait never reports success while the requested version does
//! not serve, however the service behaves where its pages leave it open.
//!
//! Each scenario runs under many behaviours of the simulator, at several paces of polling, and
//! once more while polls fail, and what the SDK says is compared with the simulator's truth at that very moment. What it
//! refuses to call good although it is (a false red) is listed, and explained, here.

mod behaviours;
mod beset;
mod pairs;
mod rollouts;
mod tally;
mod uploads;

use std::collections::BTreeSet;

use behaviours::every_combination_of;
use tally::{Rule, Tally, all, cases, pairs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_upload_is_called_good_that_is_not() {
    let combinations =
        every_combination_of(&["unstarted_response", "version_fields", "done_signal"]);
    let cases = cases(combinations, uploads::SCENARIOS);
    let tally = all(cases, uploads::run).await;
    check(&tally, &[uploads::EXPLAINED]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_rollout_is_called_good_that_is_not() {
    let mut combinations = every_combination_of(&[
        "past_deployments",
        "deployed_order",
        "deployment_dates",
        "listing",
        "second_deploy",
    ]);
    combinations.extend(every_combination_of(&[
        "past_deployments",
        "deployment_states",
        "second_deploy",
    ]));
    let cases = cases(combinations, rollouts::SCENARIOS);
    let tally = all(cases, rollouts::run).await;
    check(&tally, &[rollouts::EXPLAINED]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_upload_whose_polls_fail_is_called_good_that_is_not() {
    let tally = all(pairs(uploads::SCENARIOS), uploads::run).await;
    check(&tally, &[uploads::BESET, uploads::EXPLAINED]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_rollout_whose_polls_fail_is_called_good_that_is_not() {
    let tally = all(pairs(rollouts::SCENARIOS), rollouts::run).await;
    check(&tally, &[rollouts::BESET, rollouts::EXPLAINED]);
}

/// No false green, every false red explained, and each of the first rules needed.
#[track_caller]
fn check(tally: &Tally, rules: &[&[Rule]]) {
    println!("{tally}");
    assert_eq!(tally.false_greens(), BTreeSet::new());
    assert_eq!(tally.unexplained(rules), BTreeSet::new());
    assert_eq!(tally.idle(rules[0]), BTreeSet::new());
}
