//! What is told on the way: by a stream, and by a callback.

use std::sync::{Arc, Mutex};

use cerebras_management::{Change, Deployment, ModelVersion, Operation, Replicas, Tracked};
use cerebras_management_simulator::{
    Behaviour, DeployAnswer, DoneSignal, ReplicaCounts, Simulator, UnstartedResponse,
};
use futures_util::StreamExt;

use crate::harness::{GENEROUS, Rig, deployed_id, id_of, quick, wait_for};

/// All that a watch tells, as a person reads it; the end is the last.
async fn told<T: Tracked>(operation: &Operation<T>, end: impl Fn(&T) -> String) -> Vec<String> {
    let watch = operation.watch().schedule(quick()).deadline(GENEROUS);
    let told = watch.map(|change| match change {
        Ok(Change::Progress(progress)) => progress.to_string(),
        Ok(Change::Done(value)) => end(&value),
        Ok(other) => panic!("an unknown change: {other:?}"),
        Err(error) => format!("{:?}", error.kind()),
    });
    told.collect().await
}

async fn upload(rig: &Rig) -> Operation<ModelVersion> {
    rig.model().upload("s3://my-bucket/run-1").await.unwrap()
}

fn synced(version: &ModelVersion) -> String {
    format!("version {}", id_of(version))
}

fn complete(deployment: &Deployment) -> String {
    format!("version {} serves", deployed_id(deployment))
}

#[tokio::test]
async fn an_upload_and_a_rollout_tell_each_state_once_and_their_end_last() {
    let rig = Rig::start().await;
    let operation = upload(&rig).await;
    assert_eq!(operation.accepted_as().to_string(), "queued");
    assert_eq!(
        told(&operation, synced).await,
        ["queued", "in_progress", "done", "version 1"]
    );
    let operation = rig.endpoint().deploy("1").await.unwrap();
    assert_eq!(operation.accepted_as().to_string(), "not_started");
    assert_eq!(
        told(&operation, complete).await,
        ["not_started", "in_progress", "complete", "version 1 serves"]
    );
}

#[tokio::test]
async fn the_callback_of_a_wait_is_told_the_same_as_a_watch() {
    let rig = Rig::start().await;
    let operation = upload(&rig).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let callback = Arc::clone(&told);
    let version = wait_for(&operation)
        .on_change(move |progress| callback.lock().unwrap().push(progress.to_string()))
        .await
        .unwrap();
    assert_eq!(id_of(&version), 1);
    assert_eq!(*told.lock().unwrap(), ["queued", "in_progress", "done"]);
}

#[tokio::test]
async fn replicas_are_told_when_the_service_counts_them() {
    let mut behaviour = Behaviour::default();
    behaviour.replica_counts = ReplicaCounts::Sent;
    behaviour.deploy_answer = DeployAnswer::Full;
    let rig = Rig::with(Simulator::builder().behaviour(behaviour)).await;
    wait_for(&upload(&rig).await).await.unwrap();
    let operation = rig.endpoint().deploy("1").await.unwrap();
    assert_eq!(
        told(&operation, complete).await,
        [
            "not_started, 0 of 4 replicas",
            "in_progress, 1 of 4 replicas",
            "in_progress, 3 of 4 replicas",
            "complete, 4 of 4 replicas",
            "version 1 serves",
        ]
    );
    let replicas: Option<Replicas> = rig.endpoint().get().await.unwrap().deployments[0].replicas;
    assert_eq!(replicas.unwrap().to_string(), "4 of 4 replicas");
}

#[tokio::test]
async fn a_version_of_which_nothing_is_known_yet_is_accepted() {
    for unstarted in [UnstartedResponse::Absent, UnstartedResponse::Null] {
        let mut behaviour = Behaviour::default();
        behaviour.unstarted_response = unstarted;
        let rig = Rig::with(Simulator::builder().behaviour(behaviour)).await;
        assert_eq!(
            told(&upload(&rig).await, synced).await,
            ["accepted", "in_progress", "done", "version 1"],
            "{unstarted:?}"
        );
    }
}

#[tokio::test]
async fn done_and_the_status_may_disagree_for_a_while() {
    let step = std::time::Duration::from_secs(5);
    for (signal, expected) in [
        (
            DoneSignal::DoneFirst,
            vec![
                "queued",
                "in_progress",
                "in_progress (and yet done)",
                "done",
                "version 1",
            ],
        ),
        (
            DoneSignal::StatusFirst,
            vec!["queued", "in_progress", "done", "version 1"],
        ),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.done_signal = signal;
        let builder = Simulator::builder().behaviour(behaviour);
        let rig = Rig::at(builder, step, std::time::Duration::MAX).await;
        assert_eq!(
            told(&upload(&rig).await, synced).await,
            expected,
            "{signal:?}"
        );
    }
}

#[tokio::test]
async fn what_already_serves_tells_its_state_and_its_end_without_a_request() {
    let rig = Rig::serving_the_first_of_two().await;
    let operation = rig.endpoint().deploy("1").await.unwrap();
    let before = rig.requests();
    assert_eq!(
        told(&operation, complete).await,
        ["complete", "version 1 serves"]
    );
    assert_eq!(rig.requests(), before);
}
