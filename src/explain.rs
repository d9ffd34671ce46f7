//! What an error says beyond its answer: what people get wrong, and what an answer is about.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::names::OrgName;

/// Adds to a 403 or 404 what people most often get wrong.
pub(crate) fn about_org(error: Error, org: &OrgName) -> Error {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::NotFound if org.looks_like_org_id() => error
            .remedy_is_rather(format!(
                "\"{org}\" looks like an organization id; give the organization's name, found \
                 under \"Management API keys\" at https://cloud.cerebras.ai"
            )),
        _ => error,
    }
}

/// The error of an answer that is about something else than was asked for.
pub(crate) fn other_than_asked(
    part: &str,
    answered: impl fmt::Display,
    asked: impl fmt::Display,
) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the answer names {part} \"{}\", and \"{asked}\" was asked for",
            crate::error::printable(&answered.to_string())
        ),
    )
    .sent(crate::Sent::Yes)
}
