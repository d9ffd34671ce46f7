//! Syncs and rollouts that fail or stall: the wait says so, and what served goes on serving.

use std::time::Duration;

use cerebras_management::{Change, ErrorKind, Serving};
use cerebras_management_simulator::{
    Behaviour, FailedState, RolloutError, RolloutOutcome, SyncOutcome,
};
use futures_util::StreamExt;

use crate::harness::{
    ARCHITECTURE, ENDPOINT, GENEROUS, Rig, deployed_id, name_of, quick, refused, two_versions,
    wait_for,
};

#[tokio::test]
async fn a_failed_sync_is_an_error_that_passes_on_what_there_is() {
    for status in ["failed", "error", "cancelled"] {
        let rig = Rig::start().await;
        let outcome = SyncOutcome::Ends {
            status: status.to_owned(),
        };
        rig.simulator.plan_sync(ARCHITECTURE, outcome).unwrap();
        let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
        let error = refused(wait_for(&upload).await);
        assert_eq!(error.kind(), ErrorKind::OperationFailed);
        assert_eq!(
            error.to_string(),
            format!(
                "upload of {}: the sync ended as \"{status}\"; the service gives no reason: check \
                 the weights and the access to the bucket, then upload again",
                name_of(1)
            )
        );
    }
}

#[tokio::test]
async fn done_with_an_unknown_status_is_an_error_that_names_it() {
    let rig = Rig::start().await;
    let outcome = SyncOutcome::Ends {
        status: "archived".to_owned(),
    };
    rig.simulator.plan_sync(ARCHITECTURE, outcome).unwrap();
    let upload = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let error = refused(wait_for(&upload).await);
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    assert_eq!(
        error.to_string(),
        format!(
            "upload of {}: the service calls it done, with the unknown sync status \"archived\"; \
             look at the version before using it; it is not known to be good",
            name_of(1)
        )
    );
}

/// Deploys version 2 with a planned end, and gives what the wait told, and its error.
async fn told(rig: &Rig, outcome: RolloutOutcome) -> (Vec<String>, cerebras_management::Error) {
    rig.simulator.plan_rollout(ENDPOINT, outcome).unwrap();
    let operation = rig.endpoint().deploy("2").await.unwrap();
    let mut watch = operation.watch().schedule(quick()).deadline(GENEROUS);
    let mut told = Vec::new();
    loop {
        match watch.next().await.unwrap() {
            Ok(Change::Progress(progress)) => told.push(progress.to_string()),
            Ok(other) => panic!("it was to fail: {other:?}"),
            Err(error) => {
                assert!(watch.next().await.is_none(), "nothing follows an error");
                return (told, error);
            }
        }
    }
}

/// Version 1 serves, in truth, by the endpoint's list, and by what answers.
async fn the_first_version_serves(rig: &Rig) {
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    let Serving::Deployment(serving) = rig.endpoint().serving().await.unwrap() else {
        panic!("it is clear what serves");
    };
    assert_eq!(deployed_id(&serving), 1);
    let answer = rig.endpoint().chat("Who are you?").await.unwrap();
    assert_eq!(
        answer.text,
        format!("Simulated answer from {}.", name_of(1))
    );
}

#[tokio::test]
async fn a_rollout_that_rolls_back_fails_and_the_old_version_goes_on_serving() {
    let step = Duration::from_secs(15);
    let rig = Rig::at(two_versions(), step, Duration::MAX).await;
    let (told, error) = told(&rig, RolloutOutcome::RollsBack { replicas: 2 }).await;
    assert_eq!(
        told,
        ["not_started", "in_progress", "rolling_back", "rolled_back"]
    );
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    let id = &rig.simulator.deployments(ENDPOINT)[1].id;
    assert_eq!(
        error.to_string(),
        format!(
            "deployment {id} of {} to {ENDPOINT}: the rollout ended as \"rolled_back\"; look \
             at Endpoint::serving before going on",
            name_of(2)
        )
    );
    the_first_version_serves(&rig).await;
}

#[tokio::test]
async fn a_rollout_that_ends_in_an_error_fails_by_either_word() {
    for (state, word) in [
        (FailedState::Error, "error"),
        (FailedState::Failed, "failed"),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.failed_state = state;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let (told, error) = told(&rig, RolloutOutcome::Errors { replicas: 2 }).await;
        assert_eq!(told, ["not_started", "in_progress", word]);
        assert_eq!(error.kind(), ErrorKind::OperationFailed);
        the_first_version_serves(&rig).await;
    }
}

#[tokio::test]
async fn what_broke_is_passed_on_when_the_service_tells_it() {
    let mut behaviour = Behaviour::default();
    behaviour.rollout_error = RolloutError::Sent;
    let rig = Rig::with(two_versions().behaviour(behaviour)).await;
    let (_, error) = told(&rig, RolloutOutcome::Errors { replicas: 2 }).await;
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    let why = "the rollout ended as \"error\": \"Replica 3 of 4 did not become ready\"";
    assert!(error.to_string().contains(why), "{error}");
    let deployed = rig.endpoint().get().await.unwrap().deployments;
    let messages = deployed.iter().map(|d| d.error_message.as_deref());
    let told = messages.flatten().collect::<Vec<_>>();
    assert_eq!(told, ["Replica 3 of 4 did not become ready"]);
}

#[tokio::test]
async fn requests_are_answered_all_through_a_rollout_that_fails() {
    let step = Duration::from_secs(5);
    let rig = Rig::at(two_versions(), step, Duration::MAX).await;
    let outcome = RolloutOutcome::RollsBack { replicas: 2 };
    rig.simulator.plan_rollout(ENDPOINT, outcome).unwrap();
    let operation = rig.endpoint().deploy("2").await.unwrap();
    let steady = async {
        let mut answers = Vec::new();
        for _ in 0..20 {
            let answer = rig.endpoint().chat("Who are you?").await.unwrap();
            answers.push(answer.text);
        }
        answers
    };
    let (ended, answers) = tokio::join!(wait_for(&operation).into_future(), steady);
    assert_eq!(refused(ended).kind(), ErrorKind::OperationFailed);
    assert_eq!(answers.len(), 20, "each request was answered");
    the_first_version_serves(&rig).await;
}

#[tokio::test]
async fn a_rollout_that_stalls_reaches_the_deadline_which_names_its_last_state() {
    let rig = Rig::serving_the_first_of_two().await;
    let outcome = RolloutOutcome::Stalls { replicas: 1 };
    rig.simulator.plan_rollout(ENDPOINT, outcome).unwrap();
    let operation = rig.endpoint().deploy("2").await.unwrap();
    let wait = wait_for(&operation).deadline(Duration::from_secs(3));
    let error = refused(wait.await);
    assert_eq!(error.kind(), ErrorKind::Deadline);
    let id = operation.deployment_id();
    let line = error.to_string();
    let begins = format!(
        "deployment {id} of {} to {ENDPOINT}: not ended after 3.",
        name_of(2)
    );
    assert!(line.starts_with(&begins), "{line}");
    assert!(line.contains("s, last seen in_progress ("), "{line}");
    assert!(
        line.ends_with(" polls); it may still be going on: wait again, or set a later deadline"),
        "{line}"
    );
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
}

#[tokio::test]
async fn a_sync_that_stalls_reaches_the_deadline_too() {
    let rig = Rig::start().await;
    rig.simulator
        .plan_sync(ARCHITECTURE, SyncOutcome::Stalls)
        .unwrap();
    let operation = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let error = refused(wait_for(&operation).deadline(Duration::from_secs(3)).await);
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(
        error.to_string().contains("s, last seen in_progress ("),
        "{error}"
    );
}
