//! Moving an alias: what is written, and what is left when something fails on the way.

use cerebras_management::{ErrorKind, MoveIntent, MoveStep};
use cerebras_management_simulator::{
    AliasConflict, Behaviour, Builder, Fault, FaultAction, Operation as Route, VersionFields,
};

use crate::harness::{
    ARCHITECTURE, ORG, Rig, id_of, name_of, path_of, refused, synced, two_versions,
};

const PATCH: Route = Route::UpdateModelVersionAliases;

fn down() -> FaultAction {
    FaultAction::Status {
        status: 503,
        retry_after: None,
    }
}

/// Version 1 serves and has `production`, version 2 is to have it, version 3 is there too.
fn three() -> Builder {
    two_versions().version(ORG, synced("run-3"))
}

async fn production_on(rig: &Rig, id: &str) {
    let somebody = rig.somebody_else();
    somebody.version(id).add_alias("production").await.unwrap();
    rig.simulator.clear_journal();
}

async fn rig() -> Rig {
    let rig = Rig::with(three()).await;
    production_on(&rig, "1").await;
    rig
}

fn forbidden() -> FaultAction {
    FaultAction::Status {
        status: 403,
        retry_after: None,
    }
}

fn held(rig: &Rig) -> [Vec<String>; 3] {
    let versions = rig.simulator.versions(ARCHITECTURE);
    let aliases: Vec<_> = versions.into_iter().map(|v| v.aliases).collect();
    aliases.try_into().unwrap()
}

fn lists(of: [&[&str]; 3]) -> [Vec<String>; 3] {
    of.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect())
}

const BEFORE: [&[&str]; 3] = [&["run-1", "production"], &["run-2"], &["run-3"]];
const MOVED: [&[&str]; 3] = [&["run-1"], &["run-2", "production"], &["run-3"]];
const NOWHERE: [&[&str]; 3] = [&["run-1"], &["run-2"], &["run-3"]];

fn intent(rig: &Rig) -> String {
    let (from, to, base) = (name_of(1), name_of(2), rig.client.base_url());
    format!("cbm1,move,alias=production,from={from},to={to},base={base}")
}

/// What is said where a write may come late.
fn late(rig: &Rig) -> String {
    let intent = intent(rig);
    format!(", unless a write comes late: if so, go on with Client::resume_move and \"{intent}\"")
}

fn of_the_move() -> String {
    let (from, to) = (name_of(1), name_of(2));
    format!("move of alias production from {from} to {to}")
}

#[tokio::test]
async fn an_alias_moves_in_two_writes_without_a_look_between_them() {
    let rig = rig().await;
    let moved = rig.model().move_alias("production", "2").await.unwrap();
    assert_eq!(moved.alias.as_str(), "production");
    assert_eq!(moved.from.unwrap().to_string(), name_of(1));
    assert_eq!(moved.to.to_string(), name_of(2));
    assert_eq!(moved.version.aliases(), ["run-2", "production"]);
    assert!(moved.without_alias.unwrap() > std::time::Duration::ZERO);
    assert!(!moved.in_doubt);
    assert_eq!(held(&rig), lists(MOVED));
    assert_eq!(
        rig.requests(),
        [
            format!("GET {} 200", path_of(2)),
            format!("GET {} 200", path_of("production")),
            format!("PATCH {} 200", path_of(1)),
            format!("PATCH {} 200", path_of(2)),
            format!("GET {} 200", path_of("production")),
            format!("GET {} 200", path_of(1)),
        ]
    );
}

#[tokio::test]
async fn the_target_may_be_named_by_an_alias() {
    let rig = rig().await;
    let moved = rig.model().move_alias("production", "run-2").await.unwrap();
    assert_eq!(moved.to.to_string(), name_of(2));
    assert_eq!(held(&rig), lists(MOVED));
}

