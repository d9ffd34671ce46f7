use std::future;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::refused;
use super::server::Hangup;
use crate::{FaultAction, Operation, Refusal};

/// What is answered in place of handling the request, if the fault keeps it from being handled.
pub(super) fn instead(fault: &FaultAction, operation: Option<Operation>) -> Option<Response> {
    match fault {
        FaultAction::Status {
            status,
            retry_after,
        } => {
            let mut response = refused(&Refusal::fault(operation, *status));
            let retry_after = retry_after.as_deref().map(HeaderValue::from_str);
            if let Some(Ok(value)) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            Some(response)
        }
        FaultAction::Answer {
            status,
            content_type,
            body,
        } => {
            let status = StatusCode::from_u16(*status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, body.clone()).into_response();
            if let Ok(value) = HeaderValue::from_str(content_type) {
                response.headers_mut().insert(header::CONTENT_TYPE, value);
            }
            Some(response)
        }
        // Never delivered.
        FaultAction::Close => Some(StatusCode::BAD_GATEWAY.into_response()),
        FaultAction::Delay { .. } | FaultAction::LoseAnswer | FaultAction::CutBody => None,
    }
}

/// Brings the answer to the client, or does not.
pub(super) async fn deliver(
    fault: &FaultAction,
    response: Response,
    hangup: Option<&Hangup>,
) -> Response {
    match fault {
        FaultAction::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            response
        }
        FaultAction::Status { .. } | FaultAction::Answer { .. } => response,
        FaultAction::Close | FaultAction::LoseAnswer => match hangup {
            Some(hangup) => {
                hangup.hang_up();
                future::pending().await
            }
            // In-process there is no connection to close.
            None => cut(response, |_| 0).await,
        },
        FaultAction::CutBody => cut(response, |length| length / 2).await,
    }
}

/// The response with as much of its body as `kept` says, and then an error, at which the server
/// closes the connection.
async fn cut(response: Response, kept: impl FnOnce(usize) -> usize) -> Response {
    let (mut head, body) = response.into_parts();
    // The body is ours, and whole.
    let mut whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers
        .insert(header::CONTENT_LENGTH, whole.len().into());
    whole.truncate(kept(whole.len()));
    let cut = async {
        // What was given before goes out while this waits.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let first = stream::once(future::ready(Ok::<Bytes, io::Error>(whole)));
    Response::from_parts(head, Body::from_stream(first.chain(stream::once(cut))))
}
