//! What is left of a move when somebody else edits the same aliases.

use cerebras_management::{AliasNames, ErrorKind};
use cerebras_management_simulator::{AliasConflict, Behaviour, Fault, FaultAction};

use super::{
    BEFORE, MOVED, NOWHERE, PATCH, forbidden, held, left, lists, of_the_move, production_on, rig,
    three,
};
use crate::harness::{Rig, name_of, refused};

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
             as [theirs]; it may have taken effect all the same; somebody else has edited them: \
             look, and edit again (update_model_version_aliases)",
            of_the_move(),
            name_of(1)
        )
    );
    assert_eq!(left(&rig, &error), (AliasNames::Target, true, true));
    assert_eq!(error.attempts(), 1);
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
                    "{}: somebody else has moved it in the meantime: it names {} now; it may have \
                     taken effect all the same; nothing of theirs was overwritten: look, and move \
                     it from there (update_model_version_aliases)",
                    of_the_move(),
                    name_of(rival)
                )
            );
            assert!(error.may_have_happened(), "it was taken away");
            assert_eq!(error.attempts(), 1);
            let theirs: [&[&str]; 3] = [&["run-1"], &["run-2"], &["run-3", "production"]];
            let (names, expected) = match rival {
                "1" => (AliasNames::Source, BEFORE),
                _ => (AliasNames::Other(name_of(3)), theirs),
            };
            assert_eq!(left(&rig, &error), (names, false, true));
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
                 read back as {read}; it may have taken effect all the same; somebody else has \
                 edited them: look, and edit again (update_model_version_aliases)",
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
    assert_eq!(left(&rig, &error), (AliasNames::Nothing, false, true));
    assert_eq!(held(&rig), lists(NOWHERE));
}
