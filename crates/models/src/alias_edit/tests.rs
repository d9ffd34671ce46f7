//! What is claimed of an edit, what cannot be, and what the naive protocols break.

use super::{Action, Aliases, Change, Edit, Protocol, State, Step, Told};
use crate::checks::{assert_breaks, assert_holds, assert_possible};

/// What is held at first.
pub(super) const OLD: Aliases = 1;
const NEW: Aliases = 2;
const OTHER: Aliases = 4;

fn told(state: &State, of: usize) -> Option<Told> {
    match state.editors[of].step {
        Step::Told(told) => Some(told),
        _ => None,
    }
}

/// Both changes are about aliases of their own, so that each of them lasts.
fn no_edit_that_is_done_is_lost(edit: &Edit, state: &State) -> bool {
    [0, 1].into_iter().all(|of| {
        let lasts = edit.changes[of].of(state.held) == state.held;
        told(state, of) != Some(Told::Done) || lasts
    })
}

fn an_edit_is_lost_only_to_a_write_upon_an_unread_list(edit: &Edit, state: &State) -> bool {
    no_edit_that_is_done_is_lost(edit, state) || state.wrote_unread
}

fn a_loss_is_told_to_somebody(edit: &Edit, state: &State) -> bool {
    let both_done = [0, 1].iter().all(|of| told(state, *of) == Some(Told::Done));
    no_edit_that_is_done_is_lost(edit, state) || !both_done
}

fn a_loss_is_told_to_somebody_unless_one_read_back_early(edit: &Edit, state: &State) -> bool {
    a_loss_is_told_to_somebody(edit, state) || state.read_back_early
}

/// Whether an editor was left in doubt, or could not be told.
fn in_doubt(state: &State) -> bool {
    let doubt = [Some(Told::MayHaveHappened), Some(Told::Nothing)];
    [0, 1].iter().any(|of| doubt.contains(&told(state, *of)))
}

fn without_a_doubt_no_edit_that_is_done_is_lost(edit: &Edit, state: &State) -> bool {
    in_doubt(state) || no_edit_that_is_done_is_lost(edit, state)
}

fn no_write_of_an_edit_that_is_done_is_adrift(_: &Edit, state: &State) -> bool {
    [0, 1]
        .iter()
        .all(|of| told(state, *of) != Some(Told::Done) || state.adrift[*of] == 0)
}

const EDIT: Edit = Edit {
    protocol: Protocol::Sound,
    changes: [Change::Add(NEW), Change::Remove(OLD)],
    in_turn: false,
    losses: false,
    crashes: 0,
};
const TWO_ADD: Edit = Edit {
    changes: [Change::Add(NEW), Change::Add(OTHER)],
    ..EDIT
};

fn with_faults(edit: Edit) -> Edit {
    Edit {
        losses: true,
        crashes: 2,
        ..edit
    }
}

fn in_turn(edit: Edit) -> Edit {
    Edit {
        in_turn: true,
        ..edit
    }
}

/// Promised of edits that overlap: what is lost is lost to a write of the same moment.
#[test]
fn an_edit_is_lost_only_when_another_writes_upon_a_list_that_it_did_not_read() {
    for edit in [EDIT, TWO_ADD].map(with_faults) {
        assert_holds(
            &edit,
            &[an_edit_is_lost_only_to_a_write_upon_an_unread_list],
        );
    }
}

/// Promised of edits that overlap: when both have written before one reads back, one is told.
#[test]
fn a_loss_is_told_to_one_of_the_two_when_both_wrote_before_either_read_back() {
    for edit in [EDIT, TWO_ADD] {
        assert_holds(
            &edit,
            &[a_loss_is_told_to_somebody_unless_one_read_back_early],
        );
        assert_possible(&edit, |edit, state| {
            told(state, 0) == Some(Told::Conflict)
                && told(state, 1) == Some(Told::Done)
                && edit.changes[0].of(state.held) != state.held
        });
    }
}

