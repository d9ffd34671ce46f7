use axum::Router;
use axum::http::header;
use axum::routing::get;

use super::admin;

/// The merged document of the Management API: the build script says where it comes from.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/openapi.json", get(async move || (headers, DOCUMENT)))
        .method_not_allowed_fallback(admin::method_not_allowed)
}
