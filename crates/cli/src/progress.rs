//! What goes on, on standard error: a moving line for a person at a terminal, one plain line a
//! change into a pipe, nothing where that is wanted.

mod terminal;

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use console::{measure_text_width, style, truncate_str};
use indicatif::{
    ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle, TermLike,
};

use crate::output::time::took;
use crate::output::{printable, to_stderr};
use terminal::Terminal;

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
        let shown = Arc::new(Mutex::new(Shown {
            title: printable(title),
            ..Shown::default()
        }));
        let bar = (self.mode == Mode::Live).then(|| {
            let target = ProgressDrawTarget::term_like(Box::new(Terminal::stderr()));
            let bar = ProgressBar::with_draw_target(None, target);
            let bar = bar.with_finish(ProgressFinish::AndClear);
            if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {line}") {
                let shown = Arc::clone(&shown);
                let line = move |state: &ProgressState, out: &mut dyn Write| {
                    // The spinner and the space after it.
                    let width = usize::from(Terminal::stderr().width()).saturating_sub(2);
                    // Nobody is there to be told that it cannot be shown.
                    let _ = out.write_str(&lock(&shown).line(state.elapsed(), width));
                };
                bar.set_style(style.with_key("line", line));
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Line {
            mode: self.mode,
            bar,
            shown,
            started: Instant::now(),
        }
    }
}

/// What a line says.
#[derive(Debug, Default)]
struct Shown {
    title: String,
    status: String,
    /// How much of a whole is done, if that is known.
    part: Option<(u64, u64)>,
}

/// The columns of a bar, when there is room for one.
const BAR: usize = 20;

impl Shown {
    /// Title, status, bar and time in one row of so many columns. Of what does not fit the bar goes
    /// first, then the end of the title, then all of it: the status is what is looked for.
    fn line(&self, elapsed: Duration, width: usize) -> String {
        let time = clock(elapsed);
        let status = match &*self.status {
            "" => String::new(),
            status => format!(": {status}"),
        };
        let room = width.saturating_sub(measure_text_width(&status) + time.len() + 1);
        let (title, status) = match &*self.status {
            shown if !shown.is_empty() && room < SHORTEST => ("".into(), shown.to_owned()),
            _ => (truncate_str(&self.title, room, "…"), status),
        };
        let bar = match self.part {
            Some((done, whole)) if measure_text_width(&title) + BAR + 3 <= room => {
                format!(" [{}]", bar(done, whole))
            }
            _ => String::new(),
        };
        let time = style(time).dim().for_stderr();
        let line = format!("{title}{status}{bar} {time}");
        truncate_str(&line, width, "…").into_owned()
    }
}

/// So many columns of a title tell what it is about.
const SHORTEST: usize = 10;

fn bar(done: u64, whole: u64) -> String {
    let whole = usize::try_from(whole).unwrap_or(usize::MAX).max(1);
    let done = usize::try_from(done).unwrap_or(usize::MAX).min(whole);
    let full = done.saturating_mul(BAR) / whole;
    "█".repeat(full) + &"░".repeat(BAR - full)
}

/// `42s`, `2m 10s`, `1h 5m`: nothing that changes more often than each second.
fn clock(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => took(Duration::from_secs(seconds)),
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

/// See [`Progress::line`].
#[derive(Clone, Debug)]
pub(crate) struct Line {
    mode: Mode,
    bar: Option<ProgressBar>,
    shown: Arc<Mutex<Shown>>,
    started: Instant,
}

impl Line {
    /// Something new; `part` of a whole, if that is known.
    pub(crate) fn change(&self, status: &str, part: Option<(u64, u64)>) {
        let status = printable(status);
        let mut shown = lock(&self.shown);
        if shown.status == status {
            return;
        }
        shown.status = status;
        shown.part = part.or(shown.part);
        if self.mode == Mode::Plain {
            to_stderr(&format!("{}: {}", shown.title, shown.status));
        }
    }

    /// So much of a whole is done, which only a moving line shows.
    pub(crate) fn part(&self, done: u64, whole: u64) {
        lock(&self.shown).part = Some((done, whole));
    }

    /// It has ended well.
    pub(crate) fn done(&self, status: &str) {
        self.clear();
        let took = took(self.started.elapsed());
        let message = format!("{}: {}", lock(&self.shown).title, printable(status));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(title: &str, part: Option<(u64, u64)>) -> Shown {
        Shown {
            title: title.to_owned(),
            status: "in_progress".to_owned(),
            part,
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_status_stays() {
        let line = shown("rollout of gpt-oss-120b@2 to my-org-gpt", Some((1, 4)));
        for (width, expected) in [
            (
                78,
                "rollout of gpt-oss-120b@2 to my-org-gpt: in_progress [█████░░░░░░░░░░░░░░░] 3s",
            ),
            (
                77,
                "rollout of gpt-oss-120b@2 to my-org-gpt: in_progress 3s",
            ),
            (40, "rollout of gpt-oss-120b…: in_progress 3s"),
            (26, "rollout o…: in_progress 3s"),
            (25, "in_progress 3s"),
            (9, "in_progr…"),
        ] {
            assert_eq!(line.line(Duration::from_millis(3999), width), expected);
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let line = shown("rollout to 模型端点", None);
        let at = |width| line.line(Duration::from_secs(70), width);
        assert_eq!(at(40), "rollout to 模型端点: in_progress 1m 10s");
        assert_eq!(at(39), "rollout to 模型端点: in_progress 1m 10s");
        assert_eq!(at(38), "rollout to 模型端…: in_progress 1m 10s");
        assert_eq!(at(37), "rollout to 模型…: in_progress 1m 10s");
    }

    #[test]
    fn a_bar_of_anything_has_its_length() {
        for (done, whole) in [(0, 0), (0, 4), (4, 4), (9, 4), (u64::MAX, u64::MAX)] {
            assert_eq!(bar(done, whole).chars().count(), BAR);
        }
        assert_eq!(bar(4, 4), "█".repeat(BAR));
    }
}
