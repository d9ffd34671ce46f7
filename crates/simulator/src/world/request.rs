use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::wire::Json;
use crate::{Operation, SuccessStatus};

/// A request, as the state machine takes it.
#[derive(Clone, PartialEq)]
pub struct Request {
    pub(crate) operation: Operation,
    pub(crate) key: String,
    pub(crate) org: String,
    pub(crate) architecture: String,
    pub(crate) version: String,
    pub(crate) endpoint: String,
    pub(crate) body: Value,
}

impl Request {
    /// A request made with a key. Names that the operation's path has no place for are ignored.
    #[must_use]
    pub fn new(operation: Operation, key: impl Into<String>) -> Self {
        Self {
            operation,
            key: key.into(),
            org: String::new(),
            architecture: String::new(),
            version: String::new(),
            endpoint: String::new(),
            body: Value::Null,
        }
    }

    pub(crate) fn operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// Sets the org of the path.
    #[must_use]
    pub fn org(mut self, name: impl Into<String>) -> Self {
        self.org = name.into();
        self
    }

    /// Sets the model architecture of the path.
    #[must_use]
    pub fn architecture(mut self, id: impl Into<String>) -> Self {
        self.architecture = id.into();
        self
    }

    /// Sets the version of the path: an id or an alias.
    #[must_use]
    pub fn version(mut self, reference: impl Into<String>) -> Self {
        self.version = reference.into();
        self
    }

    /// Sets the endpoint of the path.
    #[must_use]
    pub fn endpoint(mut self, id: impl Into<String>) -> Self {
        self.endpoint = id.into();
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }
}

/// The key is left out: these end up in logs.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("org", &self.org)
            .field("architecture", &self.architecture)
            .field("version", &self.version)
            .field("endpoint", &self.endpoint)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// The answer to a request that was not refused: its status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    body: Option<Json>,
}

impl Answer {
    pub(super) fn new(operation: Operation, body: Json, statuses: SuccessStatus) -> Self {
        let status = match (statuses, operation) {
            (SuccessStatus::Specific, Operation::UploadModelVersion) => 201,
            (SuccessStatus::Specific, Operation::DeployModel) => 202,
            (SuccessStatus::Specific, Operation::DeleteModelVersion) => 204,
            _ => 200,
        };
        let body = (status != 204).then_some(body);
        Self { status, body }
    }

    /// The HTTP status: 200, unless [`SuccessStatus`] says otherwise.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, as JSON; null where there is none.
    #[must_use]
    pub fn body(&self) -> Value {
        let body = self.body.as_ref();
        let value = body.map(|Json(text)| serde_json::from_str(text).unwrap_or_default());
        value.unwrap_or_default()
    }

    /// The body, as it goes over the wire.
    pub(crate) fn into_json(self) -> Option<String> {
        self.body.map(|Json(text)| text)
    }
}

/// What goes over the wire has no map but those with names as keys, so this cannot fail.
pub(super) fn json(body: &impl Serialize) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}
