//! The kinds of error, and whether a request was sent.

/// What the caller can do about an [`Error`](crate::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something given to this crate is wrong. Nothing was sent; the error names the part,
    /// the position and the remedy.
    InvalidInput,
    /// The key was refused (401). Use a Management API key that is still valid.
    Unauthorized,
    /// The key is good but may not do this (403). Check the organization name and its access.
    PermissionDenied,
    /// There is no such organization, architecture, version or endpoint (404).
    NotFound,
    /// The state of the service stands against it (409): look, decide, and try again.
    Conflict,
    /// The service read the request and refused it. See
    /// [`field_errors`](crate::Error::field_errors).
    Rejected,
    /// Too many requests (429). Wait for [`retry_after`](crate::Error::retry_after).
    RateLimited,
    /// The service cannot answer just now (5xx). Try again later.
    Unavailable,
    /// Something in front of the service answered with a page for a browser: a proxy, a
    /// challenge, a login page.
    Blocked,
    /// One request took longer than it may.
    Timeout,
    /// A wait reached its deadline. What it waited for may still be going on.
    Deadline,
    /// No connection, or one that broke.
    Transport,
    /// The answer is not what the published API answers.
    Decode,
    /// What was waited for has failed for good.
    OperationFailed,
    /// A newer deployment took the place of the one that was waited for.
    Superseded,
    /// Looking did not settle what has happened: whether a write took effect, or which of two
    /// deployments of the same second serves.
    Ambiguous,
    /// An answer is larger than the limit that the client was built with.
    LimitExceeded,
}

/// Whether a request reached the service, decided from where it broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// Surely not: no connection was made, or nothing was tried. Nothing has happened.
    No,
    /// Unknown: the connection broke or time ran out after the request may have left, or a
    /// 5xx left open whether it was acted on.
    Maybe,
    /// The service answered, and its answer says what happened.
    Yes,
}
