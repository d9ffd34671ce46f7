//! Which answers are news to a wait, and from when its next interval counts.

use futures_util::FutureExt;

use super::service::{Ended, Fate, Seen, Service, State, Watcher, Weather};
use super::*;

const REQUEST: Duration = Duration::from_millis(200);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Two operations that go on for ever.
fn service(fates: Vec<Fate>, takes: Vec<Duration>) -> Arc<Service> {
    let course = vec![(State::Going("in_progress"), Duration::ZERO)];
    let weather = Weather {
        fates,
        takes,
        ..Weather::fair(REQUEST)
    };
    Service::new(vec![course.clone(), course], weather)
}

/// A wait that polls every so many seconds, for what was accepted at that moment.
fn wait(service: &Arc<Service>, n: usize, every: u64, since: Instant) -> (Poll<Watcher>, Seen) {
    let limits = Limits {
        schedule: Schedule::default().floor(seconds(every)).fraction(0.0),
        ..limits()
    };
    let probe = service.probe(n);
    let seen = Arc::clone(&probe.seen);
    (Poll::new(probe, limits, "queued", Some(since)), seen)
}

/// Goes on with a wait until that moment; it does not end by then.
async fn until(poll: &mut Poll<Watcher>, then: Instant) {
    let run = async {
        loop {
            let step: Result<Step<_, Ended>> = poll.step().await;
            assert!(matches!(step, Ok(Step::Progress(_))), "{step:?}");
        }
    };
    let run: std::result::Result<(), _> = tokio::time::timeout_at(then, run).await;
    assert!(run.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_begun_after_the_acceptance_is_news_to_a_wait_that_comes_later() {
    let service = service(Vec::new(), vec![seconds(10)]);
    let start = Instant::now();
    let (mut a, _) = wait(&service, 0, 5, start);
    let (mut b, _) = wait(&service, 1, 60, start);
    let late = async {
        tokio::time::sleep(seconds(7)).await;
        // Its own operation was accepted before.
        let (mut c, seen) = wait(&service, 1, 5, start);
        until(&mut c, start + seconds(16)).await;
        let seen = seen.lock().expect("a lock");
        seen.first()
            .map(|(at, _)| at.duration_since(start).as_secs())
    };
    let then = start + seconds(16);
    let ((), (), seen) = tokio::join!(until(&mut a, then), until(&mut b, then), late);
    assert_eq!(service.asked_about_all().len(), 1);
    assert_eq!(seen, Some(14));
}

#[tokio::test(start_paused = true)]
async fn after_an_answer_that_lay_unread_the_interval_counts_from_when_it_came() {
    let service = service(Vec::new(), vec![REQUEST]);
    let start = Instant::now();
    let (mut a, _) = wait(&service, 0, 5, start);
    let (mut b, _) = wait(&service, 1, 20, start);
    until(&mut b, start + seconds(1)).await;
    until(&mut a, start + REQUEST / 2).await;
    tokio::time::sleep_until(start + seconds(5)).await;
    // Its request is out, and nobody drives it.
    while service.asked_about_all().is_empty() {
        assert!(a.step().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let mut kept = Box::pin(a.step());
    assert!(kept.as_mut().now_or_never().is_none());
    until(&mut b, start + seconds(30)).await;
    let asked = service.asked_about_all();
    let asked: Vec<_> = asked.iter().map(|at| (*at - start).as_secs()).collect();
    assert!(matches!(asked[..], [5, 23..=26]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_before_a_wait_looked_alone_is_no_news_to_it() {
    let takes = vec![REQUEST, seconds(10), REQUEST];
    let service = service(vec![Fate::LeavesOut(0)], takes);
    let since = Instant::now();
    tokio::time::advance(seconds(60)).await;
    let start = Instant::now();
    let (mut a, seen) = wait(&service, 0, 60, since);
    let (mut b, _) = wait(&service, 1, 5, start);
    assert!(matches!(a.step().await, Ok(Step::Progress("queued"))));
    let mut first = Box::pin(a.step());
    assert!(first.as_mut().now_or_never().is_none());
    // The other one has the answer, and asks again: that takes ten seconds.
    until(&mut b, start + seconds(8)).await;
    assert_eq!(service.asked_about_all().len(), 2);
    // The answer left this one out, so that it looks alone.
    assert!(matches!(first.await, Ok(Step::Progress("in_progress"))));
    let then = start + seconds(18);
    tokio::join!(until(&mut b, then), until(&mut a, then));
    assert_eq!(service.asked_about_one().len(), 1);
    assert_eq!(seen.lock().expect("a lock").len(), 1);
}
