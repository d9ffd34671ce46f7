//! Something that the service has accepted and goes on with: an upload, or a rollout.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll as Ready};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::error::Result;
use crate::handle::Handle;
use crate::names::ModelVersionName;
use crate::poll::{Limits, Poll, Probe, Schedule, Step, duration};

/// How long a wait goes on while no poll succeeds, by default.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What an [`Operation`] can end in. Implemented here alone.
pub trait Tracked: private::Tracked {
    /// What is seen of it on the way.
    type Progress: Clone + PartialEq + fmt::Display + fmt::Debug + Send + Sync + 'static;
}

pub(crate) mod private {
    use std::time::Duration;

    /// How the crate looks at what is tracked.
    pub trait Tracked: Clone + std::fmt::Debug + Send + Sync + 'static {
        /// Looks once. A fresh clone begins a wait.
        type Probe: crate::poll::Probe<Progress = <Self as super::Tracked>::Progress, Output = Self>
            + Clone
            + std::fmt::Debug
            + Send
            + Sync
            + 'static
        where
            Self: super::Tracked;

        /// How long a wait takes at most, by default.
        const DEADLINE: Duration;

        /// What a probe looks at, written down.
        fn handle(probe: &Self::Probe) -> crate::handle::Handle
        where
            Self: super::Tracked;
    }
}

/// An upload or a rollout that the service has accepted.
///
/// It ends two ways: [`wait`](Operation::wait) for the end alone, or [`watch`](Operation::watch)
/// for each change on the way. Both can be called as often as one likes, dropped at any time and
/// begun again: nothing is lost, since the service goes on by itself, and no task runs behind
/// the caller's back.
///
/// ```no_run
/// use std::time::Duration;
/// use cerebras_management::Operation;
/// # use cerebras_management::{Deployment, Result};
///
/// # async fn run(rollout: Operation<Deployment>) -> Result<()> {
/// println!("to go on elsewhere: {}", rollout.handle());
/// let deployment = rollout
///     .wait()
///     .deadline(Duration::from_secs(30 * 60))
///     .stall_after(Duration::from_secs(10 * 60))
///     .on_change(|change| println!("{change}"))
///     .await?;
/// println!("{} serves", deployment.model);
/// # Ok(())
/// # }
/// ```
///
/// A poll that fails does not end a wait: broken connections, timeouts, 429, 5xx and unreadable
/// answers are tried again until the deadline, or until none has succeeded for 15 minutes.
#[must_use = "the service has accepted it, but it has not ended; call `wait`"]
pub struct Operation<T: Tracked> {
    probe: T::Probe,
    known: T::Progress,
    /// When the service's answer showed that; none when nothing is known of it yet.
    since: Option<Instant>,
    settled: Option<T>,
    obtained: Obtained,
    /// Versions that the write may have made beside.
    left: Vec<ModelVersionName>,
    /// What does the same, and was there before the write.
    beside: Option<Box<Handle>>,
}

/// How a write came to its [`Operation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obtained {
    /// The service has answered the request.
    Answered,
    /// An answer was lost; the request was sent again, and the service has answered that.
    Resent,
    /// The answer was lost, and what was asked for has been found at the service.
    Adopted,
    /// Nothing was sent: it was there before.
    Found,
}

impl<T: Tracked> Operation<T> {
    pub(crate) fn accepted(probe: T::Probe, known: T::Progress) -> Self {
        Self {
            probe,
            known,
            since: Some(Instant::now()),
            settled: None,
            obtained: Obtained::Answered,
            left: Vec::new(),
            beside: None,
        }
    }

    pub(crate) fn obtained_by(self, obtained: Obtained) -> Self {
        Self { obtained, ..self }
    }

    pub(crate) fn leaving(self, left: Vec<ModelVersionName>) -> Self {
        Self { left, ..self }
    }

    pub(crate) fn beside(self, beside: Option<Box<Handle>>) -> Self {
        Self { beside, ..self }
    }

    pub(crate) fn is_beside(&self) -> Option<&Handle> {
        self.beside.as_deref()
    }

    pub(crate) fn left(&self) -> &[ModelVersionName] {
        &self.left
    }

    /// One of which nothing is known until the first poll.
    pub(crate) fn unseen(probe: T::Probe, known: T::Progress) -> Self {
        Self {
            since: None,
            obtained: Obtained::Found,
            ..Self::accepted(probe, known)
        }
    }

    /// One for which there is nothing to wait.
    pub(crate) fn settled(probe: T::Probe, known: T::Progress, value: T) -> Self {
        Self {
            settled: Some(value),
            ..Self::accepted(probe, known)
        }
    }

    pub(crate) fn probe(&self) -> &T::Probe {
        &self.probe
    }

