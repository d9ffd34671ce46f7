//! `docs/assumptions.md` against the tests and the switches that it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cerebras_management_simulator::{Behaviour, FaultAction, SyncOutcome};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/assumptions.md")).unwrap()
}

/// A numbered row of a table.
#[derive(Debug)]
struct Row {
    number: usize,
    cells: Vec<(String, String)>,
}

impl Row {
    /// The cell under a heading; empty where the table has no such column.
    fn under(&self, heading: &str) -> &str {
        let cell = self.cells.iter().find(|(name, _)| name == heading);
        cell.map_or("", |(_, text)| text)
    }
}

fn cells(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix('|')?.strip_suffix('|')?;
    let cells = line.split('|').map(|cell| cell.trim().to_owned());
    Some(cells.collect())
}

fn rows(document: &str) -> Vec<Row> {
    let mut headings = Vec::new();
    let mut rows = Vec::new();
    for cells in document.lines().filter_map(cells) {
        if let Ok(number) = cells[0].parse() {
            assert_eq!(cells.len(), headings.len(), "{cells:?}");
            let cells = headings.iter().cloned().zip(cells).collect();
            rows.push(Row { number, cells });
        } else if !cells[0].starts_with('-') {
            headings = cells;
        }
    }
    rows
}

/// What stands between back-quotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The files in which `a::b::tests::name` may be: `src/a/b.rs`, `tests/a/b.rs` and so on; of
/// `preflight::a::name`, below `crates/preflight`.
fn files(test: &str) -> Vec<PathBuf> {
    let (root, test) = match test.strip_prefix("preflight::") {
        Some(test) => (root().join("crates/preflight"), test),
        None => (root().to_owned(), test),
    };
    let mut modules: Vec<&str> = test.split("::").collect();
    modules.pop();
    let unit = modules.last() == Some(&"tests");
    modules.retain(|module| *module != "tests");
    let path = modules.join("/");
    let under = |folder: &str| root.join(folder).join(&path);
    let (folder, inner) = if unit {
        ("src", "tests.rs")
    } else {
        ("tests", "mod.rs")
    };
    vec![
        under(folder).with_extension("rs"),
        under(folder).join(inner),
    ]
}

#[test]
fn every_line_is_pinned_by_tests_that_exist() {
    let document = document();
    let rows = rows(&document);
    let numbers = rows.iter().map(|row| row.number);
    assert!(rows.len() >= 35 && numbers.eq(1..=rows.len()), "{rows:?}");
    let mut missing = Vec::new();
    for row in &rows {
        let tests = quoted(row.under("test"));
        if tests.is_empty() {
            missing.push(format!("{}: no test", row.number));
        }
        for test in tests {
            let name = test.rsplit("::").next().unwrap();
            let head = format!("fn {name}(");
            let sources = files(test);
            let mut sources = sources
                .iter()
                .filter_map(|f| std::fs::read_to_string(f).ok());
            if !sources.any(|source| source.contains(&head)) {
                missing.push(format!("{}: {test}", row.number));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_switch_of_the_simulator_stands_for_a_line() {
    let document = document();
    let rows = rows(&document);
    let named: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| quoted(row.under("switch")))
        .collect();
    let switches = Behaviour::SWITCHES.iter().map(|switch| switch.name);
    let missing: Vec<_> = switches.filter(|name| !named.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Nothing stands in the place of a switch but what the simulator has, or why there is none; and
/// something does wherever a line is inferred or read from a client.
#[test]
fn every_line_that_is_not_published_has_a_switch_or_says_why_not() {
    let document = document();
    let mut wrong = Vec::new();
    for row in rows(&document) {
        let known = row.under("how known").split([' ', ',', ';', ':']);
        let published = !known.into_iter().any(|word| word == "I" || word == "C");
        let switch = row.under("switch");
        let complies = match switch.strip_prefix("none: ") {
            // A reason, and not a word in the place of one.
            Some(why) => published || why.split_whitespace().count() >= 8,
            None => !quoted(switch).is_empty(),
        };
        if !complies {
            wrong.push(format!("{}: neither a switch nor a reason", row.number));
        }
        let strange = named(switch).filter(|(before, name)| !exists(before, name));
        wrong.extend(strange.map(|(_, name)| format!("{}: there is no {name}", row.number)));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What stands between back-quotes, each after what stands before it in the cell.
fn named(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    quoted(cell).into_iter().map(|name| {
        let begins = name.as_ptr().addr() - cell.as_ptr().addr();
        (&cell[..begins], name)
    })
}

/// Whether the simulator has what a cell names: a switch, a value of the switch before a `=`, or a
/// fault or an outcome where the cell says so.
fn exists(before: &str, name: &str) -> bool {
    if before.ends_with("fault `") {
        is_variant::<FaultAction>(name)
    } else if before.ends_with("outcome `") {
        is_variant::<SyncOutcome>(name)
    } else if let Some(before) = before.strip_suffix("` = `") {
        let (_, switch) = before.rsplit_once('`').unwrap();
        let mut switches = Behaviour::SWITCHES.iter();
        switches.any(|known| known.name == switch && known.values.contains(&name))
    } else {
        Behaviour::SWITCHES.iter().any(|switch| switch.name == name)
    }
}

#[test]
fn what_the_simulator_does_not_have_is_found() {
    for (cell, there) in [
        ("`chat_error` = `nested`, fault `close`", true),
        ("`chat_error` = `nest`", false),
        ("`id_reuse` = `nested`", false),
        ("`nested`", false),
        ("fault `reused`", false),
    ] {
        let all = named(cell).all(|(before, name)| exists(before, name));
        assert_eq!(all, there, "{cell}");
    }
}

/// Whether a name is one of those that serde knows.
fn is_variant<T: serde::de::DeserializeOwned>(name: &str) -> bool {
    let none = serde_json::from_str::<T>("\"no such variant\"").err();
    none.unwrap().to_string().contains(&format!("`{name}`"))
}
