//! Merges pages of one operation each into one document.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::page::{Page, Route};
use crate::pointer::Pointer;

/// The merged document, and what a person should know about how it came to be.
#[derive(Debug, PartialEq)]
pub struct Merged {
    /// An OpenAPI 3.1 document.
    pub document: Value,
    /// One line each.
    pub notes: Vec<String>,
}

/// Merges the pages. A published page takes the place of an authored one of the same route,
/// with all that the latter defines.
///
/// # Errors
///
/// When two pages describe one route or give one name two meanings.
pub fn merge(published: &[Page], authored: &[Page]) -> Result<Merged> {
    let published = by_route(published)?;
    let authored = by_route(authored)?;

    let mut merger = Merger {
        document: json!({}),
        origins: BTreeMap::new(),
        notes: Vec::new(),
    };
    for (route, page) in &authored {
        if let Some(newer) = published.get(route) {
            merger.notes.push(format!(
                "{route}: {} takes the place of {}, which can be deleted",
                newer.file, page.file
            ));
        }
    }
    let mut pages = authored;
    pages.extend(published);
    for page in pages.into_values() {
        merger.add(page)?;
    }
    Ok(Merged {
        document: merger.document,
        notes: merger.notes,
    })
}

fn by_route(pages: &[Page]) -> Result<BTreeMap<&Route, &Page>> {
    let mut routes: BTreeMap<&Route, &Page> = BTreeMap::new();
    for page in pages {
        if let Some(other) = routes.insert(&page.route, page) {
            bail!(
                "{}: {} and {} both describe it; keep one",
                page.route,
                other.file,
                page.file
            );
        }
    }
    Ok(routes)
}

struct Merger {
    document: Value,
    /// The file that first defined what is at a pointer.
    origins: BTreeMap<Pointer, String>,
    notes: Vec<String>,
}

impl Merger {
    fn add(&mut self, page: &Page) -> Result<()> {
        let Route { path, method } = &page.route;
        self.document["paths"][path][method] = page.operation().0.clone();

        let components = Pointer::root().key("components");
        for (section, entries) in object(&page.document["components"], &components, &page.file)? {
            let at = components.key(section);
            for (name, entry) in object(entries, &at, &page.file)? {
                if self.is_new(&at.key(name), entry, &page.file)? {
                    self.document["components"][section][name] = entry.clone();
                }
            }
        }
        for (key, value) in object(&page.document, &Pointer::root(), &page.file)? {
            let at = Pointer::root().key(key);
            if matches!(key.as_str(), "paths" | "components") {
                continue;
            }
            // What a page calls the API, and the patch level of OpenAPI, change no operation.
            let is_label = matches!(key.as_str(), "info" | "openapi");
            let first = self.document.get(key);
            if is_label && first.is_some_and(|first| first != value) {
                let origin = &self.origins[&at];
                let file = &page.file;
                self.notes
                    .push(format!("{at}: {file} differs from {origin}, which is used"));
            } else if self.is_new(&at, value, &page.file)? {
                self.document[key] = value.clone();
            }
        }
        Ok(())
    }

    /// Whether the definition is a new one, and not a repetition of one taken over already.
    fn is_new(&mut self, at: &Pointer, value: &Value, file: &str) -> Result<bool> {
        let Some(first) = self.document.pointer(at.as_str()) else {
            self.origins.insert(at.clone(), file.to_owned());
            return Ok(true);
        };
        let Some(place) = difference(first, value, at) else {
            return Ok(false);
        };
        bail!(
            "{at}: {} and {file} give it two meanings, which differ at {place}; fetch both \
             pages again, or correct the authored one",
            self.origins[at]
        )
    }
}

/// The members of an object; a missing one has none.
fn object<'a>(
    value: &'a Value,
    at: &Pointer,
    file: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>> {
    match value {
        Value::Object(_) | Value::Null => Ok(value.as_object().into_iter().flatten()),
        _ => bail!("{file}: {at}: expected an object"),
    }
}

/// Where two values first differ.
fn difference(one: &Value, other: &Value, at: &Pointer) -> Option<Pointer> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one
            .iter()
            .find_map(|(key, value)| match other.get(key) {
                Some(other) => difference(value, other, &at.key(key)),
                None => Some(at.key(key)),
            })
            .or_else(|| {
                let extra = other.keys().find(|key| !one.contains_key(*key))?;
                Some(at.key(extra))
            }),
        _ => (one != other).then(|| at.clone()),
    }
}
