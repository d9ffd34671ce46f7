//! Why a command has ended without having done what it was asked for: one line what, one line
//! why, one line what to do.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::ErrorKind as IoErrorKind;

use cerebras_management::names::{ModelVersionName, NameError};
use cerebras_management::{Error, ErrorKind, HandleError};
use console::style;
use serde::Serialize;

use crate::advice;
use crate::config::NoKey;
use crate::exit::{Exit, kind_name};
use crate::output::printable;
use crate::output::record::MoveLeftRecord;

/// Shorthand for a result with a [`Failure`].
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// What a person, or a program by way of JSON, is told.
#[derive(Debug)]
pub(crate) struct Failure(Box<Told>);

#[derive(Debug)]
struct Told {
    exit: Exit,
    kind: &'static str,
    what: String,
    why: Option<String>,
    next: Option<String>,
    request_id: Option<String>,
    handle: Option<String>,
    alias_move: Option<MoveLeftRecord>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    silent: bool,
}

/// The fields of an error under `--output json`. Their names are public.
#[derive(Serialize)]
struct Json<'a> {
    kind: &'a str,
    message: String,
    remedy: Option<&'a str>,
    request_id: Option<&'a str>,
    handle: Option<&'a str>,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_move: Option<&'a MoveLeftRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, kind: &'static str, what: impl Into<String>) -> Self {
        Self(Box::new(Told {
            exit,
            kind,
            what: what.into(),
            why: None,
            next: None,
            request_id: None,
            handle: None,
            alias_move: None,
            cause: None,
            silent: false,
        }))
    }

    /// What was given is wrong.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "invalid_input", what)
    }

    /// Something that is nobody's input and no answer of the service.
    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::new(Exit::Internal, "internal", what)
    }

    /// An error of the SDK, while something was being done: "cannot deploy …".
    pub(crate) fn of(error: Error, what: impl Into<String>) -> Self {
        let handle = match error.pending() {
            Some(pending) => Some(pending.to_string()),
            None => error.handle().map(ToString::to_string),
        };
        let (why, _) = advice::split(&error);
        let mut failure = Self::new(Exit::of(&error), kind_name(error.kind()), what);
        failure.0.next = advice::next(&error);
        failure.0.why = Some(why);
        if let Some(no_key) = error.source().and_then(|it| it.downcast_ref::<NoKey>()) {
            let why = failure.0.why.take().unwrap_or_default();
            let why = why.replace("the key provider gave no key: ", "");
            failure = failure.why(why).next(no_key.next.clone());
        }
        if is_of_a_name(&error) {
            // The line of a name is whole: what to write instead is its end.
            let told = error.to_string();
            if let Some((why, next)) = told.rsplit_once("; ") {
                failure = failure.why(why).next(next);
            }
        }
        failure.0.request_id = error.request_id().map(str::to_owned);
        failure.0.handle = handle;
        failure.0.alias_move = error.alias_move().map(MoveLeftRecord::from);
        failure.0.cause = Some(Box::new(error));
        failure
    }

    /// A look for what has become of a write has failed: the write is as unknown as before, and
    /// `cbm settle` with the word looks again.
    pub(crate) fn of_a_look(error: Error, what: &str, word: &str) -> Self {
        let first = advice::before_another_look(&error);
        let mut failure = Self::of(error, what).with_handle(&word).next(format!(
            "the outcome is as unknown as before, do not run it again: {first}; then `cbm settle \
             {word}` looks again"
        ));
        failure.0.exit = Exit::Unknown;
        failure
    }

    /// The reader of standard output has gone away: there is nobody to tell.
    pub(crate) fn closed_pipe() -> Self {
        let mut failure = Self::new(Exit::Done, "closed_pipe", "standard output is closed");
        failure.0.silent = true;
        failure
    }

    pub(crate) fn why(mut self, why: impl Into<String>) -> Self {
        self.0.why = Some(why.into());
        self
    }

    /// What to do about it, in the place of what is known already.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.0.next = Some(next.into());
        self
    }

    /// Says what to do in other words.
    pub(crate) fn with_next(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.0.next = self.0.next.as_deref().map(words);
        self
    }

    /// Of a write that has no word for `cbm settle` and may have happened: the read that tells.
    pub(crate) fn unless_seen(self, version: &ModelVersionName, what: &str) -> Self {
        if self.exit() != Exit::Unknown {
            return self;
        }
        self.next(format!(
            "do not run it again before you have looked: `cbm versions show {version}` shows {what}"
        ))
    }

    /// What to do after what is known already.
    pub(crate) fn then(mut self, next: &str) -> Self {
        self.0.next = Some(match self.0.next.take() {
            Some(first) => format!("{first}; then {next}"),
            None => next.to_owned(),
        });
        self
    }

    pub(crate) fn with_handle(mut self, handle: &impl ToString) -> Self {
        self.0.handle = Some(handle.to_string());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.0.exit
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// What went wrong and why, in one line.
    pub(crate) fn message(&self) -> String {
        match &self.0.why {
            Some(why) => format!("{}: {why}", self.0.what),
            None => self.0.what.clone(),
        }
    }

    /// Why it went wrong.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.why.as_deref()
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.0.next.as_deref()
    }

    /// Whether the service says that something named is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.0.exit == Exit::NotFound
    }

    /// Writes it to standard error, for a person or as one JSON object.
    pub(crate) fn report(&self, json: bool, causes: bool) {
        if self.0.silent {
            return;
        }
        let text = if json {
            self.json(causes)
        } else {
            self.text(causes)
        };
        crate::output::to_stderr(&text);
    }

    fn json(&self, causes: bool) -> String {
        let told = &*self.0;
        let json = Json {
            kind: told.kind,
            message: self.message(),
            remedy: told.next.as_deref(),
            request_id: told.request_id.as_deref(),
            handle: told.handle.as_deref(),
            exit_code: told.exit.number(),
            alias_move: told.alias_move.as_ref(),
            causes: if causes { self.causes() } else { Vec::new() },
        };
        serde_json::to_string(&json).unwrap_or_else(|_| self.message())
    }

    fn text(&self, causes: bool) -> String {
        let told = &*self.0;
        let label = style("error:").red().bold().for_stderr();
        let mut text = format!("{label} {}", printable(&told.what));
        let mut line = |label: &str, value: &str| {
            let label = style(label).bold().for_stderr();
            let _ = write!(text, "\n  {label} {}", printable(value));
        };
        if let Some(why) = &told.why {
            line("why:", why);
        }
        if causes {
            for cause in self.causes() {
                line("cause:", &cause);
            }
        }
        // What has ended needs none, and a command to go on with has it already.
        let ended = matches!(told.exit, Exit::Failed | Exit::Superseded);
        let next = told.next.as_deref().unwrap_or_default();
        if let Some(handle) = told
            .handle
            .as_ref()
            .filter(|it| !ended && !next.contains(*it))
        {
            line("handle:", handle);
        }
        if let Some(next) = &told.next {
            line("next:", next);
        }
        text
    }

    /// What lies below the error, outermost first.
    fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut below = self.0.cause.as_ref().and_then(|cause| cause.source());
        while let Some(cause) = below {
            let told = cause.to_string();
            // A name's error is its own cause.
            if self
                .0
                .cause
                .as_ref()
                .is_none_or(|error| error.to_string() != told)
            {
                causes.push(told);
            }
            below = cause.source();
        }
        causes
    }
}

