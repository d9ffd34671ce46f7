//! `docs/assumptions.md` against the tests and the switches that it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cerebras_management_simulator::Behaviour;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/assumptions.md")).unwrap()
}

/// What stands between back-quotes in the last cell of each numbered row.
fn pins() -> Vec<(usize, Vec<String>)> {
    let document = document();
    let rows = document.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let number = cells[0].trim_matches(['|', ' ']).parse().ok()?;
        let tests = cells.last()?.trim_matches(['|', ' ']).split(", ");
        let tests = tests.map(|test| test.trim_matches('`').to_owned());
        Some((number, tests.collect()))
    });
    rows.collect()
}

/// The files in which `a::b::tests::name` may be: `src/a/b.rs`, `tests/a/b.rs` and so on.
fn files(test: &str) -> Vec<PathBuf> {
    let mut modules: Vec<&str> = test.split("::").collect();
    modules.pop();
    let unit = modules.last() == Some(&"tests");
    modules.retain(|module| *module != "tests");
    let path = modules.join("/");
    let under = |folder: &str| root().join(folder).join(&path);
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
    let pins = pins();
    let numbers = pins.iter().map(|(number, _)| *number);
    assert!(pins.len() >= 35 && numbers.eq(1..=pins.len()), "{pins:?}");
    let mut missing = Vec::new();
    for (number, tests) in pins {
        for test in tests {
            let name = test.rsplit("::").next().unwrap();
            let head = format!("fn {name}(");
            let sources = files(&test);
            let mut sources = sources
                .iter()
                .filter_map(|f| std::fs::read_to_string(f).ok());
            if !sources.any(|source| source.contains(&head)) {
                missing.push(format!("{number}: {test}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_switch_of_the_simulator_stands_for_a_line() {
    let document = document();
    let named: BTreeSet<&str> = document.split('`').skip(1).step_by(2).collect();
    let switches = Behaviour::SWITCHES.iter().map(|switch| switch.name);
    let missing: Vec<_> = switches.filter(|name| !named.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
