use std::time::Duration;

use cerebras_management::{Deployment, ErrorKind, Operation};
use serde_json::{Value, json};

use super::{changes, faults, timeless};
use crate::harness::operations::good_service;
use crate::harness::published::deployment;
use crate::harness::service::{Service, ok, status};
use crate::harness::{DEPLOYMENT, VERSION_1, at_once, endpoint, path, published, shown};

const OURS: &str = "deployment 550e8400-e29b-41d4-a716-446655440000 of \
                    orgs/my-org/models/gpt-oss-120b/versions/1 to my-org-gpt-oss-120b";

/// When the published deploy was queued.
const QUEUED: u64 = 1_736_700_000;

fn ours(state: &str) -> Value {
    deployment(DEPLOYMENT, 1, QUEUED, state)
}

fn before(state: &str) -> Value {
    deployment("d-before", 7, QUEUED - 60, state)
}

fn after(version: u64, state: &str) -> Value {
    deployment("d-after", version, QUEUED + 60, state)
}

/// A deployment that was queued, with what the endpoint will list, poll for poll.
async fn rollout(polls: impl IntoIterator<Item = Vec<Value>>) -> (Service, Operation<Deployment>) {
    let service = good_service().await;
    let polls = polls.into_iter().map(|list| ok(published::endpoint(&list)));
    service.in_turn("GET", path::ENDPOINT, polls);
    let deploy = endpoint(&service.client()).deploy(VERSION_1).unchecked();
    let operation = deploy.await.expect("a deployment");
    service.forget().for_each(drop);
    (service, operation)
}

#[tokio::test]
async fn it_ends_when_the_deployment_is_complete() {
    let (service, operation) = rollout([
        vec![before("complete")],
        vec![before("complete"), ours("not_started")],
        vec![before("complete"), ours("in_progress")],
        vec![before("complete"), ours("complete")],
    ])
    .await;
    let deployed = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(
        shown::deployment(&deployed),
        json!({
            "id": DEPLOYMENT,
            "endpoint": "my-org-gpt-oss-120b",
            "model": VERSION_1,
            "version": VERSION_1,
            "requested_as": "1",
            "created": QUEUED,
            "state": "complete",
            "replicas": null,
            "error_message": null,
        })
    );
    assert_eq!(service.lines(), vec![format!("GET {}", path::ENDPOINT); 4]);
}

#[tokio::test]
async fn a_watch_tells_each_change_once_and_the_end_last() {
    let replicas = |updated| {
        let mut listed = ours("in_progress");
        listed["rollout_replicas_updated"] = json!(updated);
        listed["rollout_total_replicas"] = json!(4);
        listed
    };
    let (_service, operation) = rollout([
        vec![],
        vec![ours("not_started")],
        vec![replicas(1)],
        vec![replicas(1)],
        vec![replicas(3)],
        vec![ours("an_unknown_state")],
        vec![ours("complete")],
    ])
    .await;
    assert_eq!(
        changes(&operation).await,
        [
            "not_started",
            "in_progress, 1 of 4 replicas",
            "in_progress, 3 of 4 replicas",
            "an_unknown_state",
            "complete",
            "Done",
        ]
    );
}

#[tokio::test]
async fn a_poll_that_fails_does_not_end_it() {
    for fault in faults() {
        let (service, operation) = rollout([vec![]]).await;
        let list = |state| ok(published::endpoint(&[ours(state)]));
        let polls = [list("in_progress"), fault.clone(), fault, list("complete")];
        service.in_turn("GET", path::ENDPOINT, polls);
        assert_eq!(
            changes(&operation).await,
            ["not_started", "in_progress", "complete", "Done"]
        );
        assert_eq!(service.lines().len(), 4);
    }
}

#[tokio::test]
async fn an_endpoint_that_has_gone_ends_it() {
    let (service, operation) = rollout([vec![]]).await;
    let gone = status(404, json!({"detail": "Endpoint not found"}));
    service.on("GET", path::ENDPOINT, gone);
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: not found: \"Endpoint not found\"; check the id: it is the \
         `model` of inference requests, and Org::endpoints lists them (get_endpoint: HTTP 404)"
    );
}

#[tokio::test]
async fn a_rollout_that_was_rolled_back_is_a_failure_with_its_message() {
    let mut failed = ours("rolled_back");
    failed["rollout_error_message"] = json!("the weights\ndo not load");
    let (_service, operation) = rollout([
        vec![before("complete"), ours("in_progress")],
        vec![before("complete"), ours("rolling_back")],
        vec![before("complete"), failed],
    ])
    .await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    assert_eq!(
        error.to_string(),
        format!(
            "{OURS}: the rollout ended as \"rolled_back\": \"the weights do not load\"; look \
             at Endpoint::serving before going on"
        )
    );
}

#[tokio::test]
async fn a_rollout_that_failed_without_a_message_is_told_too() {
    for state in ["rolled_back", "error", "failed"] {
        let (_service, operation) = rollout([vec![ours(state)]]).await;
        let error = operation.wait().schedule(at_once()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OperationFailed);
        assert_eq!(
            error.to_string(),
            format!(
                "{OURS}: the rollout ended as \"{state}\"; look at Endpoint::serving before \
                 going on"
            )
        );
    }
}

