//! What the service says in the body of a refusal.
//!
//! No error body is published. The service is shaped like `FastAPI`, so two bodies are expected,
//! `{"detail": "…"}` and `{"detail": [{"loc": […], "msg": "…", "type": "…"}]}`, and beside
//! them the body of the same company's inference API, `{"message", "type", "param", "code"}`.

use std::fmt;

use serde::Deserialize;

use crate::printable::printable;

/// How much of a body an error keeps, in bytes.
const EXCERPT: usize = 4096;

/// One field of a request that the service refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// Where, as a dotted path: `body.model.weight_uri`. Empty if the service does not say.
    pub field: String,
    /// Why, in the service's words, with control characters taken out.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.message),
            field => write!(f, "{field}: {}", self.message),
        }
    }
}

/// What could be read from a refusal's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) message: Option<String>,
    pub(crate) fields: Vec<FieldError>,
}

impl Details {
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(parsed) = serde_json::from_slice::<Body>(body) else {
            return Self::default();
        };
        match parsed {
            Body::Fields { detail } => Self {
                message: None,
                fields: detail.into_iter().map(FieldError::from).collect(),
            },
            Body::Detail { detail: text } | Body::Message { message: text } => Self::text(&text),
            Body::Wrapped { error } => Self::text(&error.message),
        }
    }

    fn text(text: &str) -> Self {
        Self {
            message: Some(printable(text)),
            fields: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Fields { detail: Vec<Refusal> },
    Detail { detail: String },
    Message { message: String },
    Wrapped { error: Inner },
}

#[derive(Deserialize)]
struct Inner {
    message: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    loc: Vec<Step>,
    msg: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Name(String),
    Index(u64),
}

impl From<Refusal> for FieldError {
    fn from(refusal: Refusal) -> Self {
        let steps: Vec<String> = refusal
            .loc
            .into_iter()
            .map(|step| match step {
                Step::Name(name) => printable(&name),
                Step::Index(index) => index.to_string(),
            })
            .collect();
        Self {
            field: steps.join("."),
            message: printable(&refusal.msg),
        }
    }
}

/// The first 4 KiB, cut at a character.
pub(super) fn excerpt(body: &[u8]) -> String {
    let cut = &body[..body.len().min(EXCERPT)];
    let text = String::from_utf8_lossy(cut);
    if body.len() > EXCERPT {
        // A character cut in two at the end is not worth a replacement mark.
        text.trim_end_matches('\u{fffd}').to_owned()
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_fastapi_bodies() {
        assert_eq!(
            Details::read(br#"{"detail":"Alias taken"}"#)
                .message
                .as_deref(),
            Some("Alias taken")
        );
        let fields = Details::read(
            br#"{"detail":[{"loc":["body","model","version_aliases",0],"msg":"bad","type":"x"}]}"#,
        )
        .fields;
        assert_eq!(fields.len(), 1);
        assert_eq!(fields[0].to_string(), "body.model.version_aliases.0: bad");
    }

    #[test]
    fn reads_the_inference_bodies() {
        for body in [
            r#"{"message":"no","type":"t","param":null,"code":"c"}"#,
            r#"{"error":{"message":"no"}}"#,
        ] {
            assert_eq!(
                Details::read(body.as_bytes()).message.as_deref(),
                Some("no")
            );
        }
    }

    #[test]
    fn an_unknown_body_tells_nothing_and_breaks_nothing() {
        for body in ["", "<html>", "[]", r#"{"detail":7}"#, "\"text\""] {
            assert_eq!(Details::read(body.as_bytes()), Details::default());
        }
    }

    #[test]
    fn an_excerpt_ends_at_a_character() {
        let long = "é".repeat(4096);
        let cut = excerpt(long.as_bytes());
        assert_eq!(cut.len(), 4096);
        let odd = format!("x{long}");
        assert_eq!(excerpt(odd.as_bytes()).len(), 4095);
    }
}