/// Whether something that was typed is no name or no handle.
fn is_of_a_name(error: &Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.is::<NameError>() || source.is::<HandleError>())
}

/// Names what was being done when an error of the SDK came.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::of(error.into(), what()))
    }
}

/// A name that is none: its line says what is wrong with it, and what to write instead.
impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        let line = error.to_string();
        let (what, next) = line.split_once("; ").unwrap_or((&line, ""));
        let failure = Self::usage(what);
        if next.is_empty() {
            failure
        } else {
            failure.next(next)
        }
    }
}

/// What the simulator and the demo end with.
impl From<Box<dyn StdError>> for Failure {
    fn from(error: Box<dyn StdError>) -> Self {
        if error.is::<crate::commands::BadInput>() {
            return Self::usage(error.to_string());
        }
        match error.downcast::<Error>() {
            Ok(error) => {
                let (why, _) = advice::split(&error);
                let mut failure = Self::new(Exit::of(&error), kind_name(error.kind()), why);
                failure.0.next = advice::next(&error);
                failure
            }
            Err(error) => {
                let of_a_port = error.downcast_ref::<std::io::Error>();
                let is_taken = of_a_port.is_some_and(|it| it.kind() == IoErrorKind::AddrInUse);
                let failure = Self::new(Exit::Failed, "failed", error.to_string());
                if is_taken {
                    failure.next("give another with --port; `--port 0` takes any free one")
                } else {
                    failure
                }
            }
        }
    }
}

/// Whether an error says that something is not there, and nothing more.
pub(crate) fn is_not_found(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound
}
