//! Says what newer pages change, for those who call the API.

mod node;
mod operation;
mod schema;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};

use crate::page::{Page, Route};
use crate::pointer::Pointer;
use node::Node;

/// Compares newer pages with ours, route by route.
///
/// # Errors
///
/// When a reference in a page points at nothing.
pub fn diff(ours: &[Page], newer: &[Page]) -> Result<Report> {
    let mut report = Report::default();
    for page in newer {
        let found = ours.iter().find(|own| shape(own) == shape(page));
        let Some(own) = found else {
            let at = page.operation().1;
            report.add(
                Class::Compatible,
                &at,
                &page.route,
                "new route, which is not ours",
            );
            continue;
        };
        let mut changes = Changes {
            report: &mut report,
            route: &page.route,
        };
        operation::compare(&Node::page(own), &Node::page(page), &mut changes)
            .with_context(|| format!("comparing {} with {}", own.file, page.file))?;
    }
    let is_missing = |own: &&Page| !newer.iter().any(|page| shape(own) == shape(page));
    let missing = ours.iter().filter(is_missing);
    report.not_compared = missing.map(|own| own.route.clone()).collect();
    report.not_compared.sort();
    Ok(report)
}

/// The route with its placeholders left empty: a renamed one does not make another route.
fn shape(page: &Page) -> (String, &str) {
    let mut parts = page.route.path.split('{');
    let mut shape = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shape.push_str("{}");
        shape.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    (shape, &page.route.method)
}

/// What a change means to a caller, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A correct caller fails, or loses something it reads.
    Breaking,
    /// Nothing fails in this project, but somebody should look.
    Note,
    /// No caller notices.
    Compatible,
    /// Only the words changed.
    Doc,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Breaking => "breaking",
            Self::Note => "note",
            Self::Compatible => "compatible",
            Self::Doc => "doc",
        })
    }
}

/// All that changed.
#[derive(Debug, Default)]
pub struct Report {
    /// The routes by what changed in them: routes that share a schema share its changes.
    changes: BTreeMap<(Class, Pointer, String), Vec<Route>>,
    /// Routes of ours that the newer pages do not describe.
    pub not_compared: Vec<Route>,
}

impl Report {
    /// Whether something breaks callers.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.changes
            .keys()
            .any(|(class, ..)| *class == Class::Breaking)
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn add(&mut self, class: Class, at: &Pointer, route: &Route, text: impl Into<String>) {
        let routes = self.changes.entry((class, at.clone(), text.into()));
        routes.or_default().push(route.clone());
    }
}

/// One line for each change, breaking ones first.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((class, at, text), routes) in &self.changes {
            write!(f, "{class:<10}  {at}  {text}")?;
            // A pointer into the paths names its route already.
            if !at.as_str().starts_with("/paths/") {
                let routes: Vec<String> = routes.iter().map(Route::to_string).collect();
                write!(f, " ({})", routes.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Where the comparison of one route writes to.
struct Changes<'a> {
    report: &'a mut Report,
    route: &'a Route,
}

impl Changes<'_> {
    fn add(&mut self, class: Class, at: &Pointer, text: impl Into<String>) {
        self.report.add(class, at, self.route, text);
    }

    /// A value that has no further structure for a caller.
    fn values(
        &mut self,
        class: Class,
        key: &str,
        before: Option<&Node>,
        after: Option<&Node>,
        what: &str,
    ) {
        let (at, change) = match (before, after) {
            (Some(before), Some(after)) if before.value == after.value => return,
            (Some(_), Some(after)) if class == Class::Doc => (&after.at, "changed".to_owned()),
            (Some(before), Some(after)) => {
                let change = format!("changed from {} to {}", before.value, after.value);
                (&after.at, change)
            }
            (Some(before), None) => (&before.at, "removed".to_owned()),
            (None, Some(after)) => (&after.at, "added".to_owned()),
            (None, None) => return,
        };
        self.add(class, at, format!("{what}: {key} {change}"));
    }

    /// The members of two objects that were not compared by themselves. One that is not known
    /// here may change anything for a caller.
    fn rest(&mut self, ours: &Node, newer: &Node, what: &str, compared: &[&str]) {
        let members = |node: &Node<'_>| node.value.as_object().cloned().unwrap_or_default();
        let mut keys = members(ours);
        keys.append(&mut members(newer));
        keys.sort_keys();
        for key in keys.keys().filter(|key| !compared.contains(&key.as_str())) {
            let (before, after) = (ours.get(key), newer.get(key));
            self.values(class_of(key), key, before.as_ref(), after.as_ref(), what);
        }
    }
}

/// What a change of a member means that is the same for operations, parameters and schemas.
fn class_of(key: &str) -> Class {
    match key {
        "title" | "summary" | "description" | "example" | "examples" | "tags" | "externalDocs"
        | "operationId" => Class::Doc,
        "deprecated" => Class::Note,
        _ if key.starts_with("x-") => Class::Doc,
        _ => Class::Breaking,
    }
}
