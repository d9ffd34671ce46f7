//! One file a command.

pub(crate) mod demo;
pub(crate) mod simulate;

/// Anything that ends a command: its line goes to stderr.
pub(crate) type Failure = Box<dyn std::error::Error>;