#[tokio::test]
async fn it_is_superseded_by_a_newer_one_that_is_complete() {
    for (list, what) in [
        (
            vec![ours("in_progress"), after(8, "complete")],
            "it is not complete, and the newer deployment d-after of \
             orgs/my-org/models/gpt-oss-120b/versions/8 took its place",
        ),
        (
            vec![after(8, "complete"), ours("complete")],
            "it was complete, and the newer deployment d-after of \
             orgs/my-org/models/gpt-oss-120b/versions/8 took its place",
        ),
        (
            vec![after(8, "complete")],
            "it is not listed, and the newer deployment d-after of \
             orgs/my-org/models/gpt-oss-120b/versions/8 took its place",
        ),
        (
            vec![after(8, "in_progress"), ours("cancelled")],
            "it was cancelled, and the newer deployment d-after of \
             orgs/my-org/models/gpt-oss-120b/versions/8 took its place",
        ),
        (
            vec![before("complete"), ours("cancelled")],
            "it was cancelled",
        ),
    ] {
        let (_service, operation) = rollout([list]).await;
        let error = operation.wait().schedule(at_once()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Superseded);
        assert_eq!(
            error.to_string(),
            format!("{OURS}: {what}; look at what serves before deploying again")
        );
    }
}

#[tokio::test]
async fn it_is_superseded_when_it_is_gone_after_having_been_listed() {
    let (_service, operation) = rollout([
        vec![before("complete"), ours("in_progress")],
        vec![before("complete")],
    ])
    .await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Superseded);
    assert_eq!(
        error.to_string(),
        format!("{OURS}: it is no longer listed; look at what serves before deploying again")
    );
}

#[tokio::test]
async fn a_newer_one_that_is_queued_does_not_end_it() {
    let (_service, operation) = rollout([
        vec![ours("in_progress"), after(8, "not_started")],
        vec![ours("complete"), after(8, "in_progress")],
    ])
    .await;
    let deployed = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(deployed.id, DEPLOYMENT);
}

#[tokio::test]
async fn it_is_pinned_to_its_deployment_whatever_else_deploys_the_version() {
    let (service, operation) = rollout([
        // An older deployment of the same version is complete, and a newer one has failed.
        vec![
            deployment("d-older", 1, QUEUED - 60, "complete"),
            after(1, "error"),
            ours("in_progress"),
        ],
        vec![
            deployment("d-older", 1, QUEUED - 60, "complete"),
            after(1, "error"),
            ours("complete"),
        ],
    ])
    .await;
    assert_eq!(operation.deployment_id(), DEPLOYMENT);
    let deployed = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(deployed.id, DEPLOYMENT);
    assert_eq!(service.lines().len(), 2);
}

#[tokio::test]
async fn an_entry_with_our_id_may_name_the_version_by_an_alias() {
    let mut by_alias = ours("complete");
    by_alias["model"] = json!("orgs/my-org/models/gpt-oss-120b/versions/production");
    let (_service, operation) = rollout([vec![before("complete"), by_alias]]).await;
    let deployed = operation.wait().schedule(at_once()).await.unwrap();
    assert_eq!(deployed.id, DEPLOYMENT);
}

#[tokio::test]
async fn which_of_two_of_the_same_second_serves_is_not_guessed() {
    let rival = deployment("d-rival", 8, QUEUED, "complete");
    let (_service, operation) = rollout([vec![ours("complete"), rival]]).await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(
        error.to_string(),
        format!(
            "{OURS}: it is complete, and so is deployment d-rival of \
             orgs/my-org/models/gpt-oss-120b/versions/8, and their dates do not tell which of \
             them serves; ask the endpoint itself what answers, or deploy again"
        )
    );
}

#[tokio::test]
async fn an_entry_with_our_id_and_another_version_is_a_failure() {
    let another = deployment(DEPLOYMENT, 2, QUEUED, "complete");
    let (_service, operation) = rollout([vec![another]]).await;
    let error = operation.wait().schedule(at_once()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    assert_eq!(
        error.to_string(),
        format!("{OURS}: the endpoint lists it as orgs/my-org/models/gpt-oss-120b/versions/2")
    );
}

#[tokio::test]
async fn the_deadline_names_the_last_state() {
    for (list, seen) in [
        (vec![], "not_started"),
        (vec![ours("warming_up")], "warming_up"),
        (vec![before("complete")], "not_started"),
    ] {
        let (_service, operation) = rollout([list]).await;
        let wait = operation.wait().schedule(at_once());
        let error = wait.deadline(Duration::from_millis(200)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(
            timeless(&error.to_string()),
            format!(
                "{OURS}: not ended after T, last seen {seen} (N polls); it may still be going on: \
                 wait again, or set a later deadline"
            )
        );
    }
}

#[tokio::test]
async fn a_wait_that_was_dropped_can_be_begun_again() {
    let (service, operation) = rollout([vec![ours("in_progress")]]).await;
    let wait = operation.wait().schedule(at_once()).into_future();
    let cut = tokio::time::timeout(Duration::from_millis(100), wait).await;
    assert!(cut.is_err());
    let complete = ok(published::endpoint(&[ours("complete")]));
    service.on("GET", path::ENDPOINT, complete);
    let wait = tokio::spawn(operation.wait().schedule(at_once()).into_future());
    assert_eq!(wait.await.unwrap().unwrap().id, DEPLOYMENT);
}

#[tokio::test]
async fn an_operation_shows_what_it_is_about_and_not_the_key() {
    let (_service, operation) = rollout([vec![]]).await;
    for shown in [
        format!("{operation:?}"),
        format!("{:?}", operation.watch()),
        format!("{:?}", operation.wait()),
    ] {
        assert!(shown.contains(OURS), "{shown}");
        assert!(!shown.contains(crate::harness::KEY), "{shown}");
    }
}
