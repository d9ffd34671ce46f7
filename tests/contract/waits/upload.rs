use std::sync::{Arc, Mutex};
use std::time::Duration;

use cerebras_management::{
    ApiKey, ErrorKind, KeyFuture, ModelVersion, Operation, RetryPolicy, Schedule,
};
use futures_util::StreamExt;
use serde_json::json;

use super::{changes, faults, timeless};
use crate::harness::operations::good_service;
use crate::harness::service::{Answer, Service, ok, status};
use crate::harness::{VERSION_1, at_once, model, path, published, version_1};

const UPLOAD: &str = "upload of orgs/my-org/models/gpt-oss-120b/versions/1";

fn version(done: bool, status: &str) -> Answer {
    ok(published::version(done, status, &[]))
}

/// An upload that was accepted as queued, with what its polls will be answered.
async fn upload(polls: impl IntoIterator<Item = Answer>) -> (Service, Operation<ModelVersion>) {
    let service = good_service().await;
    service.in_turn("GET", path::VERSION_1, polls);
    let client = service.client();
    let upload = model(&client).upload("s3://my-bucket/model-weights").await;
    service.forget().for_each(drop);
    (service, upload.expect("an upload"))
}

#[tokio::test]
async fn it_ends_when_the_weights_are_synced() {
    let (service, operation) = upload([
        version(false, "queued"),
        version(false, "in_progress"),
        version(false, "in_progress"),
        version(true, "done"),
    ])
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let wait = operation.wait().schedule(at_once());
    let wait = wait.on_change(move |progress| seeing.lock().unwrap().push(progress.to_string()));
    let synced = wait.await.unwrap();
    assert_eq!(synced.name(), VERSION_1);
    assert_eq!(synced.sync_status().unwrap().as_str(), "done");
    assert_eq!(*seen.lock().unwrap(), ["queued", "in_progress", "done"]);
    assert_eq!(service.lines(), vec![format!("GET {}", path::VERSION_1); 4]);
}

#[tokio::test]
async fn a_watch_tells_each_change_once_and_the_end_last() {
    let (_service, operation) = upload([
        version(false, "queued"),
        version(false, "in_progress"),
        version(false, "in_progress"),
        version(false, "verifying"),
        version(false, "in_progress"),
        version(true, "done"),
    ])
    .await;
    assert_eq!(
        changes(&operation).await,
        [
            "queued",
            "in_progress",
            "verifying",
            "in_progress",
            "done",
            "Done"
        ]
    );
}

#[tokio::test]
async fn a_watch_tells_an_end_that_is_none_too() {
    let (_service, operation) = upload([version(false, "failed")]).await;
    assert_eq!(
        changes(&operation).await,
        ["queued", "failed", "OperationFailed"]
    );
}

#[tokio::test]
async fn a_poll_that_fails_does_not_end_it() {
    for fault in faults() {
        let (service, operation) = upload([
            version(false, "in_progress"),
            fault.clone(),
            fault,
            version(true, "done"),
        ])
        .await;
        assert_eq!(
            changes(&operation).await,
            ["queued", "in_progress", "done", "Done"]
        );
        assert_eq!(service.lines().len(), 4);
    }
}

#[tokio::test]
async fn a_key_that_expires_in_the_middle_is_asked_for_once_more() {
    let service = good_service().await;
    let asked = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&asked);
    let rotating = move || -> KeyFuture<'static> {
        let mut asked = counted.lock().unwrap();
        *asked += 1;
        let key = format!("csk-{}", *asked);
        Box::pin(async move { Ok(ApiKey::new(key)?) })
    };
    let client = service.builder().key_provider(rotating).build().unwrap();
    let upload = model(&client).upload("s3://my-bucket/model-weights");
    let operation = upload.unchecked().await.unwrap();
    let expired = || status(401, json!({"detail": "expired"}));
    service.in_turn(
        "GET",
        path::VERSION_1,
        [
            version(false, "in_progress"),
            expired(),
            version(false, "in_progress"),
            expired(),
            version(true, "done"),
        ],
    );
    operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), 3);
    let keys = service.requests().into_iter();
    let keys = keys.map(|request| request.header("authorization").unwrap().to_owned());
    assert_eq!(
        keys.collect::<Vec<_>>(),
        ["1", "1", "1", "2", "2", "3"].map(|n| format!("Bearer csk-{n}"))
    );
}

#[tokio::test]
async fn an_error_that_waiting_cannot_mend_ends_it() {
    for (code, kind) in [
        (400, ErrorKind::Rejected),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (307, ErrorKind::Rejected),
    ] {
        let refused = status(code, json!({"detail": "gone"}));
        let (service, operation) = upload([version(false, "in_progress"), refused]).await;
        let error = operation.wait().schedule(at_once()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.status(), Some(code));
        assert_eq!(service.lines().len(), 2);
    }
}

#[tokio::test]
async fn a_version_that_has_gone_is_named() {
    let gone = status(404, json!({"detail": "Model version not found"}));
    let (_service, operation) = upload([version(false, "queued"), gone]).await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: not found: \"Model version not \
         found\" (get_model_version: HTTP 404)"
    );
}

