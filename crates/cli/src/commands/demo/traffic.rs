//! Steady chat requests beside a rollout: how many, how many failed, and which weights answered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cerebras_management::{ChatAnswer, Endpoint, Result};
use tokio::task::JoinHandle;

/// From one request to the next.
const PAUSE: Duration = Duration::from_millis(40);

/// Requests that go on until [`Traffic::stop`].
pub(super) struct Traffic {
    tally: Arc<Mutex<Tally>>,
    running: JoinHandle<()>,
}

/// What the requests came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    answered: BTreeMap<String, u32>,
    pub(super) failed: u32,
}

impl Traffic {
    pub(super) fn start(endpoint: Endpoint) -> Self {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let running = tokio::spawn(async move {
            loop {
                let answer = endpoint.chat("Hello!").await;
                counted
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .count(answer);
                tokio::time::sleep(PAUSE).await;
            }
        });
        Self { tally, running }
    }

    pub(super) fn stop(self) -> Tally {
        self.running.abort();
        self.tally
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Tally {
    fn count(&mut self, answer: Result<ChatAnswer>) {
        match answer {
            Ok(answer) => {
                let who = weights(answer.system_fingerprint.as_deref());
                *self.answered.entry(who).or_default() += 1;
            }
            Err(_) => self.failed += 1,
        }
    }
}

/// The suffix given at upload, from the end of a fingerprint.
pub(super) fn weights(fingerprint: Option<&str>) -> String {
    let suffix = fingerprint.and_then(|f| f.rsplit_once('_'));
    suffix.map_or("unknown", |(_, suffix)| suffix).to_owned()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.answered.values().sum::<u32>() + self.failed;
        write!(f, "{sent} chat requests, {} failed", self.failed)?;
        for (who, count) in &self.answered {
            write!(f, "; {who} answered {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_the_end_of_the_fingerprint() {
        assert_eq!(weights(Some("fp_0123abcd_run-42")), "run-42");
        assert_eq!(weights(Some("fp")), "unknown");
        assert_eq!(weights(None), "unknown");
    }

    #[test]
    fn a_tally_reads_as_a_sentence() {
        let tally = Tally {
            answered: BTreeMap::from([("run-42".to_owned(), 9), ("run-43".to_owned(), 2)]),
            failed: 1,
        };
        assert_eq!(
            tally.to_string(),
            "12 chat requests, 1 failed; run-42 answered 9; run-43 answered 2"
        );
    }
}
