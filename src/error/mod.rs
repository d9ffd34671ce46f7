//! The one error of this crate: what a caller can do about it, and all that is known.

mod body;
mod display;
mod kind;
mod waited;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::aliases::MoveLeft;
use crate::handle::{Handle, HandleError};
use crate::names::NameError;
use crate::pending::Pending;

pub(crate) use crate::printable::printable;
pub(crate) use body::Details;
pub use body::FieldError;
pub use kind::{ErrorKind, Sent};
pub use waited::Waited;

/// Shorthand for a result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, told by what the caller can do about it.
///
/// [`kind`](Error::kind) decides what to do; [`Display`](fmt::Display) is one line for a
/// person, with the remedy where one is known, and with nothing in it that the service could
/// use to break a log or a terminal. The key is in none of its texts.
///
/// ```
/// use cerebras_management::{ErrorKind, names::VersionAlias};
///
/// let error: cerebras_management::Error =
///     "Production".parse::<VersionAlias>().unwrap_err().into();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(error.to_string().starts_with(r#"alias "Production": byte 0: "#));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    what: String,
    /// What a look after it has shown.
    seen: Option<String>,
    subject: Option<String>,
    remedy: Option<String>,
    operation: Option<&'static str>,
    status: Option<u16>,
    request_id: Option<String>,
    ray_id: Option<String>,
    retry_after: Option<Duration>,
    body: Option<String>,
    details: Details,
    sent: Sent,
    writes: bool,
    accepted: bool,
    attempts: u32,
    handle: Option<Handle>,
    waited: Option<Waited>,
    pending: Option<Pending>,
    alias_move: Option<MoveLeft>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The HTTP status code, if the service answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The service's id of the request, for a support ticket.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// The id that the edge in front of the service gave the request (`cf-ray`).
    #[must_use]
    pub fn ray_id(&self) -> Option<&str> {
        self.inner.ray_id.as_deref()
    }

    /// How long the service asked to wait before the next try.
    ///
    /// Read from `Retry-After` ([RFC 9110, 10.2.3]) as seconds or as a date.
    ///
    /// [RFC 9110, 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The operation that failed, by its short id such as `deploy_model`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.inner.operation
    }

    /// The first 4 KiB of the answer's body, as it came: not sanitised for a terminal.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.inner.body.as_deref()
    }

    /// The fields that the service refused, if it named them.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.inner.details.fields
    }

    /// Whether the request reached the service.
    #[must_use]
    pub fn was_sent(&self) -> Sent {
        self.inner.sent
    }

    /// True when a write has, or may have, taken effect all the same: its answer was lost, or the
    /// service accepted it with an answer that cannot be used.
    ///
    /// Do not repeat the write blindly: read first what there is.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.inner.writes && (self.inner.accepted || self.inner.sent == Sent::Maybe)
    }

    /// How many times the request was sent, or tried: 0 for an error before any request.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// The operation that was waited for, written down, when a wait ended with this error. After
    /// a [`Deadline`](ErrorKind::Deadline), [`Client::resume`](crate::Client::resume) goes on
    /// with it.
    #[must_use]
    pub fn handle(&self) -> Option<&Handle> {
        self.inner.handle.as_ref()
    }

    /// The write whose answer was lost, written down: to look for it later with
    /// [`Client::settle`](crate::Client::settle). It is there when an upload or a deployment may
    /// have been made and was not found; how the write itself failed is then the
    /// [`source`](std::error::Error::source).
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        self.inner.pending.as_ref()
    }

    /// What a move of an alias has left when it failed with this error; none when it failed
    /// before it had tried to write anything.
    #[must_use]
    pub fn alias_move(&self) -> Option<&MoveLeft> {
        self.inner.alias_move.as_ref()
    }

    /// How the wait went that ended with this error.
    #[must_use]
    pub fn waited(&self) -> Option<&Waited> {
        self.inner.waited.as_ref()
    }

    /// What to do about it, if that is known. It is part of the `Display` line too.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.inner.remedy.as_deref()
    }
}

