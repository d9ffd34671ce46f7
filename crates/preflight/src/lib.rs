//! What can be known about weights before they are uploaded, by reading kilobytes of them.
//!
//! A [`Store`] is where the weights are: a prefix of a bucket, or a folder. A [`Preflight`] lists it, reads
//! its small JSON files and the header of each safetensors file, and answers with a [`Report`] of
//! [`Finding`]s. Weights themselves are never read. What is looked for is in one table, [`Check`].

mod architectures;
pub mod bucket;
mod check;
mod config;
mod finding;
pub mod header;
mod index;
mod json;
mod layout;
mod lock;
mod names;
mod parts;
mod preflight;
mod report;
mod shapes;
mod shards;
mod source;
pub mod store;
mod tokenizer;

pub use architectures::Architectures;
pub use check::Check;
pub use finding::{Finding, Severity};
pub use lock::{Change, Lock};
pub use preflight::{Preflight, Progress};
pub use report::{Layout, NotChecked, Report};
pub use store::Store;
