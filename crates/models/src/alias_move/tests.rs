//! What is claimed of a move, what cannot be, and what the naive protocols break.

use stateright::Model;

use super::{Action, Move, Mover, Protocol, State, Step, Told, Write};
use crate::checks::{Claim, assert_breaks, assert_holds, assert_possible};

fn at_most_one_version_has_the_alias(_: &Move, state: &State) -> bool {
    state.holds.iter().filter(|holds| **holds).count() <= 1
}

fn one_version_has_the_alias(_: &Move, state: &State) -> bool {
    state.holder().is_some()
}

/// When nobody moves it, and no intent says that somebody is to look after it.
fn the_alias_is_not_lost_for_ever(_: &Move, state: &State) -> bool {
    let running = |mover: &Mover| !mover.has_ended() && mover.step != Step::Look;
    let pending = |mover: &Mover| running(mover) || mover.intent_is_open;
    state.holder().is_some() || state.movers.iter().any(pending)
}

/// From each open intent, when nobody is moving it and nothing goes wrong meanwhile.
fn recovery_gives_the_alias_to_a_version(model: &Move, state: &State) -> bool {
    let at_rest = state
        .movers
        .iter()
        .all(|mover| mover.has_ended() || mover.step == Step::Look);
    let open = |of: &usize| state.movers[*of].intent_is_open;
    let recovered =
        |of: usize| recover(model, state.clone(), of).is_some_and(|state| state.holder().is_some());
    !at_rest || state.holder().is_some() || (0..state.movers.len()).filter(open).all(recovered)
}

fn recover(model: &Move, state: State, of: usize) -> Option<State> {
    let steps = [
        Action::Recover(of),
        Action::Look(of),
        Action::Send(of),
        Action::Handle(of),
        Action::Receive(of),
        Action::Look(of),
    ];
    let mut steps = steps.into_iter();
    steps.try_fold(state, |state, action| model.next_state(&state, action))
}

fn no_move_is_undone_unread(_: &Move, state: &State) -> bool {
    !state.removed_unread
}

fn a_closed_intent_leaves_nothing_adrift(_: &Move, state: &State) -> bool {
    state
        .adrift
        .iter()
        .all(|(of, _)| !state.movers[*of].has_ended() || state.movers[*of].intent_is_open)
}

/// Where nobody takes the alias from a version to which another moves it.
fn a_reported_move_lasts(model: &Move, state: &State) -> bool {
    let moved = |mover: &Mover| mover.step == Step::Told(Told::Moved);
    let lasts = |(mover, (_, to)): (&Mover, &(usize, usize))| !moved(mover) || state.holds[*to];
    state.movers.iter().zip(model.movers).all(lasts)
}

/// Of the second of two, that moves back what the first has moved.
fn a_reported_move_back_lasts(_: &Move, state: &State) -> bool {
    state.movers[1].step != Step::Told(Told::Moved) || state.holds[0]
}

fn what_was_put_back_does_not_come_to_the_target(model: &Move, state: &State) -> bool {
    let put_back = |mover: &Mover| mover.step == Step::Told(Told::PutBack);
    let away = |(mover, (_, to)): (&Mover, &(usize, usize))| !put_back(mover) || !state.holds[*to];
    state.movers.iter().zip(model.movers).all(away)
}

const CLAIMS: [Claim<Move>; 4] = [
    at_most_one_version_has_the_alias,
    the_alias_is_not_lost_for_ever,
    recovery_gives_the_alias_to_a_version,
    a_closed_intent_leaves_nothing_adrift,
];

/// Two that take it from the same version to different ones.
const RIVALS: Move = Move {
    protocol: Protocol::Sound,
    movers: &[(0, 1), (0, 2)],
    in_turn: false,
    losses: 2,
    refusals: 2,
    crashes: 2,
};
/// One that moves it, and one that moves it back.
const AND_BACK: Move = Move {
    movers: &[(0, 1), (1, 0)],
    ..RIVALS
};
/// The same move run twice at once.
const TWICE: Move = Move {
    movers: &[(0, 1), (0, 1)],
    ..RIVALS
};
/// A move, the same again, and one back.
const AGAIN_AND_BACK: Move = Move {
    movers: &[(0, 1), (0, 1), (1, 0)],
    in_turn: true,
    refusals: 1,
    crashes: 1,
    ..RIVALS
};

/// One that crashes and whose recovery begins again, and one that moves the alias back.
const BEGUN_AGAIN: Move = Move {
    protocol: Protocol::BeginsAgain,
    losses: 0,
    refusals: 0,
    crashes: 1,
    ..AND_BACK
};

