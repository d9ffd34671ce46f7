//! Compares two schemas, knowing who sends the values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{Changes, Class, Node, class_of};
use crate::pointer::Pointer;

/// Who sends the values of a schema. What widens one direction narrows the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

impl Direction {
    /// What it means that more values are allowed than before.
    fn wider(self) -> Class {
        match self {
            Self::Request => Class::Compatible,
            Self::Response => Class::Breaking,
        }
    }

    /// What it means that fewer values are allowed than before.
    fn narrower(self) -> Class {
        match self {
            Self::Request => Class::Breaking,
            Self::Response => Class::Compatible,
        }
    }

    /// As [`Self::wider`], for values that this project reads whatever they are.
    fn wider_but_read(self) -> Class {
        match self {
            Self::Request => Class::Compatible,
            Self::Response => Class::Note,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
        })
    }
}

/// Compares two schemas, which messages call `what`.
pub(super) fn compare(
    ours: &Node,
    newer: &Node,
    direction: Direction,
    what: &str,
    changes: &mut Changes,
) -> Result<()> {
    let mut comparison = Comparison {
        direction,
        changes,
        open: Vec::new(),
    };
    comparison.schema(ours, newer, what)
}

struct Comparison<'a, 'b> {
    direction: Direction,
    changes: &'a mut Changes<'b>,
    /// The schemas that are being compared, to end at one that holds itself.
    open: Vec<(Pointer, Pointer)>,
}

impl Comparison<'_, '_> {
    fn schema(&mut self, ours: &Node, newer: &Node, what: &str) -> Result<()> {
        let (before, after) = (Flat::of(ours)?, Flat::of(newer)?);
        let pair = (before.at.clone(), after.at.clone());
        if self.open.contains(&pair) {
            return Ok(());
        }
        self.open.push(pair);
        let outcome = self.flat(&before, &after, what);
        self.open.pop();
        outcome
    }

    fn flat(&mut self, before: &Flat, after: &Flat, what: &str) -> Result<()> {
        match (before.nullable, after.nullable) {
            (false, true) => self.add(self.direction.wider(), after, what, "may now be null"),
            (true, false) => self.add(self.direction.narrower(), after, what, "is never null now"),
            _ => {}
        }
        let (old_types, new_types) = (before.types(), after.types());
        if old_types != new_types {
            let change = format!(
                "type changed from {} to {}",
                listed(&old_types),
                listed(&new_types)
            );
            self.add(Class::Breaking, after, &format!("{what}:"), &change);
            return Ok(());
        }
        self.enumeration(before, after, what);
        self.properties(before, after)?;
        let keys: BTreeSet<&str> = before.keys().chain(after.keys()).collect();
        for key in keys {
            self.member(key, before, after, what)?;
        }
        Ok(())
    }

