//! Many waits at once, and waits that are dropped and begun again.

use cerebras_management::{Change, ErrorKind, ModelVersion, Operation};
use cerebras_management_simulator::SyncOutcome;
use futures_util::future::{join, join_all};
use futures_util::{StreamExt, TryStreamExt};

use crate::harness::{
    ARCHITECTURE, ENDPOINT, GENEROUS, ORG, Rig, deployed_id, id_of, quick, refused, wait_for,
};

async fn uploads(rig: &Rig, count: usize) -> Vec<Operation<ModelVersion>> {
    let mut operations = Vec::new();
    for run in 1..=count {
        let uri = format!("s3://my-bucket/run-{run}");
        operations.push(rig.model().upload(uri).await.unwrap());
    }
    operations
}

#[tokio::test]
async fn many_waits_at_once_each_come_to_their_own_end() {
    let rig = Rig::start().await;
    rig.pace.change_step(std::time::Duration::from_secs(1));
    for run in 1..=30 {
        let outcome = match run % 3 {
            0 => SyncOutcome::Fails,
            _ => SyncOutcome::Succeeds,
        };
        rig.simulator.plan_sync(ARCHITECTURE, outcome).unwrap();
    }
    let operations = uploads(&rig, 30).await;
    let waits = operations.iter().map(|o| wait_for(o).into_future());
    let ended = join_all(waits).await;
    for (run, ended) in (1..).zip(ended) {
        match run % 3 {
            0 => assert_eq!(refused(ended).kind(), ErrorKind::OperationFailed),
            _ => assert_eq!(id_of(&ended.unwrap()), run),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waits_can_be_spawned() {
    let rig = Rig::start().await;
    let operations = uploads(&rig, 8).await;
    let spawned = operations
        .iter()
        .map(|o| tokio::spawn(wait_for(o).into_future()));
    let spawned: Vec<_> = spawned.collect();
    drop(operations);
    let mut ids = Vec::new();
    for wait in spawned {
        ids.push(id_of(&wait.await.unwrap().unwrap()));
    }
    assert_eq!(ids, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn uploads_and_rollouts_are_waited_for_side_by_side() {
    let rig = Rig::serving_the_first_of_two().await;
    let other = rig.client.org(ORG).unwrap().model("llama3.1-8b").unwrap();
    let upload = other.upload("s3://my-bucket/llama").await.unwrap();
    let rollout = rig.endpoint().deploy("2").await.unwrap();
    let (version, deployment) = join(
        wait_for(&upload).into_future(),
        wait_for(&rollout).into_future(),
    )
    .await;
    assert_eq!(id_of(&version.unwrap()), 1);
    assert_eq!(deployed_id(&deployment.unwrap()), 2);
}

#[tokio::test]
async fn a_wait_that_is_dropped_can_be_begun_again() {
    let rig = Rig::serving_the_first_of_two().await;
    let operation = rig.endpoint().deploy("2").await.unwrap();
    let watch = operation.watch().schedule(quick()).deadline(GENEROUS);
    let told: Vec<_> = watch.take(2).try_collect().await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|change| match change {
            Change::Progress(progress) => progress.to_string(),
            other => panic!("it has not ended: {other:?}"),
        })
        .collect();
    assert_eq!(told, ["not_started", "in_progress"]);

    let deployment = wait_for(&operation).await.unwrap();
    assert_eq!(deployed_id(&deployment), 2);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    let again = wait_for(&operation).await.unwrap();
    assert_eq!(again, deployment, "what has ended can be waited for");
}

#[tokio::test]
async fn what_goes_on_goes_on_without_anyone_waiting() {
    let rig = Rig::start().await;
    let operation = rig.model().upload("s3://my-bucket/run-1").await.unwrap();
    let requests = rig.requests().len();
    drop(operation.wait());
    rig.simulator.advance(std::time::Duration::from_secs(3600));
    assert_eq!(
        rig.requests().len(),
        requests,
        "nothing polls in the background"
    );
    assert_eq!(id_of(&wait_for(&operation).await.unwrap()), 1);
    assert_eq!(rig.requests().len(), requests + 1);
}
