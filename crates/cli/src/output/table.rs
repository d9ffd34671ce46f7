//! Columns and labelled lines, for a person.

use std::fmt::Write as _;

use console::{measure_text_width, style};

use super::printable;

/// Between two columns.
const GAP: usize = 2;

/// A header and rows, as wide as they need to be; `-` where there is nothing.
pub(super) fn columns(headers: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| shown(row)).collect();
    let width = |n: usize| {
        let cells = rows.iter().map(|row| measure_text_width(&row[n]));
        cells.chain([headers[n].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let headers: Vec<_> = headers.iter().map(|&header| header.to_owned()).collect();
    let mut text = format!("{}\n", style(line(&headers, &widths)).bold());
    for row in &rows {
        text += &line(row, &widths);
        text.push('\n');
    }
    text
}

/// `label  value`, one a line.
pub(super) fn details(details: &[(String, String)]) -> String {
    let labels = details.iter().map(|(label, _)| measure_text_width(label));
    let width = labels.max().unwrap_or_default() + GAP;
    let mut text = String::new();
    for (label, value) in details {
        let pad = " ".repeat(width - measure_text_width(label));
        let value = shown(std::slice::from_ref(value)).concat();
        let _ = writeln!(text, "{}{pad}{value}", style(label).bold());
    }
    text
}

fn shown(row: &[String]) -> Vec<String> {
    row.iter()
        .map(|cell| match cell.as_str() {
            "" => "-".to_owned(),
            cell => printable(cell),
        })
        .collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        text += cell;
        let pad = width.saturating_sub(measure_text_width(cell)) + GAP;
        text += &" ".repeat(pad);
    }
    text.trim_end().to_owned()
}
