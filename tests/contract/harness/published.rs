//! The examples of the published pages, out of the document that the client is generated from.

use std::sync::LazyLock;

use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../openapi/management.json");
    serde_json::from_str(text).expect("management.json is JSON")
});

fn operation(id: &str) -> &'static Value {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    paths
        .values()
        .flat_map(|path| path.as_object().expect("a path").values())
        .find(|operation| operation["operationId"] == id)
        .unwrap_or_else(|| panic!("no operation {id}"))
}

/// The example answer of an operation.
pub(crate) fn answer(id: &str) -> Value {
    let example = &operation(id)["responses"]["200"]["content"]["application/json"]["example"];
    assert!(!example.is_null(), "{id} has no example answer");
    example.clone()
}

/// The one example request of an operation.
pub(crate) fn request(id: &str) -> Value {
    let example = &operation(id)["requestBody"]["content"]["application/json"]["example"];
    assert!(!example.is_null(), "{id} has no example request");
    example.clone()
}

/// An example request of an operation that has several.
pub(crate) fn named_request(id: &str, name: &str) -> Value {
    let content = &operation(id)["requestBody"]["content"]["application/json"];
    let example = &content["examples"][name]["value"];
    assert!(!example.is_null(), "{id} has no example request {name}");
    example.clone()
}

/// Version 1 in the published form, with a status and aliases of one's own.
pub(crate) fn version(done: bool, status: &str, aliases: &[&str]) -> Value {
    let mut version = answer("get_model_version");
    version["done"] = json!(done);
    version["response"]["sync_status"] = json!(status);
    version["response"]["version_aliases"] = json!(aliases);
    version
}

/// The endpoint in the published form, with deployments of one's own.
pub(crate) fn endpoint(deployments: &[Value]) -> Value {
    let mut endpoint = answer("get_endpoint");
    endpoint["deployed_models"] = json!(deployments);
    endpoint
}

/// A deployment in the form in which an endpoint lists it.
pub(crate) fn deployment(id: &str, version: u64, created: u64, state: &str) -> Value {
    json!({
        "id": id,
        "model": format!("orgs/my-org/models/gpt-oss-120b/versions/{version}"),
        "version_alias": version.to_string(),
        "created": created,
        "state": state,
    })
}
