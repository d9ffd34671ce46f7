//! Versions are named by id or by alias; what is written to is always the integer id.

use cerebras_management::names::{ModelVersionName, VersionAlias, VersionId, VersionRef};
use cerebras_management::{DeployTarget, ErrorKind};

use crate::harness::{
    ENDPOINT, GENEROUS, Rig, deployed_id, id_of, name_of, path_of, quick, refused, wait_for,
};

#[tokio::test]
async fn a_version_is_read_alike_by_id_and_by_alias() {
    let rig = Rig::serving_the_first_of_two().await;
    let by_id = rig.version("1").get().await.unwrap();
    let by_alias = rig.version("run-1").get().await.unwrap();
    assert_eq!(by_id, by_alias);
    assert_eq!(by_alias.name(), name_of(1));
    assert_eq!(
        rig.requests(),
        [
            format!("GET {} 200", path_of(1)),
            format!("GET {} 200", path_of("run-1")),
        ]
    );
}

#[tokio::test]
async fn an_alias_that_names_nothing_is_not_found() {
    let rig = Rig::serving_the_first_of_two().await;
    let error = refused(rig.version("run-9").get().await);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: not found: \"Model version 'run-9' not found\" \
             (get_model_version: HTTP 404)",
            name_of("run-9")
        )
    );
}

#[tokio::test]
async fn aliases_are_edited_by_alias_and_written_to_the_id() {
    let rig = Rig::serving_the_first_of_two().await;
    let edited = rig.version("run-2").add_alias("stable").await.unwrap();
    assert_eq!(edited.aliases(), ["run-2", "stable"]);
    assert_eq!(
        rig.requests(),
        [
            format!("GET {} 200", path_of("run-2")),
            format!("PATCH {} 200", path_of(2)),
            format!("GET {} 200", path_of(2)),
        ]
    );
}

#[tokio::test]
async fn a_version_is_deleted_by_alias_and_the_id_is_what_goes() {
    let rig = Rig::serving_the_first_of_two().await;
    let deleted = rig
        .version("run-2")
        .delete()
        .even_if_aliased()
        .await
        .unwrap();
    assert_eq!(id_of(&deleted.version), 2);
    assert_eq!(rig.writes(), [format!("DELETE {} 200", path_of(2))]);
}

#[tokio::test]
async fn an_upload_begun_elsewhere_is_tracked_by_alias() {
    let rig = Rig::start().await;
    let upload = rig.model().upload("s3://my-bucket/run-1").alias("run-1");
    drop(upload.await.unwrap());
    let operation = rig.version("run-1").track().await.unwrap();
    assert_eq!(operation.name().to_string(), name_of(1));
    let version = wait_for(&operation).await.unwrap();
    assert_eq!(id_of(&version), 1);
}

/// Everything that `deploy` takes for version 2, whose alias is `run-2`.
async fn targets(rig: &Rig) -> Vec<(&'static str, DeployTarget)> {
    let read = rig.version("2").get().await.unwrap();
    let name: ModelVersionName = name_of(2).parse().unwrap();
    let alias: VersionAlias = "run-2".parse().unwrap();
    let id: VersionId = "2".parse().unwrap();
    vec![
        ("a version", DeployTarget::try_from(&read).unwrap()),
        (
            "its name as it was sent",
            DeployTarget::try_from(read.name()).unwrap(),
        ),
        ("a name", DeployTarget::from(&name)),
        (
            "a name with an alias",
            DeployTarget::try_from(name_of("run-2")).unwrap(),
        ),
        ("a resource", DeployTarget::from(&rig.version("2"))),
        (
            "a resource by alias",
            DeployTarget::from(&rig.version("run-2")),
        ),
        ("an id", DeployTarget::from(id)),
        ("an id as text", DeployTarget::try_from("2").unwrap()),
        ("an alias", DeployTarget::from(alias)),
        ("an alias as text", DeployTarget::try_from("run-2").unwrap()),
        ("a reference", DeployTarget::from(VersionRef::from(id))),
    ]
}

