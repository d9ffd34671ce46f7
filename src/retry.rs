//! When a request is sent again, and after how long.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Sent};

/// What repeating an operation could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it only reads.
    Reads,
    /// It changes something, so it is repeated only when it surely was not processed.
    Writes,
}

/// One of the nine operations, or the chat request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) id: &'static str,
    pub(crate) effect: Effect,
}

impl Op {
    pub(crate) const LIST_MODEL_ARCHITECTURES: Self = Self::reads("list_model_architectures");
    pub(crate) const LIST_MODEL_VERSIONS: Self = Self::reads("list_model_versions");
    pub(crate) const UPLOAD_MODEL_VERSION: Self = Self::writes("upload_model_version");
    pub(crate) const GET_MODEL_VERSION: Self = Self::reads("get_model_version");
    pub(crate) const UPDATE_MODEL_VERSION_ALIASES: Self =
        Self::writes("update_model_version_aliases");
    pub(crate) const DELETE_MODEL_VERSION: Self = Self::writes("delete_model_version");
    pub(crate) const LIST_ENDPOINTS: Self = Self::reads("list_endpoints");
    pub(crate) const GET_ENDPOINT: Self = Self::reads("get_endpoint");
    pub(crate) const DEPLOY_MODEL: Self = Self::writes("deploy_model");
    /// A chat request costs tokens, but it changes nothing.
    pub(crate) const CHAT: Self = Self::reads("chat_completions");

    const fn reads(id: &'static str) -> Self {
        Self {
            id,
            effect: Effect::Reads,
        }
    }

    const fn writes(id: &'static str) -> Self {
        Self {
            id,
            effect: Effect::Writes,
        }
    }

    pub(crate) fn is_write(self) -> bool {
        self.effect == Effect::Writes
    }
}

/// How often, and how soon, a failed request is sent again.
///
/// A read is repeated after a broken or refused connection, a timeout, a 429 and a 5xx. A write
/// is repeated only when it surely was not processed: no connection was made, or the service
/// answered 429; an upload with an idempotency key, an alias edit and a delete also after an
/// answer that was lost, once a look has shown that it does no harm. Other uploads, and
/// deployments, are then only looked for, as often as they would have been repeated and after
/// the same pauses. Repeats take from a budget that all clones of a client share and that calls
/// which succeed fill again, so that a client does not flood a service that is down: 100 repeats
/// in a row, or 50 after timeouts, unless [`budget`](RetryPolicy::budget) says otherwise. The pause is drawn evenly between zero and a limit that doubles
/// with each attempt (full jitter); a `Retry-After` takes its place when it is longer.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management::RetryPolicy;
///
/// let policy = RetryPolicy::default()
///     .max_attempts(6)
///     .base(Duration::from_millis(100));
/// assert_ne!(policy, RetryPolicy::none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    base: Duration,
    cap: Duration,
    /// None is no bound.
    budget: Option<u32>,
}

impl Default for RetryPolicy {
    /// At most 4 attempts, pauses up to 0.5 s, 1 s and 2 s, and a budget of 500 tokens.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            budget: Some(500),
        }
    }
}

impl RetryPolicy {
    /// One attempt, no retries.
    #[must_use]
    pub fn none() -> Self {
        Self {
            max_attempts: 1,
            ..Self::default()
        }
    }

    /// How many times a request is sent at most, the first time included. At least 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The longest pause before the second attempt; it doubles with each further one.
    #[must_use]
    pub fn base(mut self, pause: Duration) -> Self {
        self.base = pause;
        self
    }

    /// The longest pause before any attempt, but for a longer `Retry-After`.
    #[must_use]
    pub fn cap(mut self, pause: Duration) -> Self {
        self.cap = pause;
        self
    }

    /// How many tokens the budget of a client holds: 500 by default. A repeat takes 5 of them, or
    /// 10 after a timeout, and is left out when they are not there. A call that succeeds puts back
    /// what its last repeat took, or 1 if it needed none.
    #[must_use]
    pub fn budget(mut self, tokens: u32) -> Self {
        self.budget = Some(tokens);
        self
    }

    /// Repeats whatever other calls have come to: only `max_attempts` and the time bound them.
    #[must_use]
    pub fn without_budget(mut self) -> Self {
        self.budget = None;
        self
    }

    /// The pause before the next attempt, or none when this error is the answer.
    pub(crate) fn pause_after(&self, op: Op, attempt: u32, error: &Error) -> Option<Duration> {
        if !is_repeatable(op, error) {
            return None;
        }
        self.pause_before_look(attempt, error)
    }

    /// The same for a caller that looks again, whatever went wrong.
    pub(crate) fn pause_before_look(&self, attempt: u32, error: &Error) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        let doubled = self.base.saturating_mul(1 << (attempt - 1).min(16));
        let drawn = doubled.min(self.cap).mul_f64(fastrand::f64());
        Some(drawn.max(error.retry_after().unwrap_or_default()))
    }
}

