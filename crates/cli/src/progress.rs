//! What goes on, on standard error: a moving line for a person at a terminal, one plain line a
//! change into a pipe, nothing where that is wanted.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::output::time::took;
use crate::output::{printable, to_stderr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Live,
    Plain,
    Silent,
}

/// Decides once how progress is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    mode: Mode,
}

impl Progress {
    /// `logs` says that other lines come between, which a moving line would tear.
    pub(crate) fn new(silent: bool, logs: bool) -> Self {
        let mode = if silent {
            Mode::Silent
        } else if std::io::stderr().is_terminal() && !logs {
            Mode::Live
        } else {
            Mode::Plain
        };
        Self { mode }
    }

    /// A line for something that goes on. What the SDK calls while it waits may own a clone.
    pub(crate) fn line(self, title: &str) -> Line {
        let bar = (self.mode == Mode::Live).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let bar = bar.with_finish(ProgressFinish::AndClear);
            set_style(&bar, "{spinner:.cyan} {msg} {elapsed:.dim}");
            bar.set_message(title.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Line {
            mode: self.mode,
            title: printable(title),
            bar,
            shown: Arc::default(),
            started: Instant::now(),
        }
    }
}

/// See [`Progress::line`].
#[derive(Clone, Debug)]
pub(crate) struct Line {
    mode: Mode,
    title: String,
    bar: Option<ProgressBar>,
    shown: Arc<Mutex<String>>,
    started: Instant,
}

impl Line {
    /// Something new; `part` of a whole, if that is known.
    pub(crate) fn change(&self, status: &str, part: Option<(u64, u64)>) {
        let status = printable(status);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown == status {
            return;
        }
        shown.clone_from(&status);
        let message = format!("{}: {status}", self.title);
        match (&self.bar, self.mode) {
            (Some(bar), _) => {
                if let Some((done, whole)) = part {
                    bar.set_length(whole);
                    bar.set_position(done);
                    set_style(bar, "{spinner:.cyan} {msg} [{bar:20}] {elapsed:.dim}");
                }
                bar.set_message(message);
            }
            (None, Mode::Plain) => to_stderr(&message),
            (None, _) => {}
        }
    }

    /// It has ended well.
    pub(crate) fn done(&self, status: &str) {
        self.clear();
        let took = took(self.started.elapsed());
        let message = format!("{}: {}", self.title, printable(status));
        match self.mode {
            Mode::Live => {
                let mark = style("✓").green().for_stderr();
                let took = style(format!("({took})")).dim().for_stderr();
                to_stderr(&format!("{mark} {message} {took}"));
            }
            Mode::Plain => to_stderr(&format!("{message} ({took})")),
            Mode::Silent => {}
        }
    }

    /// It is over; what there is to say is said elsewhere.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
}