/// Cannot be promised: there is no way to write only if the list is still as it was read.
#[test]
fn an_edit_may_be_lost_and_nobody_told() {
    assert_breaks(
        &EDIT,
        a_loss_is_told_to_somebody,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::Read(1),
            Action::Handle(0),
            Action::Receive(0),
            Action::ReadBack(0),
            Action::Write(1),
            Action::Handle(1),
            Action::Receive(1),
            Action::ReadBack(1),
        ],
    );
}

/// Promised of edits one after the other.
#[test]
fn edits_in_turn_lose_nothing_unless_somebody_was_told_of_a_doubt() {
    for edit in [EDIT, TWO_ADD].map(with_faults).map(in_turn) {
        assert_holds(
            &edit,
            &[
                without_a_doubt_no_edit_that_is_done_is_lost,
                no_write_of_an_edit_that_is_done_is_adrift,
            ],
        );
        assert_possible(&edit, |_, state| {
            !in_doubt(state) && told(state, 1) == Some(Told::Done)
        });
    }
}

/// Cannot be promised: what may have happened may also happen later.
#[test]
fn an_edit_in_doubt_may_undo_a_later_one() {
    assert_breaks(
        &Edit {
            crashes: 0,
            ..in_turn(with_faults(EDIT))
        },
        no_edit_that_is_done_is_lost,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Read(1),
            Action::Write(1),
            Action::Handle(1),
            Action::Receive(1),
            Action::ReadBack(1),
            Action::HandleAdrift(0),
        ],
    );
}

/// Cannot be promised: of two equal edits, one may see the other's effect and take it for its own.
#[test]
fn an_equal_edit_may_hide_that_a_write_is_adrift() {
    let edit = Edit {
        changes: [Change::Add(NEW); 2],
        ..with_faults(EDIT)
    };
    assert_breaks(
        &edit,
        no_write_of_an_edit_that_is_done_is_adrift,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::TimeOut(0),
            Action::Read(1),
            Action::Write(1),
            Action::Handle(1),
            Action::Look(0),
        ],
    );
}

/// Naive: the list is still as it was read, so the write seems lost and is sent again. Both are
/// told that all is well, one after the other, and then the first write is handled.
#[test]
fn a_resent_write_may_undo_a_later_edit_and_nobody_told() {
    let edit = Edit {
        protocol: Protocol::ResendsWhatShowsNoEffect,
        ..in_turn(with_faults(EDIT))
    };
    assert_breaks(
        &edit,
        without_a_doubt_no_edit_that_is_done_is_lost,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Write(0),
            Action::Handle(0),
            Action::Receive(0),
            Action::ReadBack(0),
            Action::Read(1),
            Action::Write(1),
            Action::Handle(1),
            Action::Receive(1),
            Action::ReadBack(1),
            Action::HandleAdrift(0),
        ],
    );
}

/// Naive: the whole list is replaced, even by one who is alone.
#[test]
fn without_reading_first_an_edit_in_turn_loses_the_other() {
    let edit = Edit {
        protocol: Protocol::WithoutReading,
        ..in_turn(TWO_ADD)
    };
    assert_breaks(
        &edit,
        without_a_doubt_no_edit_that_is_done_is_lost,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::Handle(0),
            Action::Receive(0),
            Action::ReadBack(0),
            Action::Read(1),
            Action::Write(1),
            Action::Handle(1),
        ],
    );
}

/// Naive: the answer says that the write was taken, not that it lasts.
#[test]
fn without_reading_back_a_loss_is_told_to_nobody() {
    let edit = Edit {
        protocol: Protocol::WithoutReadingBack,
        ..EDIT
    };
    assert_breaks(
        &edit,
        a_loss_is_told_to_somebody_unless_one_read_back_early,
        &[
            Action::Read(0),
            Action::Write(0),
            Action::Read(1),
            Action::Handle(0),
            Action::Receive(0),
            Action::Write(1),
            Action::Handle(1),
            Action::Receive(1),
        ],
    );
}
