//! docs/preflight.md and docs/assumptions.md against the table of checks.

#![allow(missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cerebras_management_preflight::{Check, Severity};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}

/// The lines between which the table stands.
const BEGIN: &str = "--test document -->\n";
const END: &str = "<!-- end -->";

fn table() -> String {
    let mut text = "| | check | why it matters |\n| --- | --- | --- |\n".to_owned();
    for check in Check::ALL {
        let severity = match check.severity() {
            Severity::Broken => "broken",
            Severity::Layout => "layout",
            Severity::Warning => "warning",
        };
        writeln!(text, "| {severity} | `{check}` | {} |", check.why()).expect("text");
    }
    text
}

#[test]
fn the_page_lists_the_checks_as_they_are() {
    let path = docs("preflight.md");
    let page = std::fs::read_to_string(&path).expect("a page");
    let (before, rest) = page.split_once(BEGIN).expect("the begin of the table");
    let (_, after) = rest.split_once(END).expect("the end of the table");
    let made = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("PREFLIGHT_DOCS").is_some_and(|it| it == "overwrite") {
        std::fs::write(&path, &made).expect("written");
        return;
    }
    assert!(
        page == made,
        "docs/preflight.md is stale: PREFLIGHT_DOCS=overwrite writes it anew"
    );
}

/// What is found to be of another layout is an assumption about what the service takes.
#[test]
fn each_check_of_the_layout_is_a_line_of_what_is_assumed() {
    let page = std::fs::read_to_string(docs("assumptions.md")).expect("a page");
    let mut lines = page.lines().filter(|line| line.starts_with("| "));
    let mut missing = Vec::new();
    for check in Check::ALL
        .iter()
        .filter(|check| check.severity() == Severity::Layout)
    {
        let word = format!("check `{check}`");
        if !lines.any(|line| line.contains(&word)) {
            missing.push(check.word());
        }
    }
    assert_eq!(
        missing,
        Vec::<&str>::new(),
        "in the order of the table of checks"
    );
}
