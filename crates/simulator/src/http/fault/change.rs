//! Answers that are not what the page says.

use serde_json::{Map, Value, json};

/// The same answer as the only item of a list.
pub(super) fn wrong_shape(answer: Value) -> Value {
    Value::Array(vec![answer])
}

/// The name that no page has.
const FIELD: &str = "x_simulated_field";

/// The same answer with one more field in each object.
pub(super) fn unknown_fields(mut answer: Value) -> Value {
    in_each_object(&mut answer, &mut |fields| {
        fields.insert(FIELD.into(), json!({ "a": [1, null] }));
    });
    answer
}

/// The same answer with another status, in every field that has one.
pub(super) fn unknown_status(mut answer: Value, status: &str) -> Value {
    in_each_object(&mut answer, &mut |fields| {
        for name in ["sync_status", "rollout_status", "state"] {
            if let Some(value) = fields.get_mut(name) {
                *value = status.into();
            }
        }
    });
    answer
}

/// Inner objects first, so that what is added to one is not visited.
fn in_each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            for inner in fields.values_mut() {
                in_each_object(inner, change);
            }
            change(fields);
        }
        Value::Array(items) => {
            for item in items {
                in_each_object(item, change);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> Value {
        json!({ "done": true, "response": { "sync_status": "done", "version_aliases": ["a1"] } })
    }

    #[test]
    fn each_object_gets_a_field() {
        let extra = json!({ "a": [1, null] });
        let expected = json!({
            "done": true,
            "response": {
                "sync_status": "done",
                "version_aliases": ["a1"],
                "x_simulated_field": extra
            },
            "x_simulated_field": extra
        });
        assert_eq!(unknown_fields(version()), expected);
    }

    #[test]
    fn each_status_becomes_another() {
        let answer = json!({ "deployed_models": [{ "id": "1", "state": "complete" }] });
        let expected = json!({ "deployed_models": [{ "id": "1", "state": "paused" }] });
        assert_eq!(unknown_status(answer, "paused"), expected);
        let synced = unknown_status(version(), "paused");
        assert_eq!(synced["response"]["sync_status"], "paused");
        assert_eq!(synced["done"], true);
    }

    #[test]
    fn the_wrong_shape_is_a_list() {
        assert_eq!(wrong_shape(version()), json!([version()]));
    }
}
