use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::{FileError, wording};
use crate::place::{Place, Step};

/// A TOML file, kept so that what turns out wrong later still has its line.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    name: String,
    text: String,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| FileError {
            file: name.clone(),
            line: None,
            message: format!("cannot be read: {error}"),
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                // What is good is the same text, so that the line is the file's.
                Err(Self { name, text }.error(good, "expected UTF-8"))
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        toml::from_str(&self.text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let names = wording::names(self.line(start));
            self.error(start, &wording::plain(error.message(), &names))
        })
    }

    /// The line that an offset is in.
    fn line(&self, offset: usize) -> &str {
        let (before, after) = self
            .text
            .split_at_checked(offset)
            .unwrap_or((&self.text, ""));
        let begins = before.rfind('\n').map_or(0, |end| end + 1);
        let length = after.find('\n').unwrap_or(after.len());
        &self.text[begins..before.len() + length]
    }

    /// An error about what is at a place, or about what is around it if it is not there.
    pub(crate) fn error_at(&self, place: &Place, message: &str) -> FileError {
        let start = DeTable::parse(&self.text).map_or(0, |root| offset(root.get_ref(), place));
        self.error(start, message)
    }

    fn error(&self, offset: usize, message: &str) -> FileError {
        let before = self.text.bytes().take(offset);
        FileError {
            file: self.name.clone(),
            line: Some(1 + before.filter(|byte| *byte == b'\n').count()),
            // Some of TOML's messages have several lines.
            message: message.trim().replace('\n', "; "),
        }
    }
}

/// Where the last step of a place that is there begins.
fn offset(root: &DeTable<'_>, place: &Place) -> usize {
    let mut offset = 0;
    let mut table = Some(root);
    let mut list = None;
    for step in &place.0 {
        let next = match step {
            Step::Key(key) => table.and_then(|table| {
                let (key, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
                Some((key.span().start, value))
            }),
            Step::Index(index) => list
                .and_then(|list: &toml::de::DeArray<'_>| list.get(*index))
                .map(|value| (value.span().start, value)),
        };
        let Some((start, value)) = next else { break };
        offset = start;
        (table, list) = match value.get_ref() {
            DeValue::Table(table) => (Some(table), None),
            DeValue::Array(list) => (None, Some(list)),
            _ => (None, None),
        };
    }
    offset
}
