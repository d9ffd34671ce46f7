//! What an upload needs, and what becomes of its aliases and its address.

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{
    AliasConflict, Behaviour, Fingerprint, TakenAlias, VersionTruth, WeightUri,
};

use crate::harness::{ARCHITECTURE, Rig, id_of, name_of, path_of, refused, two_versions, wait_for};

fn versions(rig: &Rig) -> Vec<VersionTruth> {
    rig.simulator.versions(ARCHITECTURE)
}

#[tokio::test]
async fn an_upload_needs_nothing_but_its_weights() {
    let rig = Rig::start().await;
    let operation = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let version = wait_for(&operation).await.unwrap();
    assert_eq!(version.aliases(), Vec::<String>::new());
    assert_eq!(version.fingerprint_suffix(), None);
    assert_eq!(version.weight_uri(), Some("s3://my-bucket/run-1"));
    assert_eq!(
        rig.writes(),
        ["POST /management/v1/orgs/my-org/models:upload 200"]
    );
}

#[tokio::test]
async fn an_alias_that_is_held_is_a_conflict_before_anything_is_sent() {
    let rig = Rig::serving_the_first_of_two().await;
    let upload = rig.model().upload("s3://my-bucket/run-3");
    let error = refused(upload.alias("run-3").alias("run-1").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "upload as {}: alias \"run-1\" is held by {}; nothing was sent: upload without it and \
             move it afterwards, or remove it first",
            name_of("run-1"),
            name_of(1)
        )
    );
    let list = path_of(1).replace("/versions/1", "/versions");
    assert_eq!(rig.requests(), [format!("GET {list} 200")]);
}

#[tokio::test]
async fn an_alias_that_is_taken_in_between_is_refused_with_or_without_a_version_being_made() {
    for (taken, made) in [
        (TakenAlias::RefusedBefore, 2),
        (TakenAlias::RefusedAfter, 3),
    ] {
        for (conflict, kind) in [
            (AliasConflict::Conflict, ErrorKind::Conflict),
            (AliasConflict::BadRequest, ErrorKind::Rejected),
        ] {
            let mut behaviour = Behaviour::default();
            behaviour.taken_alias = taken;
            behaviour.alias_conflict = conflict;
            let rig = Rig::with(two_versions().behaviour(behaviour)).await;
            let somebody = rig.somebody_else();
            // The look at who holds it, and then the upload.
            rig.pace.before(2, async move {
                somebody.version("2").add_alias("run-3").await.unwrap();
            });
            let upload = rig.model().upload("s3://my-bucket/run-3");
            let error = refused(upload.alias("run-3").await);
            assert_eq!(error.kind(), kind, "{taken:?}: {error}");
            assert_eq!(versions(&rig).len(), made, "{taken:?}");
            assert_eq!(versions(&rig)[1].aliases, ["run-2", "run-3"]);
        }
    }
}

#[tokio::test]
async fn unchecked_leaves_the_refusing_to_the_service() {
    let rig = Rig::serving_the_first_of_two().await;
    let upload = rig.model().upload("s3://my-bucket/run-3").unchecked();
    let error = refused(upload.alias("run-1").await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Conflict, Some(409))
    );
    assert_eq!(
        rig.requests(),
        ["POST /management/v1/orgs/my-org/models:upload 409"]
    );
}

#[tokio::test]
async fn the_address_of_the_weights_may_come_back_in_another_form() {
    for (form, uri) in [
        (WeightUri::AsGiven, "s3://my-bucket/run-1/"),
        (WeightUri::Normalised, "s3://my-bucket/run-1"),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.weight_uri = form;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let operation = rig.model().upload("s3://my-bucket/run-1/").await.unwrap();
        let version = wait_for(&operation).await.unwrap();
        assert_eq!((id_of(&version), version.weight_uri()), (3, Some(uri)));
        assert_eq!(versions(&rig)[2].weight_uri, "s3://my-bucket/run-1/");
    }
}

#[tokio::test]
async fn what_answers_may_tell_its_suffix_or_not() {
    for fingerprint in [Fingerprint::Echoed, Fingerprint::Omitted] {
        let mut behaviour = Behaviour::default();
        behaviour.fingerprint = fingerprint;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let answer = rig.endpoint().chat("Hello!").await.unwrap();
        assert_eq!(
            answer.text,
            format!("Simulated answer from {}.", name_of(1))
        );
        let said = answer.system_fingerprint.unwrap();
        let echoed = fingerprint == Fingerprint::Echoed;
        assert_eq!(said.ends_with("_run-1"), echoed, "{said}");
    }
}