    pub(crate) fn settled_value(&self) -> Option<&T> {
        self.settled.as_ref()
    }

    /// The operation, written down: to go on with [`Client::resume`](crate::Client::resume) in
    /// another process. It holds no secret.
    pub fn handle(&self) -> Handle {
        T::handle(&self.probe)
    }

    /// How it was obtained: whether the service has answered the request, or it was found.
    #[must_use]
    pub fn obtained(&self) -> Obtained {
        self.obtained
    }

    /// What the service's answer showed when it accepted the operation.
    pub fn accepted_as(&self) -> &T::Progress {
        &self.known
    }

    /// Waits for the end: await the result, after setting limits if the usual ones do not fit.
    ///
    /// The future owns all it needs: it can be spawned, raced, dropped and begun again.
    ///
    /// # Errors
    ///
    /// The operation's own end, if it is no good one
    /// ([`OperationFailed`](crate::ErrorKind::OperationFailed),
    /// [`Superseded`](crate::ErrorKind::Superseded)), or one that cannot be told
    /// ([`Ambiguous`](crate::ErrorKind::Ambiguous)); the deadline
    /// ([`Deadline`](crate::ErrorKind::Deadline)); an error that waiting cannot mend, such as a
    /// key that is refused; or the last fault, once every poll has failed for 15 minutes.
    pub fn wait(&self) -> Wait<T> {
        Wait {
            watch: self.watch(),
            on_change: Mutex::new(None),
            running: Mutex::new(None),
        }
    }

    /// Watches it: a stream of each new progress, and of the end as its last item.
    ///
    /// The first item is what the accepting answer showed; it costs no request.
    pub fn watch(&self) -> Watch<T> {
        Watch {
            probe: self.probe.clone(),
            known: self.known.clone(),
            since: self.since,
            settled: self.settled.clone(),
            limits: Limits {
                schedule: Schedule::default(),
                deadline: <T as private::Tracked>::DEADLINE,
                patience: PATIENCE,
                stall_after: None,
            },
            running: Mutex::new(None),
        }
    }
}

impl<T: Tracked> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("of", &self.probe.subject())
            .field("accepted_as", &self.known)
            .finish_non_exhaustive()
    }
}

/// Something new about an operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change<T: Tracked> {
    /// It goes on, and shows something that it did not show before.
    Progress(T::Progress),
    /// It goes on, and has shown nothing new for longer than [`Wait::stall_after`]. Told once,
    /// until something moves.
    Stalled {
        /// What it has shown all the time.
        progress: T::Progress,
        /// For how long.
        quiet: Duration,
    },
    /// It has ended well. Nothing follows.
    Done(T),
}

impl<T: Tracked> fmt::Display for Change<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Progress(progress) => progress.fmt(f),
            Self::Stalled { progress, quiet } => {
                write!(f, "{progress}, and nothing new for {}", duration(*quiet))
            }
            Self::Done(_) => f.write_str("ended well"),
        }
    }
}

impl<T: Tracked> From<Step<T::Progress, T>> for Change<T> {
    fn from(step: Step<T::Progress, T>) -> Self {
        match step {
            Step::Progress(progress) => Self::Progress(progress),
            Step::Stalled(progress, quiet) => Self::Stalled { progress, quiet },
            Step::Done(value) => Self::Done(value),
        }
    }
}

type Running<T> = Pin<Box<dyn Stream<Item = Result<Change<T>>> + Send>>;

/// A stream of the changes of an [`Operation`]; see [`Operation::watch`].
///
/// Each progress is told as soon as it is seen, and never twice in a row. The last item is
/// [`Change::Done`] or an error. `next` is of a `StreamExt`, such as that of `futures`; a stream
/// that is not polled does not look.
///
/// ```no_run
/// use cerebras_management::{Change, Operation};
/// use futures_util::StreamExt;
/// # use cerebras_management::{ModelVersion, Result};
///
/// # async fn run(upload: Operation<ModelVersion>) -> Result<()> {
/// let mut changes = upload.watch();
/// while let Some(change) = changes.next().await {
///     match change? {
///         Change::Done(version) => println!("{} is ready", version.name()),
///         change => println!("{change}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Watch<T: Tracked> {
    probe: T::Probe,
    known: T::Progress,
    since: Option<Instant>,
    settled: Option<T>,
    limits: Limits,
    /// Never locked: what is only reached through `&mut` may be shared.
    running: Mutex<Option<Running<T>>>,
}

