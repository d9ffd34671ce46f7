//! The loop of every wait: look, tell what is new, sleep, until something ends it.
//!
//! There is no HTTP here. A [`Probe`] looks once; the loop owns the clock, the schedule, the
//! deadline and the patience with looks that fail. A look that fails is not an operation that
//! fails: only what the probe reports as an end, the deadline, an error that repeating cannot
//! mend, or the end of patience ends the loop. Waits for one thing share their looks: see
//! [`feed`].

mod feed;
mod registry;
mod schedule;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind, Result, Sent, Waited};
use crate::time::after;

pub(crate) use feed::{Feed, Read, View};
use feed::{Member, Turn};
pub(crate) use registry::Feeds;
pub use schedule::Schedule;

/// Looks at what is waited for.
pub trait Probe: Send {
    /// What a look shows while it goes on.
    type Progress: Clone + PartialEq + fmt::Display + Send;
    /// What there is in the end.
    type Output: Send;
    /// What one request shows to all the waits that share it.
    type View: View;

    /// What the waits that would ask for the same view share.
    fn feed(&self) -> Arc<Feed<Self::View>>;

    /// Whether a look alone may tell what a view does not, or where none can be had.
    const ALONE_TELLS_MORE: bool = true;

    /// Asks for the view, with one request.
    fn read(&self) -> Read<Self::View>;

    /// Looks into a view; none where it does not tell.
    fn see(&mut self, view: &Self::View) -> Option<Look<Self::Progress, Self::Output>>;

    /// Looks alone, with one request.
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
    /// The same progress for so long.
    Stalled(P, Duration),
    /// The end, a good one.
    Done(T),
}

/// The limits of one wait.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) schedule: Schedule,
    pub(crate) deadline: Duration,
    pub(crate) patience: Duration,
    /// After how long without anything new to say so.
    pub(crate) stall_after: Option<Duration>,
}

/// One wait: a sequence of steps over time. It keeps its place when a `step` is dropped.
pub(crate) struct Poll<P: Probe> {
    probe: P,
    member: Member<P::View>,
    limits: Limits,
    started: Instant,
    next: Instant,
    polls: u32,
    /// Since when every look has failed.
    failing_since: Option<Instant>,
    last_fault: Option<Error>,
    shown: P::Progress,
    /// Since when nothing new has been seen; none once that was told.
    quiet_since: Option<Instant>,
    /// What is known and not yet told.
    untold: Option<Step<P::Progress, P::Output>>,
    /// In a box, since almost all of the time there is none.
    outcome: Option<Result<Box<P::Output>>>,
}

impl<P: Probe> Poll<P> {
    /// `known` is what the answer that began the operation showed at `since`: it is told first,
    /// without a request. Where there was no such answer, the first look comes at once.
    pub(crate) fn new(
        probe: P,
        limits: Limits,
        known: P::Progress,
        since: Option<Instant>,
    ) -> Self {
        let now = Instant::now();
        let first = |since| {
            let interval = limits.schedule.interval(Duration::ZERO, fastrand::f64());
            after(since, interval)
        };
        Self {
            next: since.map_or(now, first),
            member: probe.feed().join(since.unwrap_or(now)),
            probe,
            limits,
            started: now,
            polls: 0,
            failing_since: None,
            last_fault: None,
            shown: known.clone(),
            quiet_since: Some(now),
            untold: Some(Step::Progress(known)),
            outcome: None,
        }
    }

    pub(crate) fn probe(&self) -> &P {
        &self.probe
    }