    fn member(&mut self, key: &str, before: &Flat, after: &Flat, what: &str) -> Result<()> {
        let (old, new) = (before.members.get(key), after.members.get(key));
        let class = match key {
            "type" | "enum" | "const" | "properties" | "required" => return Ok(()),
            "anyOf" | "oneOf" | "allOf" => return self.branches(key, before, after, what),
            "items" | "additionalProperties" => {
                if let (Some(old), Some(new)) = (old, new)
                    && old.value.is_object()
                    && new.value.is_object()
                {
                    return self.schema(old, new, &format!("an item of {what}"));
                }
                let open = |node: Option<&Node<'_>>| {
                    node.is_none_or(|node| node.value == &Value::Bool(true))
                };
                match (key, open(old), open(new)) {
                    ("additionalProperties", true, true) => return Ok(()),
                    ("additionalProperties", true, false) => self.direction.narrower(),
                    ("additionalProperties", false, true) => self.direction.wider_but_read(),
                    _ => Class::Breaking,
                }
            }
            "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
                self.bound(old, new, |old, new| new > old)
            }
            "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
                self.bound(old, new, |old, new| new < old)
            }
            "pattern" | "format" | "multipleOf" | "uniqueItems" => match (self.direction, new) {
                (Direction::Request, None) => Class::Compatible,
                (Direction::Request, Some(_)) => Class::Breaking,
                (Direction::Response, _) => Class::Note,
            },
            "default" => Class::Note,
            _ => class_of(key),
        };
        self.changes.values(class, key, old, new, what);
        Ok(())
    }

    fn properties(&mut self, before: &Flat, after: &Flat) -> Result<()> {
        let (old, new) = (before.properties(), after.properties());
        let direction = self.direction;
        for (name, property) in &old {
            let what = format!("{direction} field `{name}`");
            let Some(other) = new.get(name) else {
                let text = format!("{what} removed");
                self.changes.add(Class::Breaking, &property.at, text);
                continue;
            };
            let requirement = match (before.requires(name), after.requires(name)) {
                (false, true) => Some((direction.narrower(), "required")),
                (true, false) => Some((direction.wider(), "optional")),
                _ => None,
            };
            if let Some((class, now)) = requirement {
                let text = format!("{what} is now {now}");
                self.changes.add(class, &other.at, text);
            }
            self.schema(property, other, &what)?;
        }
        for (name, property) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            let (class, need) = match (direction, after.requires(name)) {
                (Direction::Request, true) => (Class::Breaking, "required"),
                (Direction::Response, true) => (Class::Compatible, "required"),
                (_, false) => (Class::Compatible, "optional"),
            };
            let text = format!("new {need} {direction} field `{name}`");
            self.changes.add(class, &property.at, text);
        }
        Ok(())
    }

    fn enumeration(&mut self, before: &Flat, after: &Flat, what: &str) {
        let (class, text) = match (before.values(), after.values()) {
            (None, None) => return,
            (None, Some(_)) => (
                self.direction.narrower(),
                "only an enum's values are allowed now",
            ),
            (Some(_), None) => (self.direction.wider_but_read(), "no longer an enum"),
            (Some(old), Some(new)) => {
                let wider = self.direction.wider_but_read();
                for value in new.iter().filter(|value| !old.contains(value)) {
                    let text = format!("new enum value {value}");
                    self.add(wider, after, &format!("{what}:"), &text);
                }
                let narrower = self.direction.narrower();
                for value in old.iter().filter(|value| !new.contains(value)) {
                    let text = format!("enum value {value} removed");
                    self.add(narrower, after, &format!("{what}:"), &text);
                }
                return;
            }
        };
        self.add(class, after, &format!("{what}:"), text);
    }

    /// The branches of a choice or a combination, one by one.
    fn branches(&mut self, key: &str, before: &Flat, after: &Flat, what: &str) -> Result<()> {
        let (old, new) = (before.branches(key), after.branches(key));
        for (index, (old, new)) in old.iter().zip(&new).enumerate() {
            self.schema(old, new, &format!("{key} {index} of {what}"))?;
        }
        let (wider, narrower) = match key {
            "allOf" => (Class::Breaking, Class::Breaking),
            _ => (self.direction.wider(), self.direction.narrower()),
        };
        for branch in new.iter().skip(old.len()) {
            let text = format!("{what}: new branch of {key}");
            self.changes.add(wider, &branch.at, text);
        }
        for branch in old.iter().skip(new.len()) {
            let text = format!("{what}: branch of {key} removed");
            self.changes.add(narrower, &branch.at, text);
        }
        Ok(())
    }

    fn bound(
        &self,
        old: Option<&Node>,
        new: Option<&Node>,
        is_tighter: fn(f64, f64) -> bool,
    ) -> Class {
        let number = |node: Option<&Node<'_>>| node.and_then(|node| node.value.as_f64());
        let tighter = match (number(old), number(new)) {
            (Some(old), Some(new)) => is_tighter(old, new),
            (_, new) => new.is_some(),
        };
        if tighter {
            self.direction.narrower()
        } else {
            self.direction.wider_but_read()
        }
    }

    fn add(&mut self, class: Class, at: &Flat, what: &str, change: &str) {
        self.changes.add(class, &at.at, format!("{what} {change}"));
    }
}

