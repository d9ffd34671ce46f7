//! Members that come and go, on a paused clock: no time passes but what the test lets pass.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use futures_util::FutureExt;
use tokio::time::timeout;

use super::*;
use crate::error::{Answered, Error, ErrorKind};

mod tasks;

/// The number of the request that it answers.
#[derive(Debug, PartialEq)]
struct Nth(u32);

impl View for Nth {}

const REQUEST: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(60);

/// A service that answers each request after a while, and counts them.
#[derive(Clone, Default)]
struct Service {
    begun: Arc<AtomicU32>,
    cancelled: Arc<AtomicU32>,
}

impl Service {
    fn read(&self, takes: Duration) -> Read<Nth> {
        let n = self.begun.fetch_add(1, SeqCst) + 1;
        let unanswered = CountDrop(Some(Arc::clone(&self.cancelled)));
        Box::pin(async move {
            sleep(takes).await;
            unanswered.answered();
            Ok(Nth(n))
        })
    }

    fn begun(&self) -> u32 {
        self.begun.load(SeqCst)
    }

    fn cancelled(&self) -> u32 {
        self.cancelled.load(SeqCst)
    }
}

struct CountDrop(Option<Arc<AtomicU32>>);

impl CountDrop {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for CountDrop {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_add(1, SeqCst);
        }
    }
}

fn members<const N: usize>() -> ([Member<Nth>; N], Instant) {
    let feed = Arc::new(Feed::new(LIMIT));
    let now = Instant::now();
    (std::array::from_fn(|_| Arc::clone(&feed).join(now)), now)
}

async fn turn(member: &mut Member<Nth>, due: Instant, service: &Service) -> Option<u32> {
    match member.turn(due, || service.read(REQUEST)).await {
        Turn::Shared(answer) => Some(answer.result.as_ref().expect("an answer").0),
        Turn::Alone | Turn::Late => None,
    }
}

/// Polls a turn once, and keeps it.
fn begin<'a>(
    member: &'a mut Member<Nth>,
    due: Instant,
    service: &'a Service,
) -> Pin<Box<impl Future<Output = Option<u32>> + 'a>> {
    let mut turn = Box::pin(turn(member, due, service));
    assert_eq!(turn.as_mut().now_or_never(), None);
    turn
}

