//! What is claimed of an upload, what cannot be, and what the naive protocols break.

use std::collections::BTreeSet;

use super::{Action, Content, Protocol, SENDS, Service, State, Step, Told, Upload, Version};
use crate::checks::{Claim, assert_breaks, assert_holds, assert_possible};

fn at_most_one_version_is_made(_: &Upload, state: &State) -> bool {
    state.versions.len() <= 1
}

fn at_most_one_version_has_the_key(_: &Upload, state: &State) -> bool {
    let has_key = |version: &&Version| version.has_key && !version.deleted;
    state.versions.iter().filter(has_key).count() <= 1
}

fn what_is_reported_has_the_key(_: &Upload, state: &State) -> bool {
    state.uploaded().all(|(_, id)| state.versions[id].has_key)
}

fn what_is_reported_is_of_the_content_asked_for(upload: &Upload, state: &State) -> bool {
    let same = |(of, id): (usize, usize)| state.versions[id].content == upload.clients[of];
    state.uploaded().all(same)
}

fn all_are_told_of_the_same_version(_: &Upload, state: &State) -> bool {
    let ids: BTreeSet<_> = state.uploaded().map(|(_, id)| id).collect();
    ids.len() <= 1
}

fn each_is_told_of_a_version_of_its_own(_: &Upload, state: &State) -> bool {
    let ids: BTreeSet<_> = state.uploaded().map(|(_, id)| id).collect();
    ids.len() == state.uploaded().count()
}

/// Each call sends three times at most, and each crash begins another call.
fn no_more_versions_than_sends(upload: &Upload, state: &State) -> bool {
    let calls = state.clients.len() + usize::from(state.crashes);
    state.versions.len() <= usize::from(SENDS) * calls && state.crashes <= upload.crashes
}

fn a_reported_version_that_is_deleted_does_not_come_back(_: &Upload, state: &State) -> bool {
    let alive = |from: usize| {
        state.versions[from..]
            .iter()
            .any(|version| !version.deleted)
    };
    let gone = |id: usize| state.versions[id].deleted;
    state.uploaded().all(|(_, id)| !gone(id) || !alive(id))
}

const WITH_A_KEY: [Claim<Upload>; 4] = [
    at_most_one_version_has_the_key,
    what_is_reported_has_the_key,
    what_is_reported_is_of_the_content_asked_for,
    all_are_told_of_the_same_version,
];

/// One process that may crash twice.
const ONE: Upload = Upload {
    service: Service::RefusesFirst,
    protocol: Protocol::Keyed,
    clients: &[Content::Ours],
    crashes: 2,
    stale_reads: true,
    deletes: false,
};
/// The same job run twice at once, with a crash.
const TWO: Upload = Upload {
    clients: &[Content::Ours, Content::Ours],
    crashes: 1,
    ..ONE
};
/// Two uploads under one key, by mistake.
const MIXED_UP: Upload = Upload {
    clients: &[Content::Ours, Content::Other],
    ..TWO
};

/// Without a key, in a network that loses and delays and a list that is never stale.
const NO_KEY: Upload = Upload {
    protocol: Protocol::OnceWithoutKey,
    crashes: 0,
    stale_reads: false,
    ..ONE
};

fn made_then_refused(upload: Upload) -> Upload {
    Upload {
        service: Service::MakesThenRefuses,
        ..upload
    }
}

#[test]
fn with_a_key_at_most_one_version_is_made_when_a_taken_alias_is_refused_first() {
    for upload in [ONE, TWO, MIXED_UP] {
        assert_holds(&upload, &[at_most_one_version_is_made]);
        assert_holds(&upload, &WITH_A_KEY);
    }
}

#[test]
fn with_a_key_what_is_reported_is_the_one_version_that_has_it_under_both_services() {
    for upload in [ONE, TWO, MIXED_UP].map(made_then_refused) {
        assert_holds(&upload, &WITH_A_KEY);
        assert_holds(&upload, &[no_more_versions_than_sends]);
    }
}

