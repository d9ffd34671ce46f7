use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::fault::Hit;
use crate::http::{Service, refused};
use crate::{FaultAction, Operation, Refusal, RetryAfter};

/// What is answered in place of the service's answer, if the fault has one.
pub(in crate::http) fn instead(
    hit: &Hit,
    operation: Option<Operation>,
    service: &Service,
) -> Option<Response> {
    let refusal = |status| refused(&service.in_shape(Refusal::fault(operation, status)));
    match &hit.action {
        FaultAction::Status {
            status,
            retry_after,
        } => Some(with_retry_after(refusal(*status), retry_after.as_ref())),
        FaultAction::HandledThen {
            status,
            retry_after,
            edge_page: page,
        } => {
            let response = if *page {
                edge_page(*status)
            } else {
                refusal(*status)
            };
            Some(with_retry_after(response, retry_after.as_ref()))
        }
        FaultAction::RateLimit { .. } => {
            let speed = service.clock.speed();
            let seconds = hit.wait.map(|wait| real_seconds(wait, speed).into());
            Some(with_retry_after(refusal(429), seconds.as_ref()))
        }
        FaultAction::Answer {
            status,
            content_type,
            body,
        } => {
            let mut response = (known(*status), body.clone()).into_response();
            set(&mut response, header::CONTENT_TYPE, content_type);
            Some(response)
        }
        FaultAction::EdgePage { status } => Some(edge_page(*status)),
        // Never delivered.
        FaultAction::Close | FaultAction::Refuse { .. } => {
            Some(StatusCode::BAD_GATEWAY.into_response())
        }
        FaultAction::Delay { .. }
        | FaultAction::LoseAnswer
        | FaultAction::CutBody
        | FaultAction::Trickle { .. }
        | FaultAction::InvalidJson
        | FaultAction::WrongShape
        | FaultAction::UnknownFields
        | FaultAction::UnknownStatus { .. }
        | FaultAction::HugeBody { .. } => None,
    }
}

fn with_retry_after(mut response: Response, retry_after: Option<&RetryAfter>) -> Response {
    if let Some(retry_after) = retry_after {
        set(&mut response, header::RETRY_AFTER, &retry_after.to_string());
    }
    response
}

/// How long a client has to wait until so many simulated seconds are over, in whole seconds and
/// at least one. While the clock stands still, nothing but the simulated seconds can be told.
fn real_seconds(simulated: u64, speed: f64) -> u64 {
    if speed == 0.0 {
        return simulated;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bucket is filled by a token within a minute"
    )]
    let seconds = (simulated as f64 / speed).ceil().max(1.0) as u64;
    seconds
}

/// A page for people, with what tells an edge's answer from the service's.
fn edge_page(status: u16) -> Response {
    let status = known(status);
    let reason = status.canonical_reason().unwrap_or("error");
    let code = status.as_u16();
    let page = format!(
        "<!DOCTYPE html>\n<html>\n<head><title>{code}: {reason}</title></head>\n<body>\n\
         <h1>{code}: {reason}</h1>\n<p>A simulated page from the edge. Ray ID: {RAY}</p>\n\
         </body>\n</html>\n"
    );
    let mut response = (status, Html(page)).into_response();
    set(&mut response, header::SERVER, "cloudflare");
    set(
        &mut response,
        HeaderName::from_static("cf-ray"),
        &format!("{RAY}-SIM"),
    );
    response
}

/// The id by which an edge finds a request again.
const RAY: &str = "51a0000000000001";

fn known(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A value that no header can have is left out.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_waits_in_real_seconds() {
        for (simulated, speed, real) in [
            (10, 1.0, 10),
            (60, 60.0, 1),
            (10, 60.0, 1),
            (61, 30.0, 3),
            (10, 0.5, 20),
            (10, 0.0, 10),
        ] {
            assert_eq!(
                real_seconds(simulated, speed),
                real,
                "{simulated} at {speed}"
            );
        }
    }
}
