//! One change of a document at a place by chance.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Members that the chain looks at.
const MEMBERS: [&str; 28] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "components",
    "const",
    "default",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "get",
    "info",
    "items",
    "maximum",
    "minimum",
    "oneOf",
    "openapi",
    "parameters",
    "paths",
    "post",
    "properties",
    "required",
    "schemas",
    "type",
    "x-extension",
    "",
];

/// Changes one node of `document`; `other` is where a node may be copied from.
pub fn edit(document: &mut Value, other: &Value, random: &mut Rng) {
    let copied = pick(other, random);
    let copied = other.pointer(&copied).cloned().unwrap_or_default();
    let at = pick(document, random);
    let Some(node) = document.pointer_mut(&at) else {
        return;
    };
    match random.u8(..8) {
        0 => *node = small(random),
        1 => *node = copied,
        2 => *node = json!([node.take()]),
        3 => *node = json!({ member(random): node.take() }),
        4 => remove(node, random),
        5 => rename(node, random),
        6 => insert(node, copied, random),
        _ => {
            let value = small(random);
            insert(node, value, random);
        }
    }
}

fn member(random: &mut Rng) -> String {
    MEMBERS[random.usize(..MEMBERS.len())].to_owned()
}

fn small(random: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1.5),
        json!(u64::MAX),
        json!(""),
        json!("null"),
        json!("3.1.0"),
        json!("string"),
        json!("#/components/schemas/OrgName"),
        json!("#"),
        json!([]),
        json!(["string", "null"]),
        json!({}),
        json!({ "type": "null" }),
        json!({ "$ref": "#/components/schemas/OrgName" }),
        json!([{ "type": "null" }, { "type": "string" }]),
        json!("$..*"),
        json!("$.paths['/v1'].get"),
    ];
    values[random.usize(..values.len())].clone()
}

/// The pointer of any node.
fn pick(document: &Value, random: &mut Rng) -> String {
    let mut all = Vec::new();
    list(document, String::new(), &mut all);
    all.swap_remove(random.usize(..all.len()))
}

fn list(node: &Value, at: String, all: &mut Vec<String>) {
    let children: Vec<_> = match node {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        list(child, format!("{at}/{key}"), all);
    }
    all.push(at);
}

fn key(members: &Map<String, Value>, random: &mut Rng) -> Option<String> {
    let at = random.usize(..members.len().max(1));
    members.keys().nth(at).cloned()
}

fn remove(node: &mut Value, random: &mut Rng) {
    match node {
        Value::Object(members) => {
            if let Some(key) = key(members, random) {
                members.remove(&key);
            }
        }
        Value::Array(items) => drop(items.pop()),
        leaf => *leaf = Value::Null,
    }
}

fn rename(node: &mut Value, random: &mut Rng) {
    if let Value::Object(members) = node
        && let Some(key) = key(members, random)
        && let Some(value) = members.remove(&key)
    {
        members.insert(member(random), value);
    }
}

fn insert(node: &mut Value, value: Value, random: &mut Rng) {
    match node {
        Value::Object(members) => {
            members.insert(member(random), value);
        }
        Value::Array(items) => items.insert(random.usize(..=items.len()), value),
        leaf => *leaf = value,
    }
}
