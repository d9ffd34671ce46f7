use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use serde_json::Value;

use super::route::{self, Unroutable};
use crate::fault::Target;
use crate::{Operation, Refusal, Request};

/// The largest body taken. The largest real one is a list of aliases.
const BODY_LIMIT: usize = 1 << 20;
/// How much of a larger one is read before it is refused: a client that is still sending when
/// the connection closes never sees the answer.
pub(super) const READ_LIMIT: usize = 8 << 20;

/// A request as it came, before anyone looks at whether it is allowed.
pub(super) struct Incoming {
    pub(super) routed: Result<Request, Unroutable>,
    /// Why its body cannot be taken, if it cannot.
    pub(super) flaw: Option<Refusal>,
    /// What the journal notes of its body, where the operation takes one.
    pub(super) body: Option<String>,
}

impl Incoming {
    pub(super) async fn read(parts: &Parts, body: Body) -> Self {
        let mut routed = route::route(&parts.method, parts.uri.path());
        let (mut flaw, mut noted) = (None, None);
        if let Ok(request) = &mut routed {
            bearer(&parts.headers).clone_into(&mut request.key);
            if request.operation.has_body() {
                let mut bytes = Vec::new();
                let read = read(request.operation, body, &mut bytes).await;
                noted = Some(super::noted::noted(&bytes, &request.key));
                match read.and_then(|()| json(request.operation, &parts.headers, &bytes)) {
                    Ok(json) => request.body = json,
                    Err(refusal) => flaw = Some(refusal),
                }
            }
        }
        Self {
            routed,
            flaw,
            body: noted,
        }
    }

    pub(super) fn key(&self) -> &str {
        self.routed.as_ref().map_or("", |request| &request.key)
    }

    pub(super) fn operation(&self) -> Option<Operation> {
        let request = self.routed.as_ref().ok();
        request.map(|request| request.operation)
    }

    pub(super) fn target(&self) -> Target<'_> {
        self.routed.as_ref().map(Target::of).unwrap_or_default()
    }
}

/// The bearer token, or an empty one.
fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

fn json(operation: Operation, headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Refusal> {
    if !is_json(headers) {
        // FastAPI passes such a body on as it is, and it is then no object.
        return Ok(Value::String(String::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let before: usize = lines
            .take(error.line().saturating_sub(1))
            .map(<[u8]>::len)
            .sum();
        let at = before + error.column().saturating_sub(1);
        Refusal::not_json(operation, at, &error.to_string())
    })
}

/// Reads a body, or as much of one that is refused as can be taken.
async fn read(operation: Operation, body: Body, bytes: &mut Vec<u8>) -> Result<(), Refusal> {
    let mut length = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::unreadable(operation))?;
        length += chunk.len();
        if length > READ_LIMIT {
            break;
        }
        if length <= BODY_LIMIT {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > BODY_LIMIT {
        return Err(Refusal::too_large(operation));
    }
    Ok(())
}

/// Whether the body is said to be JSON, or nothing is said.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let value = value.to_str().unwrap_or("").to_ascii_lowercase();
    let essence = value.split(';').next().unwrap_or("").trim();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
