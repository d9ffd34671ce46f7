//! Chores of this workspace.
//!
//! `cargo xtask spec` turns the published pages under `openapi/` into `management.json`, which
//! the SDK's build script reads. [`spec`] is the whole chain; each step has its module:
//! [`page`], [`merge`], [`overlay`], [`lower`]. [`diff`] compares pages with newer ones.

pub mod diff;
pub mod lower;
pub mod merge;
pub mod overlay;
pub mod page;
pub mod pointer;
pub mod spec;