#[tokio::test]
async fn nothing_is_written_when_the_target_has_the_alias() {
    let rig = rig().await;
    for to in ["1", "production", "run-1"] {
        let moved = rig.model().move_alias("production", to).await.unwrap();
        assert_eq!(moved.from.as_ref(), Some(&moved.to));
        assert_eq!(moved.to.to_string(), name_of(1));
        assert_eq!(moved.without_alias, None);
        assert_eq!(id_of(&moved.version), 1);
    }
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_alias_that_names_no_version_is_added() {
    let rig = Rig::with(three()).await;
    let moved = rig.model().move_alias("production", 2_u64).from(1_u64);
    let moved = moved.await.unwrap();
    assert_eq!((moved.from, moved.without_alias), (None, None));
    assert_eq!(held(&rig), lists(MOVED));
    assert_eq!(rig.writes(), [format!("PATCH {} 200", path_of(2))]);
}

#[tokio::test]
async fn an_alias_that_another_than_the_expected_version_has_is_left_there() {
    let rig = rig().await;
    let expecting = rig.model().move_alias("production", "2").from(3_u64);
    let error = refused(expecting.await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "move of alias production to {}: it names {}, and version 3 was expected; nothing was \
             written: look who has moved it, and move it from there",
            name_of(2),
            name_of(1)
        )
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
    rig.model()
        .move_alias("production", "2")
        .from(1_u64)
        .await
        .unwrap();
    assert_eq!(held(&rig), lists(MOVED));
}

#[tokio::test]
async fn a_target_that_is_not_there_is_found_out_before_anything_is_written() {
    let rig = rig().await;
    let error = refused(rig.model().move_alias("production", "7").await);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for (alias, to, from) in [
        ("Wrong", "2", "1"),
        ("production", "v1.2", "1"),
        ("production", "2", "one"),
    ] {
        let error = refused(rig.model().move_alias(alias, to).from(from).await);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(rig.writes(), Vec::<String>::new());
    assert_eq!(rig.requests().len(), 1);
}

#[tokio::test]
async fn a_plan_shows_what_is_to_be_written_and_writes_it_when_run() {
    let rig = rig().await;
    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    let (one, two) = (name_of(1), name_of(2));
    assert_eq!(
        plan.to_string(),
        format!(
            "1. remove production from {one}, which keeps [run-1]\n\
             2. add production to {two}, which then has [run-2, production]\n\
             3. read back that production names {two}"
        )
    );
    let steps = plan.steps();
    assert!(matches!(
        &steps[..],
        [
            MoveStep::Remove { .. },
            MoveStep::Add { .. },
            MoveStep::Verify { .. }
        ]
    ));
    assert_eq!(
        serde_json::to_value(&steps).unwrap(),
        serde_json::json!([
            {"step": "remove", "alias": "production", "version": one, "aliases": ["run-1"]},
            {"step": "add", "alias": "production", "version": two, "aliases": ["run-2", "production"]},
            {"step": "verify", "alias": "production", "version": two},
        ])
    );
    assert_eq!(plan.intent().to_string(), intent(&rig));
    assert_eq!(rig.writes(), Vec::<String>::new());
    let moved = plan.run().await.unwrap();
    assert_eq!(moved.version.aliases(), ["run-2", "production"]);
    assert_eq!(held(&rig), lists(MOVED));

    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    assert_eq!(
        plan.to_string(),
        format!("nothing to do: production names {two} already")
    );
    assert_eq!(plan.steps(), []);
    assert_eq!(plan.run().await.unwrap().from.unwrap().to_string(), two);
}

#[tokio::test]
async fn a_plan_is_not_run_when_the_world_is_no_longer_what_it_saw() {
    let rig = rig().await;
    for (version, aliases, now) in [
        (
            "2",
            vec!["run-2", "theirs"],
            format!(
                "production naming {} with [run-1, production], and {} with [run-2, theirs]",
                name_of(1),
                name_of(2)
            ),
        ),
        (
            "1",
            vec!["run-1"],
            format!(
                "production naming no version, and {} with [run-2, theirs]",
                name_of(2)
            ),
        ),
    ] {
        let plan = rig
            .model()
            .move_alias("production", "2")
            .plan()
            .await
            .unwrap();
        let saw = plan.steps().len();
        assert_eq!(saw, 3);
        let before = held(&rig);
        rig.somebody_else()
            .version(version)
            .set_aliases(aliases)
            .await
            .unwrap();
        let after = held(&rig);
        rig.simulator.clear_journal();
        let error = refused(plan.run().await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the plan saw production naming {} with [run-1, production], and {} with [{}], \
                 and now it is {now}; nothing was written: plan it again",
                of_the_move(),
                name_of(1),
                name_of(2),
                before[1].join(", "),
            )
        );
        assert_eq!(rig.writes(), Vec::<String>::new());
        assert_eq!(held(&rig), after);
    }
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
        assert_eq!(held(&rig), lists(BEFORE));
    }
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

/// Who has removed it is not known, so that it is not given back to where it may be removed later.
#[tokio::test]
async fn an_alias_that_is_gone_after_silence_goes_on_to_the_target() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, FaultAction::Close).version("1").once());
    let somebody = rig.somebody_else();
    // Two looks, the remove, and then the look at the list.
    rig.pace.before(4, async move {
        somebody.version("1").set_aliases(["theirs"]).await.unwrap();
    });
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: the alias has moved, but the aliases of {} were written as [run-1] and read back \
             as [theirs]; somebody else has edited them: look, and edit again",
            of_the_move(),
            name_of(1)
        )
    );
    assert_eq!(
        held(&rig),
        lists([&["theirs"], &["run-2", "production"], &["run-3"]])
    );
}

