use serde::Serialize;

/// The body of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum ErrorBody {
    /// `FastAPI`'s plain shape, on management routes.
    Detail {
        /// What is wrong.
        detail: String,
    },
    /// `FastAPI`'s shape for a request that does not validate.
    Fields {
        /// What is wrong, field by field.
        detail: Vec<FieldError>,
    },
    /// The inference API's shape.
    Inference(InferenceError),
    /// `OpenAI`'s shape.
    Nested {
        /// What the inference API has without a name.
        error: InferenceError,
    },
}

/// What is wrong, in the inference API's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct InferenceError {
    /// What is wrong.
    pub(crate) message: String,
    /// The kind of error, as in `invalid_request_error`.
    pub(crate) r#type: &'static str,
    /// What it is about, as in `api_key`.
    pub(crate) param: &'static str,
    /// The error's code, as in `wrong_api_key`.
    pub(crate) code: &'static str,
}

/// One thing wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Where: `body`, then names and indices.
    pub(crate) loc: Vec<Loc>,
    /// What is wrong.
    pub(crate) msg: String,
    /// The kind of error, as in `missing`.
    pub(crate) r#type: &'static str,
}

/// A step of a [`FieldError`]'s location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Loc {
    /// A name.
    Name(String),
    /// A position.
    Index(usize),
}

impl From<&str> for Loc {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

impl From<usize> for Loc {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}
