//! The loop on a paused clock: no time passes but what the test lets pass.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::*;

mod dropped;
mod many;
mod news;
mod random;
mod service;
mod shared;

type Seen = Look<&'static str, u32>;
enum Script {
    See(fn() -> Seen),
    Fail(fn() -> Error),
    Hang,
}

struct Scripted {
    feed: Arc<Feed<()>>,
    script: Arc<Mutex<VecDeque<Script>>>,
    looks: Arc<Mutex<Vec<Instant>>>,
}

impl Probe for Scripted {
    type Progress = &'static str;
    type Output = u32;
    type View = ();

    fn feed(&self) -> Arc<Feed<()>> {
        Arc::clone(&self.feed)
    }

    fn read(&self) -> Read<()> {
        unreachable!("it is the only one")
    }

    fn see(&mut self, (): &()) -> Option<Seen> {
        None
    }

    async fn look(&mut self) -> Result<Seen> {
        self.looks.lock().expect("a lock").push(Instant::now());
        let next = self.script.lock().expect("a lock").pop_front();
        match next.expect("a look that the script does not foresee") {
            Script::See(see) => Ok(see()),
            Script::Fail(fail) => Err(fail()),
            Script::Hang => std::future::pending().await,
        }
    }

    fn subject(&self) -> String {
        "upload of x".to_owned()
    }
}

impl View for () {}

fn limits() -> Limits {
    Limits {
        schedule: Schedule::default(),
        deadline: Duration::from_secs(3600),
        patience: Duration::from_secs(600),
        stall_after: None,
    }
}

fn poll(script: Vec<Script>, limits: Limits) -> (Poll<Scripted>, Arc<Mutex<Vec<Instant>>>) {
    let looks = Arc::default();
    let probe = Scripted {
        feed: Arc::new(Feed::new(Duration::from_secs(60))),
        script: Arc::new(Mutex::new(script.into())),
        looks: Arc::clone(&looks),
    };
    (
        Poll::new(probe, limits, "queued", Some(Instant::now())),
        looks,
    )
}

async fn all(
    poll: &mut Poll<Scripted>,
) -> Vec<std::result::Result<Step<&'static str, u32>, String>> {
    let mut told = Vec::new();
    while !matches!(told.last(), Some(Ok(Step::Done(_)) | Err(_))) {
        told.push(poll.step().await.map_err(|error| error.to_string()));
    }
    told
}

fn going() -> Seen {
    Look::Going("in_progress")
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "the service is unavailable")
}

