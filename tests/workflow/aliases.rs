//! Editing aliases: what is written, what is read back, and who else edits.

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{AliasConflict, Behaviour};

use crate::harness::{Rig, id_of, name_of, path_of, refused, two_versions};

/// The aliases of a version, in truth.
fn held(rig: &Rig, id: u64) -> Vec<String> {
    let versions = rig.simulator.versions(crate::harness::ARCHITECTURE);
    let version = versions.into_iter().find(|version| version.id == id);
    version.unwrap().aliases
}

#[tokio::test]
async fn aliases_are_set_added_and_removed_and_read_back() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    let set = version.set_aliases(["candidate", "run-2"]).await.unwrap();
    assert_eq!(set.aliases(), ["candidate", "run-2"]);
    let added = version.add_alias("stable").await.unwrap();
    assert_eq!(added.aliases(), ["candidate", "run-2", "stable"]);
    let removed = version.remove_alias("candidate").await.unwrap();
    assert_eq!(removed.aliases(), ["run-2", "stable"]);
    let none = version.set_aliases(Vec::<&str>::new()).await.unwrap();
    assert_eq!(none.aliases(), Vec::<String>::new());
    assert_eq!(held(&rig, 2), Vec::<String>::new());
    assert_eq!(rig.writes().len(), 4);
}

#[tokio::test]
async fn an_alias_given_twice_is_written_once() {
    let rig = Rig::serving_the_first_of_two().await;
    let set = rig
        .version("2")
        .set_aliases(["stable", "stable"])
        .await
        .unwrap();
    assert_eq!(set.aliases(), ["stable"]);
    assert_eq!(held(&rig, 2), ["stable"]);
}

#[tokio::test]
async fn nothing_is_sent_when_nothing_changes() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    for unchanged in [
        version.add_alias("run-2").await,
        version.remove_alias("stable").await,
        version.set_aliases(["run-2", "run-2"]).await,
    ] {
        assert_eq!(unchanged.unwrap().aliases(), ["run-2"]);
    }
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_alias_that_is_none_is_refused_before_anything_is_sent() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    for error in [
        refused(version.add_alias("Production").await),
        refused(version.remove_alias("Production").await),
        refused(version.set_aliases(["stable", "Production"]).await),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "alias \"Production\": byte 0: expected a lower-case letter, found 'P'; try \
             \"production\""
        );
    }
    assert_eq!(rig.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn an_alias_that_another_version_holds_is_refused_by_the_service() {
    for (answer, kind, line) in [
        (
            AliasConflict::Conflict,
            ErrorKind::Conflict,
            format!(
                "model version {}: conflict: \"Alias 'run-1' is already assigned to version 1\"; \
                 an alias names one version at a time: remove it from the version that holds it \
                 first (update_model_version_aliases: HTTP 409)",
                name_of(2)
            ),
        ),
        (
            AliasConflict::BadRequest,
            ErrorKind::Rejected,
            format!(
                "model version {}: the request was refused: \"Alias 'run-1' is already assigned \
                 to version 1\"; if another version holds one of the aliases, remove it there \
                 first (update_model_version_aliases: HTTP 400)",
                name_of(2)
            ),
        ),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.alias_conflict = answer;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let error = refused(rig.version("2").add_alias("run-1").await);
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string(), line);
        assert_eq!(
            (held(&rig, 1), held(&rig, 2)),
            (vec!["run-1".into()], vec!["run-2".into()])
        );
    }
}

#[tokio::test]
async fn an_alias_moves_by_leaving_one_version_before_it_comes_to_the_other() {
    let rig = Rig::serving_the_first_of_two().await;
    rig.version("1").add_alias("production").await.unwrap();
    rig.version("production")
        .remove_alias("production")
        .await
        .unwrap();
    rig.version("2").add_alias("production").await.unwrap();
    let holder = rig.version("production").get().await.unwrap();
    assert_eq!(id_of(&holder), 2);
    assert_eq!(
        rig.writes(),
        [1, 1, 2].map(|id| format!("PATCH {} 200", path_of(id)))
    );
}

#[tokio::test]
async fn an_edit_that_comes_after_ours_is_found_on_reading_back() {
    let rig = Rig::serving_the_first_of_two().await;
    let somebody = rig.somebody_else();
    // The read, the write, and then the reading back.
    rig.pace.before(3, async move {
        somebody.version("2").set_aliases(["theirs"]).await.unwrap();
    });
    let error = refused(rig.version("2").add_alias("ours").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: its aliases were written as [run-2, ours] and read back as \
             [theirs]; it may have taken effect all the same; somebody else has edited them: \
             look, and edit again (update_model_version_aliases)",
            name_of(2)
        )
    );
    assert_eq!(held(&rig, 2), ["theirs"]);
}

