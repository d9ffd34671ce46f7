//! World files and fault files.

mod error;
mod pieces;
mod source;
mod world;

pub use error::FileError;
pub(crate) use source::Source;
pub use world::WorldFile;
