//! The one line that a person reads, and the form for logs.

use std::fmt;

use super::Inner;

/// How many field errors a line shows.
const FIELDS: usize = 5;

pub(super) fn line(error: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(subject) = &error.subject {
        write!(f, "{subject}: ")?;
    }
    f.write_str(&error.what)?;
    if let Some(message) = &error.details.message {
        write!(f, ": \"{message}\"")?;
    }
    let fields = &error.details.fields;
    for (n, field) in fields.iter().take(FIELDS).enumerate() {
        f.write_str(if n == 0 { ": " } else { ", " })?;
        write!(f, "{field}")?;
    }
    if fields.len() > FIELDS {
        write!(f, ", and {} more", fields.len() - FIELDS)?;
    }
    if let Some(seen) = &error.seen {
        write!(f, ", and {seen}")?;
    }
    if error.writes && (error.accepted || error.sent == super::Sent::Maybe) {
        f.write_str("; it may have taken effect all the same")?;
    }
    if let Some(remedy) = &error.remedy {
        write!(f, "; {remedy}")?;
    }
    trailer(error, f)
}

/// ` (deploy_model: HTTP 404, request id 7f3a)`: what a support ticket needs.
fn trailer(error: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut facts = Vec::new();
    if let Some(status) = error.status {
        facts.push(format!("HTTP {status}"));
    }
    if let Some(id) = &error.request_id {
        facts.push(format!("request id {id}"));
    }
    if let Some(ray) = &error.ray_id {
        facts.push(format!("ray id {ray}"));
    }
    if error.attempts > 1 {
        facts.push(format!("{} attempts", error.attempts));
    }
    match (error.operation, facts.is_empty()) {
        (None, true) => Ok(()),
        (Some(operation), true) => write!(f, " ({operation})"),
        (None, false) => write!(f, " ({})", facts.join(", ")),
        (Some(operation), false) => write!(f, " ({operation}: {})", facts.join(", ")),
    }
}

pub(super) fn debug(error: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct("Error")
        .field("kind", &error.kind)
        .field("what", &error.what)
        .field("seen", &error.seen)
        .field("subject", &error.subject)
        .field("remedy", &error.remedy)
        .field("operation", &error.operation)
        .field("status", &error.status)
        .field("request_id", &error.request_id)
        .field("ray_id", &error.ray_id)
        .field("retry_after", &error.retry_after)
        .field("details", &error.details)
        .field("sent", &error.sent)
        .field("attempts", &error.attempts)
        .field("handle", &error.handle)
        .field("pending", &error.pending)
        .field("alias_move", &error.alias_move)
        .field("waited", &error.waited)
        .field("source", &error.source)
        .finish_non_exhaustive()
}