#[tokio::test]
async fn a_rival_that_takes_the_alias_in_the_gap_keeps_it() {
    for answer in [AliasConflict::Conflict, AliasConflict::BadRequest] {
        let mut behaviour = Behaviour::default();
        behaviour.alias_conflict = answer;
        for rival in ["1", "3"] {
            let rig = Rig::with(three().behaviour(behaviour)).await;
            production_on(&rig, "1").await;
            let somebody = rig.somebody_else();
            // Two looks, the remove, and then the add.
            rig.pace.before(4, async move {
                somebody
                    .version(rival)
                    .add_alias("production")
                    .await
                    .unwrap();
            });
            let error = refused(rig.model().move_alias("production", "2").await);
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert_eq!(
                error.to_string(),
                format!(
                    "{}: somebody else has moved it in the meantime: it names {} now; nothing of \
                     theirs was overwritten: look, and move it from there",
                    of_the_move(),
                    name_of(rival)
                )
            );
            assert!(!error.may_have_happened());
            let expected: [&[&str]; 3] = match rival {
                "1" => BEFORE,
                _ => [&["run-1"], &["run-2"], &["run-3", "production"]],
            };
            assert_eq!(held(&rig), lists(expected));
        }
    }
}

#[tokio::test]
async fn a_rival_that_does_the_same_move_is_no_hindrance() {
    let rig = rig().await;
    let somebody = rig.somebody_else();
    rig.pace.before(4, async move {
        somebody.version("2").add_alias("production").await.unwrap();
    });
    let moved = rig.model().move_alias("production", "2").await.unwrap();
    assert_eq!(moved.version.aliases(), ["run-2", "production"]);
    assert_eq!(held(&rig), lists(MOVED));
}

#[tokio::test]
async fn a_rival_that_takes_the_alias_while_it_is_put_back_keeps_it() {
    let rig = rig().await;
    rig.simulator
        .inject(Fault::on(PATCH, forbidden()).version("2"));
    let somebody = rig.somebody_else();
    // Two looks, the remove, the add, a look, and then the read and the write that put it back.
    rig.pace.before(7, async move {
        somebody.version("3").add_alias("production").await.unwrap();
    });
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error
            .to_string()
            .contains(&format!("it names {} now", name_of(3))),
        "{error}"
    );
    assert_eq!(
        held(&rig),
        lists([&["run-1"], &["run-2"], &["run-3", "production"]])
    );
}

#[tokio::test]
async fn an_edit_that_comes_after_ours_is_found_on_reading_back() {
    for (version, aliases, written, read) in [
        (
            "2",
            vec!["production", "theirs"],
            "[run-2, production]",
            "[production, theirs]",
        ),
        ("1", vec!["theirs"], "[run-1]", "[theirs]"),
    ] {
        let rig = rig().await;
        let somebody = rig.somebody_else();
        // Two looks, two writes, and then the reading back.
        rig.pace.before(5, async move {
            somebody
                .version(version)
                .set_aliases(aliases)
                .await
                .unwrap();
        });
        let error = refused(rig.model().move_alias("production", "2").await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the alias has moved, but the aliases of {} were written as {written} and \
                 read back as {read}; somebody else has edited them: look, and edit again",
                of_the_move(),
                name_of(version)
            )
        );
    }
}

#[tokio::test]
async fn an_alias_that_is_taken_from_the_target_at_once_is_told() {
    let rig = rig().await;
    let somebody = rig.somebody_else();
    rig.pace.before(5, async move {
        somebody.version("2").set_aliases(["run-2"]).await.unwrap();
    });
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.to_string().contains("it names no version now"),
        "{error}"
    );
    assert_eq!(held(&rig), lists(NOWHERE));
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
    assert_eq!(held(&rig), lists(MOVED));
}

#[tokio::test]
async fn a_move_goes_on_from_its_intent_when_no_version_has_the_alias() {
    for (on, writes) in [(None, 1), (Some("2"), 0)] {
        let rig = Rig::with(three()).await;
        if let Some(on) = on {
            production_on(&rig, on).await;
        }
        let intent: MoveIntent = intent(&rig).parse().unwrap();
        let resumed = rig.client.resume_move(&intent).unwrap();
        let plan = resumed.plan().await.unwrap();
        assert_eq!(plan.steps().len(), 2 * writes);
        let moved = rig.client.resume_move(&intent).unwrap().await.unwrap();
        assert_eq!(moved.to.to_string(), name_of(2));
        assert_eq!(held(&rig), lists(MOVED), "{on:?}");
        assert_eq!(rig.writes().len(), writes, "{on:?}");
    }
}

