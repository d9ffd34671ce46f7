use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::Service;
use crate::FaultAction;

/// Adds the header that names the request, where the service sends one. What is not the
/// service's answer has none.
pub(super) fn add(response: &mut Response, fault: Option<&FaultAction>, service: &Service) {
    if let Some(
        FaultAction::EdgePage { .. }
        | FaultAction::HandledThen {
            edge_page: true, ..
        }
        | FaultAction::Answer { .. },
    ) = fault
    {
        return;
    }
    let Some((name, id)) = service.with_world(|world, _| world.request_id()) else {
        return;
    };
    if let Ok(id) = HeaderValue::try_from(id) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, id);
    }
}
