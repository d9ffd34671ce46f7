//! All that a caller can read of an answer, as one value to compare.

use std::time::{SystemTime, UNIX_EPOCH};

use cerebras_management::{Deployment, EndpointDetails, EndpointSummary, ModelVersion};
use serde_json::{Value, json};

pub(crate) fn name(version: &ModelVersion) -> String {
    version.name().to_owned()
}

pub(crate) fn version(version: &ModelVersion) -> Value {
    json!({
        "name": version.name(),
        "parsed_name": version.parsed_name().map(ToString::to_string),
        "id": version.id(),
        "done": version.done(),
        "aliases": version.aliases(),
        "sync_status": version.sync_status(),
        "weight_uri": version.weight_uri(),
        "fingerprint_suffix": version.fingerprint_suffix(),
    })
}

pub(crate) fn summary(endpoint: &EndpointSummary) -> Value {
    json!({
        "id": endpoint.id,
        "architecture": endpoint.architecture,
        "org_name": endpoint.org_name,
        "created": endpoint.created.map(unix),
        "updated": endpoint.updated.map(unix),
    })
}

pub(crate) fn details(endpoint: &EndpointDetails) -> Value {
    json!({
        "id": endpoint.id,
        "architecture": endpoint.architecture,
        "managing_org": endpoint.managing_org,
        "deployments": endpoint.deployments.iter().map(deployment).collect::<Vec<_>>(),
        "created": unix(endpoint.created),
        "updated": unix(endpoint.updated),
    })
}

pub(crate) fn deployment(deployment: &Deployment) -> Value {
    json!({
        "id": deployment.id,
        "endpoint": deployment.endpoint,
        "model": deployment.model,
        "version": deployment.version.as_ref().map(ToString::to_string),
        "requested_as": deployment.requested_as,
        "created": deployment.created.map(unix),
        "state": deployment.state,
        "replicas": deployment.replicas.map(|replicas| replicas.to_string()),
        "error_message": deployment.error_message,
    })
}

fn unix(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).expect("a time after 1970");
    since.as_secs()
}
