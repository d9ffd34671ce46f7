//! The API over HTTP: from bytes to a [`Request`], and from its answer to bytes.

mod admin;
mod document;
mod fault;
mod gate;
mod incoming;
mod noted;
mod page;
mod request_id;
mod route;
mod server;
mod service;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{self, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::journal::Entry;
use crate::{FaultAction, Refusal, Request, World};

use incoming::Incoming;
use route::Unroutable;
pub(crate) use server::{Server, bind};
pub(crate) use service::Service;

/// Every request of the service's goes to one handler. Paths such as `{endpoint_id}:deployModel`
/// are beyond what axum's router can express, and one table (in `route`) for all is easier to
/// check. What is the simulator's own has routes of its own: no fault hits them, and no journal
/// notes them.
pub(crate) fn app(service: Arc<Service>) -> Router {
    page::routes()
        .merge(admin::routes())
        .merge(document::routes())
        .fallback(handle)
        .with_state(service)
}

async fn handle(State(service): State<Arc<Service>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let mut incoming = Incoming::read(&parts, body).await;
    let operation = incoming.operation();
    let query = parts.uri.query();
    let query = query.map(|query| noted::query(query, incoming.key()));
    let noted = incoming.body.take();
    let hit = service.faults.hit(&incoming.target(), service.clock.now());
    let instead = hit
        .as_ref()
        .and_then(|hit| fault::instead(hit, operation, &service));
    let handled = hit.as_ref().is_none_or(|hit| hit.action.handles());
    let own = handled.then(|| respond(&service, &incoming));
    let mut response = instead.or(own).unwrap_or_default();
    let fault = hit.map(|hit| hit.action);
    request_id::add(&mut response, fault.as_ref(), &service);
    let answered = fault.as_ref().is_none_or(FaultAction::answers);
    service.journal.record(|| Entry {
        at: service.clock.now(),
        method,
        path,
        query,
        body: noted,
        operation,
        status: answered.then(|| response.status().as_u16()),
        handled,
        fault: fault.clone(),
        unreadable: None,
    });
    match fault {
        Some(fault) => fault::deliver(&fault, response, parts.extensions.get(), &service).await,
        None => response,
    }
}

/// What the service answers.
fn respond(service: &Service, incoming: &Incoming) -> Response {
    match &incoming.routed {
        Ok(request) => {
            let flaw = incoming.flaw.as_ref();
            match service.with_world(|world, now| answer(world, request, flaw, now)) {
                Ok(answer) => answered(answer),
                Err(refusal) => refused(&refusal),
            }
        }
        Err(Unroutable::NotFound) => refused(&service.in_shape(Refusal::no_such_route())),
        Err(Unroutable::MethodNotAllowed { allow }) => {
            let mut response = refused(&service.in_shape(Refusal::method_not_allowed()));
            if let Ok(allow) = HeaderValue::from_str(allow) {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            response
        }
    }
}

/// A wrong key is refused before a body that cannot be read is.
fn answer(
    world: &mut World,
    request: &Request,
    flaw: Option<&Refusal>,
    now: Duration,
) -> Result<crate::Answer, Refusal> {
    let Some(flaw) = flaw else {
        return world.apply(request, now);
    };
    let access = world.authenticate(request.operation, &request.key);
    let refusal = access.err().unwrap_or_else(|| flaw.clone());
    Err(world.in_shape(refusal))
}

fn answered(answer: crate::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::OK);
    let json = [(header::CONTENT_TYPE, "application/json")];
    match answer.into_json() {
        Some(body) => (status, json, body).into_response(),
        None => status.into_response(),
    }
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