#[tokio::test]
async fn a_version_that_is_not_found_at_first_is_waited_for() {
    let (_service, operation) = upload([
        status(404, json!({"detail": "Model version not found"})),
        version(false, "in_progress"),
        version(true, "done"),
    ])
    .await;
    assert_eq!(
        changes(&operation).await,
        ["queued", "in_progress", "done", "Done"]
    );
}

#[tokio::test]
async fn a_sync_that_failed_is_told_with_all_there_is() {
    for state in ["failed", "error", "cancelled"] {
        for done in [false, true] {
            let (_service, operation) = upload([version(done, state)]).await;
            let error = operation.wait().schedule(at_once()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OperationFailed);
            assert_eq!(
                error.to_string(),
                format!(
                    "{UPLOAD}: the sync ended as \"{state}\"; the service gives no reason: check \
                     the weights and the access to the bucket, then upload again"
                )
            );
        }
    }
}

#[tokio::test]
async fn done_with_an_unknown_status_is_no_success() {
    let (_service, operation) = upload([version(true, "archived")]).await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    assert_eq!(
        error.to_string(),
        format!(
            "{UPLOAD}: the service calls it done, with the unknown sync status \"archived\"; look \
             at the version before using it; it is not known to be good"
        )
    );
}

#[tokio::test]
async fn done_without_a_status_is_success() {
    let mut bare = published::answer("get_model_version");
    bare.as_object_mut().unwrap().remove("response");
    let (_service, operation) = upload([ok(bare)]).await;
    assert_eq!(changes(&operation).await, ["queued", "done", "Done"]);
}

