//! What the service may leave out of its answers, or want in a request.

use cerebras_management::names::VersionId;
use cerebras_management::{ErrorKind, Serving};
use cerebras_management_simulator::{
    Architectures, Behaviour, DeploymentStates, RequestId, UploadRequires, VersionFields,
};

use crate::harness::{
    ARCHITECTURE, ENDPOINT, ORG, Rig, deployed_id, id_of, name_of, refused, two_versions, wait_for,
};

async fn rig(change: impl FnOnce(&mut Behaviour)) -> Rig {
    let mut behaviour = Behaviour::default();
    change(&mut behaviour);
    Rig::with(two_versions().behaviour(behaviour)).await
}

fn aliases(rig: &Rig, id: u64) -> Vec<String> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.into_iter().find(|v| v.id == id).unwrap().aliases
}

#[tokio::test]
async fn no_field_of_a_version_is_needed_to_bring_it_to_serve() {
    for fields in VersionFields::ALL {
        let rig = rig(|b| b.version_fields = *fields).await;
        let upload = rig.model().upload("s3://my-bucket/run-3");
        let operation = upload.alias("run-3").fingerprint_suffix("run-3").await;
        let version = wait_for(&operation.unwrap()).await.unwrap();
        assert_eq!(id_of(&version), 3, "{fields:?}");
        let told = (
            version.weight_uri().is_some(),
            !version.aliases().is_empty(),
            version.sync_status().is_some(),
            version.fingerprint_suffix().is_some(),
        );
        let expected = match fields {
            VersionFields::NoWeightUri => (false, true, true, true),
            VersionFields::NoAliases => (true, false, true, true),
            VersionFields::NoStatus => (true, true, false, true),
            VersionFields::NoSuffix => (true, true, true, false),
            _ => (true, true, true, true),
        };
        assert_eq!(told, expected, "{fields:?}");
        let operation = rig.endpoint().deploy("run-3").await.unwrap();
        wait_for(&operation).await.unwrap();
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(3), "{fields:?}");
    }
}

/// The service replaces the whole list: to add to one that is not known is to lose the rest.
#[tokio::test]
async fn aliases_that_are_not_told_are_not_lost() {
    let rig = rig(|b| b.version_fields = VersionFields::NoAliases).await;
    let version = rig.version("2");
    for error in [
        refused(version.add_alias("stable").await),
        refused(version.remove_alias("run-2").await),
    ] {
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.to_string(),
            format!(
                "model version {}: the service did not tell its aliases, so that a new list would \
                 lose them; nothing was written: replace the whole list with set_aliases",
                name_of(2)
            )
        );
    }
    let error = refused(version.delete().await);
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: the service did not tell its aliases, so that it may be in use; \
             nothing was deleted: look at who uses it, or say even_if_aliased",
            name_of(2)
        )
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
    assert_eq!(aliases(&rig, 2), ["run-2"]);
}

#[tokio::test]
async fn aliases_that_are_not_told_can_be_replaced_and_given_up() {
    let rig = rig(|b| b.version_fields = VersionFields::NoAliases).await;
    let version = rig.version("2");
    version.set_aliases(["stable"]).await.unwrap();
    assert_eq!(aliases(&rig, 2), ["stable"]);
    version.set_aliases([""; 0]).await.unwrap();
    assert_eq!(aliases(&rig, 2), [""; 0]);
    version.delete().even_if_aliased().await.unwrap();
    assert_eq!(rig.simulator.versions(ARCHITECTURE).len(), 1);
}

#[tokio::test]
async fn without_states_it_is_not_claimed_that_nothing_serves() {
    let rig = rig(|b| b.deployment_states = DeploymentStates::Omitted).await;
    let Serving::Unclear(tied) = rig.endpoint().serving().await.unwrap() else {
        panic!("it is said to be clear");
    };
    let ids: Vec<_> = tied.iter().map(deployed_id).collect();
    assert_eq!(ids, [1]);
    // What may serve is guarded, and is not taken to be serving already.
    let error = refused(rig.version("1").delete().even_if_aliased().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let operation = rig.endpoint().deploy("1").await.unwrap();
    assert_eq!(operation.already_serves(), None);
}

#[tokio::test]
async fn a_rollout_is_followed_to_its_end_by_whichever_states_are_told() {
    for states in [DeploymentStates::WhenStarted, DeploymentStates::WhenEnded] {
        let rig = rig(|b| b.deployment_states = states).await;
        let operation = rig.endpoint().deploy("2").await.unwrap();
        // It has no state, and does not hide what serves.
        let serving = rig.somebody_else().endpoint().serving().await.unwrap();
        assert_eq!(serving.version_id().map(VersionId::get), Some(1));
        let deployment = wait_for(&operation).await.unwrap();
        assert_eq!(deployed_id(&deployment), 2, "{states:?}");
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    }
}

#[tokio::test]
async fn architectures_in_another_shape_are_an_error_and_not_an_empty_list() {
    let rig = rig(|b| b.architectures = Architectures::Objects).await;
    let error = refused(rig.client.org(ORG).unwrap().architectures().await);
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
}

#[tokio::test]
async fn what_the_service_wants_of_an_upload_is_named_and_can_be_given() {
    for (requires, field) in [
        (UploadRequires::Aliases, "version_aliases"),
        (UploadRequires::Suffix, "system_fingerprint_suffix"),
    ] {
        let rig = rig(|b| b.upload_requires = requires).await;
        let error = refused(rig.model().upload("s3://my-bucket/run-3").await);
        assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
        assert!(!error.may_have_happened());
        let text = error.to_string();
        assert!(text.contains(field), "{text}");
        let upload = rig.model().upload("s3://my-bucket/run-3");
        let upload = upload.alias("run-3").fingerprint_suffix("run-3");
        assert_eq!(id_of(&wait_for(&upload.await.unwrap()).await.unwrap()), 3);
    }
}

#[tokio::test]
async fn an_error_names_the_request_when_the_service_does() {
    for request_id in RequestId::ALL {
        let rig = rig(|b| b.request_id = *request_id).await;
        let error = refused(rig.version("7").get().await);
        let named = *request_id != RequestId::Omitted;
        assert_eq!(error.request_id().is_some(), named, "{request_id:?}");
        let id = error.request_id().unwrap_or("no id");
        assert_eq!(error.to_string().contains(id), named, "{error}");
    }
}
