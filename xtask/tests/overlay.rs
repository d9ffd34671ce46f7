//! What an overlay does, and what it may not do.

use serde_json::{Value, json};
use xtask::overlay::Overlay;

fn apply(actions: &str, mut document: Value) -> Result<Value, String> {
    let text = format!("overlay: 1.0.0\ninfo: {{title: Corrections, version: 1.0.0}}\n{actions}");
    let overlay =
        Overlay::from_yaml("overlay.yaml", &text).map_err(|error| format!("{error:#}"))?;
    let applied = overlay.apply(&mut document);
    applied.map_err(|error| format!("{error:#}"))?;
    Ok(document)
}

#[test]
fn an_update_merges_objects_appends_to_arrays_and_replaces_all_else() {
    let actions = "\
actions:
  - target: $.schema
    description: A test.
    update: {type: [string, 'null'], required: [b], title: New, properties: {b: {}}}
  - target: $.schema.required
    description: A test.
    update: c
";
    let document =
        json!({"schema": {"type": "string", "required": ["a"], "properties": {"a": {}}}});
    assert_eq!(
        apply(actions, document),
        Ok(json!({"schema": {
            "type": ["string", "null"],
            "required": ["a", "b", "c"],
            "title": "New",
            "properties": {"a": {}, "b": {}}
        }}))
    );
}

#[test]
fn a_removal_takes_all_that_its_target_matches() {
    let actions = "\
actions:
  - target: $.names[?@ != 'b']
    description: A test.
    remove: true
  - target: $..['a/b']
    description: A test.
    remove: true
";
    let document = json!({"names": ["a", "b", "c"], "a/b": {"a/b": 1}, "c": {"a/b": 1}});
    assert_eq!(
        apply(actions, document),
        Ok(json!({"names": ["b"], "c": {}}))
    );
}

#[test]
fn an_action_that_matches_nothing_is_an_error() {
    let actions = "\
actions:
  - target: $.here
    description: A test.
    update: {}
  - target: $.paths['/things'].get
    description: A test.
    remove: true
";
    assert_eq!(
        apply(actions, json!({"here": {}})),
        Err(
            "overlay.yaml: /actions/1 ($.paths['/things'].get): it matches nothing; correct its \
             target, or delete the action"
                .into()
        )
    );
}

#[test]
fn an_action_without_a_reason_is_an_error() {
    let actions = "actions:\n  - {target: $.here, remove: true}\n";
    assert_eq!(
        apply(actions, json!({"here": {}})),
        Err(
            "overlay.yaml: /actions/0 ($.here): it has no reason; give one as its description"
                .into()
        )
    );
}

#[test]
fn an_action_either_updates_or_removes() {
    let expected = "overlay.yaml: /actions/0 ($.here): expected either an update or `remove: true`";
    for change in ["", ", update: {}, remove: true"] {
        let action = format!("actions:\n  - {{target: $.here, description: A test.{change}}}\n");
        assert_eq!(apply(&action, json!({"here": {}})), Err(expected.into()));
    }
}

#[test]
fn a_value_that_is_neither_object_nor_array_is_not_updated() {
    let actions = "actions:\n  - {target: $.here.name, description: A test., update: other}\n";
    assert_eq!(
        apply(actions, json!({"here": {"name": "one"}})),
        Err(
            "overlay.yaml: /actions/0 ($.here.name): /here/name: only an object or an array can \
             be updated"
                .into()
        )
    );
}

#[test]
fn an_unknown_field_of_an_action_is_an_error() {
    let actions = "actions:\n  - {target: $.here, description: A test., updates: {}}\n";
    assert_eq!(
        apply(actions, json!({"here": {}})),
        Err(
            "overlay.yaml: not an overlay: unknown field `updates`, expected one of `target`, \
             `description`, `update`, `remove`"
                .into()
        )
    );
}
