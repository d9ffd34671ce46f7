//! The report, in Markdown: what was assumed, what was seen, and what follows.

use std::fmt::Write as _;

use super::answers::Answers;
use super::checks::{CHECKS, Finding, NOT_BY_READING, Verdict};
use super::fields::fields;
use super::names::Names;

/// The first line, by which a report is known.
pub(super) const TITLE: &str =
    "# What the Management API answers, compared with what is assumed of it";

/// Each line of it is told in the report as it stands there.
const ASSUMPTIONS: &str = include_str!("../../../../../../docs/assumptions.md");

/// What is assumed, by line: the second cell of a row, or the third where the second is what the
/// pages say.
pub(super) fn assumptions() -> Vec<(u8, &'static str)> {
    let mut assumed = 1;
    let mut lines = Vec::new();
    for row in ASSUMPTIONS.lines().filter(|row| row.starts_with('|')) {
        let cells: Vec<_> = row
            .split(" | ")
            .map(|it| it.trim_matches(['|', ' ']))
            .collect();
        if row.starts_with("| |") {
            assumed = if row.contains("| decided |") { 2 } else { 1 };
        } else if let (Ok(line), Some(text)) = (cells[0].parse(), cells.get(assumed)) {
            lines.push((line, *text));
        }
    }
    lines
}

/// How many assumptions were found to be how.
pub(super) struct Totals {
    pub(super) confirmed: usize,
    pub(super) contradicted: usize,
    pub(super) not_seen: usize,
}

pub(super) fn markdown(answers: &Answers, names: &Names, asked: &str) -> (String, Totals) {
    let found: Vec<_> = CHECKS
        .into_iter()
        .map(|(line, check)| (line, check(answers, names)))
        .collect();
    let with = |verdict| found.iter().filter(|(_, it)| it.verdict == verdict).count();
    let totals = Totals {
        confirmed: with(Verdict::Confirmed),
        contradicted: with(Verdict::Contradicted),
        not_seen: with(Verdict::NotSeen),
    };
    let mut text = format!(
        "{TITLE}\n\n\
         Made by cbm {} from {} answers to reads; nothing was written. Asked was {asked}. The lines \
         are those of docs/assumptions.md. It holds shapes, counts and words of the service: no key, \
         and no name or address of yours. Look through it before you send it.\n\n",
        env!("CARGO_PKG_VERSION"),
        answers.0.len(),
    );
    text += &table(&found);
    text +=
        "\n## Fields\n\n| where | field | published | of | as |\n| --- | --- | --- | --- | --- |\n";
    for field in fields(answers) {
        let name = if field.is_published {
            format!("`{}`", field.name)
        } else {
            names.word(&field.name)
        };
        let published = if field.is_published { "yes" } else { "no" };
        let mut kinds: Vec<_> = field
            .kinds
            .iter()
            .map(|(it, count)| format!("{count} {it}"))
            .collect();
        if field.absent() > 0 {
            kinds.push(format!("{} absent", field.absent()));
        }
        let (place, of, kinds) = (field.place, field.of, kinds.join(", "));
        let _ = writeln!(text, "| {place} | {name} | {published} | {of} | {kinds} |");
    }
    text += "\n## Requests\n\n| operation | status | answers |\n| --- | --- | --- |\n";
    let mut requests: Vec<_> = answers
        .0
        .iter()
        .map(|it| (it.operation, it.status))
        .collect();
    requests.sort_unstable();
    for same in requests.chunk_by(|a, b| a == b) {
        let (operation, status) = same[0];
        let _ = writeln!(text, "| {operation} | {status} | {} |", same.len());
    }
    text += "\n## What reading cannot settle\n\n| line | why |\n| --- | --- |\n";
    for (line, why) in NOT_BY_READING {
        let _ = writeln!(text, "| {line} | {why} |");
    }
    (text, totals)
}

fn table(found: &[(u8, Finding)]) -> String {
    let mut text = "| line | assumed | seen | verdict |\n| --- | --- | --- | --- |\n".to_owned();
    let assumptions = assumptions();
    for (line, finding) in found {
        let assumed = assumptions.iter().find(|(number, _)| number == line);
        let assumed = assumed.map_or("", |(_, text)| text);
        let Finding { verdict, seen } = finding;
        let _ = writeln!(text, "| {line} | {assumed} | {seen} | {verdict} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new assumption has a check, or a reason why there is none.
    #[test]
    fn every_assumption_is_checked_or_said_not_to_be_settled_by_reading() {
        let checked = CHECKS.map(|(line, _)| line);
        let mut known: Vec<_> = checked
            .into_iter()
            .chain(NOT_BY_READING.map(|(line, _)| line))
            .collect();
        known.sort_unstable();
        let lines: Vec<_> = assumptions().into_iter().map(|(line, _)| line).collect();
        assert_eq!(
            known, lines,
            "a line of docs/assumptions.md, or a check, has no other"
        );
    }

    #[test]
    fn what_is_assumed_is_told_as_it_stands_there() {
        let assumptions = assumptions();
        let told = |line| {
            assumptions
                .iter()
                .find(|(it, _)| *it == line)
                .expect("a line")
                .1
        };
        assert_eq!(told(2), "unknown fields are ignored; requests stay strict");
        assert_eq!(
            told(26),
            "past deployments may stay in the list or go; one that was listed and is gone was overtaken"
        );
        assert!(assumptions.iter().all(|(_, text)| !text.is_empty()));
    }
}
