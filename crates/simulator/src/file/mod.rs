//! World files and fault files.

mod error;
mod pieces;
mod source;
mod wording;
mod world;

pub use error::FileError;
pub(crate) use source::Source;
pub(crate) use wording::of_json;
pub use world::WorldFile;
