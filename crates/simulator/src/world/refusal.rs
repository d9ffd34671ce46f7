use std::fmt;

use serde_json::Value;

use super::request::json;
use crate::wire::{ErrorBody, FieldError, InferenceError};
use crate::{Behaviour, ChatError, ErrorShape, Operation};

/// A request refused: the status and the body of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    body: ErrorBody,
}

impl Refusal {
    /// The HTTP status, 4xx or 5xx.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, as JSON, in the shape of the API that was called.
    #[must_use]
    pub fn body(&self) -> Value {
        json(&self.body)
    }

    /// The same in the shape that the service is to have. One that is in the inference API's shape
    /// before is one of the chat route.
    pub(crate) fn in_shape(self, behaviour: &Behaviour) -> Self {
        let body = match self.body.clone() {
            ErrorBody::Inference(error) if behaviour.chat_error == ChatError::Nested => {
                ErrorBody::Nested { error }
            }
            ErrorBody::Detail { .. } | ErrorBody::Fields { .. }
                if behaviour.error_body == ErrorShape::Inference =>
            {
                self.as_inference()
            }
            body => body,
        };
        Self {
            status: self.status,
            body,
        }
    }

    fn as_inference(&self) -> ErrorBody {
        let (r#type, code) = match self.status {
            401 => ("authentication_error", "wrong_api_key"),
            403 => ("permission_error", "forbidden"),
            404 => ("not_found_error", "not_found"),
            409 => ("invalid_request_error", "conflict"),
            429 => ("too_many_requests_error", "request_quota_exceeded"),
            500.. => ("server_error", "internal_error"),
            _ => ("invalid_request_error", "invalid_request"),
        };
        ErrorBody::Inference(InferenceError {
            message: self.message(),
            r#type,
            param: match self.body {
                ErrorBody::Fields { .. } => "validation_error",
                _ => "",
            },
            code,
        })
    }

    fn message(&self) -> String {
        match &self.body {
            ErrorBody::Detail { detail } => detail.clone(),
            ErrorBody::Inference(error) | ErrorBody::Nested { error } => error.message.clone(),
            ErrorBody::Fields { detail } => {
                let all: Vec<_> = detail.iter().map(|error| error.msg.as_str()).collect();
                all.join("; ")
            }
        }
    }

    pub(crate) fn detail(status: u16, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            status,
            body: ErrorBody::Detail { detail },
        }
    }

    pub(crate) fn fields(detail: Vec<FieldError>) -> Self {
        Self {
            status: 422,
            body: ErrorBody::Fields { detail },
        }
    }

    /// The route is unknown.
    pub(crate) fn no_such_route() -> Self {
        Self::detail(404, "Not Found")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::detail(405, "Method Not Allowed")
    }

    /// The body is larger than any real one.
    pub(crate) fn too_large(operation: Operation) -> Self {
        match operation {
            Operation::ChatCompletions => {
                Self::bad_inference(413, "Request body too large", "request_too_large")
            }
            _ => Self::detail(413, "Request Entity Too Large"),
        }
    }

    /// The body did not arrive as HTTP says it should.
    pub(crate) fn unreadable(operation: Operation) -> Self {
        let message = "There was an error parsing the body";
        match operation {
            Operation::ChatCompletions => Self::bad_inference(400, message, "wrong_api_format"),
            _ => Self::detail(400, message),
        }
    }

    pub(crate) fn not_json(operation: Operation, at: usize, reason: &str) -> Self {
        if operation == Operation::ChatCompletions {
            return Self::bad_inference(400, reason, "wrong_api_format");
        }
        Self::fields(vec![FieldError {
            loc: vec!["body".into(), at.into()],
            msg: "JSON decode error".into(),
            r#type: "json_invalid",
        }])
    }

    /// What a fault answers, in the shape of the route.
    pub(crate) fn fault(operation: Option<Operation>, status: u16) -> Self {
        let message = "A simulated fault";
        match operation {
            Some(Operation::ChatCompletions) => {
                Self::bad_inference(status, message, "simulated_fault")
            }
            _ => Self::detail(status, message),
        }
    }

    pub(super) fn unauthorized(operation: Operation, missing: bool) -> Self {
        if operation != Operation::ChatCompletions {
            let detail = if missing {
                "Not authenticated"
            } else {
                "Invalid API key"
            };
            return Self::detail(401, detail);
        }
        Self {
            status: 401,
            body: ErrorBody::Inference(InferenceError {
                message: "Wrong API Key".into(),
                r#type: "invalid_request_error",
                param: "api_key",
                code: "wrong_api_key",
            }),
        }
    }

    pub(super) fn bad_inference(
        status: u16,
        message: impl Into<String>,
        code: &'static str,
    ) -> Self {
        Self {
            status,
            body: ErrorBody::Inference(InferenceError {
                message: message.into(),
                r#type: "invalid_request_error",
                param: "validation_error",
                code,
            }),
        }
    }

    /// The `model` of an inference request is no endpoint of this key's.
    pub(super) fn no_such_model(model: &str) -> Self {
        Self {
            status: 404,
            body: ErrorBody::Inference(InferenceError {
                message: format!("Model {model} does not exist or you do not have access to it."),
                r#type: "not_found_error",
                param: "model",
                code: "model_not_found",
            }),
        }
    }

    pub(super) fn serves_nothing(model: &str) -> Self {
        Self {
            status: 503,
            body: ErrorBody::Inference(InferenceError {
                message: format!("Model {model} has no version deployed yet."),
                r#type: "server_error",
                param: "model",
                code: "model_not_ready",
            }),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message())
    }
}

impl std::error::Error for Refusal {}
