//! The loop of every wait: look, tell what is new, sleep, until something ends it.
//!
//! There is no HTTP here. A [`Probe`] looks once; the loop owns the clock, the schedule, the
//! deadline and the patience with looks that fail. A look that fails is not an operation that
//! fails: only what the probe reports as an end, the deadline, an error that repeating cannot
//! mend, or the end of patience ends the loop.

mod schedule;

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::error::{Error, ErrorKind, Result, Sent};
use crate::time::after;

pub use schedule::Schedule;

/// Looks once at what is waited for.
pub trait Probe: Send {
    /// What a look shows while it goes on.
    type Progress: Clone + PartialEq + fmt::Display + Send;
    /// What there is in the end.
    type Output: Send;

    /// Looks once, with one request.
    fn look(&mut self) -> impl Future<Output = Result<Look<Self::Progress, Self::Output>>> + Send;

    /// What is waited for, as an error line names it: `upload of orgs/…/versions/3`.
    fn subject(&self) -> String;
}

/// What one look showed.
#[derive(Debug)]
pub enum Look<P, T> {
    /// It goes on.
    Going(P),
    /// It has ended well.
    Done(P, T),
    /// It has ended otherwise.
    Ended(P, Error),
}

/// What the loop tells.
#[derive(Debug, PartialEq)]
pub(crate) enum Step<P, T> {
    /// A progress other than the one before.
    Progress(P),
    /// The end, a good one.
    Done(T),
}

/// The limits of one wait.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) schedule: Schedule,
    pub(crate) deadline: Duration,
    pub(crate) patience: Duration,
}

/// One wait: a sequence of steps over time. It keeps its place when a `step` is dropped.
#[derive(Debug)]
pub(crate) struct Poll<P: Probe> {
    probe: P,
    limits: Limits,
    started: Instant,
    next: Instant,
    polls: u32,
    /// Since when every look has failed.
    failing_since: Option<Instant>,
    last_fault: Option<Error>,
    shown: Option<P::Progress>,
    /// What is known and not yet told.
    untold: Option<P::Progress>,
    outcome: Option<Result<P::Output>>,
}

impl<P: Probe> Poll<P> {
    /// `known` is what the answer that began the operation showed at `since`: it is told first,
    /// without a request.
    pub(crate) fn new(probe: P, limits: Limits, known: P::Progress, since: Instant) -> Self {
        let now = Instant::now();
        Self {
            next: after(
                since,
                limits.schedule.interval(Duration::ZERO, fastrand::f64()),
            ),
            probe,
            limits,
            started: now,
            polls: 0,
            failing_since: None,
            last_fault: None,
            shown: None,
            untold: Some(known),
            outcome: None,
        }
    }

    pub(crate) fn probe(&self) -> &P {
        &self.probe
    }

    /// The next new thing. After [`Step::Done`] or an error there is no further one to ask for.
    pub(crate) async fn step(&mut self) -> Result<Step<P::Progress, P::Output>> {
        loop {
            if let Some(progress) = self.untold.take() {
                self.shown = Some(progress.clone());
                return Ok(Step::Progress(progress));
            }
            if let Some(outcome) = self.outcome.take() {
                return outcome.map(Step::Done);
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let deadline = after(self.started, self.limits.deadline);
        sleep_until(self.next.min(deadline)).await;
        if self.next >= deadline && Instant::now() >= deadline {
            self.outcome = Some(Err(self.late()));
            return;
        }
        self.polls += 1;
        let looked = timeout_at(deadline, self.probe.look()).await;
        let now = Instant::now();
        let interval = self
            .limits
            .schedule
            .interval(now - self.started, fastrand::f64());
        self.next = after(now, interval);
        match looked {
            Err(_) => self.outcome = Some(Err(self.late())),
            Ok(Ok(look)) => {
                self.failing_since = None;
                self.last_fault = None;
                self.seen(look);
            }
            Ok(Err(error)) if is_passing(&error) => {
                // One odd answer must not put a wait to sleep until its deadline.
                let asked = error.retry_after().unwrap_or_default();
                let pause = asked.min(self.limits.patience);
                tracing::debug!(%error, "a poll failed; the wait goes on");
                self.next = self.next.max(after(now, pause));
                let failing = now - *self.failing_since.get_or_insert(now);
                if failing >= self.limits.patience {
                    self.outcome = Some(Err(self.out_of_patience(error, failing)));
                } else {
                    self.last_fault = Some(error);
                }
            }
            Ok(Err(error)) => self.outcome = Some(Err(error.about(self.probe.subject()))),
        }
    }

    fn seen(&mut self, look: Look<P::Progress, P::Output>) {
        let progress = match look {
            Look::Going(progress) => progress,
            Look::Done(progress, output) => {
                self.outcome = Some(Ok(output));
                progress
            }
            Look::Ended(progress, error) => {
                self.outcome = Some(Err(error));
                progress
            }
        };
        if self.shown.as_ref() != Some(&progress) {
            self.untold = Some(progress);
        }
    }

    fn last_seen(&self) -> String {
        match &self.shown {
            Some(progress) => format!(", last seen {progress}"),
            None => String::new(),
        }
    }

    fn late(&mut self) -> Error {
        let fault = self.last_fault.take();
        let failed = fault.as_ref().map_or_else(String::new, |fault| {
            format!(", and the last one failed: {}", fault.brief())
        });
        let error = Error::new(
            ErrorKind::Deadline,
            format!(
                "not ended after {}{} ({} polls{failed})",
                duration(self.started.elapsed()),
                self.last_seen(),
                self.polls
            ),
        )
        .about(self.probe.subject())
        .remedy_is("it may still be going on: wait again, or set a later deadline");
        match fault {
            Some(fault) => error.caused_by(fault),
            None => error,
        }
    }

    fn out_of_patience(&self, error: Error, failing: Duration) -> Error {
        let subject = format!(
            "{}: every poll has failed for {}{}",
            self.probe.subject(),
            duration(failing),
            self.last_seen()
        );
        error
            .about_rather(subject)
            .remedy_is_rather("it may still be going on: wait again when the service answers")
    }
}

/// Whether the next look may well succeed where this one failed.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport
        | ErrorKind::Timeout
        | ErrorKind::RateLimited
        | ErrorKind::Unavailable
        | ErrorKind::Blocked
        | ErrorKind::Decode => true,
        // The key's source gave none: that the service refused one, it would have said.
        ErrorKind::Unauthorized => error.was_sent() == Sent::No,
        _ => false,
    }
}

/// `1 h 5 min`, `3 min 20 s`, `2.5 s`.
fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", elapsed.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests;