fn listed(types: &BTreeSet<&str>) -> String {
    if types.is_empty() {
        return "any".to_owned();
    }
    types.iter().copied().collect::<Vec<_>>().join(" or ")
}

/// A schema with its references, and its choice between itself and null, taken away.
struct Flat<'a> {
    members: BTreeMap<&'a str, Node<'a>>,
    nullable: bool,
    /// Where the innermost schema is.
    at: Pointer,
}

impl<'a> Flat<'a> {
    fn of(node: &Node<'a>) -> Result<Self> {
        let mut flat = Self {
            members: BTreeMap::new(),
            nullable: false,
            at: node.at.clone(),
        };
        flat.take(node, 0)?;
        Ok(flat)
    }

    /// Takes over what the schema says; what was taken before is nearer and stays.
    fn take(&mut self, node: &Node<'a>, depth: usize) -> Result<()> {
        ensure!(depth < 32, "{}: the reference leads to itself", node.at);
        self.at = node.at.clone();
        let mut inner = node.referenced()?.into_iter().collect::<Vec<_>>();
        for key in node
            .value
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys())
        {
            let branches = match key.as_str() {
                "$ref" => continue,
                "anyOf" | "oneOf" | "allOf" => node.items(key),
                _ => Vec::new(),
            };
            let (nulls, mut rest): (Vec<_>, Vec<_>) = branches.into_iter().partition(is_null);
            self.nullable |= !nulls.is_empty();
            let unwraps = key == "allOf" || !nulls.is_empty();
            match rest.pop() {
                Some(only) if rest.is_empty() && unwraps => inner.push(only),
                _ => {
                    if let Some(member) = node.get(key) {
                        self.members.entry(key).or_insert(member);
                    }
                }
            }
        }
        let types = node.value.get("type");
        self.nullable |= types
            .and_then(Value::as_array)
            .is_some_and(|types| types.contains(&"null".into()));
        inner.iter().try_for_each(|node| self.take(node, depth + 1))
    }

    fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.members.keys().copied()
    }

    fn types(&self) -> BTreeSet<&'a str> {
        let types = self.members.get("type").map(|node| node.value);
        let types = match types {
            Some(Value::Array(types)) => types.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let names = types.iter().filter_map(Value::as_str);
        names.filter(|name| *name != "null").collect()
    }

    fn properties(&self) -> BTreeMap<&'a str, Node<'a>> {
        let Some(properties) = self.members.get("properties") else {
            return BTreeMap::new();
        };
        let names = properties.value.as_object().into_iter().flatten();
        names
            .filter_map(|(name, _)| Some((name.as_str(), properties.get(name)?)))
            .collect()
    }

    fn requires(&self, name: &str) -> bool {
        let required = self.members.get("required");
        let names = required.and_then(|node| node.value.as_array());
        names.is_some_and(|names| names.iter().any(|item| item == name))
    }

    /// The values of an enum, or the one of a const.
    fn values(&self) -> Option<Vec<&'a Value>> {
        if let Some(node) = self.members.get("const") {
            return Some(vec![node.value]);
        }
        let values = self.members.get("enum")?.value.as_array()?;
        Some(values.iter().filter(|value| !value.is_null()).collect())
    }

    fn branches(&self, key: &str) -> Vec<Node<'a>> {
        let Some(member) = self.members.get(key) else {
            return Vec::new();
        };
        let branches = member.elements().into_iter();
        branches.filter(|branch| !is_null(branch)).collect()
    }
}

fn is_null(branch: &Node) -> bool {
    branch.value.get("type").is_some_and(|name| name == "null")
}
