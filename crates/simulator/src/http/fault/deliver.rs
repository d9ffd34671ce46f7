use std::future;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header;
use axum::response::Response;
use serde_json::Value;

use super::{body, change};
use crate::FaultAction;
use crate::http::Service;
use crate::http::server::Hangup;

/// Brings the answer to the client, or does not.
pub(in crate::http) async fn deliver(
    fault: &FaultAction,
    response: Response,
    hangup: Option<&Hangup>,
    service: &Service,
) -> Response {
    match fault {
        FaultAction::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            response
        }
        FaultAction::Status { .. }
        | FaultAction::RateLimit { .. }
        | FaultAction::Answer { .. }
        | FaultAction::HandledThen { .. }
        | FaultAction::EdgePage { .. } => response,
        FaultAction::Refuse { milliseconds } => {
            let length = Duration::from_millis(*milliseconds);
            service.gate.close(Some(length)).await;
            close(response, hangup).await
        }
        FaultAction::Close | FaultAction::LoseAnswer => close(response, hangup).await,
        FaultAction::CutBody => {
            let cut = |whole: Bytes| {
                let kept = whole.len() / 2;
                body::cut(whole, kept)
            };
            with_body(response, cut, Length::OfTheWhole).await
        }
        FaultAction::Trickle {
            bytes,
            milliseconds,
        } => {
            let pause = Duration::from_millis(*milliseconds);
            let trickle = |whole| body::trickle(whole, *bytes, pause);
            with_body(response, trickle, Length::OfTheWhole).await
        }
        FaultAction::InvalidJson => {
            let half = |whole: Bytes| Body::from(whole.slice(..whole.len() / 2));
            with_body(response, half, Length::AsItIs).await
        }
        FaultAction::WrongShape => changed(response, change::wrong_shape).await,
        FaultAction::UnknownFields => changed(response, change::unknown_fields).await,
        FaultAction::UnknownStatus { status } => {
            changed(response, |answer| change::unknown_status(answer, status)).await
        }
        FaultAction::HugeBody { bytes } => {
            let huge = |whole| body::followed_by_spaces(whole, *bytes);
            with_body(response, huge, Length::AsItIs).await
        }
    }
}

/// Closes the connection with nothing sent.
async fn close(response: Response, hangup: Option<&Hangup>) -> Response {
    match hangup {
        Some(hangup) => {
            hangup.hang_up();
            future::pending().await
        }
        // In-process there is no connection to close.
        None => with_body(response, |whole| body::cut(whole, 0), Length::OfTheWhole).await,
    }
}

/// What the header says of a body's length.
enum Length {
    /// Nothing, or what the new body has.
    AsItIs,
    /// That of the body as it was.
    OfTheWhole,
}

async fn with_body(
    response: Response,
    change: impl FnOnce(Bytes) -> Body,
    length: Length,
) -> Response {
    let (mut head, body) = response.into_parts();
    // The body is ours, and whole.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    match length {
        Length::AsItIs => head.headers.remove(header::CONTENT_LENGTH),
        Length::OfTheWhole => {
            let length = whole.len().into();
            head.headers.insert(header::CONTENT_LENGTH, length)
        }
    };
    Response::from_parts(head, change(whole))
}

async fn changed(response: Response, change: impl FnOnce(Value) -> Value) -> Response {
    let change = |whole: Bytes| match serde_json::from_slice(&whole) {
        Ok(answer) => Body::from(change(answer).to_string()),
        Err(_) => Body::from(whole),
    };
    with_body(response, change, Length::AsItIs).await
}
