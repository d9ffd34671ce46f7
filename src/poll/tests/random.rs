//! Whatever the service does, and however its requests fail: what a wait says is what was seen.

use proptest::collection::vec;
use proptest::prelude::*;

use super::service::{Course, Ended, Fate, Fault, Seen, Service, State, Watcher, Weather};
use super::*;

/// One wait, and when it begins and is given up.
#[derive(Clone, Debug)]
struct Plan {
    limits: Limits,
    begins: Duration,
    given_up: Option<Duration>,
}

fn up_to(seconds: u64) -> impl Strategy<Value = Duration> {
    (0..=seconds * 1000).prop_map(Duration::from_millis)
}

fn course() -> impl Strategy<Value = Course> {
    let going = prop::sample::select(vec!["queued", "in_progress", "verifying"]);
    let states = vec((going.prop_map(State::Going), up_to(60)), 0..5);
    let ends = prop::sample::select(vec![
        State::Done,
        State::Done,
        State::Failed,
        State::Going("for ever"),
    ]);
    (states, ends).prop_map(|(mut states, end)| {
        states.push((end, Duration::ZERO));
        states
    })
}

/// What says nothing of the operation, and what no repeating can mend.
fn fault() -> impl Strategy<Value = Fault> {
    let passing = vec![
        (ErrorKind::Transport, Sent::Maybe),
        (ErrorKind::Timeout, Sent::Maybe),
        (ErrorKind::RateLimited, Sent::Yes),
        (ErrorKind::Unavailable, Sent::Maybe),
        (ErrorKind::Blocked, Sent::Maybe),
        (ErrorKind::Decode, Sent::Yes),
        (ErrorKind::Unauthorized, Sent::No),
    ];
    let lasting = vec![
        (ErrorKind::Unauthorized, Sent::Yes),
        (ErrorKind::PermissionDenied, Sent::Yes),
        (ErrorKind::NotFound, Sent::Yes),
        (ErrorKind::Rejected, Sent::Yes),
        (ErrorKind::LimitExceeded, Sent::Yes),
    ];
    let kind = prop_oneof![
        9 => prop::sample::select(passing),
        1 => prop::sample::select(lasting),
    ];
    let retry_after = prop::option::weighted(0.3, up_to(90));
    (kind, retry_after).prop_map(|((kind, sent), retry_after)| Fault {
        kind,
        sent,
        retry_after,
    })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Answered),
        1 => (0..5usize).prop_map(Fate::LeavesOut),
        4 => fault().prop_map(Fate::Fails),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let then = prop_oneof![3 => Just(Fate::Answered), 1 => fate()];
    (vec(fate(), 0..20), then, vec(up_to(5), 1..4)).prop_map(|(fates, then, takes)| Weather {
        fates,
        then,
        takes,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let schedule = (500..10_000u64, up_to(60), 0.0..1.0, up_to(100)).prop_map(
        |(floor, ceiling, fraction, expected)| {
            Schedule::default()
                .floor(Duration::from_millis(floor))
                .ceiling(ceiling)
                .fraction(fraction)
                .expected(expected)
        },
    );
    let stall_after = prop::option::of(up_to(60));
    (schedule, up_to(400), up_to(120), stall_after).prop_map(
        |(schedule, deadline, patience, stall_after)| Limits {
            schedule,
            deadline,
            patience,
            stall_after,
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let given_up = prop::option::weighted(0.2, up_to(60));
    (limits(), up_to(20), given_up).prop_map(|(limits, begins, given_up)| Plan {
        limits,
        begins,
        given_up,
    })
}

/// What came of a wait.
struct Wait {
    service: Arc<Service>,
    limits: Limits,
    started: Instant,
    ended: Instant,
    seen: Vec<(Instant, State)>,
    told: Vec<Step<&'static str, Ended>>,
    error: Option<Error>,
}

const KNOWN: &str = "accepted";

async fn wait(service: Arc<Service>, operation: usize, plan: Plan) -> Option<Wait> {
    let since = Instant::now();
    tokio::time::sleep(plan.begins).await;
    let started = Instant::now();
    let probe = service.probe(operation);
    let seen: Seen = Arc::clone(&probe.seen);
    let mut poll: Poll<Watcher> = Poll::new(probe, plan.limits.clone(), KNOWN, Some(since));
    let run = async {
        let mut told = Vec::new();
        loop {
            match poll.step().await {
                Ok(step) => told.push(step),
                Err(error) => break (told, Some(error)),
            }
            if matches!(told.last(), Some(Step::Done(_))) {
                break (told, None);
            }
        }
    };
    let given_up = plan.given_up.unwrap_or(Duration::MAX);
    let (told, error) = tokio::time::timeout(given_up, run).await.ok()?;
    let seen = seen.lock().expect("a lock").clone();
    let ended = Instant::now();
    Some(Wait {
        service,
        limits: plan.limits,
        started,
        ended,
        seen,
        told,
        error,
    })
}

impl Wait {
    fn check(&self) -> std::result::Result<(), TestCaseError> {
        self.check_end()?;
        self.check_changes()
    }

    /// It ends as the last look says, by an error that is final, or by one of its limits.
    fn check_end(&self) -> std::result::Result<(), TestCaseError> {
        let last = self.seen.last().map(|(_, state)| *state);
        let before = self.seen.len().saturating_sub(1);
        for (_, state) in &self.seen[..before] {
            prop_assert!(matches!(state, State::Going(_)), "polled after {state:?}");
        }
        let is_going = last.is_none_or(|last| matches!(last, State::Going(_)));
        let took = self.ended - self.started;
        // The clock's timers are exact to the millisecond.
        let grain = Duration::from_millis(2);
        prop_assert!(took <= self.limits.deadline + grain);
        let Some(error) = &self.error else {
            prop_assert_eq!(last, Some(State::Done));
            return Ok(());
        };
        match error.kind() {
            ErrorKind::OperationFailed => prop_assert_eq!(last, Some(State::Failed)),
            ErrorKind::Deadline => {
                prop_assert!(is_going, "{last:?}");
                prop_assert!(took >= self.limits.deadline);
            }
            kind => {
                prop_assert!(is_going, "{last:?}");
                prop_assert!(self.service.has_failed_with(kind), "{error}");
                if is_passing(error) {
                    let good = self.seen.last().map_or(self.started, |(at, _)| *at);
                    let failing = self.ended - good + grain;
                    prop_assert!(failing >= self.limits.patience, "{failing:?}: {error}");
                }
            }
        }
        Ok(())
    }

    /// Every progress that was seen is told, none twice in a row, and stalls where nothing was.
    fn check_changes(&self) -> std::result::Result<(), TestCaseError> {
        let seen = self.seen.iter().map(|(_, state)| match state {
            State::Going(progress) => *progress,
            State::Done => "done",
            State::Failed => "failed",
        });
        let mut expected: Vec<_> = std::iter::once(KNOWN).chain(seen).collect();
        expected.dedup();
        let mut told = Vec::new();
        let mut has_stalled = false;
        for step in &self.told {
            match step {
                Step::Progress(progress) => {
                    told.push(*progress);
                    has_stalled = false;
                }
                Step::Stalled(progress, quiet) => {
                    prop_assert!(!std::mem::replace(&mut has_stalled, true), "told twice");
                    prop_assert_eq!(told.last(), Some(progress));
                    prop_assert!(Some(*quiet) >= self.limits.stall_after);
                }
                Step::Done(_) => {}
            }
        }
        prop_assert_eq!(told, expected);
        Ok(())
    }
}

/// Runs the waits, each for an operation of its own, and checks each that was not given up.
fn run(
    courses: Vec<Course>,
    weather: Weather,
    plans: Vec<Plan>,
) -> std::result::Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let service = Service::new(courses, weather);
        let waits = (0..).zip(plans);
        let waits = waits.map(|(operation, plan)| wait(Arc::clone(&service), operation, plan));
        for wait in futures_util::future::join_all(waits).await {
            wait.map_or(Ok(()), |wait| wait.check())?;
        }
        // Nobody waits any more.
        let asked = || (service.asked_about_all(), service.asked_about_one());
        let before = asked();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        prop_assert_eq!(asked(), before);
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_wait_says_what_it_saw(
        course in course(),
        weather in weather(),
        plan in plan(),
    ) {
        run(vec![course], weather, vec![plan])?;
    }

    #[test]
    fn each_of_many_waits_says_what_it_saw(
        operations in vec((course(), plan()), 2..6),
        weather in weather(),
    ) {
        let (courses, plans) = operations.into_iter().unzip();
        run(courses, weather, plans)?;
    }
}
