//! Applies an overlay: the OpenAPI Overlay Specification 1.0, and a reason for each action.
//!
//! Stricter than the specification in three ways: an action has a `description`, it either
//! updates or removes, and its target matches something.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::page;

/// The actions of an overlay document, in order.
#[derive(Debug)]
pub struct Overlay {
    file: String,
    actions: Vec<Action>,
}

impl Overlay {
    /// Reads an overlay; messages call it `file`.
    ///
    /// # Errors
    ///
    /// When it is not an overlay, or an action has no reason or no single purpose.
    pub fn from_yaml(file: &str, text: &str) -> Result<Self> {
        let value = page::yaml(text).with_context(|| format!("{file}: not a YAML document"))?;
        let raw: RawOverlay =
            serde_json::from_value(value).with_context(|| format!("{file}: not an overlay"))?;
        ensure!(
            raw.overlay.starts_with("1.0."),
            "{file}: /overlay: expected version 1.0, found {}",
            raw.overlay
        );
        ensure!(
            !raw.info.title.is_empty() && !raw.info.version.is_empty(),
            "{file}: /info: title and version must not be empty"
        );
        let actions = raw
            .actions
            .into_iter()
            .enumerate()
            .map(|(index, raw)| {
                let name = format!("/actions/{index} ({})", raw.target);
                Action::new(raw, &name).with_context(|| format!("{file}: {name}"))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            file: file.to_owned(),
            actions,
        })
    }

    /// Applies the actions one after the other.
    ///
    /// # Errors
    ///
    /// When an action matches nothing, or updates what is neither object nor array.
    pub fn apply(&self, document: &mut Value) -> Result<()> {
        for action in &self.actions {
            action
                .apply(document)
                .with_context(|| format!("{}: {}", self.file, action.name))?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOverlay {
    overlay: String,
    info: RawInfo,
    actions: Vec<RawAction>,
}

#[derive(Deserialize)]
struct RawInfo {
    title: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    target: String,
    #[serde(default)]
    description: String,
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
}

#[derive(Debug)]
struct Action {
    name: String,
    target: JsonPath,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Update(Value),
    Remove,
}

impl Action {
    fn new(raw: RawAction, name: &str) -> Result<Self> {
        ensure!(
            !raw.description.trim().is_empty(),
            "it has no reason; give one as its description"
        );
        let change = match (raw.update, raw.remove) {
            (Some(update), false) => Change::Update(update),
            (None, true) => Change::Remove,
            _ => bail!("expected either an update or `remove: true`"),
        };
        let target = JsonPath::parse(&raw.target).context("not a JSONPath (RFC 9535)")?;
        Ok(Self {
            name: name.to_owned(),
            target,
            change,
        })
    }

    fn apply(&self, document: &mut Value) -> Result<()> {
        let located = self.target.query_located(document).dedup();
        let mut pointers: Vec<String> = located
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect();
        ensure!(
            !pointers.is_empty(),
            "it matches nothing; correct its target, or delete the action"
        );
        // Last first, so that a removal does not shift what is still to be removed.
        pointers.reverse();
        for pointer in &pointers {
            match &self.change {
                Change::Remove => remove(document, pointer)?,
                Change::Update(update) => match document.pointer_mut(pointer) {
                    Some(Value::Array(items)) => items.push(update.clone()),
                    Some(target @ Value::Object(_)) if update.is_object() => merge(target, update),
                    _ => bail!("{pointer}: only an object or an array can be updated"),
                },
            }
        }
        Ok(())
    }
}

/// Members of an object are merged, elements are appended, and all else is replaced.
fn merge(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                match target.get_mut(key) {
                    Some(member) => merge(member, value),
                    None => {
                        target.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        (target, update) => *target = update.clone(),
    }
}

fn remove(document: &mut Value, pointer: &str) -> Result<()> {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        bail!("the whole document cannot be removed");
    };
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(last.parse().context("not an index")?);
        }
        _ => bail!("{pointer}: its parent was removed by the same action"),
    }
    Ok(())
}
