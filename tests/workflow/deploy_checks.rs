//! What a deploy finds out before it sends anything.

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{Behaviour, Simulator, SyncOutcome, UnstartedResponse};

use crate::harness::{ARCHITECTURE, ENDPOINT, ORG, Rig, name_of, refused, synced, wait_for};

const OTHER_ENDPOINT: &str = "my-org-llama3.1-8b";

#[tokio::test]
async fn a_version_of_another_architecture_is_refused() {
    let rig = Rig::serving_the_first_of_two().await;
    let other = rig.client.endpoint(OTHER_ENDPOINT).unwrap();
    let version = rig.version("2").get().await.unwrap();
    let error = refused(other.deploy(&version).await);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        format!(
            "endpoint {OTHER_ENDPOINT}: it runs the architecture llama3.1-8b, and {} is of \
             another; nothing was sent: deploy to an endpoint of the version's architecture",
            name_of(2)
        )
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_version_that_is_not_synced_is_refused() {
    for (unstarted, said) in [
        (UnstartedResponse::Present, "its sync status is \"queued\""),
        (
            UnstartedResponse::Absent,
            "the service does not call it done",
        ),
        (UnstartedResponse::Null, "the service does not call it done"),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.unstarted_response = unstarted;
        let rig = Rig::with(Simulator::builder().behaviour(behaviour)).await;
        rig.pace.change_step(std::time::Duration::ZERO);
        let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
        let error = refused(rig.endpoint().deploy(upload.name()).await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "model version {}: it is not synced yet: {said}; nothing was sent: wait for its \
                 upload first",
                name_of(1)
            )
        );
        assert_eq!(rig.simulator.deployments(ENDPOINT), []);
    }
}

#[tokio::test]
async fn a_version_whose_sync_failed_is_refused() {
    for status in ["failed", "error", "cancelled"] {
        let rig = Rig::start().await;
        let outcome = SyncOutcome::Ends {
            status: status.to_owned(),
        };
        rig.simulator.plan_sync(ARCHITECTURE, outcome).unwrap();
        let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
        refused(wait_for(&upload).await);
        let error = refused(rig.endpoint().deploy("1").await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "model version {}: it did not sync: its sync status is \"{status}\"; nothing was \
                 sent: upload the weights again",
                name_of(1)
            )
        );
        assert_eq!(rig.simulator.deployments(ENDPOINT), []);
    }
}

#[tokio::test]
async fn a_version_that_does_not_exist_is_not_found() {
    let rig = Rig::start().await;
    for missing in ["7", "run-7"] {
        let error = refused(rig.endpoint().deploy(missing).await);
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_endpoint_that_does_not_exist_is_not_found() {
    let rig = Rig::with(Simulator::builder().version(ORG, synced("run-1"))).await;
    let nowhere = rig.client.endpoint("nowhere").unwrap();
    let error = refused(nowhere.deploy("1").await);
    assert_eq!(
        error.to_string(),
        "endpoint nowhere: not found: \"Endpoint 'nowhere' not found\"; check the id: it is the \
         `model` of inference requests, and Org::endpoints lists them (get_endpoint: HTTP 404)"
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn unchecked_leaves_the_refusing_to_the_service() {
    let rig = Rig::serving_the_first_of_two().await;
    rig.pace.change_step(std::time::Duration::ZERO);
    let other = rig.client.endpoint(OTHER_ENDPOINT).unwrap();
    let error = refused(other.deploy(name_of(2)).unchecked().await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Rejected, Some(400))
    );

    let upload = rig.model().upload("s3://my-bucket/run-3").await.unwrap();
    let error = refused(rig.endpoint().deploy(upload.name()).unchecked().await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Conflict, Some(409))
    );
    assert!(!error.may_have_happened());
}
