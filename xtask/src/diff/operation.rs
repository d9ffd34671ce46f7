//! Compares two operations: parameters, request body, answers, security.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::schema::{self, Direction};
use super::{Changes, Class, Node};

/// Compares the operations of two pages.
pub(super) fn compare(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let (before, after) = (ours.operation(), newer.operation());
    parameters(&before, &after, changes)?;
    request_body(&before, &after, changes)?;
    responses(&before, &after, changes)?;
    for key in ["servers", "security"] {
        // What the operation does not say, the document says for all its operations.
        let before = before.get(key).or_else(|| ours.get(key));
        let after = after.get(key).or_else(|| newer.get(key));
        changes.values(
            Class::Breaking,
            key,
            before.as_ref(),
            after.as_ref(),
            "operation",
        );
    }
    security_schemes(ours, newer, changes)?;
    let compared = [
        "parameters",
        "requestBody",
        "responses",
        "servers",
        "security",
    ];
    changes.rest(&before, &after, "operation", &compared);
    Ok(())
}

fn parameters(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let (before, after) = (parameters_by_name(ours)?, parameters_by_name(newer)?);
    for (key, parameter) in &before {
        let what = format!("{} parameter `{}`", key.0, key.1);
        let Some(other) = after.get(key) else {
            changes.add(Class::Breaking, &parameter.at, format!("{what} removed"));
            continue;
        };
        requirement(parameter, other, &what, changes);
        schemas(parameter, other, Direction::Request, &what, changes)?;
        let compared = ["name", "in", "required", "schema"];
        changes.rest(parameter, other, &what, &compared);
    }
    for (key, parameter) in after.iter().filter(|(key, _)| !before.contains_key(key)) {
        added(
            parameter,
            &format!("{} parameter `{}`", key.0, key.1),
            changes,
        );
    }
    Ok(())
}

fn parameters_by_name<'a>(operation: &Node<'a>) -> Result<BTreeMap<(&'a str, &'a str), Node<'a>>> {
    let text = |value: &'a Value| value.as_str().unwrap_or_default();
    let parameters = operation.items("parameters").into_iter().map(Node::resolve);
    parameters
        .map(|node| {
            let node = node?;
            Ok(((text(&node.value["in"]), text(&node.value["name"])), node))
        })
        .collect()
}

fn request_body(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let what = "request body";
    match (
        ours.resolved("requestBody")?,
        newer.resolved("requestBody")?,
    ) {
        (None, None) => {}
        (Some(before), None) => {
            changes.add(Class::Breaking, &before.at, format!("{what} removed"));
        }
        (None, Some(after)) => added(&after, what, changes),
        (Some(before), Some(after)) => {
            requirement(&before, &after, what, changes);
            content(&before, &after, Direction::Request, changes)?;
            changes.rest(&before, &after, what, &["required", "content"]);
        }
    }
    Ok(())
}

fn responses(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let (before, after) = (ours.members("responses")?, newer.members("responses")?);
    for (status, response) in &before {
        let Some(other) = after.get(status) else {
            let class = if status.starts_with('2') {
                Class::Breaking
            } else {
                Class::Note
            };
            changes.add(class, &response.at, format!("answer {status} removed"));
            continue;
        };
        content(response, other, Direction::Response, changes)?;
        headers(response, other, changes)?;
        let what = format!("answer {status}");
        changes.rest(response, other, &what, &["content", "headers"]);
    }
    for (status, response) in after
        .iter()
        .filter(|(status, _)| !before.contains_key(*status))
    {
        // A caller takes a success that it does not know for a failure.
        let class = if status.starts_with('2') {
            Class::Breaking
        } else {
            Class::Compatible
        };
        changes.add(class, &response.at, format!("new answer {status}"));
    }
    Ok(())
}

fn headers(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let (before, after) = (ours.members("headers")?, newer.members("headers")?);
    for (name, header) in &before {
        let what = format!("response header `{name}`");
        match after.get(name) {
            None => changes.add(Class::Breaking, &header.at, format!("{what} removed")),
            Some(other) => {
                schemas(header, other, Direction::Response, &what, changes)?;
                changes.rest(header, other, &what, &["schema", "required"]);
            }
        }
    }
    for (name, header) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        changes.add(
            Class::Compatible,
            &header.at,
            format!("new response header `{name}`"),
        );
    }
    Ok(())
}

fn content(ours: &Node, newer: &Node, direction: Direction, changes: &mut Changes) -> Result<()> {
    let (before, after) = (ours.members("content")?, newer.members("content")?);
    let what = format!("{direction} body");
    for (media, body) in &before {
        let Some(other) = after.get(media) else {
            changes.add(
                Class::Breaking,
                &body.at,
                format!("{what}: {media} removed"),
            );
            continue;
        };
        schemas(body, other, direction, &what, changes)?;
        changes.rest(body, other, &what, &["schema"]);
    }
    for (media, body) in after
        .iter()
        .filter(|(media, _)| !before.contains_key(*media))
    {
        changes.add(Class::Compatible, &body.at, format!("{what}: new {media}"));
    }
    Ok(())
}

/// The schemas of two parameters, headers or bodies.
fn schemas(
    ours: &Node,
    newer: &Node,
    direction: Direction,
    what: &str,
    changes: &mut Changes,
) -> Result<()> {
    match (ours.get("schema"), newer.get("schema")) {
        (Some(before), Some(after)) => schema::compare(&before, &after, direction, what, changes),
        (before, after) => {
            changes.values(
                Class::Breaking,
                "schema",
                before.as_ref(),
                after.as_ref(),
                what,
            );
            Ok(())
        }
    }
}

/// A scheme that only one page defines is seen where an operation's `security` changes.
fn security_schemes(ours: &Node, newer: &Node, changes: &mut Changes) -> Result<()> {
    let (Some(before), Some(after)) = (ours.get("components"), newer.get("components")) else {
        return Ok(());
    };
    let before = before.members("securitySchemes")?;
    let after = after.members("securitySchemes")?;
    for (name, scheme) in &before {
        if let Some(other) = after.get(name) {
            changes.rest(scheme, other, &format!("security scheme {name}"), &[]);
        }
    }
    Ok(())
}

/// A parameter or a body that callers have to send, or may.
fn added(node: &Node, what: &str, changes: &mut Changes) {
    if node.is_true("required") {
        changes.add(Class::Breaking, &node.at, format!("new required {what}"));
    } else {
        changes.add(Class::Compatible, &node.at, format!("new optional {what}"));
    }
}

fn requirement(ours: &Node, newer: &Node, what: &str, changes: &mut Changes) {
    match (ours.is_true("required"), newer.is_true("required")) {
        (false, true) => {
            changes.add(
                Class::Breaking,
                &newer.at,
                format!("{what} is now required"),
            );
        }
        (true, false) => {
            changes.add(
                Class::Compatible,
                &newer.at,
                format!("{what} is now optional"),
            );
        }
        _ => {}
    }
}
