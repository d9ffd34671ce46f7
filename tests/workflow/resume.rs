//! Going on from a handle, with another client.

use cerebras_management::{Client, ErrorKind, Handle, Resumed, RetryPolicy};

use crate::harness::{Rig, deployed_id, id_of, wait_for};

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
