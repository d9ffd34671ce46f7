//! Ids that are given again after a delete.

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{Behaviour, DeleteDeployed, IdReuse};

use crate::harness::{ARCHITECTURE, Rig, id_of, refused, two_versions, wait_for};

async fn reusing_ids() -> Rig {
    let mut behaviour = Behaviour::default();
    behaviour.id_reuse = IdReuse::Reused;
    behaviour.delete_deployed = DeleteDeployed::Allowed;
    Rig::with(two_versions().behaviour(behaviour)).await
}

#[tokio::test]
async fn a_version_that_is_deleted_while_it_syncs_ends_the_wait() {
    let rig = reusing_ids().await;
    let operation = rig.model().upload("s3://my-bucket/run-3").await.unwrap();
    assert_eq!(operation.name().version().to_string(), "3");
    let somebody = rig.somebody_else();
    // After the first poll, which has found it.
    rig.pace.before(2, async move {
        somebody.version("3").delete().await.unwrap();
    });
    let error = refused(wait_for(&operation).await);
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_delete_by_alias_goes_to_the_id_that_the_alias_named() {
    let rig = reusing_ids().await;
    let somebody = rig.somebody_else();
    // The look, the endpoints, the endpoint, and then the delete.
    rig.pace.before(4, async move {
        let upload = somebody.model().upload("s3://my-bucket/run-3");
        let operation = upload.await.unwrap();
        assert_eq!(operation.name().version().to_string(), "3");
        somebody.version("2").remove_alias("run-2").await.unwrap();
        somebody.version("3").add_alias("run-2").await.unwrap();
    });
    let deleted = rig
        .version("run-2")
        .delete()
        .even_if_aliased()
        .await
        .unwrap();
    assert_eq!(id_of(&deleted.version), 2);
    let left = rig.simulator.versions(ARCHITECTURE);
    let left: Vec<_> = left.iter().map(|version| version.id).collect();
    assert_eq!(left, [1, 3]);
}

/// Where a version that serves is deleted by force and its id given to other weights, the
/// endpoint's list calls the old weights by the new version's name. Nothing that the service
/// publishes tells them apart, so that `deploy` takes the new version to be serving already.
/// `redeploy` is the way out; the guard of `delete` is what keeps from getting there.
#[tokio::test]
async fn an_id_given_again_hides_what_serves_until_it_is_deployed_anew() {
    let rig = reusing_ids().await;
    rig.version("2").delete().even_if_aliased().await.unwrap();
    refused(rig.version("1").delete().even_if_aliased().await);
    let forced = rig
        .version("1")
        .delete()
        .even_if_aliased()
        .even_if_deployed();
    forced.await.unwrap();
    let upload = rig
        .model()
        .upload("s3://my-bucket/new")
        .fingerprint_suffix("new");
    let version = wait_for(&upload.await.unwrap()).await.unwrap();
    assert_eq!(id_of(&version), 1);

    let operation = rig.endpoint().deploy(&version).await.unwrap();
    assert!(operation.already_serves().is_some(), "so the list says");
    let answers = |suffix: &'static str| {
        let endpoint = rig.endpoint();
        async move {
            let answer = endpoint.chat("Who are you?").await.unwrap();
            assert!(answer.system_fingerprint.unwrap().ends_with(suffix));
        }
    };
    answers("_run-1").await;
    let operation = rig.endpoint().deploy(&version).redeploy().await.unwrap();
    wait_for(&operation).await.unwrap();
    answers("_new").await;
}
