//! One file a command, and one folder a noun.

pub(crate) mod alias;
pub(crate) mod archs;
pub(crate) mod bucket;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod endpoints;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod preflight;
pub(crate) mod rollback;
pub(crate) mod settle;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod suggest;
pub(crate) mod upload;
pub(crate) mod versions;
pub(crate) mod wait;

/// What ends the demo or the simulator: its line goes to stderr.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// What was given is wrong, as a file that cannot be read: exit code 2, as for a wrong argument.
#[derive(Debug)]
pub(crate) struct BadInput(Failure);

impl BadInput {
    pub(crate) fn from(error: impl std::error::Error + 'static) -> Self {
        Self(Box::new(error))
    }
}

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for BadInput {}
