//! What a person sees: one place decides how, for a terminal and for a pipe.
//!
//! On a terminal a line that is still going on moves; when it has ended it stays. Into a pipe
//! each change is a line of its own. `NO_COLOR` and `CLICOLOR_FORCE` hold, the first before
//! the second.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// `NO_COLOR` comes before `CLICOLOR_FORCE`, in what is printed here as in what clap prints.
pub(crate) fn heed_no_color() {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        console::set_colors_enabled(false);
        console::set_colors_enabled_stderr(false);
    }
}

/// Standard output, as a person or a file takes it.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    live: bool,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            live: std::io::stdout().is_terminal(),
        }
    }

    pub(crate) fn title(self, text: &str) {
        self.line(&style(text).bold());
    }

    pub(crate) fn step(self, number: usize, text: &str) {
        self.blank();
        self.line(&format_args!(
            "{} {}",
            style(format!("{number}.")).cyan().bold(),
            style(text).bold()
        ));
    }

    /// A command that does the same, which may go on over several lines.
    pub(crate) fn command(self, text: &str) {
        for (n, line) in text.lines().enumerate() {
            let prompt = if n == 0 { "$" } else { " " };
            self.line(&format_args!(
                "   {}",
                style(format!("{prompt} {line}")).dim()
            ));
        }
    }

    pub(crate) fn note(self, text: &str) {
        self.line(&style(text).dim());
    }

    pub(crate) fn good(self, text: &str) {
        self.line(&format_args!("   {} {text}", style("✓").green()));
    }

    pub(crate) fn bad(self, text: &str) {
        self.line(&format_args!("   {} {text}", style("✗").red()));
    }

    pub(crate) fn blank(self) {
        self.line(&"");
    }

    /// One line. A reader that has gone away is nobody to tell, so that is no error here.
    #[expect(clippy::unused_self, reason = "what is printed goes through a screen")]
    pub(crate) fn line(self, text: &(impl Display + ?Sized)) {
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{text}").is_err() {
            std::process::exit(0);
        }
    }

    /// A line for something that goes on.
    pub(crate) fn going(self, what: &str) -> Going {
        let bar = self.live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            if let Ok(style) = ProgressStyle::with_template("   {spinner:.cyan} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Going {
            screen: self,
            bar,
            what: what.to_owned(),
            started: Instant::now(),
        }
    }
}

/// A line for something that goes on; see [`Screen::going`].
#[derive(Clone)]
pub(crate) struct Going {
    screen: Screen,
    bar: Option<ProgressBar>,
    what: String,
    started: Instant,
}

impl Going {
    pub(crate) fn change(&self, status: &dyn Display) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("{}: {status}", self.what)),
            None => self
                .screen
                .line(&format_args!("   · {}: {status}", self.what)),
        }
    }

    pub(crate) fn done(self, text: &str) {
        let seconds = self.end();
        self.screen.good(&format!(
            "{text} {}",
            style(format!("({seconds:.1} s)")).dim()
        ));
    }

    pub(crate) fn failed(self, text: &str) {
        self.end();
        self.screen.bad(text);
    }

    fn end(&self) -> f64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }
}
