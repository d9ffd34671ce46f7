use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::fault::Hit;
use crate::http::{Service, refused};
use crate::{FaultAction, Operation, Refusal};

/// What is answered in place of handling the request, if the fault keeps it from being handled.
pub(in crate::http) fn instead(
    hit: &Hit,
    operation: Option<Operation>,
    service: &Service,
) -> Option<Response> {
    let refusal = |status, retry_after| refusal(service, operation, status, retry_after);
    match &hit.action {
        FaultAction::Status {
            status,
            retry_after,
        } => {
            let retry_after = retry_after.as_ref().map(ToString::to_string);
            Some(refusal(*status, retry_after))
        }
        FaultAction::RateLimit { .. } => {
            let retry_after = hit.wait.map(|seconds| seconds.to_string());
            Some(refusal(429, retry_after))
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

fn refusal(
    service: &Service,
    operation: Option<Operation>,
    status: u16,
    retry_after: Option<String>,
) -> Response {
    let mut response = refused(&service.in_shape(Refusal::fault(operation, status)));
    if let Some(retry_after) = retry_after {
        set(&mut response, header::RETRY_AFTER, &retry_after);
    }
    response
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
