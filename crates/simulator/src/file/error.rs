use std::fmt;

/// What is wrong with a file, and where, in one line: `world.toml:3: unknown field …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

impl FileError {
    /// The line, counted from 1; none when the file cannot be read at all.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for FileError {}
