//! How a command has ended, as a shell or a CI job sees it. These numbers are public: scripts
//! rely on them.

use std::process::ExitCode;

use cerebras_management::{Error, ErrorKind};

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    /// What was asked for has ended, and not well: a sync or a rollout that failed, or a "no" to
    /// the question whether to go on.
    Failed = 1,
    Usage = 2,
    Access = 3,
    NotFound = 4,
    Conflict = 5,
    Deadline = 6,
    /// The service was not reached, or did not answer; nothing has happened.
    Unreachable = 7,
    Superseded = 8,
    /// A write may have happened. It must not be run again before somebody has looked.
    Unknown = 9,
    Internal = 70,
    Interrupted = 130,
}

impl Exit {
    /// All of them, with what the help says of each.
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Done, "done"),
        (
            Self::Failed,
            "the operation failed: a sync or rollout that ended badly, weights or a bucket that are \
             not fit, a wrong clock, a port that is taken, or the answer \"no\"",
        ),
        (Self::Usage, "wrong usage or input"),
        (Self::Access, "the key, or what it may do"),
        (Self::NotFound, "not found"),
        (
            Self::Conflict,
            "conflict: something is not as it would have to be",
        ),
        (Self::Deadline, "the time is up; the handle is printed"),
        (Self::Unreachable, "not reachable; nothing happened"),
        (Self::Superseded, "a newer deployment took its place"),
        (
            Self::Unknown,
            "outcome unknown: do not run it again before the command that is printed has told",
        ),
        (
            Self::Internal,
            "internal, or an answer that cannot be understood",
        ),
        (
            Self::Interrupted,
            "interrupted; the handle of what was waited for is printed",
        ),
    ];

    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// What an error of the SDK ends a command with.
    pub(crate) fn of(error: &Error) -> Self {
        if error.may_have_happened() {
            return Self::Unknown;
        }
        by_kind(error.kind()).map_or(Self::Internal, |(_, _, exit)| *exit)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// The name of a kind in JSON.
pub(crate) fn kind_name(kind: ErrorKind) -> &'static str {
    by_kind(kind).map_or("unknown", |(_, name, _)| name)
}

fn by_kind(kind: ErrorKind) -> Option<&'static (ErrorKind, &'static str, Exit)> {
    BY_KIND.iter().find(|(other, _, _)| *other == kind)
}

/// Each kind, its name in JSON, and its exit code where no write may have happened.
const BY_KIND: [(ErrorKind, &str, Exit); 17] = [
    (ErrorKind::InvalidInput, "invalid_input", Exit::Usage),
    (ErrorKind::Unauthorized, "unauthorized", Exit::Access),
    (
        ErrorKind::PermissionDenied,
        "permission_denied",
        Exit::Access,
    ),
    (ErrorKind::NotFound, "not_found", Exit::NotFound),
    (ErrorKind::Conflict, "conflict", Exit::Conflict),
    (ErrorKind::Rejected, "rejected", Exit::Usage),
    (ErrorKind::RateLimited, "rate_limited", Exit::Unreachable),
    (ErrorKind::Unavailable, "unavailable", Exit::Unreachable),
    (ErrorKind::Blocked, "blocked", Exit::Unreachable),
    (ErrorKind::Timeout, "timeout", Exit::Unreachable),
    (ErrorKind::Deadline, "deadline", Exit::Deadline),
    (ErrorKind::Transport, "transport", Exit::Unreachable),
    (ErrorKind::Decode, "decode", Exit::Internal),
    (ErrorKind::OperationFailed, "operation_failed", Exit::Failed),
    (ErrorKind::Superseded, "superseded", Exit::Superseded),
    (ErrorKind::Ambiguous, "ambiguous", Exit::Unknown),
    (ErrorKind::LimitExceeded, "limit_exceeded", Exit::Internal),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The enum is open to later versions, so that the compiler does not tell.
    #[test]
    fn every_kind_of_error_has_a_name_and_an_exit_code() {
        let source = include_str!("../../../src/error/kind.rs");
        let (_, body) = source.split_once("pub enum ErrorKind {").expect("the enum");
        let (body, _) = body.split_once("\n}").expect("its end");
        let variants = body.lines().map(str::trim);
        let mut variants: Vec<_> = variants
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect();
        let mut mapped: Vec<_> = BY_KIND.iter().map(|(k, _, _)| format!("{k:?}")).collect();
        variants.sort();
        mapped.sort();
        assert_eq!(variants, mapped);
        let snake = |kind: &ErrorKind| {
            let mut name = String::new();
            for c in format!("{kind:?}").chars() {
                if c.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(c.to_ascii_lowercase());
            }
            name
        };
        for (kind, name, _) in &BY_KIND {
            assert_eq!(*name, snake(kind));
        }
    }

    #[test]
    fn each_exit_code_is_documented_once() {
        let mut numbers = Exit::ALL.map(|(exit, _)| exit.number()).to_vec();
        numbers.dedup();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 130]);
    }
}
