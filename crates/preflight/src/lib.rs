//! What can be known about weights before they are uploaded, by reading kilobytes of them.
//!
//! A [`Store`] is where the weights are: a prefix of a bucket, or a folder. [`inspect`] lists it, reads its
//! small JSON files and the header of each safetensors file, and answers with a [`Report`] of
//! [`Finding`]s. Weights themselves are never read.
//!
//! [`inspect`]: crate::inspect

mod finding;
pub mod store;

pub use finding::{Finding, Severity};
pub use store::Store;
