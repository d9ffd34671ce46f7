//! The measure of this project: a wait never reports success while the requested version does
//! not serve, however the service behaves where its pages leave it open.
//!
//! Each scenario runs under many behaviours of the simulator and at several paces of polling,
//! and what the SDK says is compared with the simulator's truth at that very moment. What it
//! refuses to call good although it is (a false red) is listed, and explained, here.

mod behaviours;
mod rollouts;
mod tally;
mod uploads;

use std::collections::BTreeSet;

use behaviours::every_combination_of;
use tally::{all, cases};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_upload_is_called_good_that_is_not() {
    let cases = cases(every_combination_of(&[
        "unstarted_response",
        "version_fields",
        "done_signal",
    ]));
    let tally = all(cases, uploads::SCENARIOS, uploads::run).await;
    println!("{tally}");
    assert_eq!(tally.false_greens(), BTreeSet::new());
    assert_eq!(tally.unexplained(uploads::EXPLAINED), BTreeSet::new());
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
    let cases = cases(combinations);
    let tally = all(cases, rollouts::SCENARIOS, rollouts::run).await;
    println!("{tally}");
    assert_eq!(tally.false_greens(), BTreeSet::new());
    assert_eq!(tally.unexplained(rollouts::EXPLAINED), BTreeSet::new());
}