/// The service replaces the whole list and has no version check, so that no client can keep this
/// from happening. The docs of `Version::add_alias` say so.
#[tokio::test]
async fn an_edit_between_our_read_and_our_write_is_lost() {
    let rig = Rig::serving_the_first_of_two().await;
    let somebody = rig.somebody_else();
    rig.pace.before(2, async move {
        somebody.version("2").add_alias("theirs").await.unwrap();
    });
    let edited = rig.version("2").add_alias("ours").await.unwrap();
    assert_eq!(edited.aliases(), ["run-2", "ours"]);
    assert_eq!(held(&rig, 2), ["run-2", "ours"]);
}

#[tokio::test]
async fn aliases_are_replaced_only_if_they_are_what_was_seen() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    let seen = version.get().await.unwrap();
    let replaced = version.replace_aliases(seen.aliases(), ["candidate", "stable"]);
    assert_eq!(replaced.await.unwrap().aliases(), ["candidate", "stable"]);
    // In whatever order.
    let replaced = version.replace_aliases(["stable", "candidate"], [""; 0]);
    assert_eq!(replaced.await.unwrap().aliases(), [""; 0]);
    assert_eq!(rig.writes().len(), 2);

    let somebody = rig.somebody_else();
    somebody.version("2").set_aliases(["theirs"]).await.unwrap();
    rig.simulator.clear_journal();
    let error = refused(version.replace_aliases(["run-2"], ["ours"]).await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: its aliases are [theirs], and [run-2] were expected; nothing was \
             written: somebody else has edited them; look again",
            name_of(2)
        )
    );
    assert!(!error.may_have_happened());
    assert_eq!(rig.writes(), Vec::<String>::new());
    assert_eq!(held(&rig, 2), ["theirs"]);
}

#[tokio::test]
async fn an_idempotency_key_stays_until_it_is_named() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    version.add_alias("idem-3f9a").await.unwrap();
    let set = version.set_aliases(["stable"]).await.unwrap();
    assert_eq!(set.aliases(), ["stable", "idem-3f9a"]);
    let replaced = version.replace_aliases(["stable"], ["candidate"]).await;
    assert_eq!(replaced.unwrap().aliases(), ["candidate", "idem-3f9a"]);
    let removed = version.remove_alias("candidate").await.unwrap();
    assert_eq!(removed.aliases(), ["idem-3f9a"]);
    rig.simulator.clear_journal();
    version.set_aliases([""; 0]).await.unwrap();
    version.replace_aliases([""; 0], [""; 0]).await.unwrap();
    assert_eq!(rig.writes(), Vec::<String>::new());

    let error = refused(version.replace_aliases(["idem-0000"], ["stable"]).await);
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let replaced = version.replace_aliases(["idem-3f9a"], ["stable"]).await;
    assert_eq!(replaced.unwrap().aliases(), ["stable"]);
    version.add_alias("idem-3f9a").await.unwrap();
    let removed = version.remove_alias("idem-3f9a").await.unwrap();
    assert_eq!(removed.aliases(), ["stable"]);
}

/// Each reads what the one before has written, so that none is lost.
#[tokio::test]
async fn the_edits_of_one_client_and_its_clones_follow_one_after_another() {
    let rig = Rig::serving_the_first_of_two().await;
    let adds = (0..4).map(|n| {
        let client = rig.client.clone();
        let version = client.version(name_of(2)).unwrap();
        async move { version.add_alias(format!("alias-{n}")).await }
    });
    for added in futures_util::future::join_all(adds).await {
        added.unwrap();
    }
    assert_eq!(
        held(&rig, 2),
        ["run-2", "alias-0", "alias-1", "alias-2", "alias-3"]
    );
    let edit = ["GET", "PATCH", "GET"].map(|method| format!("{method} {} 200", path_of(2)));
    assert_eq!(rig.requests(), vec![edit; 4].concat());
}

/// A client of its own knows nothing of ours: what the last of two wrote is what is left.
#[tokio::test]
async fn the_edits_of_two_clients_do_not_wait_for_each_other() {
    let rig = Rig::serving_the_first_of_two().await;
    let somebody = rig.somebody_else();
    let (before, after) = (rig.version("2"), somebody.version("2"));
    // Between our write and our reading back.
    rig.pace.before(3, async move {
        after.add_alias("theirs").await.unwrap();
    });
    let error = refused(before.add_alias("ours").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        held(&rig, 2),
        ["run-2", "ours", "theirs"],
        "and none is lost"
    );
}