#[tokio::test]
async fn whatever_names_a_version_the_same_id_is_deployed() {
    let rig = Rig::serving_the_first_of_two().await;
    for (what, target) in targets(&rig).await {
        for checked in [true, false] {
            let deploy = rig.endpoint().deploy(target.clone()).redeploy();
            let deploy = if checked { deploy } else { deploy.unchecked() };
            let operation = deploy.await.unwrap();
            assert_eq!(operation.version().to_string(), name_of(2), "{what}");
            let deployment = wait_for(&operation).await.unwrap();
            // The service shows the reference that it was given.
            assert_eq!(deployment.requested_as.as_deref(), Some("2"), "{what}");
            assert_eq!(deployed_id(&deployment), 2, "{what}");
        }
    }
}

#[tokio::test]
async fn an_alias_that_moves_is_looked_up_once() {
    let rig = Rig::serving_the_first_of_two().await;
    rig.version("1")
        .set_aliases(Vec::<&str>::new())
        .await
        .unwrap();
    rig.version("2").add_alias("production").await.unwrap();
    // Before the third request of the deploy, which is the deploy itself, the alias moves.
    let somebody = rig.somebody_else();
    rig.pace.before(3, async move {
        somebody
            .version("2")
            .remove_alias("production")
            .await
            .unwrap();
        somebody.version("1").add_alias("production").await.unwrap();
    });
    let operation = rig.endpoint().deploy("production").await.unwrap();
    assert_eq!(operation.version().to_string(), name_of(2));
    let deployment = wait_for(&operation).await.unwrap();
    assert_eq!(deployed_id(&deployment), 2);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    let holder = rig.version("production").get().await.unwrap();
    assert_eq!(id_of(&holder), 1, "the alias did move");
}

#[tokio::test]
async fn what_serves_already_is_not_deployed_again_unless_told_to() {
    let rig = Rig::serving_the_first_of_two().await;
    let operation = rig.endpoint().deploy("run-1").await.unwrap();
    let serving = rig.endpoint().get().await.unwrap().deployments;
    assert_eq!(operation.already_serves(), Some(&serving[0]));
    let deployment = operation.wait().deadline(GENEROUS).await.unwrap();
    assert_eq!(deployment, serving[0]);
    assert_eq!(rig.writes(), Vec::<String>::new());

    let operation = rig.endpoint().deploy("run-1").redeploy().await.unwrap();
    assert_eq!(operation.already_serves(), None);
    let deployment = wait_for(&operation).await.unwrap();
    assert_ne!(deployment.id, serving[0].id);
    let path = format!("/management/v1/endpoints/{ENDPOINT}:deployModel");
    assert_eq!(rig.writes(), [format!("POST {path} 200")]);
}

#[tokio::test]
async fn what_serves_is_deployed_again_when_another_rollout_would_replace_it() {
    let rig = Rig::serving_the_first_of_two().await;
    let away = rig.endpoint().deploy("2").await.unwrap();
    let back = rig.endpoint().deploy("1").await.unwrap();
    assert_eq!(back.already_serves(), None);
    let first = away.wait().schedule(quick()).deadline(GENEROUS);
    assert_eq!(deployed_id(&first.await.unwrap()), 2);
    assert_eq!(deployed_id(&wait_for(&back).await.unwrap()), 1);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
}

#[tokio::test]
async fn unchecked_sends_the_deploy_and_nothing_else() {
    let rig = Rig::serving_the_first_of_two().await;
    let path = format!("/management/v1/endpoints/{ENDPOINT}");
    let deploy = rig.endpoint().deploy(name_of(1)).unchecked();
    assert_eq!(deploy.await.unwrap().already_serves(), None);
    assert_eq!(rig.requests(), [format!("POST {path}:deployModel 200")]);
}
