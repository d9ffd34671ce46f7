//! Going on from a handle, with another client.

use cerebras_management::{Client, ErrorKind, Handle, Obtained, Resumed, RetryPolicy};

use crate::harness::{ENDPOINT, Rig, deployed_id, id_of, refused, two_versions, wait_for};

#[tokio::test]
async fn an_upload_goes_on_from_its_handle() {
    let rig = Rig::start().await;
    let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let text = upload.handle().to_string();
    assert_eq!(
        text,
        format!(
            "cbm1,upload,version=orgs/my-org/models/gpt-oss-120b/versions/1,base={}",
            rig.client.base_url()
        )
    );
    drop(upload);

    let handle: Handle = text.parse().unwrap();
    let Resumed::Upload(upload) = rig.client.resume(&handle).unwrap() else {
        panic!("expected an upload");
    };
    assert_eq!(upload.handle(), handle);
    assert_eq!(id_of(&wait_for(&upload).await.unwrap()), 1);
}

#[tokio::test]
async fn a_rollout_whose_wait_ran_out_of_time_goes_on_from_the_errors_handle() {
    let rig = Rig::start().await;
    let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    wait_for(&upload).await.unwrap();
    let rollout = rig.endpoint().deploy("1").await.unwrap();
    let error = rollout
        .wait()
        .deadline(std::time::Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);

    let handle = error.handle().unwrap().clone();
    assert_eq!(handle, rollout.handle());
    assert_eq!(handle.endpoint().unwrap().as_str(), "my-org-gpt-oss-120b");
    let Resumed::Rollout(resumed) = rig.client.resume(&handle).unwrap() else {
        panic!("expected a rollout");
    };
    assert_eq!(resumed.deployment_id(), rollout.deployment_id());
    assert_eq!(deployed_id(&wait_for(&resumed).await.unwrap()), 1);
}

#[tokio::test]
async fn a_handle_of_another_service_is_refused_and_nothing_is_sent() {
    let rig = Rig::start().await;
    let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let other = Client::builder()
        .key("csk-1")
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let error = other.resume(&upload.handle()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        format!(
            "the handle is of {}, and the client of https://api.cerebras.ai; build the client \
             with the handle's base URL, if you trust it",
            rig.client.base_url()
        )
    );
}

#[tokio::test]
async fn a_deployment_begun_elsewhere_is_tracked_by_its_id() {
    let rig = Rig::with(two_versions()).await;
    let theirs = rig.somebody_else().endpoint().deploy("2").await.unwrap();
    let tracked = rig.endpoint().track(theirs.deployment_id()).await.unwrap();
    assert_eq!(tracked.deployment_id(), theirs.deployment_id());
    assert_eq!(tracked.version(), theirs.version());
    assert_eq!(tracked.obtained(), Obtained::Found);
    assert_eq!(deployed_id(&wait_for(&tracked).await.unwrap()), 2);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
}

#[tokio::test]
async fn a_tracked_deployment_that_serves_needs_no_poll_and_one_that_failed_says_so() {
    let rig = Rig::with(two_versions()).await;
    let endpoint = rig.endpoint();
    let serves = endpoint.serving().await.unwrap();
    let serves = serves.deployment().unwrap().id.clone();
    let tracked = endpoint.track(&serves).await.unwrap();
    let before = rig.simulator.journal().len();
    assert_eq!(tracked.wait().await.unwrap().id, serves);
    assert_eq!(rig.simulator.journal().len(), before);

    rig.simulator.fail_next_rollout(ENDPOINT).unwrap();
    let failing = endpoint.deploy("2").await.unwrap();
    refused(wait_for(&failing).await);
    let tracked = endpoint.track(failing.deployment_id()).await.unwrap();
    let error = refused(wait_for(&tracked).await);
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    // The one before it is complete, and serves again.
    assert_eq!(
        endpoint.track(&serves).await.unwrap().deployment_id(),
        serves
    );
}

#[tokio::test]
async fn a_deployment_that_is_not_listed_cannot_be_tracked() {
    let rig = Rig::with(two_versions()).await;
    let error = refused(rig.endpoint().track("d-1\n").await);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        r#"endpoint my-org-gpt-oss-120b: it lists no deployment "d-1"; Endpoint::get shows what there is"#
    );
}
