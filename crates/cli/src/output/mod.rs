//! What goes to standard output: data, in the format that was asked for. Everything else goes to
//! standard error.

pub(crate) mod record;
mod table;
pub(crate) mod time;

use std::io::{ErrorKind, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// How data is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for a person; times are relative
    #[default]
    Table,
    /// One JSON document; errors are a JSON object on standard error
    Json,
    /// One JSON object a line, and one a change while something is waited for
    Ndjson,
    /// Names alone, one a line
    Name,
}

impl Format {
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson)
    }
}

/// One thing of a kind that is listed or shown.
///
/// The names of its serialised fields are public.
pub(crate) trait Record: Serialize {
    /// The columns of a table, in capitals.
    const COLUMNS: &'static [&'static str];

    /// One cell a column.
    fn row(&self) -> Vec<String>;

    /// What names it, to be given to the next command.
    fn name(&self) -> String;

    /// What is shown of it alone, by label. The columns, unless there is more.
    fn details(&self) -> Vec<(String, String)> {
        let labels = Self::COLUMNS.iter().map(|column| column.to_lowercase());
        labels.zip(self.row()).collect()
    }
}

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
}

impl Output {
    pub(crate) fn list<R: Record>(self, records: &[R]) -> Result<()> {
        let text = match self.format {
            Format::Table if records.is_empty() => return Ok(()),
            Format::Table => {
                let rows: Vec<_> = records.iter().map(R::row).collect();
                table::columns(R::COLUMNS, &rows)
            }
            Format::Json => pretty(&records)?,
            Format::Ndjson => lines(records.iter().map(compact).collect::<Result<Vec<_>>>()?),
            Format::Name => lines(records.iter().map(|record| printable(&record.name()))),
        };
        write(&text)
    }

    pub(crate) fn one<R: Record>(self, record: &R) -> Result<()> {
        write(&match self.format {
            Format::Table => table::details(&record.details()),
            Format::Json => pretty(record)?,
            Format::Ndjson => compact(record)? + "\n",
            Format::Name => printable(&record.name()) + "\n",
        })
    }

    /// A text for a person, or the record for a program.
    pub(crate) fn text<R: Record>(self, text: &str, record: &R) -> Result<()> {
        match self.format {
            Format::Table => write(&format!("{}\n", printable_lines(text))),
            _ => self.one(record),
        }
    }

    /// Something that happens while something is waited for; told in ndjson alone.
    pub(crate) fn event(self, event: &impl Serialize) -> Result<()> {
        match self.format {
            Format::Ndjson => write(&(compact(event)? + "\n")),
            _ => Ok(()),
        }
    }
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

fn pretty(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    Ok(text.map_err(|error| Failure::internal(error.to_string()))? + "\n")
}

fn compact(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Failure::internal(error.to_string()))
}

/// Writes all of it at once.
pub(crate) fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::closed_pipe()),
        Err(error) => Err(Failure::new(
            Exit::Internal,
            "output",
            format!("standard output cannot be written to: {error}"),
        )),
    }
}

/// A line on standard error. Nobody is there to be told if that fails.
pub(crate) fn to_stderr(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// The service's texts, and what was typed, without what could break a terminal or a line.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        if is_unprintable(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
        shown
    })
}

/// The same of a text with lines of its own.
fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}

/// Controls, and what changes the direction of a text or is not seen at all.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_a_terminal_is_escaped() {
        assert_eq!(printable("a\x1b[31mb\nc"), r"a\u{1b}[31mb\u{a}c");
        assert_eq!(printable("a\u{202e}b é"), r"a\u{202e}b é");
        assert_eq!(printable_lines("a\nb\x07"), "a\nb\\u{7}");
    }
}
