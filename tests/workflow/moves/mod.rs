//! Moving an alias: what is written, and what is left when something fails on the way.

mod failures;
mod going_on;
mod plans;
mod rivals;

use cerebras_management::{AliasNames, Error, ErrorKind};
use cerebras_management_simulator::{
    Behaviour, Builder, FaultAction, Operation as Route, VersionFields,
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

/// What the error tells of what is left: what the alias names, whether a write may come late, and
/// whether it was taken away at all.
#[track_caller]
fn left(rig: &Rig, error: &Error) -> (AliasNames, bool, bool) {
    let left = error.alias_move().expect("what is left");
    assert_eq!(left.intent.to_string(), intent(rig));
    let gap = left.without_alias;
    assert_ne!(gap, Some(std::time::Duration::ZERO));
    (left.names.clone(), left.in_doubt, gap.is_some())
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
    assert_eq!(error.alias_move(), None, "nothing was begun");
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
async fn an_alias_is_not_moved_to_a_version_whose_list_is_told_as_null() {
    let mut behaviour = Behaviour::default();
    behaviour.version_fields = VersionFields::Nulls;
    let rig = Rig::with(three().behaviour(behaviour)).await;
    production_on(&rig, "1").await;
    let somebody = rig.somebody_else();
    somebody.version("2").set_aliases([""; 0]).await.unwrap();
    rig.simulator.clear_journal();
    let error = refused(rig.model().move_alias("production", "2").await);
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: the service did not tell its aliases, so that a new list would \
             lose them; nothing was written: replace the whole list with set_aliases",
            name_of(2)
        )
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
    // As the line says.
    rig.version("2").set_aliases(["run-2"]).await.unwrap();
    let moved = rig.model().move_alias("production", "2").await.unwrap();
    assert_eq!(moved.version.aliases(), ["run-2", "production"]);
    assert_eq!(held(&rig), lists(MOVED));
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