#[test]
fn every_end_of_an_upload_with_a_key_is_come_to() {
    assert_possible(&ONE, |_, state| {
        state.crashes == 2 && state.uploaded().any(|_| state.versions.len() == 1)
    });
    assert_possible(&ONE, |upload, state| {
        in_doubt(upload, state) && state.versions.is_empty() && state.adrift.is_empty()
    });
    assert_possible(&ONE, |upload, state| {
        in_doubt(upload, state) && !state.versions.is_empty()
    });
    assert_possible(&MIXED_UP, |_, state| {
        state.clients[1].step == Step::Told(Told::Conflict)
    });
}

/// Cannot be promised: a service that makes a version before it refuses the alias leaves one
/// without the key.
#[test]
fn a_version_without_the_key_may_be_left_when_it_is_made_before_the_alias_is_refused() {
    let upload = Upload {
        crashes: 0,
        stale_reads: false,
        ..made_then_refused(ONE)
    };
    assert_breaks(&upload, at_most_one_version_is_made, &HANDLED_LATE);
}

/// Cannot be promised: nothing tells a request that is still adrift that its version was deleted.
#[test]
fn a_deleted_version_may_be_made_again_by_a_request_that_is_handled_late() {
    let upload = Upload {
        crashes: 0,
        stale_reads: false,
        deletes: true,
        ..ONE
    };
    assert_breaks(
        &upload,
        a_reported_version_that_is_deleted_does_not_come_back,
        &[
            Action::Look(0),
            Action::Send(0),
            Action::TimeOut(0),
            Action::Look(0),
            Action::Send(0),
            Action::Handle(0),
            Action::Receive(0),
            Action::Delete(0),
            Action::HandleAdrift(Content::Ours),
        ],
    );
}

/// Naive: the alias is taken for the proof, and what it names is not looked at.
#[test]
fn without_comparing_another_content_is_adopted() {
    let upload = Upload {
        protocol: Protocol::KeyedWithoutComparing,
        ..MIXED_UP
    };
    assert_breaks(
        &upload,
        what_is_reported_is_of_the_content_asked_for,
        &[
            Action::Look(0),
            Action::Send(0),
            Action::Handle(0),
            Action::Look(1),
        ],
    );
}

/// Naive: to look before sending again is not enough, since the first request may come later.
#[test]
fn without_a_key_a_resend_makes_a_second_version_however_carefully_one_looks_first() {
    let upload = Upload {
        protocol: Protocol::ResentWithoutKey,
        ..NO_KEY
    };
    assert_breaks(&upload, at_most_one_version_is_made, &HANDLED_LATE);
}

#[test]
fn without_a_key_one_call_makes_at_most_one_version_and_may_say_that_it_does_not_know() {
    assert_holds(
        &NO_KEY,
        &[
            at_most_one_version_is_made,
            what_is_reported_is_of_the_content_asked_for,
        ],
    );
    assert_possible(&NO_KEY, in_doubt);
}

/// Cannot be promised: without a key a process that starts again does not know its own upload.
#[test]
fn without_a_key_a_restart_makes_a_second_version() {
    let upload = Upload {
        crashes: 1,
        ..NO_KEY
    };
    assert_breaks(
        &upload,
        at_most_one_version_is_made,
        &[
            Action::Look(0),
            Action::Send(0),
            Action::Handle(0),
            Action::Crash(0),
            Action::Look(0),
            Action::Send(0),
            Action::Handle(0),
        ],
    );
}

/// Cannot be promised: without a key two uploads of the same content look alike.
#[test]
fn without_a_key_the_upload_of_another_may_be_adopted() {
    let upload = Upload {
        clients: TWO.clients,
        ..NO_KEY
    };
    assert_breaks(
        &upload,
        each_is_told_of_a_version_of_its_own,
        &[
            Action::Look(0),
            Action::Send(0),
            Action::LoseRequest(0),
            Action::Look(1),
            Action::Send(1),
            Action::Handle(1),
            Action::Look(0),
            Action::Receive(1),
        ],
    );
}

/// The first request is handled after the second: two versions where one was meant.
const HANDLED_LATE: [Action; 7] = [
    Action::Look(0),
    Action::Send(0),
    Action::TimeOut(0),
    Action::Look(0),
    Action::Send(0),
    Action::Handle(0),
    Action::HandleAdrift(Content::Ours),
];

fn in_doubt(_: &Upload, state: &State) -> bool {
    let doubt = Step::Told(Told::MayHaveHappened);
    state.clients.iter().any(|client| client.step == doubt)
}
