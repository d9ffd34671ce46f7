//! A thousand waits for one thing.

use futures_util::future::join_all;

use super::service::{Ended, Service, State, Weather};
use super::*;

const WAITS: usize = 1000;
const TICK: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_millis(200);

#[tokio::test(start_paused = true)]
async fn a_thousand_waits_ask_once_a_tick_and_each_ends_within_one() {
    let queued = |n| Duration::from_millis(300 * n as u64 + 7);
    let courses = (0..WAITS).map(|n| {
        let (queued, going) = (State::Going("queued"), queued(n));
        vec![(queued, going), (State::Done, Duration::ZERO)]
    });
    let service = Service::new(courses.collect(), Weather::fair(REQUEST));
    let waits = (0..WAITS).map(|n| {
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let limits = Limits {
                schedule: Schedule::default().floor(TICK).fraction(0.0),
                ..limits()
            };
            let mut poll = Poll::new(service.probe(n), limits, "queued", Some(Instant::now()));
            loop {
                if let Step::Done(Ended(ended)) = poll.step().await.expect("no failure") {
                    assert_eq!(ended, n);
                    break Instant::now() - service.end(n);
                }
            }
        })
    });
    let waits: Vec<_> = waits.collect();
    for late in join_all(waits).await {
        let late = late.expect("no panic");
        assert!(late <= TICK + REQUEST, "{late:?} late");
    }

    let (all, alone) = (service.asked_about_all(), service.asked_about_one());
    // Only the last one, when the others are gone, looks alone.
    let last = service.end(WAITS - 2);
    assert!(alone.iter().all(|at| *at > last), "{alone:?}");
    let mut asked = [all, alone].concat();
    asked.sort();
    let shortest = asked.windows(2).map(|pair| pair[1] - pair[0]).min();
    assert!(shortest >= Some(TICK.mul_f64(0.9)), "{shortest:?}");
    // Everyone's interval is cut by the same chance, another one each time: were each cut by its
    // own, the shortest of a thousand would be all there is.
    let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
    let gaps: std::collections::BTreeSet<_> = gaps.collect();
    assert!(gaps.len() > 10 && gaps.last() >= Some(&TICK), "{gaps:?}");
}
