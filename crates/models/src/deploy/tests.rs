//! What is claimed of a deployment, what cannot be, and what the naive protocols break.

use super::{Action, Deploy, Protocol, State, Step, Told, Version};
use crate::checks::{Claim, assert_breaks, assert_holds, assert_possible};

fn told(state: &State, of: usize) -> Option<Told> {
    match state.callers[of].step {
        Step::Told(told) => Some(told),
        _ => None,
    }
}

/// The deployment that the caller is told of.
fn reported(state: &State, of: usize) -> Option<usize> {
    match told(state, of) {
        Some(Told::Answered(id) | Told::Adopted(id)) => Some(id),
        _ => None,
    }
}

/// A caller's requests that were handled.
fn made(state: &State, of: usize) -> usize {
    let by = |of| move |entry: &&super::Deployment| entry.by == Some(of);
    state.list.iter().filter(by(of)).count()
}

fn of_both(holds: impl Fn(usize) -> bool) -> bool {
    holds(0) && holds(1)
}

/// Without crashes each caller calls once.
fn a_call_makes_at_most_one_deployment(_: &Deploy, state: &State) -> bool {
    of_both(|of| made(state, of) <= 1)
}

fn what_is_reported_is_of_the_version_asked_for(deploy: &Deploy, state: &State) -> bool {
    let right = |of: usize, id: usize| state.list[id].version == deploy.callers[of];
    of_both(|of| reported(state, of).is_none_or(|id| right(of, id)))
}

fn what_is_reported_was_made_after_the_call_began(_: &Deploy, state: &State) -> bool {
    of_both(|of| reported(state, of).is_none_or(|id| id >= state.callers[of].before))
}

fn what_is_reported_was_made_by_the_call(_: &Deploy, state: &State) -> bool {
    of_both(|of| reported(state, of).is_none_or(|id| state.list[id].by == Some(of)))
}

fn what_is_answered_was_made_by_the_call(_: &Deploy, state: &State) -> bool {
    of_both(|of| match told(state, of) {
        Some(Told::Answered(id)) => state.list[id].by == Some(of),
        _ => true,
    })
}

fn what_was_not_sent_never_happens(_: &Deploy, state: &State) -> bool {
    of_both(|of| {
        told(state, of) != Some(Told::NotSent) || made(state, of) == 0 && state.adrift[of] == 0
    })
}

fn nothing_of_a_reported_deployment_is_still_to_come(_: &Deploy, state: &State) -> bool {
    of_both(|of| reported(state, of).is_none() || state.adrift[of] == 0)
}

/// The newest is what serves in the end.
fn the_last_that_is_reported_is_newest(_: &Deploy, state: &State) -> bool {
    let newest = state.list.last().map(|entry| entry.version);
    reported(state, 1).is_none_or(|id| Some(state.list[id].version) == newest)
}

fn the_last_is_newest_when_all_are_reported(deploy: &Deploy, state: &State) -> bool {
    reported(state, 0).is_none() || the_last_that_is_reported_is_newest(deploy, state)
}

const UNDER_ALL: [Claim<Deploy>; 4] = [
    a_call_makes_at_most_one_deployment,
    what_is_reported_is_of_the_version_asked_for,
    what_is_answered_was_made_by_the_call,
    what_was_not_sent_never_happens,
];

/// Two callers that deploy the same version, which is also what was deployed before.
const SAME: Deploy = Deploy {
    protocol: Protocol::Sound,
    callers: [Version::One, Version::One],
    in_turn: false,
    stale_lists: false,
    crashes: 0,
};
const DIFFERENT: Deploy = Deploy {
    callers: [Version::One, Version::Two],
    ..SAME
};

fn stale(deploy: Deploy) -> Deploy {
    Deploy {
        stale_lists: true,
        ..deploy
    }
}

fn in_turn(deploy: Deploy) -> Deploy {
    Deploy {
        in_turn: true,
        ..deploy
    }
}

#[test]
fn one_call_makes_at_most_one_deployment_and_reports_one_of_its_version() {
    for deploy in [SAME, DIFFERENT, stale(SAME), stale(DIFFERENT)] {
        assert_holds(&deploy, &UNDER_ALL);
    }
}

#[test]
fn a_restarted_process_reports_one_of_its_version_too() {
    for deploy in [SAME, DIFFERENT] {
        let deploy = Deploy {
            crashes: 2,
            ..deploy
        };
        assert_holds(
            &deploy,
            &[
                what_is_reported_is_of_the_version_asked_for,
                what_is_reported_was_made_after_the_call_began,
                what_is_answered_was_made_by_the_call,
            ],
        );
    }
}

#[test]
fn what_is_adopted_is_new_when_the_list_is_complete() {
    for deploy in [SAME, DIFFERENT] {
        assert_holds(&deploy, &[what_is_reported_was_made_after_the_call_began]);
    }
}

