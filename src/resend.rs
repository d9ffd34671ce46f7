//! Sending a write again, by a caller that looks in between.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::error::Error;
use crate::retry::{Op, may_pass};
use crate::time::after;

/// Counts the attempts of one write, and keeps its time.
///
/// It is for a write that may be repeated after a lost answer once a look has shown that this
/// does no harm. Each attempt goes out through [`Client::call_once`].
pub(crate) struct Resends<'a> {
    client: &'a Client,
    op: Op,
    /// For all attempts and the pauses between them.
    until: Instant,
    attempts: u32,
    /// Attempts, and looks beyond the one that each of them is followed by.
    tries: u32,
    /// What the last of them took from the budget.
    tokens: u32,
}

impl<'a> Resends<'a> {
    pub(crate) fn new(client: &'a Client, op: Op) -> Self {
        Self {
            client,
            op,
            until: after(Instant::now(), client.transport().call_timeout),
            attempts: 0,
            tries: 0,
            tokens: 0,
        }
    }

    /// Lets no attempt begin after this.
    pub(crate) fn not_after(mut self, until: Instant) -> Self {
        self.until = self.until.min(until);
        self
    }

    /// Counts an attempt that failed.
    pub(crate) fn count(&mut self, error: Error) -> Error {
        self.attempts += error.attempts();
        error.after_attempts(self.attempts)
    }

    /// Counts an attempt that failed. True after a pause when another may follow; false, at once,
    /// when this error is the answer.
    pub(crate) async fn pause_after(&mut self, error: Error) -> (Error, bool) {
        let error = self.count(error);
        let again = self.pause_before_resend(&error).await;
        (error, again)
    }

    /// Whether another attempt may follow this one, which was counted: true after a pause.
    pub(crate) async fn pause_before_resend(&mut self, error: &Error) -> bool {
        may_pass(error) && self.pause_before_look(error).await
    }

    /// Whether to look once more after this error, without sending anything: true after a pause.
    pub(crate) async fn pause_before_look(&mut self, error: &Error) -> bool {
        self.tries = self.attempts.max(self.tries + 1);
        let Some(pause) = self.pause(error) else {
            return false;
        };
        tracing::debug!(operation = self.op.id, attempt = self.attempts, ?pause, %error, "to be looked at after a pause");
        tokio::time::sleep(pause).await;
        true
    }

    fn pause(&mut self, error: &Error) -> Option<Duration> {
        let transport = self.client.transport();
        let pause = transport.retry.pause_before_look(self.tries, error)?;
        let in_time = after(Instant::now(), pause) < self.until;
        if !in_time {
            return None;
        }
        self.tokens = transport.budget.take(error)?;
        Some(pause)
    }

    /// The write has succeeded. The attempt itself has put back one token; this is the rest of
    /// what it took.
    pub(crate) fn succeeded(&self) {
        let rest = self.tokens.saturating_sub(1);
        self.client.transport().budget.put_back(rest);
    }
}
