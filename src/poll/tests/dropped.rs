//! A wait that is dropped at any moment, and begun again, comes to the same end.

use std::future::poll_fn;
use std::task::Poll as Ready;

use futures_util::StreamExt;
use futures_util::future::join;

use super::service::{Course, Ended, Fate, Fault, Service, State, Weather};
use super::*;
use crate::operation::{Change, Operation, Wait};
use crate::together::{first_of, wait_all};

/// Polls a future so many times, then drops it. None if it is not over by then.
async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Ready::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Ready::Ready(output) => Ready::Ready(Some(output)),
            Ready::Pending if left == 0 => Ready::Ready(None),
            Ready::Pending => Ready::Pending,
        }
    })
    .await
}

const REQUEST: Duration = Duration::from_millis(200);

fn course(end: State) -> Course {
    let seconds = Duration::from_secs;
    vec![
        (State::Going("queued"), seconds(3)),
        (State::Going("in_progress"), seconds(20)),
        (end, Duration::ZERO),
    ]
}

/// Two operations, and some requests that fail.
fn service() -> Arc<Service> {
    let fails = |kind| Fate::Fails(Fault::of(kind));
    let weather = Weather {
        fates: vec![
            Fate::Answered,
            fails(ErrorKind::Unavailable),
            Fate::LeavesOut(0),
            fails(ErrorKind::Decode),
        ],
        ..Weather::fair(REQUEST)
    };
    Service::new(vec![course(State::Done), course(State::Failed)], weather)
}

fn operation(service: &Arc<Service>, n: usize) -> Operation<Ended> {
    Operation::accepted(service.probe(n), "queued")
}

type Outcome = std::result::Result<Ended, ErrorKind>;

const ENDS: [Outcome; 2] = [Ok(Ended(0)), Err(ErrorKind::OperationFailed)];

fn outcome(result: Result<Ended>) -> Outcome {
    result.map_err(|error| error.kind())
}

/// A wait may be this much later than what it waits for: one interval, one request, and one
/// look at a request that nobody drives.
const LATE: Duration = Duration::from_millis(2000 + 400 + 1000);

#[track_caller]
fn assert_in_time(service: &Service, n: usize, dropped_after: usize) {
    let late = Instant::now().saturating_duration_since(service.end(n));
    assert!(late <= LATE, "{late:?} late, dropped after {dropped_after}");
}

/// For every number of polls, until it ends without being dropped.
macro_rules! for_every_number_of_polls {
    (|$times:ident| $run:expr) => {{
        let mut $times = 0;
        while $run {
            $times += 1;
            assert!($times < 10_000, "it never ends");
        }
        assert!($times > 10, "it has ended after {} polls", $times);
    }};
}

#[tokio::test(start_paused = true)]
async fn a_wait() {
    for (n, expected) in ENDS.into_iter().enumerate() {
        for_every_number_of_polls!(|times| {
            let service = service();
            let operation = operation(&service, n);
            let ended = polled(times, operation.wait()).await;
            let was_dropped = ended.is_none();
            let ended = match ended {
                Some(ended) => ended,
                None => operation.wait().await,
            };
            assert_eq!(outcome(ended), expected, "dropped after {times}");
            assert_in_time(&service, n, times);
            was_dropped
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beside_another_that_goes_on() {
    for_every_number_of_polls!(|times| {
        let service = service();
        let [good, bad] = [0, 1].map(|n| operation(&service, n));
        let dropped = async {
            let ended = polled(times, bad.wait()).await;
            let was_dropped = ended.is_none();
            let ended = match ended {
                Some(ended) => ended,
                None => bad.wait().await,
            };
            assert_eq!(outcome(ended), ENDS[1], "dropped after {times}");
            assert_in_time(&service, 1, times);
            was_dropped
        };
        let other = async {
            assert_eq!(outcome(good.wait().await), ENDS[0], "dropped after {times}");
            assert_in_time(&service, 0, times);
        };
        join(dropped, other).await.0
    });
}

#[tokio::test(start_paused = true)]
async fn a_watch() {
    // What the changes show, in the order in which the service shows it.
    let order = ["accepted", "queued", "in_progress", "done"];
    for_every_number_of_polls!(|times| {
        let service = service();
        let operation = Operation::accepted(service.probe(0), order[0]);
        let mut told = Vec::new();
        let mut tell = |change: Result<Change<Ended>>| match change.expect("no failure") {
            Change::Progress(progress) => told.push(progress),
            Change::Done(ended) => assert_eq!(ended, Ended(0)),
            Change::Stalled { .. } => panic!("it was not asked for"),
        };
        let watch = operation.watch().map(&mut tell).count();
        let was_dropped = polled(times, watch).await.is_none();
        if was_dropped {
            operation.watch().map(&mut tell).count().await;
        }
        assert_in_time(&service, 0, times);
        let mut places: Vec<_> = told
            .iter()
            .map(|progress| order.iter().position(|p| p == progress))
            .collect();
        assert_eq!(places.last(), Some(&Some(3)), "{told:?}");
        // The second one begins with what the accepting answer showed.
        if let Some(again) = places.iter().rposition(|place| *place == Some(0)) {
            places.remove(again);
        }
        assert!(places.is_sorted(), "{told:?}, dropped after {times}");
        was_dropped
    });
}

fn waits(operations: &[Operation<Ended>]) -> impl Iterator<Item = Wait<Ended>> {
    operations.iter().map(Operation::wait)
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_all() {
    for_every_number_of_polls!(|times| {
        let service = service();
        let operations = [0, 1].map(|n| operation(&service, n));
        let ended = polled(times, wait_all(waits(&operations))).await;
        let was_dropped = ended.is_none();
        let ended = match ended {
            Some(ended) => ended,
            None => wait_all(waits(&operations)).await,
        };
        let ended: Vec<_> = ended.into_iter().map(outcome).collect();
        assert_eq!(ended, ENDS, "dropped after {times}");
        assert_in_time(&service, 1, times);
        was_dropped
    });
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_first() {
    for_every_number_of_polls!(|times| {
        let service = service();
        let operations = [0, 1].map(|n| operation(&service, n));
        let first = polled(times, first_of(waits(&operations))).await;
        let was_dropped = first.is_none();
        let first = match first {
            Some(first) => first,
            None => first_of(waits(&operations)).await,
        };
        let first = first.expect("there are two");
        let index = first.index;
        assert_eq!(outcome(first.result), ENDS[index], "dropped after {times}");
        let [rest] = <[_; 1]>::try_from(first.rest).expect("the other one");
        assert_eq!(
            outcome(rest.await),
            ENDS[1 - index],
            "dropped after {times}"
        );
        assert_in_time(&service, 1 - index, times);
        was_dropped
    });
}
