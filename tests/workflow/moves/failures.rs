//! What is left of a move when the service or the network fails.

use cerebras_management::{AliasNames, ErrorKind, MoveIntent};
use cerebras_management_simulator::{Fault, FaultAction, Operation as Route, RetryAfter};

use super::{
    BEFORE, MOVED, NOWHERE, PATCH, down, forbidden, held, intent, left, lists, of_the_move, rig,
};
use crate::harness::{Rig, name_of, path_of, refused};

/// What is said where a write may come late.
fn late(rig: &Rig) -> String {
    let intent = intent(rig);
    format!(", unless a write comes late: if so, go on with Client::resume_move and \"{intent}\"")
}

#[tokio::test]
async fn an_alias_that_the_target_does_not_get_is_put_back() {
    for (action, kind, what, in_doubt) in [
        (
            forbidden(),
            ErrorKind::PermissionDenied,
            "permission denied",
            false,
        ),
        (
            down(),
            ErrorKind::Unavailable,
            "the service is unavailable",
            true,
        ),
        (
            FaultAction::Close,
            ErrorKind::Transport,
            "the connection broke before an answer came",
            true,
        ),
    ] {
        let rig = rig().await;
        rig.simulator.inject(Fault::on(PATCH, action).version("2"));
        let error = refused(rig.model().move_alias("production", "2").await);
        assert_eq!((error.kind(), error.attempts()), (kind, 1));
        assert_eq!(error.may_have_happened(), in_doubt);
        let line = error.to_string();
        let (one, two) = (name_of(1), name_of(2));
        let start = format!("{}: giving it to {two} failed: {what}", of_the_move());
        assert!(line.starts_with(&start), "{line}");
        let late = if in_doubt { late(&rig) } else { String::new() };
        let state = format!("; it was put back and names {one} again{late} (");
        assert!(line.contains(&state), "{line}");
        assert_eq!(left(&rig, &error), (AliasNames::Source, in_doubt, true));
        assert_eq!(held(&rig), lists(BEFORE));
    }
}

/// The write that put it back may be adrift, whatever it looks like: the doubt stays.
#[tokio::test]
async fn a_put_back_whose_answer_is_lost_is_in_doubt() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, forbidden()).version("2"));
    let lost = Fault::on(PATCH, FaultAction::LoseAnswer).version("1");
    rig.simulator.inject(lost.after(1));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.may_have_happened());
    let line = error.to_string();
    let state = format!(
        "; it was put back and names {} again{} (",
        name_of(1),
        late(&rig)
    );
    assert!(line.contains(&state), "{line}");
    assert_eq!(left(&rig, &error), (AliasNames::Source, true, true));
    assert_eq!(held(&rig), lists(BEFORE));
    assert_eq!(rig.writes().len(), 3);
}

/// As above, when only a later look shows that it was put back.
#[tokio::test]
async fn a_put_back_that_is_seen_only_later_is_in_doubt() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, forbidden()).version("2"));
    let lost = Fault::on(PATCH, FaultAction::LoseAnswer).version("1");
    rig.simulator.inject(lost.after(1));
    // Read by its id: to put it back, and after the answer to that was lost.
    let blind = Fault::on(Route::GetModelVersion, forbidden()).version("1");
    rig.simulator.inject(blind.after(1));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert!(error.may_have_happened());
    let line = error.to_string();
    let state = format!(
        "; it was put back and names {} again{} (",
        name_of(1),
        late(&rig)
    );
    assert!(line.contains(&state), "{line}");
    assert_eq!(held(&rig), lists(BEFORE));
}

/// Between the look that found it on no version and the read of the list it goes back to.
#[tokio::test]
async fn an_alias_that_somebody_else_has_put_back_is_not_written_again() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, forbidden()).version("2"));
    let somebody = rig.somebody_else();
    // Two looks, the remove, the add, a look, and then the read to put it back.
    rig.pace.before(6, async move {
        somebody.version("1").add_alias("production").await.unwrap();
    });
    let error = refused(rig.model().move_alias("production", "2").await);
    let line = error.to_string();
    assert!(line.contains("; it was put back and names "), "{line}");
    assert!(!error.may_have_happened());
    assert_eq!(held(&rig), lists(BEFORE));
    let writes = [(1, 200), (2, 403), (1, 200)];
    let writes = writes.map(|(id, status)| format!("PATCH {} {status}", path_of(id)));
    assert_eq!(rig.writes(), writes, "the last is theirs");
}

#[tokio::test]
async fn an_alias_that_cannot_be_taken_away_stays() {
    for (action, kind, in_doubt) in [
        (down(), ErrorKind::Unavailable, true),
        (FaultAction::Close, ErrorKind::Transport, true),
        (forbidden(), ErrorKind::PermissionDenied, false),
    ] {
        let rig = rig().await;
        rig.simulator.inject(Fault::on(PATCH, action));
        let error = refused(rig.model().move_alias("production", "2").await);
        assert_eq!((error.kind(), error.may_have_happened()), (kind, in_doubt));
        assert_eq!(
            error.attempts(),
            1,
            "a removal is not sent again after silence"
        );
        let line = error.to_string();
        let one = name_of(1);
        let start = format!("{}: taking it from {one} failed: ", of_the_move());
        assert!(line.starts_with(&start), "{line}");
        let late = if in_doubt { late(&rig) } else { String::new() };
        assert!(
            line.contains(&format!("; it still names {one}{late} (")),
            "{line}"
        );
        assert_eq!(left(&rig, &error), (AliasNames::Source, in_doubt, false));
        assert_eq!(held(&rig), lists(BEFORE));
        assert_eq!(rig.writes().len(), 1);
    }
}

