//! Lowers a schema: JSON Schema 2020-12 to the schema object of OpenAPI 3.0.3.

use std::cmp::Ordering;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Kind, Lowering, expect_object, refuse};
use crate::pointer::Pointer;

/// Members that describe a value without constraining it.
const ANNOTATIONS: [&str; 8] = [
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Constraints that are the same in both versions.
const SAME: [&str; 16] = [
    "additionalProperties",
    "discriminator",
    "enum",
    "externalDocs",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
    "required",
    "uniqueItems",
    "xml",
];

impl Lowering<'_> {
    pub(super) fn schema(&self, value: &Value, at: &Pointer) -> Result<Value> {
        if value == &Value::Bool(true) {
            return Ok(json!({}));
        }
        let schema = expect_object(value, at)?;
        let mut lowered = Map::new();
        for (key, value) in schema {
            self.member(schema, key, value, &mut lowered, &at.key(key))?;
        }
        set_bounds(schema, &mut lowered);
        // 3.0 does not allow it to be empty, and empty it says nothing.
        if lowered.get("required") == Some(&json!([])) {
            lowered.remove("required");
        }
        // In 3.0 an array has to have it.
        if lowered.get("type") == Some(&json!("array")) && !lowered.contains_key("items") {
            lowered.insert("items".into(), json!({}));
        }
        // 3.0 ignores what stands beside a reference.
        if lowered.len() > 1
            && let Some(reference) = lowered.remove("$ref")
        {
            if lowered.contains_key("allOf") {
                return Err(refuse(&at.key("allOf"), "it stands beside a $ref"));
            }
            lowered.insert("allOf".into(), json!([{ "$ref": reference }]));
        }
        Ok(Value::Object(lowered))
    }

    fn member(
        &self,
        schema: &Map<String, Value>,
        key: &str,
        value: &Value,
        lowered: &mut Map<String, Value>,
        at: &Pointer,
    ) -> Result<()> {
        let value = match key {
            "$ref" => {
                self.check_reference(value, at)?;
                value.clone()
            }
            "type" => return set_type(value, lowered, at),
            "const" => return set_const(schema, value, lowered, at),
            "anyOf" | "oneOf" => return self.set_choice(schema, key, value, lowered, at),
            // set_bounds reads them together.
            "exclusiveMinimum" | "exclusiveMaximum" | "minimum" | "maximum" => {
                if value.is_number() {
                    return Ok(());
                }
                return Err(refuse(at, "expected a number, as 3.1 has it"));
            }
            "examples" => return set_examples(schema, value, lowered, at),
            "allOf" => self.list(value, Kind::Schema, at)?,
            "items" | "not" => self.schema(value, at)?,
            "properties" => self.map(value, Kind::Schema, at)?,
            "additionalProperties" if !value.is_boolean() => self.schema(value, at)?,
            _ if SAME.contains(&key) || !constrains(key) => value.clone(),
            _ => return Err(refuse(at, "3.0 has no such schema member")),
        };
        lowered.insert(key.into(), value);
        Ok(())
    }

    /// `anyOf` and `oneOf`: a null branch makes the whole nullable.
    fn set_choice(
        &self,
        schema: &Map<String, Value>,
        key: &str,
        value: &Value,
        lowered: &mut Map<String, Value>,
        at: &Pointer,
    ) -> Result<()> {
        let null = json!({ "type": "null" });
        let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut branches = Vec::new();
        for (index, branch) in all.iter().enumerate() {
            if *branch != null {
                branches.push(self.schema(branch, &at.index(index))?);
            }
        }
        if branches.is_empty() {
            return Err(refuse(at, "expected a branch that is not null"));
        }
        if branches.len() == all.len() {
            lowered.insert(key.into(), branches.into());
            return Ok(());
        }
        if let Some(other) = schema
            .keys()
            .find(|other| *other != key && constrains(other))
        {
            let why = format!("a branch is null, and {other} beside it would still forbid null");
            return Err(refuse(at, &why));
        }
        lowered.insert("nullable".into(), true.into());
        match <[Value; 1]>::try_from(branches) {
            Ok([branch]) => set_only_branch(schema, branch, lowered),
            Err(branches) => {
                lowered.insert(key.into(), branches.into());
            }
        }
        Ok(())
    }
}

/// Whether a member constrains values, and does not only describe them.
fn constrains(member: &str) -> bool {
    !ANNOTATIONS.contains(&member) && !member.starts_with("x-")
}

/// The one branch that is not null: its members become the schema's own, where that is possible.
fn set_only_branch(schema: &Map<String, Value>, branch: Value, lowered: &mut Map<String, Value>) {
    let clashes = |key: &str| {
        key == "$ref"
            || schema.contains_key(key)
            || key == "example" && schema.contains_key("examples")
    };
    match branch {
        Value::Object(mut members) if !members.keys().any(|key| clashes(key)) => {
            if let Some(Value::Array(values)) = members.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null); // 3.0.3: nullable alone does not add it
            }
            lowered.append(&mut members);
        }
        branch => {
            lowered.insert("allOf".into(), json!([branch]));
        }
    }
}

fn set_type(value: &Value, lowered: &mut Map<String, Value>, at: &Pointer) -> Result<()> {
    let types = match value {
        Value::Array(types) => types.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut rest = types.iter().filter(|name| *name != "null");
    let (Some(name @ Value::String(_)), None) = (rest.next(), rest.next()) else {
        return Err(refuse(at, "expected one type, and at most null beside it"));
    };
    lowered.insert("type".into(), name.clone());
    if types.len() > 1 {
        lowered.insert("nullable".into(), true.into());
    }
    Ok(())
}

fn set_const(
    schema: &Map<String, Value>,
    value: &Value,
    lowered: &mut Map<String, Value>,
    at: &Pointer,
) -> Result<()> {
    let name = match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        _ => return Err(refuse(at, "expected a string, a number or a boolean")),
    };
    if schema.contains_key("enum") {
        return Err(refuse(at, "it stands beside an enum"));
    }
    if !schema.contains_key("type") {
        lowered.insert("type".into(), name.into());
    }
    lowered.insert("enum".into(), json!([value]));
    Ok(())
}

/// 3.0 has one example; when there are more, all are kept as an extension.
fn set_examples(
    schema: &Map<String, Value>,
    value: &Value,
    lowered: &mut Map<String, Value>,
    at: &Pointer,
) -> Result<()> {
    let Some(examples) = value.as_array() else {
        return Err(refuse(at, "expected an array"));
    };
    if let Some(first) = examples.first().filter(|_| !schema.contains_key("example")) {
        lowered.insert("example".into(), first.clone());
    }
    if examples.len() > 1 || schema.contains_key("example") {
        lowered.insert("x-examples".into(), value.clone());
    }
    Ok(())
}

/// In 3.0 a bound is exclusive by a flag beside it; in 3.1 both bounds can stand together.
fn set_bounds(schema: &Map<String, Value>, lowered: &mut Map<String, Value>) {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    for (plain, exclusive, tighter) in [
        ("minimum", "exclusiveMinimum", Ordering::Greater),
        ("maximum", "exclusiveMaximum", Ordering::Less),
    ] {
        let excludes = match (number(plain), number(exclusive)) {
            (None, None) => continue,
            (Some(plain), Some(exclusive)) => plain.partial_cmp(&exclusive) != Some(tighter),
            (_, exclusive) => exclusive.is_some(),
        };
        let source = if excludes { exclusive } else { plain };
        lowered.insert(plain.into(), schema[source].clone());
        if excludes {
            lowered.insert(exclusive.into(), true.into());
        }
    }
}
