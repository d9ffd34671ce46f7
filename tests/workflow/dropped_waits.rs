//! A wait that is dropped at any moment, and gone on with from its handle, comes to the same end.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use cerebras_management::{
    Change, Deployment, ErrorKind, Operation, Result, Resumed, Tracked, wait_all,
};
use cerebras_management_simulator::{RolloutOutcome, SyncOutcome};
use futures_util::StreamExt;

use crate::harness::{
    ARCHITECTURE, ENDPOINT, GENEROUS, Rig, deployed_id, id_of, quick, two_versions, wait_for,
};

/// Polls a future so many times, then drops it. None if it is not over by then.
async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn rig() -> Rig {
    Rig::at(two_versions(), Duration::from_secs(40), Duration::MAX).await
}

/// The same operation, from nothing but its handle.
fn resumed(rig: &Rig, handle: &cerebras_management::Handle) -> Resumed {
    let handle = handle.to_string().parse().unwrap();
    rig.client.resume(&handle).unwrap()
}

/// How a wait ends that is dropped after so many polls and then resumed, and whether it was
/// dropped.
async fn ended<T: Tracked>(
    times: usize,
    operation: Operation<T>,
    resume: impl FnOnce(cerebras_management::Handle) -> Operation<T>,
) -> (Result<T>, bool) {
    if let Some(ended) = polled(times, wait_for(&operation)).await {
        return (ended, false);
    }
    let handle = operation.handle();
    drop(operation);
    (wait_for(&resume(handle)).await, true)
}

#[tokio::test]
async fn an_upload_comes_to_the_same_end_wherever_its_wait_is_dropped() {
    for (outcome, expected) in [
        (SyncOutcome::Succeeds, Ok(3)),
        (SyncOutcome::Fails, Err(ErrorKind::OperationFailed)),
    ] {
        let mut times = 0;
        loop {
            let rig = rig().await;
            rig.simulator
                .plan_sync(ARCHITECTURE, outcome.clone())
                .unwrap();
            let upload = rig.model().upload("s3://my-bucket/run-3").await.unwrap();
            let resume = |handle| match resumed(&rig, &handle) {
                Resumed::Upload(upload) => upload,
                Resumed::Rollout(_) => panic!("expected an upload"),
            };
            let (ended, was_dropped) = ended(times, upload, resume).await;
            let ended = ended.map(|v| id_of(&v)).map_err(|error| error.kind());
            assert_eq!(ended, expected, "dropped after {times} polls");
            if !was_dropped {
                break;
            }
            times += 1;
        }
        assert!(times > 4, "{times}");
    }
}

#[tokio::test]
async fn a_rollout_comes_to_the_same_end_wherever_its_wait_is_dropped() {
    for (outcome, expected) in [
        (RolloutOutcome::Completes, Ok(2)),
        (
            RolloutOutcome::RollsBack { replicas: 1 },
            Err(ErrorKind::OperationFailed),
        ),
    ] {
        let mut times = 0;
        loop {
            let rig = rig().await;
            rig.simulator
                .plan_rollout(ENDPOINT, outcome.clone())
                .unwrap();
            let rollout = rig.endpoint().deploy("2").await.unwrap();
            let resume = |handle| match resumed(&rig, &handle) {
                Resumed::Rollout(rollout) => rollout,
                Resumed::Upload(_) => panic!("expected a rollout"),
            };
            let (ended, was_dropped) = ended(times, rollout, resume).await;
            let ended = ended.map(|d| deployed_id(&d)).map_err(|error| error.kind());
            assert_eq!(ended, expected, "dropped after {times} polls");
            let serving = rig.simulator.serving(ENDPOINT);
            assert_eq!(serving == Some(2), expected.is_ok());
            if !was_dropped {
                break;
            }
            times += 1;
        }
        assert!(times > 4, "{times}");
    }
}

#[tokio::test]
async fn what_a_watch_tells_goes_on_wherever_it_is_dropped() {
    let order = ["not_started", "in_progress", "complete"];
    let mut times = 0;
    loop {
        let rig = rig().await;
        let rollout = rig.endpoint().deploy("2").await.unwrap();
        let mut told = Vec::new();
        let mut tell = |change: Result<Change<Deployment>>| match change.unwrap() {
            Change::Progress(progress) => {
                let progress = progress.to_string();
                told.push(order.iter().position(|p| *p == progress).unwrap());
            }
            Change::Done(deployment) => assert_eq!(deployed_id(&deployment), 2),
            other => panic!("it was not asked for: {other:?}"),
        };
        let watch = || rollout.watch().schedule(quick()).deadline(GENEROUS);
        let was_dropped = polled(times, watch().map(&mut tell).count())
            .await
            .is_none();
        if was_dropped {
            watch().map(&mut tell).count().await;
        }
        assert_eq!(told.last(), Some(&2), "{told:?}");
        // The second one begins with what the accepting answer showed.
        if let Some(again) = told.iter().rposition(|place| *place == 0) {
            told.remove(again);
        }
        let news = told.windows(2).all(|pair| pair[0] <= pair[1]);
        assert!(news, "{told:?}, dropped after {times} polls");
        if !was_dropped {
            break;
        }
        times += 1;
    }
    assert!(times > 4, "{times}");
}

#[tokio::test]
async fn waits_for_all_come_to_the_same_ends_wherever_they_are_dropped() {
    let mut times = 0;
    loop {
        let rig = rig().await;
        rig.simulator
            .plan_sync(ARCHITECTURE, SyncOutcome::Fails)
            .unwrap();
        let model = rig.model();
        let uploads = [
            model.upload("s3://my-bucket/run-3").await.unwrap(),
            model.upload("s3://my-bucket/run-4").await.unwrap(),
        ];
        let ended = polled(times, wait_all(uploads.iter().map(wait_for))).await;
        let was_dropped = ended.is_none();
        let ended = match ended {
            Some(ended) => ended,
            None => wait_all(uploads.iter().map(wait_for)).await,
        };
        let ended = ended.into_iter();
        let ended = ended.map(|end| end.map(|v| id_of(&v)).map_err(|error| error.kind()));
        let expected = [Err(ErrorKind::OperationFailed), Ok(4)];
        assert!(ended.eq(expected), "dropped after {times} polls");
        if !was_dropped {
            break;
        }
        times += 1;
    }
    assert!(times > 4, "{times}");
}