#[test]
fn what_is_adopted_is_our_own_when_nobody_else_deploys_the_version() {
    assert_holds(
        &DIFFERENT,
        &[
            what_is_reported_was_made_by_the_call,
            nothing_of_a_reported_deployment_is_still_to_come,
        ],
    );
    assert_possible(&DIFFERENT, |_, state| {
        matches!(told(state, 0), Some(Told::Adopted(_)))
    });
}

/// All three are true of "it may have happened": it has, it will, it never does.
#[test]
fn what_may_have_happened_may_have_happened_may_come_and_may_never_come() {
    fn in_doubt(state: &State) -> bool {
        told(state, 0) == Some(Told::MayHaveHappened)
    }
    assert_possible(&stale(DIFFERENT), |_, state| {
        in_doubt(state) && made(state, 0) == 1
    });
    assert_possible(&DIFFERENT, |_, state| {
        in_doubt(state) && state.adrift[0] == 1
    });
    assert_possible(&DIFFERENT, |_, state| {
        in_doubt(state) && state.adrift[0] == 0 && made(state, 0) == 0
    });
}

/// Cannot be promised: a deployment does not say whose request made it.
#[test]
fn the_deployment_of_another_caller_may_be_adopted() {
    assert_breaks(
        &SAME,
        what_is_reported_was_made_by_the_call,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::LoseRequest(0),
            Action::Read(1),
            Action::Ask(1),
            Action::Handle(1),
            Action::Look(0),
        ],
    );
}

/// Cannot be promised: and then the caller's own request may still come, after a success.
#[test]
fn after_an_adoption_the_callers_own_request_may_still_come() {
    assert_breaks(
        &SAME,
        nothing_of_a_reported_deployment_is_still_to_come,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::TimeOut(0),
            Action::Read(1),
            Action::Ask(1),
            Action::Handle(1),
            Action::Look(0),
        ],
    );
}

/// Cannot be promised: what a list was late to show looks new.
#[test]
fn an_older_deployment_may_be_adopted_when_the_list_was_late_to_show_it() {
    assert_breaks(
        &stale(SAME),
        what_is_reported_was_made_after_the_call_began,
        &[
            Action::ReadStale(0),
            Action::Ask(0),
            Action::LoseRequest(0),
            Action::Look(0),
        ],
    );
}

/// Cannot be promised: a deployment carries no key that a restarted process could know again.
#[test]
fn a_restarted_process_may_deploy_twice() {
    assert_breaks(
        &Deploy {
            crashes: 1,
            ..DIFFERENT
        },
        a_call_makes_at_most_one_deployment,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::Handle(0),
            Action::Crash(0),
            Action::Read(0),
            Action::Ask(0),
            Action::Handle(0),
        ],
    );
}

/// Promised of deployments one after the other, all of which were reported.
#[test]
fn of_reported_deployments_in_turn_the_last_is_the_newest() {
    let deploy = in_turn(DIFFERENT);
    assert_holds(&deploy, &[the_last_is_newest_when_all_are_reported]);
}

/// Cannot be promised: what may have happened may also happen later.
#[test]
fn a_deployment_in_doubt_may_replace_a_later_one() {
    assert_breaks(
        &in_turn(DIFFERENT),
        the_last_that_is_reported_is_newest,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Read(1),
            Action::Ask(1),
            Action::Handle(1),
            Action::Receive(1),
            Action::HandleAdrift(0),
        ],
    );
}

/// Naive: no effect is seen, so the request seems lost.
#[test]
fn a_call_that_asks_again_may_deploy_twice() {
    let deploy = Deploy {
        protocol: Protocol::AsksAgain,
        ..DIFFERENT
    };
    assert_breaks(
        &deploy,
        a_call_makes_at_most_one_deployment,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Ask(0),
            Action::Handle(0),
            Action::HandleAdrift(0),
        ],
    );
}

/// Naive: and the second of them may replace what was deployed after the first, though both
/// callers were told of a success, one after the other.
#[test]
fn a_call_that_asks_again_may_replace_a_later_deployment_and_nobody_told() {
    let deploy = Deploy {
        protocol: Protocol::AsksAgain,
        ..in_turn(DIFFERENT)
    };
    assert_breaks(
        &deploy,
        the_last_is_newest_when_all_are_reported,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Ask(0),
            Action::Handle(0),
            Action::Receive(0),
            Action::Read(1),
            Action::Ask(1),
            Action::Handle(1),
            Action::Receive(1),
            Action::HandleAdrift(0),
        ],
    );
}

/// Naive: a success is reported, and nothing has happened.
#[test]
fn without_the_list_from_before_an_older_deployment_is_adopted() {
    let deploy = Deploy {
        protocol: Protocol::AdoptsWhatWasThere,
        ..DIFFERENT
    };
    assert_breaks(
        &deploy,
        what_is_reported_was_made_after_the_call_began,
        &[
            Action::Read(0),
            Action::Ask(0),
            Action::LoseRequest(0),
            Action::Look(0),
        ],
    );
}
