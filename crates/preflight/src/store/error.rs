//! Why a store could not be read, by what can be done about it.

use std::fmt;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No such bucket, prefix, folder or object.
    NotFound,
    /// The credentials do not allow the call.
    AccessDenied,
    /// There are no credentials, or they have expired.
    Credentials,
    /// The bucket is in another region.
    OtherRegion,
    /// The object lies in an archive.
    Archived,
    /// The object has changed since it was listed.
    Changed,
    /// It answers that it has too much to do.
    Throttled,
    /// There is no connection, or it broke, in every attempt.
    Unreachable,
    /// Anything else.
    Other,
}

/// Why a store could not be read.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// The call as the provider names it: `ListObjectsV2`, `GetObject`.
    call: &'static str,
    /// What was asked for.
    object: String,
    message: String,
    request_id: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        call: &'static str,
        object: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            call,
            object: object.into(),
            message: message.into(),
            request_id: None,
            source: None,
        }
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The call that failed, as its provider names it: `ListObjectsV2`.
    #[must_use]
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// What was asked for: a key, a bucket, a path.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// The id by which the provider can find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}: {}", self.call, self.object, self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