#[tokio::test]
async fn an_alias_that_cannot_be_put_back_names_no_version_and_the_move_can_be_finished() {
    let rig = rig().await;
    rig.simulator.inject(Fault::on(PATCH, down()).version("2"));
    rig.simulator
        .inject(Fault::on(PATCH, down()).version("1").after(1));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.may_have_happened());
    let line = error.to_string();
    let state = format!(
        "; it names no version now, and putting it back failed: the service is unavailable (HTTP \
         503); go on with Client::resume_move and \"{}\" (",
        intent(&rig)
    );
    assert!(line.contains(&state), "{line}");
    assert_eq!(left(&rig, &error), (AliasNames::Nothing, true, true));
    assert_eq!(held(&rig), lists(NOWHERE));

    rig.simulator.clear_faults();
    let intent: MoveIntent = intent(&rig).parse().unwrap();
    let moved = rig.client.resume_move(&intent).unwrap().await.unwrap();
    assert_eq!((moved.from, moved.without_alias), (None, None));
    assert_eq!(held(&rig), lists(MOVED));
}

#[tokio::test]
async fn a_state_that_cannot_be_looked_at_is_said_to_be_unknown() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, FaultAction::Close).version("2"));
    let gone = Fault::on(Route::GetModelVersion, down()).version("production");
    rig.simulator.inject(gone.after(1));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.may_have_happened());
    let line = error.to_string();
    let state = format!(
        "; which version it names now is not known, since looking failed: the service is \
         unavailable (HTTP 503); go on with Client::resume_move and \"{}\" (",
        intent(&rig)
    );
    assert!(line.contains(&state), "{line}");
    assert_eq!(left(&rig, &error), (AliasNames::Unknown, true, true));
    assert_eq!(held(&rig), lists(NOWHERE));
}

#[tokio::test]
async fn a_page_in_front_of_the_service_is_no_word_that_the_alias_names_nothing() {
    let rig = rig().await;
    let page = FaultAction::EdgePage { status: 404 };
    rig.simulator
        .inject(Fault::on(Route::GetModelVersion, page).version("production"));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_move_whose_answers_are_lost_is_done_and_in_doubt() {
    for version in ["1", "2"] {
        let rig = rig().await;
        let lost = Fault::on(PATCH, FaultAction::LoseAnswer);
        rig.simulator.inject(lost.version(version).once());
        let moved = rig.model().move_alias("production", "2").await.unwrap();
        assert_eq!(moved.version.aliases(), ["run-2", "production"]);
        assert!(moved.in_doubt);
        assert_eq!(held(&rig), lists(MOVED));
        assert_eq!(rig.writes().len(), 2);
    }
}

#[tokio::test]
async fn a_write_that_was_surely_not_processed_is_sent_again() {
    let limited = FaultAction::Status {
        status: 429,
        retry_after: None,
    };
    for version in ["1", "2"] {
        let rig = rig().await;
        let fault = Fault::on(PATCH, limited.clone()).version(version);
        rig.simulator.inject(fault.once());
        let moved = rig.model().move_alias("production", "2").await.unwrap();
        assert!(!moved.in_doubt);
        assert_eq!(held(&rig), lists(MOVED));
        assert_eq!(rig.writes().len(), 3);
    }
}

/// The alias names nothing meanwhile.
#[tokio::test]
async fn an_alias_is_put_back_rather_than_waiting_long_to_give_it_to_the_target() {
    let rig = rig().await;
    let limited = FaultAction::Status {
        status: 429,
        retry_after: Some(RetryAfter::Seconds(6)),
    };
    rig.simulator
        .inject(Fault::on(PATCH, limited).version("2").once());
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::RateLimited, 1)
    );
    let six = std::time::Duration::from_secs(6);
    assert_eq!(error.retry_after(), Some(six), "for the caller to wait");
    assert!(!error.may_have_happened());
    assert_eq!(left(&rig, &error), (AliasNames::Source, false, true));
    let gap = error.alias_move().and_then(|left| left.without_alias);
    assert!(gap < Some(six), "{gap:?}");
    assert_eq!(held(&rig), lists(BEFORE));
    let writes = [(1, 200), (2, 429), (1, 200)];
    let writes = writes.map(|(id, status)| format!("PATCH {} {status}", path_of(id)));
    assert_eq!(rig.writes(), writes);
}

#[tokio::test]
async fn a_move_that_cannot_be_read_back_is_said_to_be_written() {
    let rig = rig().await;
    let gone = Fault::on(Route::GetModelVersion, down()).version("production");
    rig.simulator.inject(gone.after(1));
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.may_have_happened());
    let line = error.to_string();
    let start = format!(
        "{}: it was written, and reading it back failed: ",
        of_the_move()
    );
    assert!(line.starts_with(&start), "{line}");
    assert!(line.contains(&intent(&rig)), "{line}");
    assert_eq!(left(&rig, &error), (AliasNames::Unknown, false, true));
    assert_eq!(held(&rig), lists(MOVED));
}