/// With losses, but without crashes and refusals: the shortest ways are easier to read.
fn calm(model: Move) -> Move {
    Move {
        refusals: 0,
        crashes: 0,
        ..model
    }
}

// Parts of a move in which nothing goes wrong.

fn begin(of: usize) -> Vec<Action> {
    vec![Action::Look(of), Action::Record(of), Action::Send(of)]
}

/// The removal is handled, and then the add.
fn write(of: usize) -> Vec<Action> {
    vec![
        Action::Handle(of),
        Action::Receive(of),
        Action::Send(of),
        Action::Handle(of),
    ]
}

fn finish(of: usize) -> Vec<Action> {
    [write(of), vec![Action::Receive(of), Action::Look(of)]].concat()
}

#[test]
fn the_alias_is_never_on_two_versions_and_recovery_gives_it_back_when_it_is_on_none() {
    for model in [RIVALS, AND_BACK, TWICE, AGAIN_AND_BACK] {
        assert_holds(&model, &CLAIMS);
    }
}

/// Recovery may also begin the move again, where nobody moves the alias back meanwhile.
#[test]
fn recovery_may_begin_a_move_again_that_nobody_moves_back() {
    for model in [RIVALS, TWICE] {
        let model = Move {
            protocol: Protocol::BeginsAgain,
            crashes: 1,
            refusals: 1,
            ..model
        };
        assert_holds(&model, &CLAIMS);
        assert_holds(&model, &[no_move_is_undone_unread]);
    }
}

#[test]
fn a_rivals_move_is_not_undone_by_one_who_did_not_see_it() {
    for model in [RIVALS, AND_BACK, TWICE] {
        assert_holds(&model, &[no_move_is_undone_unread]);
    }
    assert_holds(&RIVALS, &[a_reported_move_lasts]);
    assert_holds(&AND_BACK, &[a_reported_move_back_lasts]);
}

#[test]
fn every_end_of_a_move_is_come_to() {
    fn ends(state: &State, first: Told, second: Told) -> bool {
        state.movers[0].step == Step::Told(first) && state.movers[1].step == Step::Told(second)
    }
    let all: [Claim<Move>; 4] = [
        |_, state| ends(state, Told::Moved, Told::Conflict),
        |_, state| ends(state, Told::PutBack, Told::Moved),
        |_, state| ends(state, Told::MayHaveHappened, Told::Moved),
        |_, state| ends(state, Told::Held, Told::Conflict) && state.holds[1],
    ];
    for wanted in all {
        assert_possible(&RIVALS, wanted);
    }
    assert_possible(&AND_BACK, |_, state| ends(state, Told::Moved, Told::Moved));
}

/// Cannot be promised: the service has no write that moves.
#[test]
fn there_is_a_gap_in_which_no_version_has_the_alias() {
    assert_breaks(
        &RIVALS,
        one_version_has_the_alias,
        &[
            Action::Look(0),
            Action::Record(0),
            Action::Send(0),
            Action::Handle(0),
        ],
    );
}

/// Cannot be promised: a removal that met silence may come after a later move has put the alias
/// where it removes it. Its intent is still open then, and recovery gives the alias to a version.
#[test]
fn a_removal_in_doubt_may_undo_a_later_move() {
    assert_breaks(
        &calm(AGAIN_AND_BACK),
        no_move_is_undone_unread,
        &[
            begin(0),
            vec![Action::TimeOut(0), Action::Look(0)],
            begin(1),
            finish(1),
            begin(2),
            write(2),
            vec![Action::HandleAdrift(0, Write::Remove)],
        ]
        .concat(),
    );
}

/// Cannot be promised: an add that met silence may come in the gap of another move, long after the
/// alias was put back.
#[test]
fn an_add_in_doubt_may_come_after_the_alias_was_put_back() {
    assert_breaks(
        &calm(RIVALS),
        what_was_put_back_does_not_come_to_the_target,
        &[
            begin(0),
            vec![
                Action::Handle(0),
                Action::Receive(0),
                Action::Send(0),
                Action::TimeOut(0),
                Action::Look(0),
                Action::Send(0),
                Action::Handle(0),
                Action::Receive(0),
                Action::Look(0),
            ],
            begin(1),
            vec![Action::Handle(1)],
            vec![Action::HandleAdrift(0, Write::Add)],
        ]
        .concat(),
    );
}

