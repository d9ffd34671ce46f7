//! What the SDK sends, byte for byte, and what it makes of every answer.
//!
//! The service on the other side is `httpmock`, or a raw TCP listener for what no HTTP server
//! would do. What the service sends well is read from `openapi/management.json`.

#![allow(clippy::unwrap_used, missing_docs)]

mod harness;

mod answers;
mod broken;
mod chat;
mod dry_run;
mod echo;
mod found;
mod generated;
mod guards;
mod http_settings;
mod input;
mod keys;
mod lost_answers;
mod mismatches;
mod moves;
mod observed;
mod public;
mod reads;
mod refusals;
mod retries;
mod serving;
// Elsewhere it is not the environment that says whom to trust.
#[cfg(target_os = "linux")]
mod tls;
mod waits;
mod writes;