#[tokio::test]
async fn an_unknown_status_is_in_progress_and_named_when_the_deadline_comes() {
    let (service, operation) = upload([version(false, "verifying")]).await;
    let wait = operation.wait().schedule(at_once());
    let error = wait.deadline(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(service.lines().len() > 1);
    assert_eq!(
        timeless(&error.to_string()),
        format!(
            "{UPLOAD}: not ended after T, last seen verifying (N polls); it may still be going on: \
             wait again, or set a later deadline"
        )
    );
}

#[tokio::test]
async fn the_deadline_carries_the_last_fault() {
    let fault = status(500, json!({"detail": "not now"}));
    let (_service, operation) = upload([version(false, "in_progress"), fault]).await;
    let wait = operation.wait().schedule(at_once());
    let error = wait.deadline(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(
        timeless(&error.to_string()),
        format!(
            "{UPLOAD}: not ended after T, last seen in_progress (N polls, and the last one failed: \
             the service is unavailable (HTTP 500)); it may still be going on: wait again, or set \
             a later deadline"
        )
    );
    let source = std::error::Error::source(&error).expect("the last fault");
    assert_eq!(
        source.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: the service is unavailable: \
         \"not now\" (get_model_version: HTTP 500)"
    );
}

#[tokio::test]
async fn patience_with_polls_that_all_fail_ends_and_each_was_one_attempt() {
    let service = good_service().await;
    let often = RetryPolicy::default().base(Duration::from_millis(1));
    let client = service.builder().retry(often).build().unwrap();
    let upload = model(&client).upload("s3://my-bucket/model-weights");
    let operation = upload.await.unwrap();
    service.on("GET", path::VERSION_1, status(500, json!({})));
    let wait = operation.wait().schedule(at_once());
    let error = wait.patience(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!((error.status(), error.attempts()), (Some(500), 1));
    assert_eq!(
        timeless(&error.to_string()),
        format!(
            "{UPLOAD}: every poll has failed for T, last seen queued: the service is unavailable; \
             it may still be going on: wait again when the service answers (get_model_version: \
             HTTP 500)"
        )
    );
}

#[tokio::test]
async fn one_odd_retry_after_does_not_put_it_to_sleep_for_long() {
    let later = status(429, json!({})).header("retry-after", "86400");
    let (_service, operation) = upload([later, version(true, "done")]).await;
    let wait = operation.wait().schedule(at_once());
    let synced = wait.patience(Duration::from_millis(100)).await.unwrap();
    assert_eq!(synced.name(), VERSION_1);
}

#[tokio::test]
async fn a_key_provider_that_fails_for_a_while_does_not_end_it() {
    let service = good_service().await;
    let asked = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&asked);
    let often_gone = move || -> KeyFuture<'static> {
        let mut asked = counted.lock().unwrap();
        *asked += 1;
        let count = *asked;
        Box::pin(async move {
            if (2..=4).contains(&count) {
                return Err("the vault is sealed".into());
            }
            Ok(ApiKey::new(format!("csk-{count}"))?)
        })
    };
    let client = service.builder().key_provider(often_gone).build().unwrap();
    let upload = model(&client).upload("s3://my-bucket/model-weights");
    let operation = upload.await.unwrap();
    let expired = status(401, json!({"detail": "expired"}));
    let polls = [
        expired.clone(),
        expired.clone(),
        expired,
        version(true, "done"),
    ];
    service.in_turn("GET", path::VERSION_1, polls);
    let synced = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(synced.name(), VERSION_1);
    assert_eq!(*asked.lock().unwrap(), 4);
}

#[tokio::test]
async fn a_watch_that_has_ended_tells_nothing_more() {
    let (service, operation) = upload([version(true, "done")]).await;
    let mut watch = operation.watch().schedule(at_once());
    while watch.next().await.is_some() {}
    assert!(watch.next().await.is_none());
    assert_eq!(service.lines().len(), 1);
}

#[tokio::test]
async fn a_watch_that_has_ended_badly_tells_nothing_more() {
    let (service, operation) = upload([version(false, "failed")]).await;
    let mut watch = operation.watch().schedule(at_once());
    while watch.next().await.is_some_and(|change| change.is_ok()) {}
    assert!(watch.next().await.is_none());
    assert!(watch.next().await.is_none());
    assert_eq!(service.lines().len(), 1);
}

#[tokio::test]
async fn a_watch_of_what_was_synced_before_tells_its_end_once() {
    let service = good_service().await;
    let operation = version_1(&service.client()).track().await.unwrap();
    let mut watch = operation.watch();
    assert_eq!(watch.by_ref().count().await, 2);
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_wait_is_a_future_to_be_spawned_as_it_is() {
    let (_service, operation) = upload([version(false, "queued"), version(true, "done")]).await;
    let wait = tokio::spawn(operation.wait().schedule(at_once()));
    drop(operation);
    assert_eq!(wait.await.unwrap().unwrap().name(), VERSION_1);
}

#[tokio::test]
async fn a_spawned_wait_keeps_its_limits() {
    let (_service, operation) = upload([version(false, "in_progress")]).await;
    let brief = Duration::from_millis(100);
    let late = tokio::spawn(operation.wait().schedule(at_once()).deadline(brief));
    let error = late.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.handle(), Some(&operation.handle()));
}

#[tokio::test]
async fn a_wait_that_lost_a_race_goes_on_where_it_was() {
    let (service, operation) = upload([version(false, "in_progress")]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let wait = operation.wait().schedule(at_once());
    let mut wait =
        wait.on_change(move |progress| seeing.lock().unwrap().push(progress.to_string()));
    for _ in 0..2 {
        let cut = tokio::time::timeout(Duration::from_millis(60), &mut wait).await;
        assert!(cut.is_err());
    }
    service.on("GET", path::VERSION_1, version(true, "done"));
    assert_eq!(wait.await.unwrap().name(), VERSION_1);
    assert_eq!(*seen.lock().unwrap(), ["queued", "in_progress", "done"]);
}

#[tokio::test]
async fn a_wait_that_was_dropped_can_be_begun_again() {
    let (service, operation) = upload([version(false, "in_progress")]).await;
    let wait = operation.wait().schedule(at_once()).into_future();
    let cut = tokio::time::timeout(Duration::from_millis(100), wait).await;
    assert!(cut.is_err());
    service.on("GET", path::VERSION_1, version(true, "done"));
    let synced = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(synced.name(), VERSION_1);
    // The one that was dropped has left nothing behind that goes on asking.
    let requests = service.lines().len();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(service.lines().len(), requests);
}

#[tokio::test]
async fn a_wait_can_be_spawned_and_several_can_run_at_once() {
    let (_service, operation) = upload([version(false, "queued"), version(true, "done")]).await;
    let waits = [(); 3].map(|()| tokio::spawn(operation.wait().schedule(at_once()).into_future()));
    drop(operation);
    for wait in waits {
        assert_eq!(wait.await.unwrap().unwrap().name(), VERSION_1);
    }
}

#[tokio::test]
async fn no_limit_of_a_wait_is_too_long() {
    let (_service, operation) = upload([version(true, "done")]).await;
    let wait = operation.wait().schedule(at_once());
    let wait = wait.deadline(Duration::MAX).patience(Duration::MAX);
    wait.await.unwrap();

    let never = Schedule::default().floor(Duration::MAX);
    let wait = operation.wait().schedule(never).deadline(Duration::MAX);
    let cut = tokio::time::timeout(Duration::from_millis(20), wait.into_future()).await;
    assert!(cut.is_err());
}

#[tokio::test]
async fn an_upload_that_was_begun_elsewhere_is_tracked_by_its_id() {
    let service = Service::start().await;
    service.on("GET", path::PRODUCTION, version(false, "in_progress"));
    service.on("GET", path::VERSION_1, version(true, "done"));
    let production = model(&service.client()).version("production").unwrap();
    let operation = production.track().await.unwrap();
    assert_eq!(operation.name().to_string(), VERSION_1);
    operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(
        service.lines(),
        [
            format!("GET {}", path::PRODUCTION),
            format!("GET {}", path::VERSION_1)
        ]
    );
}

#[tokio::test]
async fn tracking_a_version_that_is_synced_needs_no_poll() {
    let service = good_service().await;
    let operation = version_1(&service.client()).track().await.unwrap();
    assert_eq!(changes(&operation).await, ["done", "Done"]);
    assert_eq!(operation.wait().await.unwrap().name(), VERSION_1);
    assert_eq!(service.lines().len(), 1);
}