/// How much of a client's requests may be repeats, shared by all its clones.
///
/// A bucket of tokens as in the standard retry mode of the AWS SDKs: a repeat takes some, more
/// of them after a timeout, and each call that succeeds puts some back. When the service is down
/// for all, a client soon stops adding to its load.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU32,
    /// None is no bound.
    size: Option<u32>,
}

impl Budget {
    pub(crate) fn full(policy: &RetryPolicy) -> Self {
        Self {
            left: AtomicU32::new(policy.budget.unwrap_or_default()),
            size: policy.budget,
        }
    }

    /// Takes what a repeat after this error costs, if it is there: how many tokens.
    pub(crate) fn take(&self, error: &Error) -> Option<u32> {
        let cost = match error.kind() {
            ErrorKind::Timeout => 10,
            _ => 5,
        };
        if self.size.is_none() {
            return Some(cost);
        }
        let taken = self
            .left
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(cost));
        taken.ok().map(|_| cost)
    }

    /// Puts tokens back, as far as there is room.
    pub(crate) fn put_back(&self, tokens: u32) {
        let size = self.size.unwrap_or_default();
        let full = |left: u32| Some(left.saturating_add(tokens).min(size));
        // It never refuses, so there is nothing to look at.
        let _ = self.left.fetch_update(Relaxed, Relaxed, full);
    }
}

fn is_repeatable(op: Op, error: &Error) -> bool {
    let unprocessed = error.kind() == ErrorKind::RateLimited || error.was_sent() == Sent::No;
    may_pass(error) && (op.effect == Effect::Reads || unprocessed)
}

/// Whether another attempt may fare better.
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited | ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Unavailable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, sent: Sent) -> Error {
        Error::new(kind, "x").sent(sent)
    }

    #[test]
    fn a_write_is_repeated_only_when_it_surely_was_not_processed() {
        let policy = RetryPolicy::default();
        for (kind, sent, read, write) in [
            (ErrorKind::Transport, Sent::No, true, true),
            (ErrorKind::Transport, Sent::Maybe, true, false),
            (ErrorKind::Timeout, Sent::Maybe, true, false),
            (ErrorKind::Unavailable, Sent::Maybe, true, false),
            (ErrorKind::RateLimited, Sent::Yes, true, true),
            (ErrorKind::Conflict, Sent::Yes, false, false),
            (ErrorKind::Blocked, Sent::Maybe, false, false),
            (ErrorKind::Decode, Sent::Yes, false, false),
        ] {
            let error = error(kind, sent);
            for (op, expected) in [(Op::GET_ENDPOINT, read), (Op::DEPLOY_MODEL, write)] {
                assert_eq!(
                    policy.pause_after(op, 1, &error).is_some(),
                    expected,
                    "{kind:?} {sent:?} {}",
                    op.id
                );
            }
            assert_eq!(may_pass(&error), read, "{kind:?} {sent:?} after a look");
            assert!(policy.pause_before_look(1, &error).is_some());
        }
    }

    #[test]
    fn a_client_whose_calls_all_fail_stops_repeating() {
        let budget = Budget::full(&RetryPolicy::default());
        let fault = error(ErrorKind::Unavailable, Sent::Maybe);
        let late = error(ErrorKind::Timeout, Sent::Maybe);
        let takes = |budget: &Budget, error| {
            let taken = (0..200).map_while(|_| budget.take(error));
            taken.count()
        };
        assert_eq!(takes(&budget, &fault), 100);
        budget.put_back(1);
        assert_eq!(budget.take(&fault), None, "one success is not enough");
        budget.put_back(5);
        assert_eq!(budget.take(&fault), Some(5));
        for _ in 0..1000 {
            budget.put_back(1);
        }
        assert_eq!(takes(&budget, &late), 50);

        let small = Budget::full(&RetryPolicy::default().budget(12));
        assert_eq!(takes(&small, &late), 1);
        small.put_back(u32::MAX);
        assert_eq!(takes(&small, &fault), 2);
        let endless = Budget::full(&RetryPolicy::default().without_budget());
        assert_eq!(takes(&endless, &late), 200);
    }

    #[test]
    fn the_pause_stays_below_its_limit_and_the_attempts_end() {
        let policy = RetryPolicy::default().max_attempts(8);
        let fault = error(ErrorKind::Unavailable, Sent::Maybe);
        for attempt in 1..8 {
            let limit = Duration::from_millis(500 << (attempt - 1)).min(Duration::from_secs(20));
            for _ in 0..100 {
                let pause = policy.pause_after(Op::GET_ENDPOINT, attempt, &fault);
                assert!(pause.is_some_and(|pause| pause <= limit));
            }
        }
        assert_eq!(policy.pause_after(Op::GET_ENDPOINT, 8, &fault), None);
        assert_eq!(
            RetryPolicy::none().pause_after(Op::GET_ENDPOINT, 1, &fault),
            None
        );
    }
}