impl<T: Tracked> Watch<T> {
    /// How long it may take, counted from the first time that it is polled, requests and pauses
    /// included. By default 24 hours for an upload and 2 hours for a rollout.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// When to poll.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.limits.schedule = schedule;
        self
    }

    /// How long every poll may fail before the wait gives up: 15 minutes by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.limits.patience = patience;
        self
    }

    /// After how long without anything new to tell a [`Change::Stalled`], once each time. Never,
    /// unless this is set: how long a copy or a rollout stays quiet depends on the model.
    pub fn stall_after(mut self, quiet: Duration) -> Self {
        self.limits.stall_after = Some(quiet);
        self
    }

    fn poll(&self) -> Poll<T::Probe> {
        Poll::new(
            self.probe.clone(),
            self.limits.clone(),
            self.known.clone(),
            self.since,
        )
    }

    fn start(&self) -> Running<T> {
        if let Some(value) = self.settled.clone() {
            let changes = [Change::Progress(self.known.clone()), Change::Done(value)];
            return Box::pin(stream::iter(changes.map(Ok)).fuse());
        }
        // The loop is gone once it has told its end.
        let told = stream::unfold(Some(self.poll()), |poll| async move {
            let mut poll = poll?;
            Some(match poll.step().await {
                Ok(Step::Done(value)) => (Ok(Change::Done(value)), None),
                Ok(step) => (Ok(step.into()), Some(poll)),
                Err(error) => (Err(error.of_wait(T::handle(poll.probe()))), None),
            })
        });
        // It may be asked again after its end, as in a `select!`.
        Box::pin(told.fuse())
    }
}

// Nothing in it is pinned in place: what runs is boxed.
impl<T: Tracked> Unpin for Watch<T> {}

impl<T: Tracked> Stream for Watch<T> {
    type Item = Result<Change<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Ready<Option<Self::Item>> {
        let running = match unshared(&mut self.running).take() {
            Some(running) => running,
            None => self.start(),
        };
        let running = unshared(&mut self.running).insert(running);
        running.as_mut().poll_next(cx)
    }
}

impl<T: Tracked> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("of", &self.probe.subject())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What is behind a lock that nobody else can hold.
fn unshared<T>(mutex: &mut Mutex<T>) -> &mut T {
    mutex.get_mut().unwrap_or_else(PoisonError::into_inner)
}

type OnChange<T> = Box<dyn FnMut(&Change<T>) + Send>;
type Ending<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// A wait for the end of an [`Operation`]: set limits, then await it; see [`Operation::wait`].
///
/// It is a future that owns all it needs, to be awaited, spawned or raced.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<T: Tracked> {
    watch: Watch<T>,
    /// Never locked either.
    on_change: Mutex<Option<OnChange<T>>>,
    /// Begun with the first poll.
    running: Mutex<Option<Ending<T>>>,
}

impl<T: Tracked> Wait<T> {
    /// See [`Watch::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.watch = self.watch.deadline(deadline);
        self
    }

    /// See [`Watch::schedule`].
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.watch = self.watch.schedule(schedule);
        self
    }

    /// See [`Watch::patience`].
    pub fn patience(mut self, patience: Duration) -> Self {
        self.watch = self.watch.patience(patience);
        self
    }

    /// See [`Watch::stall_after`].
    pub fn stall_after(mut self, quiet: Duration) -> Self {
        self.watch = self.watch.stall_after(quiet);
        self
    }

    /// Calls `f` with each change but the end, which is what awaiting gives. The first one is
    /// what the accepting answer showed.
    pub fn on_change(mut self, f: impl FnMut(&Change<T>) + Send + 'static) -> Self {
        self.on_change = Mutex::new(Some(Box::new(f)));
        self
    }

    fn start(&mut self) -> Ending<T> {
        let mut on_change = unshared(&mut self.on_change).take();
        let mut tell = move |change: Change<T>| {
            if let Some(on_change) = &mut on_change {
                on_change(&change);
            }
        };
        if let Some(value) = self.watch.settled.clone() {
            tell(Change::Progress(self.watch.known.clone()));
            return Box::pin(std::future::ready(Ok(value)));
        }
        let mut poll = self.watch.poll();
        Box::pin(async move {
            loop {
                let step = poll.step().await;
                match step.map_err(|error| error.of_wait(T::handle(poll.probe())))? {
                    Step::Done(value) => return Ok(value),
                    step => tell(step.into()),
                }
            }
        })
    }
}

// As for `Watch`.
impl<T: Tracked> Unpin for Wait<T> {}

impl<T: Tracked> Future for Wait<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Ready<Self::Output> {
        let running = match unshared(&mut self.running).take() {
            Some(running) => running,
            None => self.start(),
        };
        let running = unshared(&mut self.running).insert(running);
        running.as_mut().poll(cx)
    }
}

impl<T: Tracked> fmt::Debug for Wait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("watch", &self.watch)
            .finish_non_exhaustive()
    }
}
