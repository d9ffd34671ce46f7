use axum::Router;
use axum::http::header;
use axum::routing::get;

use super::admin;

/// The merged document of the Management API. `openapi.json` in the package is a link to the
/// repository's `openapi/management.json`: there is one document only, and Cargo follows links
/// when it packs.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/openapi.json", get(async move || (headers, DOCUMENT)))
        .method_not_allowed_fallback(admin::method_not_allowed)
}