/// How the rest of the crate makes one.
impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                what: what.into(),
                seen: None,
                subject: None,
                remedy: None,
                operation: None,
                status: None,
                request_id: None,
                ray_id: None,
                retry_after: None,
                body: None,
                details: Details::default(),
                sent: Sent::No,
                writes: false,
                accepted: false,
                attempts: 0,
                handle: None,
                waited: None,
                pending: None,
                alias_move: None,
                source: None,
            }),
        }
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, what)
    }

    /// Names the thing the error is about, unless a deeper layer has done so.
    pub(crate) fn about(mut self, subject: impl fmt::Display) -> Self {
        self.inner
            .subject
            .get_or_insert_with(|| subject.to_string());
        self
    }

    /// Replaces what a deeper layer named, where a higher one knows better.
    pub(crate) fn about_rather(mut self, subject: impl fmt::Display) -> Self {
        self.inner.subject = Some(subject.to_string());
        self
    }

    /// Adds what to do about it, unless a deeper layer has done so.
    pub(crate) fn remedy_is(mut self, remedy: impl Into<String>) -> Self {
        self.inner.remedy.get_or_insert_with(|| remedy.into());
        self
    }

    /// Replaces what a deeper layer advised, where a higher one knows better.
    pub(crate) fn remedy_is_rather(mut self, remedy: impl Into<String>) -> Self {
        self.inner.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(Arc::from(source.into()));
        self
    }

    /// The same once more, for another wait that shared the request.
    pub(crate) fn again(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }

    pub(crate) fn during(mut self, operation: &'static str, writes: bool) -> Self {
        self.inner.operation = Some(operation);
        self.inner.writes = writes;
        self
    }

    /// The service has accepted the request, by its status, whatever is wrong with its answer.
    pub(crate) fn accepted(mut self) -> Self {
        self.inner.accepted = true;
        self.sent(Sent::Yes)
    }

    pub(crate) fn sent(mut self, sent: Sent) -> Self {
        self.inner.sent = sent;
        self
    }

    /// Whether the service says that there is no such thing. A page of something in front of it
    /// says nothing of the kind.
    pub(crate) fn says_there_is_none(&self) -> bool {
        let page = self
            .body()
            .is_some_and(|body| body.trim_start().starts_with('<'));
        self.kind() == ErrorKind::NotFound && !page
    }

    /// A write that may have happened all the same, whatever became of its last attempt.
    pub(crate) fn in_doubt(self) -> Self {
        if self.may_have_happened() {
            return self;
        }
        self.sent(Sent::Maybe)
    }

    pub(crate) fn answered(mut self, answer: Answered) -> Self {
        self.inner.status = Some(answer.status);
        self.inner.request_id = answer.request_id;
        self.inner.ray_id = answer.ray_id;
        self.inner.retry_after = answer.retry_after;
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        if !body.is_empty() {
            self.inner.body = Some(body::excerpt(body));
        }
        self
    }

    pub(crate) fn with_details(mut self, details: Details) -> Self {
        self.inner.details = details;
        self
    }

    /// What went wrong in a few words, for another error's line.
    pub(crate) fn brief(&self) -> String {
        match self.inner.status {
            Some(status) => format!("{} (HTTP {status})", self.inner.what),
            None => self.inner.what.clone(),
        }
    }

    /// Adds to what went wrong what a look after it has shown.
    pub(crate) fn seeing(mut self, seen: impl Into<String>) -> Self {
        self.inner.seen = Some(seen.into());
        self
    }

    /// A write may have happened, looks have not settled it, and this is what to look for it with
    /// later. How the write itself failed is its source.
    pub(crate) fn unsettled(self, seen: &str, remedy: &str, pending: Pending) -> Self {
        let failed = self.in_doubt();
        let remedy = match failed.remedy() {
            Some(first) => format!("{first}; {remedy}"),
            None => remedy.to_owned(),
        };
        let mut error = failed.again().seeing(seen).remedy_is_rather(remedy);
        error.inner.kind = ErrorKind::Ambiguous;
        error.inner.pending = Some(pending);
        error.caused_by(failed)
    }

    pub(crate) fn after_wait(mut self, waited: Waited) -> Self {
        self.inner.waited = Some(waited);
        self
    }

    pub(crate) fn leaving(mut self, left: MoveLeft) -> Self {
        self.inner.alias_move = Some(left);
        self
    }

    pub(crate) fn of_wait(mut self, handle: Handle) -> Self {
        self.inner.handle = Some(handle);
        self
    }

    pub(crate) fn after_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }
}

/// What an answer's head tells, whatever its status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) ray_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::invalid(error.to_string()).caused_by(error)
    }
}

impl From<HandleError> for Error {
    fn from(error: HandleError) -> Self {
        Self::invalid(error.to_string()).caused_by(error)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display::line(&self.inner, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display::debug(&self.inner, f)
    }
}