#[tokio::test]
async fn an_alias_that_a_version_has_is_not_taken_from_it_on_going_on() {
    for (on, state) in [
        (
            "1",
            ", as it did at first; nothing was written: the move had not begun, or was put back, \
             or moved back by somebody; move it again if it is still wanted",
        ),
        (
            "3",
            ", where somebody else has moved it; nothing was written: look, and move it from there",
        ),
    ] {
        let rig = Rig::with(three()).await;
        production_on(&rig, on).await;
        let intent: MoveIntent = intent(&rig).parse().unwrap();
        let error = refused(rig.client.resume_move(&intent).unwrap().await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let to = name_of(2);
        let line = format!(
            "move of alias production to {to}: it names {}{state}",
            name_of(on)
        );
        assert_eq!(error.to_string(), line);
        assert_eq!(rig.writes(), Vec::<String>::new());
        // Unless one says so.
        let again = rig.client.resume_move(&intent).unwrap().from(on);
        again.await.unwrap();
        assert_eq!(held(&rig), lists(MOVED));
    }
}

#[tokio::test]
async fn an_alias_that_was_on_no_version_is_not_taken_from_one_on_going_on() {
    let rig = Rig::with(three()).await;
    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    let intent = plan.intent().clone();
    assert_eq!(intent.from(), None);
    production_on(&rig, "3").await;
    let error = refused(rig.client.resume_move(&intent).unwrap().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let line = error.to_string();
    assert!(
        line.contains(", where somebody else has moved it"),
        "{line}"
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_move_at_another_service_is_not_gone_on_with() {
    let rig = rig().await;
    let elsewhere = intent(&rig).replace(rig.client.base_url(), "https://api.cerebras.ai");
    let error = refused(rig.client.resume_move(&elsewhere.parse().unwrap()));
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        format!(
            "the move is at https://api.cerebras.ai, and the client of {}; build the client with \
             the move's base URL, if you trust it",
            rig.client.base_url()
        )
    );
    assert_eq!(rig.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn an_alias_can_be_moved_to_a_version_whose_empty_list_is_told_as_null() {
    let mut behaviour = Behaviour::default();
    behaviour.version_fields = VersionFields::Nulls;
    let rig = Rig::with(three().behaviour(behaviour)).await;
    production_on(&rig, "1").await;
    let somebody = rig.somebody_else();
    somebody.version("2").set_aliases([""; 0]).await.unwrap();
    let moved = rig.model().move_alias("production", "2").await.unwrap();
    assert_eq!(moved.version.aliases(), ["production"]);
    assert_eq!(held(&rig), lists([&["run-1"], &["production"], &["run-3"]]));
}

#[tokio::test]
async fn an_alias_is_not_moved_where_lists_are_not_told() {
    let mut behaviour = Behaviour::default();
    behaviour.version_fields = VersionFields::NoAliases;
    let rig = Rig::with(three().behaviour(behaviour)).await;
    let error = refused(rig.model().move_alias("run-1", "2").await);
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn idempotency_keys_stay_where_they_are() {
    let rig = rig().await;
    let somebody = rig.somebody_else();
    somebody.version("1").add_alias("idem-1").await.unwrap();
    somebody.version("2").add_alias("idem-2").await.unwrap();
    rig.model().move_alias("production", "2").await.unwrap();
    let expected: [&[&str]; 3] = [
        &["run-1", "idem-1"],
        &["run-2", "idem-2", "production"],
        &["run-3"],
    ];
    assert_eq!(held(&rig), lists(expected));
}

#[tokio::test]
async fn the_moves_of_one_client_follow_one_after_another() {
    let rig = rig().await;
    let clone = rig.client.clone();
    let model = clone.org(ORG).unwrap().model(ARCHITECTURE).unwrap();
    let (first, second) = futures_util::future::join(
        rig.model().move_alias("production", "2").into_future(),
        model.move_alias("production", "3").into_future(),
    )
    .await;
    assert_eq!(first.unwrap().from.unwrap().to_string(), name_of(1));
    assert_eq!(second.unwrap().from.unwrap().to_string(), name_of(2));
    assert_eq!(
        held(&rig),
        lists([&["run-1"], &["run-2"], &["run-3", "production"]])
    );
    let ids = [1, 2, 2, 3].map(|id| format!("PATCH {} 200", path_of(id)));
    assert_eq!(rig.writes(), ids);
}