#[tokio::test(start_paused = true)]
async fn tells_each_progress_once_and_the_end_last() {
    let (mut poll, _) = poll(
        vec![
            Script::See(|| Look::Going("queued")),
            Script::See(going),
            Script::See(going),
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    assert_eq!(
        all(&mut poll).await,
        [
            Ok(Step::Progress("queued")),
            Ok(Step::Progress("in_progress")),
            Ok(Step::Progress("done")),
            Ok(Step::Done(7)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_not_a_failed_operation() {
    let (mut poll, _) = poll(
        vec![
            Script::Fail(unavailable),
            Script::Fail(|| Error::new(ErrorKind::Decode, "x")),
            Script::Fail(|| Error::new(ErrorKind::Blocked, "x")),
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    assert_eq!(all(&mut poll).await.last(), Some(&Ok(Step::Done(7))));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_repeating_cannot_mend_ends_it_at_once() {
    let (mut poll, looks) = poll(
        vec![Script::Fail(|| {
            Error::new(ErrorKind::PermissionDenied, "permission denied")
        })],
        limits(),
    );
    assert_eq!(
        all(&mut poll).await.last(),
        Some(&Err("upload of x: permission denied".to_owned()))
    );
    assert_eq!(looks.lock().expect("a lock").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_operation_ends_it_with_its_error() {
    let (mut poll, _) = poll(
        vec![Script::See(|| {
            Look::Ended(
                "failed",
                Error::new(ErrorKind::OperationFailed, "it failed"),
            )
        })],
        limits(),
    );
    assert_eq!(
        all(&mut poll).await,
        [
            Ok(Step::Progress("queued")),
            Ok(Step::Progress("failed")),
            Err("it failed".to_owned()),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_sleeping_and_names_the_last_progress() {
    let limits = Limits {
        deadline: Duration::from_millis(2500),
        ..limits()
    };
    let (mut poll, _) = poll(vec![Script::See(going), Script::See(going)], limits);
    assert_eq!(
        all(&mut poll).await.last(),
        Some(&Err(
            "upload of x: not ended after 2.5 s, last seen in_progress (2 polls); \
             it may still be going on: wait again, or set a later deadline"
                .to_owned()
        ))
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_a_look_in_flight() {
    let limits = Limits {
        deadline: Duration::from_secs(90),
        ..limits()
    };
    let started = Instant::now();
    let (mut poll, _) = poll(vec![Script::Hang], limits);
    let told = all(&mut poll).await;
    assert!(
        told[1]
            .as_ref()
            .is_err_and(|e| e.contains("not ended after 1 min 30 s"))
    );
    assert_eq!(started.elapsed(), Duration::from_secs(90));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_within_the_deadline() {
    let (mut poll, looks) = poll(
        vec![
            Script::Fail(|| {
                Error::new(ErrorKind::RateLimited, "x").answered(crate::error::Answered {
                    retry_after: Some(Duration::from_secs(120)),
                    ..Default::default()
                })
            }),
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    all(&mut poll).await;
    let looks = looks.lock().expect("a lock");
    assert!(looks[1] - looks[0] >= Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_says_that_the_operation_may_go_on() {
    let limits = Limits {
        patience: Duration::from_secs(2),
        ..limits()
    };
    let script = (0..10).map(|_| Script::Fail(unavailable)).collect();
    let (mut poll, _) = poll(script, limits);
    let told = all(&mut poll).await;
    let Some(Err(last)) = told.last() else {
        panic!("expected an error, got {told:?}");
    };
    assert!(
        last.starts_with("upload of x: every poll has failed for "),
        "{last}"
    );
    assert!(
        last.ends_with("it may still be going on: wait again when the service answers"),
        "{last}"
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_a_step_anywhere_loses_nothing() {
    let (mut poll, _) = poll(
        vec![
            Script::See(going),
            Script::Hang,
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    let mut told = Vec::new();
    // Each step is given 300 ms, then dropped: in a sleep, or in the look that hangs.
    for _ in 0..40 {
        match tokio::time::timeout(Duration::from_millis(300), poll.step()).await {
            Ok(step) => told.push(step.expect("no failure")),
            Err(_) => continue,
        }
        if told.last() == Some(&Step::Done(7)) {
            break;
        }
    }
    assert_eq!(
        told,
        [
            Step::Progress("queued"),
            Step::Progress("in_progress"),
            Step::Progress("done"),
            Step::Done(7),
        ]
    );
}

fn asks_for_a_day() -> Error {
    Error::new(ErrorKind::RateLimited, "too many requests").answered(crate::error::Answered {
        status: 429,
        retry_after: Some(Duration::from_secs(24 * 60 * 60)),
        ..Default::default()
    })
}

#[tokio::test(start_paused = true)]
async fn one_odd_retry_after_is_slept_for_no_longer_than_patience_lasts() {
    let (mut poll, looks) = poll(
        vec![
            Script::Fail(asks_for_a_day),
            Script::See(|| Look::Done("done", 7)),
        ],
        Limits {
            deadline: Duration::from_secs(7 * 24 * 60 * 60),
            ..limits()
        },
    );
    assert_eq!(all(&mut poll).await.last(), Some(&Ok(Step::Done(7))));
    let looks = looks.lock().expect("a lock");
    assert_eq!(looks[1] - looks[0], Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn patience_counts_from_the_first_look_that_failed() {
    // Looks are further apart than patience lasts: one that fails is not the end of it.
    let limits = || Limits {
        schedule: Schedule::default().floor(Duration::from_secs(900)),
        patience: Duration::from_secs(600),
        deadline: Duration::from_secs(24 * 60 * 60),
        stall_after: None,
    };
    let (mut mended, _) = poll(
        vec![
            Script::See(going),
            Script::Fail(unavailable),
            Script::See(going),
            Script::Fail(unavailable),
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    assert_eq!(all(&mut mended).await.last(), Some(&Ok(Step::Done(7))));

    let (mut down, looks) = poll(
        vec![
            Script::See(going),
            Script::Fail(unavailable),
            Script::Fail(unavailable),
        ],
        limits(),
    );
    let told = all(&mut down).await;
    let looks = looks.lock().expect("a lock");
    let failing = duration(looks[2] - looks[1]);
    assert_eq!(
        told.last(),
        Some(&Err(format!(
            "upload of x: every poll has failed for {failing}, last seen in_progress: the service \
             is unavailable; it may still be going on: wait again when the service answers"
        )))
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_names_what_the_last_look_failed_with() {
    let limits = Limits {
        deadline: Duration::from_millis(2500),
        ..limits()
    };
    let at_503 = || {
        unavailable().answered(crate::error::Answered {
            status: 503,
            ..Default::default()
        })
    };
    let (mut poll, _) = poll(vec![Script::See(going), Script::Fail(at_503)], limits);
    assert_eq!(
        all(&mut poll).await.last(),
        Some(&Err(
            "upload of x: not ended after 2.5 s, last seen in_progress (2 polls, and the last one \
             failed: the service is unavailable (HTTP 503)); it may still be going on: wait again, \
             or set a later deadline"
                .to_owned()
        ))
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_names_no_failure_that_a_later_look_has_mended() {
    let limits = Limits {
        deadline: Duration::from_millis(2500),
        ..limits()
    };
    let (mut poll, _) = poll(vec![Script::Fail(unavailable), Script::See(going)], limits);
    assert_eq!(
        all(&mut poll).await.last(),
        Some(&Err(
            "upload of x: not ended after 2.5 s, last seen in_progress (2 polls); \
             it may still be going on: wait again, or set a later deadline"
                .to_owned()
        ))
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_source_that_gives_none_is_passing_and_a_key_that_is_refused_is_not() {
    let (mut hiccup, _) = poll(
        vec![
            Script::Fail(|| Error::new(ErrorKind::Unauthorized, "no key").sent(Sent::No)),
            Script::See(|| Look::Done("done", 7)),
        ],
        limits(),
    );
    assert_eq!(all(&mut hiccup).await.last(), Some(&Ok(Step::Done(7))));

    let refused = || Error::new(ErrorKind::Unauthorized, "the API key was refused").sent(Sent::Yes);
    let (mut revoked, looks) = poll(vec![Script::Fail(refused)], limits());
    assert_eq!(
        all(&mut revoked).await.last(),
        Some(&Err("upload of x: the API key was refused".to_owned()))
    );
    assert_eq!(looks.lock().expect("a lock").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stall_is_told_once_until_something_moves() {
    let going = || Script::See(going);
    let script = (0..60).map(|n| match n {
        40 => Script::See(|| Look::Going("verifying")),
        _ => going(),
    });
    let limits = Limits {
        schedule: Schedule::default()
            .floor(Duration::from_secs(10))
            .fraction(0.0),
        stall_after: Some(Duration::from_secs(60)),
        ..limits()
    };
    let (mut poll, looks) = poll(script.collect(), limits);
    let started = Instant::now();
    let mut told = Vec::new();
    while told.len() < 6 {
        let step = poll.step().await.expect("no failure");
        told.push((step, started.elapsed().as_secs()));
    }
    let said: Vec<_> = told.iter().map(|(step, _)| step).collect();
    let minute = Duration::from_secs(60);
    assert!(
        matches!(
            said[..],
            [
                Step::Progress("queued"),
                Step::Progress("in_progress"),
                Step::Stalled("in_progress", first),
                Step::Progress("verifying"),
                Step::Progress("in_progress"),
                Step::Stalled("in_progress", second),
            ] if *first == minute && *second == minute
        ),
        "{told:?}"
    );
    // It is told when it is due, and not with the next poll.
    let first = looks.lock().expect("a lock")[0] - started;
    assert_eq!(told[2].1, (first + minute).as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_wait_whose_polls_fail_stalls_too() {
    let limits = Limits {
        stall_after: Some(Duration::from_secs(30)),
        patience: Duration::from_secs(60),
        ..limits()
    };
    let script = std::iter::repeat_with(|| Script::Fail(unavailable)).take(60);
    let (mut poll, _) = poll(script.collect(), limits);
    let told = all(&mut poll).await;
    let stalled = Step::Stalled("queued", Duration::from_secs(30));
    assert_eq!(told[1], Ok(stalled));
    assert!(told[2].is_err());
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_how_the_wait_went() {
    let script = vec![Script::See(going), Script::Fail(unavailable), Script::Hang];
    let limits = Limits {
        deadline: Duration::from_secs(30),
        ..limits()
    };
    let (mut poll, _) = poll(script, limits);
    let error = loop {
        match poll.step().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    let expected = Waited {
        last_seen: "in_progress".to_owned(),
        elapsed: Duration::from_secs(30),
        polls: 3,
        last_fault: Some("the service is unavailable".to_owned()),
    };
    assert_eq!(error.waited(), Some(&expected));
}
