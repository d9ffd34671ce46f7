//! What the client relies on in the committed `management.json`.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;

fn document() -> Value {
    let text = include_str!("../../openapi/management.json");
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn the_committed_document_is_fresh() {
    let source = support::workspace();
    let built = source.build().expect("the build succeeds");
    assert!(
        source.is_fresh(&built).expect("it can be read"),
        "openapi/management.json is stale; run `cargo xtask spec`"
    );
}

#[test]
fn the_nine_operations_have_their_short_names() {
    let document = document();
    let operations = children(&document["paths"]).flat_map(children);
    let ids: BTreeSet<_> = operations
        .filter_map(|it| it["operationId"].as_str())
        .collect();
    assert_eq!(
        ids.into_iter().collect::<Vec<_>>(),
        [
            "delete_model_version",
            "deploy_model",
            "get_endpoint",
            "get_model_version",
            "list_endpoints",
            "list_model_architectures",
            "list_model_versions",
            "update_model_version_aliases",
            "upload_model_version",
        ]
    );
}

#[test]
fn every_name_and_id_that_is_sent_has_its_own_type() {
    let document = document();
    let operations = children(&document["paths"]).flat_map(children);
    let parameters = operations.flat_map(|it| children(&it["parameters"]));
    let mut types: Vec<String> = parameters
        .map(|it| format!("{} {}", it["name"], it["schema"]))
        .collect();
    types.sort();
    types.dedup();
    let reference = |name| format!(r##"{{"$ref":"#/components/schemas/{name}"}}"##);
    assert_eq!(
        types,
        [
            format!(r#""endpoint_id" {}"#, reference("EndpointId")),
            format!(r#""model_arch_id" {}"#, reference("ModelArchitectureId")),
            format!(r#""org_name" {}"#, reference("OrgName")),
            format!(r#""version_id" {}"#, reference("VersionRef")),
        ]
    );
}

#[test]
fn nothing_that_the_server_sends_is_closed_and_its_lists_may_be_null() {
    let document = document();
    for (name, schema) in members(&document["components"]["schemas"]) {
        let sent_by_us = name.contains("Request");
        let closed = schema["additionalProperties"] == false;
        assert_eq!(closed, sent_by_us, "{name}");
        assert_eq!(schema.get("enum"), None, "{name}");
        for (field, property) in members(&schema["properties"]) {
            assert_eq!(property.get("enum"), None, "{name}.{field}");
            if property["type"] == "array" && !sent_by_us {
                assert_eq!(property["nullable"], true, "{name}.{field}");
            }
        }
    }
}

#[test]
fn every_component_is_used() {
    let text = include_str!("../../openapi/management.json");
    let document = document();
    for (name, _) in members(&document["components"]["schemas"]) {
        assert!(
            text.contains(&format!("\"#/components/schemas/{name}\"")),
            "{name}"
        );
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The values of an object or an array.
fn children(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().into_iter().flatten();
    items.chain(members(value).map(|(_, value)| value))
}
