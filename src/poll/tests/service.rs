//! A service whose operations go on by the clock, and some of whose requests fail.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Answered, Error, ErrorKind, Result, Sent};
use crate::operation::{Tracked, private};
use crate::poll::{Feed, Look, Probe, Read, View};

/// What there is to see of an operation at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Going(&'static str),
    Done,
    Failed,
}

/// The states of an operation, each with how long it lasts. The last one lasts for ever.
pub(super) type Course = Vec<(State, Duration)>;

/// How a request fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) kind: ErrorKind,
    pub(super) sent: Sent,
    pub(super) retry_after: Option<Duration>,
}

impl Fault {
    pub(super) fn of(kind: ErrorKind) -> Self {
        Self {
            kind,
            sent: Sent::Yes,
            retry_after: None,
        }
    }

    fn error(self) -> Error {
        Error::new(self.kind, "a request failed")
            .sent(self.sent)
            .answered(Answered {
                retry_after: self.retry_after,
                ..Default::default()
            })
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Answered,
    /// An answer about all leaves out this operation; one about it alone is as ever.
    LeavesOut(usize),
    Fails(Fault),
}

/// What the requests are like, one after another.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    pub(super) fates: Vec<Fate>,
    /// That of the requests after those.
    pub(super) then: Fate,
    /// How long they take, over and over.
    pub(super) takes: Vec<Duration>,
}

impl Weather {
    /// Every request takes so long, and is answered.
    pub(super) fn fair(takes: Duration) -> Self {
        Self {
            fates: Vec::new(),
            then: Fate::Answered,
            takes: vec![takes],
        }
    }
}

/// The service, and the feed that the waits for its operations share.
pub(super) struct Service {
    pub(super) began: Instant,
    courses: Vec<Course>,
    weather: Weather,
    feed: Arc<Feed<All>>,
    requests: Mutex<Requests>,
}

/// What has been asked.
#[derive(Default)]
struct Requests {
    /// About all, and when.
    all: Vec<Instant>,
    /// About one.
    single: Vec<Instant>,
    /// What was answered with an error.
    failed: Vec<ErrorKind>,
}

impl Service {
    pub(super) fn new(courses: Vec<Course>, weather: Weather) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            courses,
            weather,
            feed: Arc::new(Feed::new(Duration::from_secs(120))),
            requests: Mutex::default(),
        })
    }

    /// A probe of one operation, and what it has seen.
    pub(super) fn probe(self: &Arc<Self>, operation: usize) -> Watcher {
        Watcher {
            operation,
            service: Arc::clone(self),
            seen: Arc::default(),
        }
    }

    /// What is the case.
    pub(super) fn state(&self, operation: usize) -> State {
        let mut left = self.began.elapsed();
        let course = &self.courses[operation];
        let (last, before) = course.split_last().expect("a state");
        for (state, lasts) in before {
            match left.checked_sub(*lasts) {
                Some(rest) => left = rest,
                None => return *state,
            }
        }
        last.0
    }

    /// When it ends, or would.
    pub(super) fn end(&self, operation: usize) -> Instant {
        let (_, before) = self.courses[operation].split_last().expect("a state");
        self.began + before.iter().map(|(_, lasts)| *lasts).sum::<Duration>()
    }

    /// When all were asked about.
    pub(super) fn asked_about_all(&self) -> Vec<Instant> {
        self.requests().all.clone()
    }

    /// When single ones were asked about.
    pub(super) fn asked_about_one(&self) -> Vec<Instant> {
        self.requests().single.clone()
    }

    pub(super) fn has_failed_with(&self, kind: ErrorKind) -> bool {
        self.requests().failed.contains(&kind)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().expect("a lock")
    }

    /// Begins the request that has this number.
    async fn request(&self, number: usize) -> Result<Fate> {
        let Weather { fates, then, takes } = &self.weather;
        sleep(takes[number % takes.len()]).await;
        let fate = *fates.get(number).unwrap_or(then);
        if let Fate::Fails(fault) = fate {
            self.requests().failed.push(fault.kind);
            return Err(fault.error());
        }
        Ok(fate)
    }
}

/// The end of an operation, by its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ended(pub(super) usize);

impl Tracked for Ended {
    type Progress = &'static str;
}

impl private::Tracked for Ended {
    type Probe = Watcher;
    const DEADLINE: Duration = Duration::from_secs(3600);

    fn handle(probe: &Watcher) -> crate::Handle {
        let operation = probe.operation;
        let base = "https://api.cerebras.ai";
        format!("cbm1,upload,version=orgs/o/models/a/versions/{operation},base={base}")
            .parse()
            .expect("a handle")
    }
}

/// What an answer about all shows: each operation, but one that is left out.
pub(super) struct All(Vec<Option<State>>);

impl View for All {}

/// What a probe saw, and when it came to know it.
pub(super) type Seen = Arc<Mutex<Vec<(Instant, State)>>>;

/// Looks at one operation of the service.
#[derive(Clone)]
pub(super) struct Watcher {
    operation: usize,
    service: Arc<Service>,
    pub(super) seen: Seen,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watcher({})", self.operation)
    }
}

impl Watcher {
    fn judge(&self, state: State) -> Look<&'static str, Ended> {
        let mut seen = self.seen.lock().expect("a lock");
        seen.push((Instant::now(), state));
        match state {
            State::Going(progress) => Look::Going(progress),
            State::Done => Look::Done("done", Ended(self.operation)),
            State::Failed => {
                let error = Error::new(ErrorKind::OperationFailed, "it failed");
                Look::Ended("failed", error)
            }
        }
    }
}

impl Probe for Watcher {
    type Progress = &'static str;
    type Output = Ended;
    type View = All;

    fn feed(&self) -> Arc<Feed<All>> {
        Arc::clone(&self.service.feed)
    }

    fn read(&self) -> Read<All> {
        let service = Arc::clone(&self.service);
        let number = {
            let mut requests = service.requests();
            requests.all.push(Instant::now());
            requests.all.len() + requests.single.len() - 1
        };
        Box::pin(async move {
            let fate = service.request(number).await?;
            let states = (0..service.courses.len()).map(|operation| match fate {
                Fate::LeavesOut(left_out) if left_out == operation => None,
                _ => Some(service.state(operation)),
            });
            Ok(All(states.collect()))
        })
    }

    fn see(&mut self, all: &All) -> Option<Look<&'static str, Ended>> {
        Some(self.judge(all.0[self.operation]?))
    }

    async fn look(&mut self) -> Result<Look<&'static str, Ended>> {
        let number = {
            let mut requests = self.service.requests();
            requests.single.push(Instant::now());
            requests.all.len() + requests.single.len() - 1
        };
        self.service.request(number).await?;
        Ok(self.judge(self.service.state(self.operation)))
    }

    fn subject(&self) -> String {
        format!("operation {}", self.operation)
    }
}