#[tokio::test(start_paused = true)]
async fn the_soonest_due_asks_for_all() {
    let service = Service::default();
    let ([mut a, mut b, mut c], start) = members();
    let later = |seconds| start + Duration::from_secs(seconds);
    let (a, b, c) = tokio::join!(
        turn(&mut a, later(9), &service),
        turn(&mut b, later(3), &service),
        turn(&mut c, later(30), &service),
    );
    assert_eq!((a, b, c), (Some(1), Some(1), Some(1)));
    assert_eq!(start.elapsed(), Duration::from_secs(3) + REQUEST);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_alone_looks_alone() {
    let service = Service::default();
    let ([mut only], start) = members();
    let due = start + Duration::from_secs(5);
    assert_eq!(turn(&mut only, due, &service).await, None);
    assert_eq!((start.elapsed().as_secs(), service.begun()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_what_was_asked_before_is_no_news() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let mut first = begin(&mut a, start, &service);
    tokio::time::advance(REQUEST / 2).await;
    b.has_looked();
    let second = turn(&mut b, start, &service);
    let (first, second) = tokio::join!(&mut first, second);
    assert_eq!((first, second), (Some(1), Some(2)));
}

#[tokio::test(start_paused = true)]
async fn when_the_driver_is_dropped_another_goes_on_at_once() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let driver = begin(&mut a, start, &service);
    let other = tokio::spawn({
        let service = service.clone();
        let far = start + Duration::from_secs(3600);
        async move { turn(&mut b, far, &service).await }
    });
    tokio::task::yield_now().await;
    drop(driver);
    assert_eq!(other.await.expect("no panic"), Some(1));
    assert_eq!((start.elapsed(), service.begun()), (REQUEST, 1));
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_never_polled_again_costs_the_rest_a_second() {
    for in_the_same_task in [true, false] {
        let service = Service::default();
        let ([mut a, mut b], start) = members();
        // Kept in another arm of a `select!` that is over, for example.
        let unpolled = begin(&mut a, start, &service);
        let got = if in_the_same_task {
            turn(&mut b, start, &service).await
        } else {
            let service = service.clone();
            let other = tokio::spawn(async move { turn(&mut b, start, &service).await });
            other.await.expect("no panic")
        };
        assert_eq!(got, Some(1));
        assert_eq!((start.elapsed(), service.begun()), (LOOK_AGAIN, 1));
        drop(unpolled);
    }
}

#[tokio::test(start_paused = true)]
async fn one_wakes_up_when_it_is_due_and_the_rest_with_the_answer() {
    let service = Service::default();
    let (members, start) = members::<10>();
    let due = start + Duration::from_secs(3);
    let polls = Arc::new(AtomicU32::new(0));
    let tasks = members.map(|mut member| {
        let (service, polls) = (service.clone(), Arc::clone(&polls));
        tokio::spawn(async move {
            let mut turn = Box::pin(turn(&mut member, due, &service));
            std::future::poll_fn(|cx| {
                polls.fetch_add(1, SeqCst);
                turn.as_mut().poll(cx)
            })
            .await
        })
    });
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Some(1));
    }
    assert_eq!(start.elapsed(), Duration::from_secs(3) + REQUEST);
    // Each at first and with the answer; and one with its alarm. Its request wakes it.
    assert_eq!(polls.load(SeqCst), 10 + 10 + 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_goes_the_soonest_of_the_rest_leads() {
    let service = Service::default();
    let ([mut a, mut b, mut c], start) = members();
    let later = |seconds| start + Duration::from_secs(seconds);
    let leader = begin(&mut a, later(3), &service);
    let rest = async {
        tokio::join!(
            turn(&mut b, later(5), &service),
            turn(&mut c, later(4), &service),
        )
    };
    let goes = async {
        sleep(Duration::from_secs(1)).await;
        drop(leader);
    };
    let (rest, ()) = tokio::join!(rest, goes);
    assert_eq!(rest, (Some(1), Some(1)));
    assert_eq!(start.elapsed(), Duration::from_secs(4) + REQUEST);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_never_polled_again_costs_the_rest_a_second() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let due = start + Duration::from_secs(3);
    let unpolled = begin(&mut a, due, &service);
    assert_eq!(turn(&mut b, due, &service).await, Some(1));
    assert_eq!(start.elapsed(), due - start + LOOK_AGAIN + REQUEST);
    // It leads no more.
    let due = Instant::now() + Duration::from_secs(3);
    assert_eq!(turn(&mut b, due, &service).await, Some(2));
    assert_eq!(Instant::now() - due, REQUEST);
    drop(unpolled);
}

#[tokio::test(start_paused = true)]
async fn members_that_have_become_too_few_keep_their_own_moments() {
    let service = Service::default();
    let ([mut a, mut b, mut c], start) = members();
    a.feed.lock().worth_from = 3;
    let later = |seconds| start + Duration::from_secs(seconds);
    let at = |got: Option<u32>| (got, start.elapsed().as_secs());
    let a = async { at(turn(&mut a, later(3), &service).await) };
    let b = async { at(turn(&mut b, later(4), &service).await) };
    let gone = async move {
        let turn = c.turn(later(9), || unreachable!("it asks nothing"));
        assert!(timeout(Duration::from_secs(1), turn).await.is_err());
    };
    let (a, b, ()) = tokio::join!(a, b, gone);
    assert_eq!((a, b), ((None, 3), (None, 4)));
    assert_eq!(service.begun(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_lay_unread_is_as_old_as_it_is() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let unpolled = begin(&mut a, start, &service);
    let due = start + Duration::from_secs(20);
    let Turn::Shared(answer) = b.turn(due, || service.read(REQUEST)).await else {
        panic!("expected the shared answer");
    };
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(answer.came - start, REQUEST);
    drop(unpolled);
}

#[tokio::test(start_paused = true)]
async fn the_last_member_cancels() {
    let service = Service::default();
    let ([mut a, b], start) = members();
    // As a wait holds it for a moment that is about to join.
    let _feed = Arc::clone(&a.feed);
    drop(begin(&mut a, start, &service));
    drop(a);
    assert_eq!((service.begun(), service.cancelled()), (1, 0));
    drop(b);
    assert_eq!((service.begun(), service.cancelled()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nothing_ends_is_begun_anew() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let mut hung = Box::pin(a.turn(start, || Box::pin(std::future::pending())));
    assert!(hung.as_mut().now_or_never().is_none());
    assert_eq!(turn(&mut b, start, &service).await, Some(1));
    assert_eq!(start.elapsed(), LIMIT + REQUEST);
    assert!(hung.await.is_shared());
}

/// A runtime of its own, which a test may end.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().expect("a runtime")
}

#[test]
fn a_request_whose_runtime_is_gone_is_begun_anew_in_another() {
    let service = Service::default();
    let feed = Arc::new(Feed::new(LIMIT));
    let (first, second) = (runtime(), runtime());
    let mut a = {
        let _in_it = first.enter();
        Arc::clone(&feed).join(Instant::now())
    };
    let quick = Duration::from_millis(1);
    let mut b = {
        let _in_it = second.enter();
        Arc::clone(&feed).join(Instant::now())
    };
    let (due, slow) = (Instant::now(), Duration::from_secs(30));
    {
        let driver = service.clone();
        first.block_on(async {
            let turn = a.turn(due, || driver.read(slow));
            assert!(Box::pin(turn).as_mut().now_or_never().is_none());
        });
    }
    drop(first);
    let got = second.block_on(async { b.turn(due, || service.read(quick)).await.is_shared() });
    assert!(got);
    assert_eq!((service.begun(), service.cancelled()), (2, 1));
    drop(a);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_asked_for_holds_for_who_joins_during_it() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let asks = || -> Read<Nth> {
        let error = Error::new(ErrorKind::RateLimited, "x").answered(Answered {
            retry_after: Some(Duration::from_secs(300)),
            ..Answered::default()
        });
        Box::pin(async move { Err(error) })
    };
    assert!(a.turn(start, asks).await.is_shared());
    assert!(b.turn(start, asks).await.is_shared());
    let mut late = Arc::clone(&a.feed).join(start);
    assert_eq!(turn(&mut late, start, &service).await, Some(1));
    assert_eq!(start.elapsed(), Duration::from_secs(300) + REQUEST);
}

#[tokio::test(start_paused = true)]
async fn who_is_polled_too_late_asks_for_nothing() {
    let service = Service::default();
    for alone in [false, true] {
        let ([mut a, b], start) = members();
        let _other = (!alone).then_some(b);
        let until = start + Duration::from_secs(60);
        tokio::time::advance(Duration::from_secs(600)).await;
        let late = a.turn(start, || service.read(REQUEST)).until(until).await;
        assert!(matches!(late, Turn::Late), "alone: {alone}");
        assert_eq!(service.begun(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn when_a_request_panics_another_member_asks_anew() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    let far = start + Duration::from_secs(5);
    let other = tokio::spawn({
        let service = service.clone();
        async move { turn(&mut b, far, &service).await }
    });
    let panics = tokio::spawn(async move {
        let broken = || -> Read<Nth> { Box::pin(async { panic!("a key provider is broken") }) };
        a.turn(start, broken).await.is_shared()
    });
    assert!(panics.await.is_err());
    // The one that has panicked is gone, so that the other one is alone.
    assert_eq!(other.await.expect("no panic"), None);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_until_all_have_taken_it_and_no_longer() {
    let service = Service::default();
    let ([mut a, mut b], start) = members();
    assert_eq!(turn(&mut a, start, &service).await, Some(1));
    let feed = Arc::clone(&a.feed);
    assert!(feed.lock().answer.is_some());
    let mut late = Arc::clone(&feed).join(start);
    assert_eq!(turn(&mut b, start, &service).await, Some(1));
    assert!(feed.lock().answer.is_none());
    // Who joins afterwards has to ask.
    assert_eq!(turn(&mut late, start, &service).await, Some(2));
    drop((a, b));
    assert!(feed.lock().answer.is_none());
}

/// On a real clock and two threads: members that are polled, dropped in the middle, and kept
/// unpolled, all at random. None of them may be left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_stalls_whoever_comes_and_goes() {
    const TASKS: usize = 200;
    let feed = Arc::new(Feed::new(LIMIT));
    let service = Service::default();
    let quick = Duration::from_millis(1);
    let tasks = (0..TASKS).map(|_| {
        let (feed, service) = (Arc::clone(&feed), service.clone());
        tokio::spawn(async move {
            let mut turns = 0;
            let mut member = Arc::clone(&feed).join(Instant::now());
            while turns < 20 {
                let due = Instant::now() + quick.mul_f64(3.0 * fastrand::f64());
                match fastrand::u8(0..10) {
                    // Dropped in the middle.
                    0 => {
                        let turn = member.turn(due, || service.read(quick));
                        let _ = timeout(quick, turn).await;
                    }
                    // Gone altogether, and another one in its place.
                    1 => {
                        let turn = member.turn(due, || service.read(quick));
                        let _ = timeout(quick, turn).await;
                        member = Arc::clone(&feed).join(Instant::now());
                    }
                    // Begun, and not polled for a while.
                    2 => {
                        let turn = member.turn(due, || service.read(quick));
                        tokio::pin!(turn);
                        let _ = (&mut turn).now_or_never();
                        sleep(quick * 20).await;
                    }
                    _ => {
                        member.turn(due, || service.read(quick)).await;
                        turns += 1;
                    }
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let all = futures_util::future::join_all(tasks);
    let ended = timeout(Duration::from_secs(120), all).await;
    assert!(ended.expect("a task stalls").iter().all(Result::is_ok));
    let asked = service.begun() as usize;
    assert!(asked < TASKS * 20 / 4, "{asked} requests are not shared");
}

impl<V> Turn<V> {
    fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }
}