    /// The next new thing. After [`Step::Done`] or an error there is no further one to ask for.
    pub(crate) async fn step(&mut self) -> Result<Step<P::Progress, P::Output>> {
        loop {
            if let Some(step) = self.untold.take() {
                return Ok(step);
            }
            if let Some(outcome) = self.outcome.take() {
                let waited = self.waited();
                return outcome
                    .map(|output| Step::Done(*output))
                    .map_err(|error| error.after_wait(waited));
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let deadline = after(self.started, self.limits.deadline);
        let stalled = self.limits.stall_after.zip(self.quiet_since);
        let stalled = stalled.map(|(limit, since)| after(since, limit));
        let cut = stalled.map_or(deadline, |stalled| stalled.min(deadline));
        let probe = &self.probe;
        let turn = self.member.turn(self.next, || probe.read());
        let answer = match turn.until(cut).await {
            Turn::Shared(answer) => Some(answer),
            Turn::Alone => None,
            Turn::Late if cut < deadline => return self.stall(),
            Turn::Late => return self.end_late(),
        };
        self.polls += 1;
        let told = answer.as_ref().and_then(|answer| match &answer.result {
            Ok(view) => self.probe.see(view).map(Ok),
            Err(error) if P::ALONE_TELLS_MORE && is_about_the_view(error) => None,
            Err(error) => Some(Err(error.again())),
        });
        let (looked, came, chance) = if let (Some(told), Some(answer)) = (told, answer) {
            (told, answer.came, answer.chance)
        } else {
            // In a box, so that a wait is large only while it looks.
            let looked = Box::pin(timeout_at(deadline, self.probe.look())).await;
            self.member.has_looked();
            match looked {
                Ok(looked) => (looked, Instant::now(), fastrand::f64()),
                Err(_) => return self.end_late(),
            }
        };
        let waited = came.saturating_duration_since(self.started);
        self.next = after(came, self.limits.schedule.interval(waited, chance));
        match looked {
            Ok(look) => {
                self.failing_since = None;
                self.last_fault = None;
                self.seen(look);
            }
            Err(error) => self.failed(error, came),
        }
    }

    fn failed(&mut self, error: Error, came: Instant) {
        if !is_passing(&error) {
            self.outcome = Some(Err(error.about(self.probe.subject())));
            return;
        }
        tracing::debug!(%error, "a poll failed; the wait goes on");
        let now = Instant::now();
        // One odd answer must not put a wait to sleep until its deadline.
        let asked = error.retry_after().unwrap_or_default();
        let pause = asked.min(self.limits.patience);
        self.next = self.next.max(after(came, pause));
        let failing = now - *self.failing_since.get_or_insert(now);
        if failing >= self.limits.patience {
            self.last_fault = Some(error.again());
            self.outcome = Some(Err(self.out_of_patience(error, failing)));
        } else {
            self.last_fault = Some(error);
        }
    }

    fn stall(&mut self) {
        if let Some(since) = self.quiet_since.take() {
            self.untold = Some(Step::Stalled(self.shown.clone(), since.elapsed()));
        }
    }

    fn seen(&mut self, look: Look<P::Progress, P::Output>) {
        let progress = match look {
            Look::Going(progress) => progress,
            Look::Done(progress, output) => {
                self.outcome = Some(Ok(Box::new(output)));
                progress
            }
            Look::Ended(progress, error) => {
                self.outcome = Some(Err(error));
                progress
            }
        };
        if self.shown != progress {
            self.shown = progress.clone();
            self.quiet_since = Some(Instant::now());
            self.untold = Some(Step::Progress(progress));
        }
    }

    fn waited(&self) -> Waited {
        Waited {
            last_seen: self.shown.to_string(),
            elapsed: self.started.elapsed(),
            polls: self.polls,
            last_fault: self.last_fault.as_ref().map(Error::brief),
        }
    }

    fn end_late(&mut self) {
        let failed = self.last_fault.as_ref().map_or_else(String::new, |fault| {
            format!(", and the last one failed: {}", fault.brief())
        });
        let error = Error::new(
            ErrorKind::Deadline,
            format!(
                "not ended after {}, last seen {} ({} polls{failed})",
                duration(self.started.elapsed()),
                self.shown,
                self.polls
            ),
        )
        .about(self.probe.subject())
        .remedy_is("it may still be going on: wait again, or set a later deadline");
        self.outcome = Some(Err(match &self.last_fault {
            Some(fault) => error.caused_by(fault.again()),
            None => error,
        }));
    }

    fn out_of_patience(&self, error: Error, failing: Duration) -> Error {
        let subject = format!(
            "{}: every poll has failed for {}, last seen {}",
            self.probe.subject(),
            duration(failing),
            self.shown
        );
        error
            .about_rather(subject)
            .remedy_is_rather("it may still be going on: wait again when the service answers")
    }
}

/// Whether a request for the view failed in a way that says nothing of what is waited for: the
/// list may be forbidden, too long, or broken by one of its entries.
fn is_about_the_view(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Decode)
        || !(is_passing(error) || error.kind() == ErrorKind::Unauthorized)
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
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", elapsed.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests;
