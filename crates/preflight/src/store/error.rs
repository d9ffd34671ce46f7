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
    /// There are no credentials, they have expired, or they are refused.
    Credentials,
    /// The bucket is in another region.
    OtherRegion,
    /// The object lies in an archive.
    Archived,
    /// The object has changed since it was listed.
    Changed,
    /// It answers that it has too much to do, in every attempt.
    Throttled,
    /// There is no connection, or it broke, in every attempt.
    Unreachable,
    /// Anything else.
    Other,
}

/// Why a store could not be read, or a bucket not asked.
///
/// It is shown in one line: the call, what was asked for, what is wrong, and the remedy where one is
/// known. No credential is in it, nor in its `Debug`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// The call as the provider names it: `ListObjectsV2`, `GetObject`.
    call: &'static str,
    /// What was asked for.
    object: String,
    message: String,
    /// The provider's own code.
    code: Option<String>,
    remedy: Option<String>,
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
            code: None,
            remedy: None,
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

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
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

    /// What was asked for: `s3://bucket/key`, a path.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What is wrong, without the call, the object and the remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The provider's own code for it: `NoSuchBucket`, `SlowDown`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
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
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
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
