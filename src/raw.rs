//! The client that progenitor generates from `openapi/management.json` at compile time.
//!
//! It is not public: what it sends and takes is wrapped by the rest of the crate. Its own
//! constructor, with a fixed timeout, is not used.

// The one blanket allow of the crate: what is generated is not ours to tidy.
#![allow(warnings, clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]

include!(concat!(env!("OUT_DIR"), "/raw.rs"));
