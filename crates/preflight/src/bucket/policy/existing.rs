//! A policy that is there, of which nothing is lost.

use serde_json::{Value, value::RawValue};

use super::{PolicyError, VERSION};

/// A policy as it was found, each statement byte for byte.
#[derive(Clone)]
pub(in crate::bucket) struct Existing {
    pub(super) version: Option<String>,
    pub(super) id: Option<String>,
    pub(in crate::bucket) statements: Vec<Box<RawValue>>,
}

impl Existing {
    /// Of an empty text, none: a bucket without a policy.
    pub(in crate::bucket) fn read(text: &str) -> Result<Self, PolicyError> {
        let no = |why: &str| PolicyError::NotAPolicy(why.to_owned());
        if text.trim().is_empty() {
            return Ok(Self {
                version: Some(VERSION.to_owned()),
                id: None,
                statements: Vec::new(),
            });
        }
        let parts: std::collections::BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(text).map_err(|error| no(&error.to_string()))?;
        let mut found = Self {
            version: None,
            id: None,
            statements: Vec::new(),
        };
        for (name, part) in parts {
            let text = || serde_json::from_str::<String>(part.get()).ok();
            match name.as_str() {
                "Version" => found.version = Some(text().ok_or_else(|| no("Version is no text"))?),
                "Id" => found.id = Some(text().ok_or_else(|| no("Id is no text"))?),
                // One alone may stand without brackets.
                "Statement" if part.get().starts_with('{') => found.statements = vec![part],
                "Statement" => {
                    let all = serde_json::from_str(part.get());
                    found.statements = all.map_err(|error| no(&error.to_string()))?;
                }
                other => return Err(no(&format!("{other:?} is no part of one"))),
            }
        }
        if let Some(odd) = found.statements.iter().find(|it| !value(it).is_object()) {
            return Err(no(&format!("a statement is {}", odd.get())));
        }
        Ok(found)
    }

    pub(super) fn text(&self) -> String {
        let quoted = |text: &String| Value::from(text.as_str()).to_string();
        let mut parts = Vec::new();
        if let Some(version) = &self.version {
            parts.push(format!("\"Version\":{}", quoted(version)));
        }
        if let Some(id) = &self.id {
            parts.push(format!("\"Id\":{}", quoted(id)));
        }
        let statements: Vec<&str> = self.statements.iter().map(|it| it.get()).collect();
        parts.push(format!("\"Statement\":[{}]", statements.join(",")));
        format!("{{{}}}", parts.join(","))
    }
}

/// Whether two policies say the same.
pub(in crate::bucket) fn same_policy(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (Existing::read(a), Existing::read(b)) else {
        return false;
    };
    let pairs = a.statements.iter().zip(&b.statements);
    a.version == b.version
        && a.id == b.id
        && a.statements.len() == b.statements.len()
        && pairs.into_iter().all(|(a, b)| {
            let (a, b) = (value(a), value(b));
            a["Sid"] == b["Sid"] && same(&a, &b)
        })
}

/// Whether two statements say the same: but for the Sid, the order in lists, and lists of one.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    let plain = |it: &Value| {
        let mut it = it.clone();
        if let Some(parts) = it.as_object_mut() {
            parts.remove("Sid");
        }
        normal(&it)
    };
    plain(a) == plain(b)
}

fn normal(it: &Value) -> Value {
    match it {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
            items.sort_by_key(ToString::to_string);
            items.dedup();
            match items.len() {
                1 => items.remove(0),
                _ => Value::Array(items),
            }
        }
        Value::Object(parts) => {
            let parts = parts.iter().map(|(name, part)| {
                let part = normal(part);
                // The names of actions are the same in any case.
                let part = match name.as_str() {
                    "Action" | "NotAction" => {
                        serde_json::from_str(&part.to_string().to_ascii_lowercase()).unwrap_or(part)
                    }
                    _ => part,
                };
                (name.clone(), part)
            });
            Value::Object(parts.collect())
        }
        other => other.clone(),
    }
}

pub(super) fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

pub(super) fn raw(statement: &Value) -> Option<Box<RawValue>> {
    RawValue::from_string(statement.to_string()).ok()
}
