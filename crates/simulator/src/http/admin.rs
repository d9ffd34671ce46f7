//! The simulator's own routes, under `/_simulator`. They need no key.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Service;
use crate::file::of_json;
use crate::journal::Record;
use crate::{BadPlan, FaultPlan, Snapshot};

pub(super) fn routes() -> Router<Arc<Service>> {
    let faults = get(faults)
        .put(set_faults)
        .post(add_faults)
        .delete(clear_faults);
    Router::new()
        .route("/_simulator/advance", post(advance))
        .route("/_simulator/faults", faults)
        .route("/_simulator/journal", get(journal).delete(clear_journal))
        .route("/_simulator/world", get(world))
        .route("/_simulator/{*rest}", any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
}

/// Why an administrative request is refused.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "detail": self.1 }))).into_response()
    }
}

impl From<BadPlan> for Refused {
    fn from(bad: BadPlan) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, bad.to_string())
    }
}

/// The largest body taken: room for many faults with answers of their own.
const LIMIT: usize = 8 << 20;

async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refused> {
    let bytes = to_bytes(body, LIMIT).await.map_err(|_| {
        let message = format!("the body has more than {LIMIT} bytes, or broke off");
        Refused(StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = of_json(&error, &String::from_utf8_lossy(&bytes));
        Refused(StatusCode::UNPROCESSABLE_ENTITY, message)
    })
}

async fn faults(State(service): State<Arc<Service>>) -> Json<FaultPlan> {
    Json(service.plan())
}

async fn set_faults(
    State(service): State<Arc<Service>>,
    body: Body,
) -> Result<Json<FaultPlan>, Refused> {
    service.set_plan(read(body).await?)?;
    Ok(Json(service.plan()))
}

async fn add_faults(
    State(service): State<Arc<Service>>,
    body: Body,
) -> Result<Json<FaultPlan>, Refused> {
    service.add_plan(read(body).await?)?;
    Ok(Json(service.plan()))
}

async fn clear_faults(State(service): State<Arc<Service>>) -> Result<Json<FaultPlan>, Refused> {
    service.set_plan(FaultPlan::new())?;
    Ok(Json(service.plan()))
}

async fn journal(State(service): State<Arc<Service>>) -> Json<Record> {
    Json(service.journal.read())
}

async fn clear_journal(State(service): State<Arc<Service>>) -> StatusCode {
    service.journal.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(with = "crate::seconds")]
    seconds: Duration,
}

async fn advance(State(service): State<Arc<Service>>, body: Body) -> Result<Json<Value>, Refused> {
    let Advance { seconds } = read(body).await?;
    service.clock.advance(seconds);
    Ok(Json(json!({ "now": service.clock.now().as_secs_f64() })))
}

async fn world(State(service): State<Arc<Service>>) -> Json<Snapshot> {
    Json(service.with_world(|world, _| world.snapshot()))
}

async fn not_found() -> Refused {
    Refused(StatusCode::NOT_FOUND, "Not Found".into())
}

/// The header that names the methods there are is axum's.
pub(super) async fn method_not_allowed() -> Response {
    let message = "Method Not Allowed";
    Refused(StatusCode::METHOD_NOT_ALLOWED, message.into()).into_response()
}
