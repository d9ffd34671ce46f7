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
pub struct Error(Box<Told>);

#[derive(Debug)]
struct Told {
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
        Self(Box::new(Told {
            kind,
            call,
            object: object.into(),
            message: message.into(),
            code: None,
            remedy: None,
            request_id: None,
            source: None,
        }))
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The call that failed, as its provider names it: `ListObjectsV2`.
    #[must_use]
    pub fn call(&self) -> &'static str {
        self.0.call
    }

    /// What was asked for: `s3://bucket/key`, a path.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.0.object
    }

    /// What is wrong, without the call, the object and the remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider's own code for it: `NoSuchBucket`, `SlowDown`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// The id by which the provider can find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {}: {}",
            self.0.call, self.0.object, self.0.message
        )?;
        if let Some(remedy) = &self.0.remedy {
            write!(f, "; {remedy}")?;
        }
        match &self.0.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
