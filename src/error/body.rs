//! What the service says in the body of a refusal.
//!
//! No error body is published. The service is shaped like `FastAPI`, so two bodies are expected,
//! `{"detail": "…"}` and `{"detail": [{"loc": […], "msg": "…", "type": "…"}]}`, and beside
//! them the body of the same company's inference API, `{"message", "type", "param", "code"}`.

use std::fmt;

use serde_json::{Value, json};

use crate::printable::printable;

/// How much of a body an error keeps, in bytes.
const EXCERPT: usize = 4096;

/// One field of a request that the service refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// Where, as a dotted path: `body.model.weight_uri`. Empty if the service does not say; with
    /// control characters taken out.
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
    /// Reads the bodies that are expected; of any other, what a person may make something of.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(parsed) = serde_json::from_slice::<Value>(body) else {
            return Self::text(&String::from_utf8_lossy(body));
        };
        let told = ["detail", "message", "error"]
            .into_iter()
            .find_map(|name| parsed.get(name).filter(|told| !told.is_null()));
        match told {
            Some(Value::Array(refusals)) => Self {
                message: None,
                fields: refusals.iter().map(FieldError::read).collect(),
            },
            Some(told) => Self::text(&message(told)),
            None if parsed == json!({}) || parsed == json!([]) => Self::default(),
            None => Self::text(&parsed.to_string()),
        }
    }

    fn text(text: &str) -> Self {
        let text = printable(text);
        Self {
            message: (!text.is_empty()).then_some(text),
            fields: Vec::new(),
        }
    }
}

/// A string, or the message in an object, or else the JSON as it is.
fn message(told: &Value) -> String {
    match told.get("message").unwrap_or(told) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl FieldError {
    fn read(refusal: &Value) -> Self {
        let steps = refusal.get("loc").and_then(Value::as_array);
        let steps = steps.into_iter().flatten().map(|step| match step {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        });
        let why = refusal.get("msg").unwrap_or(refusal);
        Self {
            field: printable(&steps.collect::<Vec<_>>().join(".")),
            message: printable(&message(why)),
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
    fn a_place_is_one_plain_line_whatever_it_is_made_of() {
        let steps = ["a\nb", "c\u{202e}d"].map(|name| json!({ name: "e\u{7f}f" }));
        let body = json!({ "detail": [{ "loc": steps, "msg": "bad" }] });
        let details = Details::read(body.to_string().as_bytes());
        assert_eq!(details.fields[0].field, r#"{"a\nb":"e f"}.{"c d":"e f"}"#);

        let body = json!({ "detail": [{ "loc": vec!["step"; 1000], "msg": "bad" }] });
        let details = Details::read(body.to_string().as_bytes());
        assert_eq!(details.fields[0].field.chars().count(), 301);
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
    fn of_an_unknown_body_a_person_sees_what_there_is() {
        for (body, message) in [
            ("", None),
            ("no such host\n", Some("no such host")),
            ("[]", None),
            ("{}", None),
            ("[7]", Some("[7]")),
            (r#"{"detail":7}"#, Some("7")),
            (r#"{"detail":{"message":"boo"}}"#, Some("boo")),
            (r#"{"detail":{"why":"boo"}}"#, Some(r#"{"why":"boo"}"#)),
            (r#"{"error":"boo"}"#, Some("boo")),
            (r#"{"detail":null,"message":"boo"}"#, Some("boo")),
            (r#"{"detail":null}"#, Some(r#"{"detail":null}"#)),
        ] {
            assert_eq!(Details::read(body.as_bytes()).message.as_deref(), message);
        }
        let fields = Details::read(br#"{"detail":[{"loc":["body"]},"x"]}"#).fields;
        assert_eq!(fields[0].to_string(), r#"body: {"loc":["body"]}"#);
        assert_eq!(fields[1].to_string(), "x");
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
