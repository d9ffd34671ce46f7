//! Faults between the client and the service that a wait goes on through, and writes that surely
//! were not processed. See `lost_answers` for those that may have been.

use std::time::Duration;

use cerebras_management::{Deployment, ErrorKind, ModelVersion, Operation};
use cerebras_management_simulator::{
    Fault, FaultAction, Operation as Route, RolloutOutcome, SyncOutcome,
};

use crate::harness::{
    ARCHITECTURE, ENDPOINT, Rig, deployed_id, id_of, path_of, two_versions, wait_for,
};

/// One of each kind that says nothing about what is waited for.
fn passing() -> Vec<FaultAction> {
    let status = |status| FaultAction::Status {
        status,
        retry_after: None,
    };
    let answer = |status, content_type: &str, body: &str| FaultAction::Answer {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    };
    vec![
        status(408),
        status(429),
        status(500),
        status(503),
        answer(502, "text/html", "<html>bad gateway</html>"),
        answer(403, "text/html", "<html>a challenge</html>"),
        answer(200, "text/html", "<html>a login page</html>"),
        answer(200, "application/json", "{\"name\": 7}"),
        answer(200, "application/json", "not JSON"),
        FaultAction::Close,
        FaultAction::LoseAnswer,
        FaultAction::CutBody,
    ]
}

/// The next polls fail, each in another way.
fn beset(rig: &Rig, route: Route) {
    for action in passing() {
        rig.simulator.inject(Fault::on(route, action).once());
    }
}

async fn upload(rig: &Rig) -> Operation<ModelVersion> {
    rig.model().upload("s3://my-bucket/run-3").await.unwrap()
}

async fn deploy(rig: &Rig) -> Operation<Deployment> {
    let operation = rig.endpoint().deploy("2").unchecked();
    operation.await.unwrap()
}

/// How many polls failed.
fn failed(rig: &Rig, route: Route) -> usize {
    let journal = rig.simulator.journal();
    let polls = journal.iter().filter(|e| e.operation == Some(route));
    polls.filter(|entry| entry.fault.is_some()).count()
}

#[tokio::test]
async fn a_wait_for_an_upload_goes_on_through_every_passing_fault() {
    for (outcome, good) in [(SyncOutcome::Succeeds, true), (SyncOutcome::Fails, false)] {
        let rig = Rig::at(two_versions(), Duration::from_secs(5), Duration::MAX).await;
        rig.simulator.plan_sync(ARCHITECTURE, outcome).unwrap();
        let operation = upload(&rig).await;
        beset(&rig, Route::GetModelVersion);
        match wait_for(&operation).await {
            Ok(version) => assert_eq!((id_of(&version), good), (3, true)),
            Err(error) => assert_eq!((error.kind(), good), (ErrorKind::OperationFailed, false)),
        }
        assert_eq!(failed(&rig, Route::GetModelVersion), passing().len());
    }
}

#[tokio::test]
async fn a_wait_for_a_rollout_goes_on_through_every_passing_fault() {
    for (outcome, serves) in [
        (RolloutOutcome::Completes, 2),
        (RolloutOutcome::RollsBack { replicas: 2 }, 1),
    ] {
        let rig = Rig::at(two_versions(), Duration::from_secs(5), Duration::MAX).await;
        rig.simulator.plan_rollout(ENDPOINT, outcome).unwrap();
        let operation = deploy(&rig).await;
        beset(&rig, Route::GetEndpoint);
        match wait_for(&operation).await {
            Ok(deployment) => assert_eq!((deployed_id(&deployment), serves), (2, 2)),
            Err(error) => assert_eq!((error.kind(), serves), (ErrorKind::OperationFailed, 1)),
        }
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(serves));
        assert_eq!(failed(&rig, Route::GetEndpoint), passing().len());
    }
}

#[tokio::test]
async fn a_version_that_was_just_made_may_not_be_found_at_first() {
    let rig = Rig::start().await;
    let operation = upload(&rig).await;
    let not_found = FaultAction::Status {
        status: 404,
        retry_after: None,
    };
    let fault = Fault::on(Route::GetModelVersion, not_found).times(2);
    rig.simulator.inject(fault);
    let version = wait_for(&operation).await.unwrap();
    assert_eq!(id_of(&version), 1);
    assert_eq!(failed(&rig, Route::GetModelVersion), 2);
}

#[tokio::test]
async fn a_write_that_was_surely_not_processed_is_sent_again() {
    let rig = Rig::serving_the_first_of_two().await;
    let limited = FaultAction::Status {
        status: 429,
        retry_after: None,
    };
    for route in [Route::UpdateModelVersionAliases, Route::DeployModel] {
        rig.simulator
            .inject(Fault::on(route, limited.clone()).once());
    }
    rig.version("2").add_alias("stable").await.unwrap();
    let operation = rig.endpoint().deploy("2").await.unwrap();
    assert_eq!(deployed_id(&wait_for(&operation).await.unwrap()), 2);
    let path = format!("/management/v1/endpoints/{ENDPOINT}:deployModel");
    assert_eq!(
        rig.writes(),
        [
            format!("PATCH {} 429", path_of(2)),
            format!("PATCH {} 200", path_of(2)),
            format!("POST {path} 429"),
            format!("POST {path} 200"),
        ]
    );
    assert_eq!(rig.simulator.deployments(ENDPOINT).len(), 2);
}
