//! Members in tasks of their own, each of which is polled only when it is woken.

use tokio::task::{JoinHandle, yield_now};

use super::*;

/// A turn in a task of its own: what it got, and how long after the start.
fn spawn(
    mut member: Member<Nth>,
    start: Instant,
    seconds: u64,
    service: &Service,
) -> JoinHandle<(Option<u32>, Duration)> {
    let service = service.clone();
    let due = start + Duration::from_secs(seconds);
    tokio::spawn(async move {
        let got = turn(&mut member, due, &service).await;
        (got, start.elapsed())
    })
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_goes_the_soonest_of_the_rest_leads_in_time() {
    let service = Service::default();
    let ([leader, b, c, d], start) = members();
    let leader = spawn(leader, start, 3, &service);
    let rest = [
        spawn(b, start, 6, &service),
        spawn(c, start, 4, &service),
        spawn(d, start, 5, &service),
    ];
    sleep(Duration::from_secs(1)).await;
    leader.abort();
    for other in rest {
        let expected = (Some(1), Duration::from_secs(4) + REQUEST);
        assert_eq!(other.await.expect("no panic"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_have_become_too_few_look_when_they_are_due() {
    let service = Service::default();
    let ([a, b, gone], start) = members();
    a.feed.lock().worth_from = 3;
    let (a, b) = (spawn(a, start, 3, &service), spawn(b, start, 4, &service));
    let gone = spawn(gone, start, 9, &service);
    sleep(Duration::from_secs(1)).await;
    gone.abort();
    let at = |seconds| (None, Duration::from_secs(seconds));
    assert_eq!(a.await.expect("no panic"), at(3));
    assert_eq!(b.await.expect("no panic"), at(4));
}

#[tokio::test(start_paused = true)]
async fn when_the_driver_goes_the_rest_have_their_answer_when_it_comes() {
    let service = Service::default();
    let ([driver, b, c], start) = members();
    let driver = spawn(driver, start, 0, &service);
    let rest = [spawn(b, start, 60, &service), spawn(c, start, 60, &service)];
    for _ in 0..3 {
        yield_now().await;
    }
    assert_eq!(service.begun(), 1);
    driver.abort();
    for other in rest {
        assert_eq!(other.await.expect("no panic"), (Some(1), REQUEST));
    }
}