/// Cannot be promised when recovery begins again: a move that was moved back looks like one that
/// never began.
#[test]
fn a_move_that_is_begun_again_may_undo_a_move_back() {
    assert_breaks(
        &BEGUN_AGAIN,
        a_reported_move_back_lasts,
        &[
            begin(0),
            write(0),
            vec![Action::Crash(0), Action::Recover(0)],
            begin(1),
            write(1),
            vec![
                Action::Look(0),
                Action::Send(0),
                Action::Receive(1),
                Action::Look(1),
                Action::Handle(0),
            ],
        ]
        .concat(),
    );
}

/// Cannot be promised when recovery begins again: it sends the removal a second time, while the
/// first may be adrift.
#[test]
fn a_move_that_is_begun_again_leaves_the_first_removal_adrift() {
    assert_breaks(
        &BEGUN_AGAIN,
        no_move_is_undone_unread,
        &[
            begin(0),
            vec![
                Action::Crash(0),
                Action::Recover(0),
                Action::Look(0),
                Action::Send(0),
            ],
            write(0),
            begin(1),
            write(1),
            vec![Action::HandleAdrift(0, Write::Remove)],
        ]
        .concat(),
    );
}

/// Naive: nobody knows afterwards that there was an alias.
#[test]
fn without_a_recorded_intent_a_crash_in_the_gap_loses_the_alias() {
    let model = Move {
        protocol: Protocol::WithoutIntent,
        ..RIVALS
    };
    assert_breaks(
        &model,
        the_alias_is_not_lost_for_ever,
        &[
            Action::Look(0),
            Action::Record(0),
            Action::Send(0),
            Action::Handle(0),
            Action::Crash(0),
        ],
    );
}

/// Naive: the alias is where it was, so that there seems to be nothing to recover.
#[test]
fn an_intent_that_is_closed_too_soon_loses_the_alias() {
    let model = Move {
        protocol: Protocol::ClosesAtOnce,
        ..RIVALS
    };
    assert_breaks(
        &model,
        the_alias_is_not_lost_for_ever,
        &[
            Action::Look(0),
            Action::Record(0),
            Action::Send(0),
            Action::Crash(0),
            Action::Recover(0),
            Action::Look(0),
            Action::HandleAdrift(0, Write::Remove),
        ],
    );
}

/// Naive: the alias is still there, so the removal seems lost and is sent again. The move is
/// done, so is the move back, and then the first removal is handled.
#[test]
fn a_resent_removal_loses_the_alias_after_it_was_moved_back() {
    let model = Move {
        protocol: Protocol::ResendsTheRemoval,
        ..calm(AND_BACK)
    };
    assert_breaks(
        &model,
        the_alias_is_not_lost_for_ever,
        &[
            begin(0),
            vec![Action::TimeOut(0), Action::Look(0), Action::Send(0)],
            finish(0),
            begin(1),
            finish(1),
            vec![Action::HandleAdrift(0, Write::Remove)],
        ]
        .concat(),
    );
}

/// Naive: the alias is gone, but it was the rival who removed it, and our removal is adrift.
#[test]
fn a_removal_that_a_rival_seems_to_confirm_loses_the_alias_after_it_was_put_back() {
    let model = Move {
        protocol: Protocol::TrustsTheGap,
        losses: 1,
        refusals: 1,
        crashes: 0,
        ..RIVALS
    };
    assert_breaks(
        &model,
        the_alias_is_not_lost_for_ever,
        &[
            begin(0),
            vec![Action::TimeOut(0)],
            begin(1),
            vec![
                Action::Handle(1),
                Action::Look(0),
                Action::Send(0),
                Action::Refuse(0),
                Action::Receive(0),
                Action::Look(0),
                Action::Send(0),
                Action::Handle(0),
                Action::Receive(0),
                Action::Look(0),
                Action::Receive(1),
                Action::Send(1),
                Action::Handle(1),
                Action::Receive(1),
                Action::Look(1),
            ],
            vec![Action::HandleAdrift(0, Write::Remove)],
        ]
        .concat(),
    );
}

/// Naive: the rival has been told that the alias was moved, and it is taken away again.
#[test]
fn a_move_by_force_undoes_what_a_rival_was_told() {
    let model = Move {
        protocol: Protocol::TakesByForce,
        losses: 0,
        ..calm(RIVALS)
    };
    assert_breaks(
        &model,
        a_reported_move_lasts,
        &[
            begin(1),
            begin(0),
            finish(0),
            finish(1),
            vec![Action::Send(1), Action::Handle(1)],
        ]
        .concat(),
    );
}
