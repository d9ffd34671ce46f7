//! The API over HTTP: from bytes to a [`Request`], and from its answer to bytes.

mod fault;
mod route;
mod server;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{self, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::Value;

use crate::fault::Faults;
use crate::journal::{Entry, Journal};
use crate::{Clock, FaultAction, Operation, Refusal, Request, World};

use route::Unroutable;
pub(crate) use server::{Server, bind};

/// The largest body taken. The largest real one is a list of aliases.
const BODY_LIMIT: usize = 1 << 20;
/// How much of a larger one is read before it is refused: a client that is still sending when
/// the connection closes never sees the answer.
const READ_LIMIT: usize = 8 << 20;

/// What a running simulator consists of.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Clock,
    world: Mutex<World>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
}

impl Service {
    pub(crate) fn new(clock: Clock, world: World) -> Self {
        Self {
            clock,
            world: Mutex::new(world),
            journal: Journal::default(),
            faults: Faults::default(),
        }
    }

    /// Gives the world as of now. The time is read under the lock, so that requests are handled
    /// in the order of their times.
    pub(crate) fn with_world<T>(&self, f: impl FnOnce(&mut World, Duration) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        world.advance_to(now);
        f(&mut world, now)
    }
}

/// Every request goes to one handler. Paths such as `{endpoint_id}:deployModel` are beyond what
/// axum's router can express, and one table (in `route`) for all is easier to check.
pub(crate) fn app(service: Arc<Service>) -> Router {
    Router::new().fallback(handle).with_state(service)
}

async fn handle(State(service): State<Arc<Service>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let routed = route::route(&parts.method, &path);
    let operation = routed.as_ref().ok().map(|request| request.operation);
    let fault = service.faults.hit(operation);
    let response = match fault
        .as_ref()
        .and_then(|fault| fault::instead(fault, operation))
    {
        Some(response) => response,
        None => respond(&service, routed, &parts.headers, body).await,
    };
    let answered = !matches!(fault, Some(FaultAction::Close | FaultAction::LoseAnswer));
    service.journal.record(|| Entry {
        at: service.clock.now(),
        method,
        path,
        operation,
        status: answered.then(|| response.status().as_u16()),
        fault: fault.clone(),
    });
    match fault {
        Some(fault) => fault::deliver(&fault, response, parts.extensions.get()).await,
        None => response,
    }
}

async fn respond(
    service: &Service,
    routed: Result<Request, Unroutable>,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    match routed {
        Ok(request) => match answer(service, request, headers, body).await {
            Ok(answer) => axum::Json(answer).into_response(),
            Err(refusal) => refused(&refusal),
        },
        Err(Unroutable::NotFound) => refused(&Refusal::no_such_route()),
        Err(Unroutable::MethodNotAllowed { allow }) => {
            let mut response = refused(&Refusal::method_not_allowed());
            if let Ok(allow) = HeaderValue::from_str(&allow) {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            response
        }
    }
}

async fn answer(
    service: &Service,
    mut request: Request,
    headers: &HeaderMap,
    body: Body,
) -> Result<crate::Answer, Refusal> {
    let operation = request.operation;
    request.key = bearer(headers).to_owned();
    service.with_world(|world, _| world.authenticate(operation, &request.key))?;
    if operation.has_body() {
        request.body = read_json(operation, headers, body).await?;
    }
    service.with_world(|world, now| world.apply(&request, now))
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

async fn read_json(
    operation: Operation,
    headers: &HeaderMap,
    body: Body,
) -> Result<Value, Refusal> {
    let bytes = read(operation, body).await?;
    if !is_json(headers) {
        // FastAPI passes such a body on as it is, and it is then no object.
        return Ok(Value::String(String::new()));
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let before: usize = lines
            .take(error.line().saturating_sub(1))
            .map(<[u8]>::len)
            .sum();
        let at = before + error.column().saturating_sub(1);
        Refusal::not_json(operation, at, &error.to_string())
    })
}

async fn read(operation: Operation, body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
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
    Ok(bytes)
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

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(refusal.body())).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
    }
    response
}
