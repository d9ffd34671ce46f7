//! Ctrl-C, and the signal by which CI ends a job: what goes on without us is said before we go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::to_stderr;

/// What would be left behind now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<Mutex<Left>>);

#[derive(Clone, Debug, Default)]
enum Left {
    #[default]
    Nothing,
    /// A question is on the screen; nothing has been sent.
    Asking,
    /// A request that may have been handled, and how to look.
    Sending(String),
    /// An operation that goes on.
    Going(String),
}

impl Interrupt {
    /// A person is asked whether to go on.
    pub(crate) fn asking(&self) {
        *self.lock() = Left::Asking;
    }

    /// A write is about to be sent; `look` says how to find out what has become of it.
    pub(crate) fn sending(&self, look: impl Into<String>) {
        *self.lock() = Left::Sending(look.into());
    }

    /// An operation that is waited for.
    pub(crate) fn waiting(&self, handle: &impl ToString) {
        *self.lock() = Left::Going(handle.to_string());
    }

    pub(crate) fn over(&self) {
        *self.lock() = Left::Nothing;
    }

    /// Waits for a signal, and says what is left behind.
    pub(crate) async fn comes(&self) -> Failure {
        signal().await;
        if matches!(*self.lock(), Left::Asking) {
            // The question has no line break.
            to_stderr("");
        }
        self.failure()
    }

    /// The same without a signal, for this reason.
    pub(crate) fn by(&self, reason: &str) -> Failure {
        let failure = self.failure();
        match failure.reason() {
            Some(why) => {
                let why = format!("{reason}; {why}");
                failure.why(why)
            }
            None => failure.why(reason),
        }
    }

    fn failure(&self) -> Failure {
        let left = self.lock().clone();
        let failure = Failure::new(Exit::Interrupted, "interrupted", "interrupted");
        match left {
            Left::Nothing => failure,
            Left::Asking => failure.why("nothing was changed"),
            Left::Sending(look) => failure
                .why("a request was on its way and may have been handled")
                .next(look),
            Left::Going(handle) => failure
                .why("what was begun goes on at the service")
                .next(format!("`cbm wait {handle}` goes on waiting"))
                .with_handle(&handle),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut ended) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = ended.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
