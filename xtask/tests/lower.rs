//! What OpenAPI 3.1 says, said in 3.0.3; and what cannot be.

use serde_json::{Value, json};
use xtask::lower::lower;

fn document(schema: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": {"Name": {"type": "string"}, "It": schema}}
    })
}

#[track_caller]
fn assert_lowered(schema: &Value, expected: &Value) {
    let lowered = lower(&document(schema)).expect("it can be lowered");
    assert_eq!(&lowered["components"]["schemas"]["It"], expected);
    assert_eq!(lowered["openapi"], "3.0.3");
}

#[track_caller]
fn assert_refused(schema: &Value, pointer: &str, why: &str) {
    let error = lower(&document(schema)).expect_err("it is refused");
    assert_eq!(
        error.to_string(),
        format!(
            "/components/schemas/It{pointer}: cannot be lowered to OpenAPI 3.0.3: {why}; correct \
             it in overlay.yaml"
        )
    );
}

#[test]
fn a_choice_with_null_is_nullable() {
    for choice in ["anyOf", "oneOf"] {
        assert_lowered(
            &json!({choice: [{"type": "string", "minLength": 1}, {"type": "null"}], "title": "It"}),
            &json!({"type": "string", "minLength": 1, "nullable": true, "title": "It"}),
        );
    }
}

#[test]
fn a_choice_between_a_reference_and_null_is_nullable_around_the_reference() {
    for choice in ["anyOf", "oneOf"] {
        assert_lowered(
            &json!({choice: [{"$ref": "#/components/schemas/Name"}, {"type": "null"}]}),
            &json!({"allOf": [{"$ref": "#/components/schemas/Name"}], "nullable": true}),
        );
    }
}

#[test]
fn a_choice_with_null_keeps_what_both_it_and_its_branch_say() {
    assert_lowered(
        &json!({"title": "Outer", "anyOf": [{"title": "Inner", "type": "string"}, {"type": "null"}]}),
        &json!({
            "title": "Outer",
            "allOf": [{"title": "Inner", "type": "string"}],
            "nullable": true
        }),
    );
}

#[test]
fn a_choice_of_several_and_null_stays_a_choice() {
    assert_lowered(
        &json!({"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "integer"}]}),
        &json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
    );
    assert_lowered(
        &json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        &json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    );
}

#[test]
fn an_enum_that_may_be_null_lists_null() {
    assert_lowered(
        &json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        &json!({"type": "string", "enum": ["a", null], "nullable": true}),
    );
}

#[test]
fn a_type_or_null_is_nullable() {
    assert_lowered(
        &json!({"type": ["string", "null"]}),
        &json!({"type": "string", "nullable": true}),
    );
    assert_lowered(&json!({"type": ["string"]}), &json!({"type": "string"}));
}

#[test]
fn a_const_is_an_enum_of_one() {
    assert_lowered(
        &json!({"const": "model"}),
        &json!({"type": "string", "enum": ["model"]}),
    );
    assert_lowered(
        &json!({"type": "number", "const": 1}),
        &json!({"type": "number", "enum": [1]}),
    );
}

#[test]
fn the_first_of_several_examples_is_the_example_and_none_is_lost() {
    assert_lowered(&json!({"examples": ["a"]}), &json!({"example": "a"}));
    assert_lowered(
        &json!({"examples": ["a", "b"]}),
        &json!({"example": "a", "x-examples": ["a", "b"]}),
    );
}

#[test]
fn an_exclusive_bound_is_a_bound_and_a_flag() {
    assert_lowered(
        &json!({"exclusiveMinimum": 0, "maximum": 9}),
        &json!({"minimum": 0, "exclusiveMinimum": true, "maximum": 9}),
    );
    // Of two lower or two upper bounds, the tighter one says all.
    assert_lowered(
        &json!({"minimum": 1, "exclusiveMinimum": 0, "maximum": 9, "exclusiveMaximum": 9}),
        &json!({"minimum": 1, "maximum": 9, "exclusiveMaximum": true}),
    );
}

#[test]
fn what_stands_beside_a_reference_is_kept() {
    assert_lowered(
        &json!({"$ref": "#/components/schemas/Name", "description": "A name"}),
        &json!({"allOf": [{"$ref": "#/components/schemas/Name"}], "description": "A name"}),
    );
}

#[test]
fn what_3_0_needs_is_added_and_what_it_forbids_is_left_out() {
    assert_lowered(
        &json!({"type": "array"}),
        &json!({"type": "array", "items": {}}),
    );
    assert_lowered(
        &json!({"type": "object", "required": [], "properties": {"any": true}}),
        &json!({"type": "object", "properties": {"any": {}}}),
    );
}

#[test]
fn schemas_are_lowered_wherever_they_stand() {
    let either = json!({"type": ["string", "null"]});
    let lowered = json!({"type": "string", "nullable": true});
    for key in ["items", "not", "additionalProperties"] {
        assert_lowered(&json!({key: either}), &json!({key: lowered}));
    }
    assert_lowered(&json!({"allOf": [either]}), &json!({"allOf": [lowered]}));
    assert_lowered(
        &json!({"properties": {"a": either}}),
        &json!({"properties": {"a": lowered}}),
    );
}

#[test]
fn what_cannot_be_lowered_is_refused_with_its_pointer() {
    let unknown = "3.0 has no such schema member";
    for member in [
        "if",
        "$defs",
        "prefixItems",
        "patternProperties",
        "contentEncoding",
    ] {
        assert_refused(
            &json!({"properties": {"a/b": {member: {}}}}),
            &format!("/properties/a~1b/{member}"),
            unknown,
        );
    }
    assert_refused(&json!({"nullable": true}), "/nullable", unknown);
    assert_refused(
        &json!({"items": {"type": ["string", "integer"]}}),
        "/items/type",
        "expected one type, and at most null beside it",
    );
    assert_refused(
        &json!({"type": "null"}),
        "/type",
        "expected one type, and at most null beside it",
    );
    assert_refused(
        &json!({"anyOf": [{"type": "null"}]}),
        "/anyOf",
        "expected a branch that is not null",
    );
    assert_refused(
        &json!({"type": "string", "anyOf": [{"minLength": 1}, {"type": "null"}]}),
        "/anyOf",
        "a branch is null, and type beside it would still forbid null",
    );
    assert_refused(&json!({"items": false}), "/items", "expected an object");
    assert_refused(
        &json!({"$ref": "#/components/schemas/Nothing"}),
        "/$ref",
        "\"#/components/schemas/Nothing\" is not in the document",
    );
}

#[test]
fn what_cannot_be_lowered_outside_a_schema_is_refused_with_its_pointer() {
    let mut with_webhooks = document(&json!({}));
    with_webhooks["webhooks"] = json!({});
    let mut with_summary = document(&json!({}));
    with_summary["info"]["summary"] = json!("Things");
    let mut with_callbacks = document(&json!({}));
    with_callbacks["paths"]["/things"]["get"]["callbacks"] = json!({});

    for (document, pointer) in [
        (with_webhooks, "/webhooks"),
        (with_summary, "/info/summary"),
        (with_callbacks, "/paths/~1things/get/callbacks"),
    ] {
        let error = lower(&document).expect_err("it is refused");
        assert_eq!(
            error.to_string(),
            format!(
                "{pointer}: cannot be lowered to OpenAPI 3.0.3: this member is not known; correct \
                 it in overlay.yaml"
            )
        );
    }
}
