//! Commands and what they print, as they are in `tests/cmd/`: each file is a session on a
//! simulator of its own, into a pipe.
//!
//! `[..]` stands for what differs from run to run. To write them anew:
//! `TRYCMD=overwrite cargo test -p cerebras-management-cli --test transcripts`, then put `[..]` back
//! where times and ids are.

#![allow(missing_docs)]

mod harness;

use std::collections::BTreeSet;

use harness::Service;

fn session(name: &str) {
    let service = Service::fast();
    let cases = trycmd::TestCases::new();
    cases.register_bin("cbm", std::path::Path::new(env!("CARGO_BIN_EXE_cbm")));
    for (variable, value) in service.environment() {
        cases.env(variable, value);
    }
    // What the machine may have set counts as not set when it is empty.
    cases.env("CBM_PROFILE", "").env("CBM_CONFIG", "");
    cases.env("NO_COLOR", "1").env("COLUMNS", "100");
    cases
        .insert_var("[URL]", service.simulator.base_url())
        .expect("a name");
    cases
        .insert_var("[FOLDER]", service.folder.path())
        .expect("a name");
    cases.case(format!("tests/cmd/{name}.trycmd"));
    cases.run();
}

#[test]
fn what_there_is_in_each_format() {
    session("reads");
}

#[test]
fn the_rest_in_each_format() {
    session("formats");
}

#[test]
fn uploads() {
    session("upload");
}

#[test]
fn deployments_and_back() {
    session("deploy");
}

#[test]
fn waits() {
    session("wait");
}

#[test]
fn aliases() {
    session("alias");
}

#[test]
fn deletes() {
    session("delete");
}

#[test]
fn dry_runs_send_nothing() {
    session("dry-run");
}

#[test]
fn chats() {
    session("chat");
}

#[test]
fn what_is_not_there_is_corrected() {
    session("not-found");
}

#[test]
fn wrong_usage() {
    session("usage");
}

#[test]
fn help() {
    session("help");
}

/// The commands whose success is not, or not only, in a session in each format, and why.
const ELSEWHERE: [(&str, &str); 10] = [
    ("demo", "it is a show, in one form; tests/demo.rs"),
    ("login", "it reads lines of standard input; tests/login.rs"),
    (
        "settle",
        "its word has the address of the service; tests/settle.rs",
    ),
    (
        "preflight",
        "it looks at folders; its own session and tests/preflight.rs",
    ),
    ("bucket", "without a verb it is its help"),
    ("bucket policy", "it reaches S3; tests/bucket.rs"),
    ("bucket check", "it reaches S3; tests/bucket.rs"),
    ("simulate", "it runs until it is ended; tests/simulate.rs"),
    (
        "completions",
        "a script for a shell, in one form; tests/shell.rs",
    ),
    ("man", "a page, in one form; tests/shell.rs"),
];

/// A command as docs/cli.md names it, of what was typed.
fn command(typed: &[&str]) -> String {
    let noun = match typed.first().copied().unwrap_or_default() {
        "arch" | "architectures" => "archs",
        "version" => "versions",
        "aliases" => "alias",
        "endpoint" => "endpoints",
        noun => noun,
    };
    let verb = typed.get(1).copied().filter(|it| !it.starts_with('-'));
    match (noun, verb) {
        ("versions" | "alias" | "endpoints", verb) => {
            let verb = match verb.unwrap_or("list") {
                "ls" => "list",
                "get" => "show",
                "rm" => "delete",
                "mv" => "move",
                verb => verb,
            };
            format!("{noun} {verb}")
        }
        _ => noun.to_owned(),
    }
}

/// Commands that have succeeded in the sessions, each with its format.
fn shown() -> BTreeSet<(String, String)> {
    let mut shown = BTreeSet::new();
    for file in std::fs::read_dir("tests/cmd").expect("a folder") {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|it| it != "trycmd") {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a session");
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2) {
            let Some(typed) = pair[0].strip_prefix("$ cbm ") else {
                continue;
            };
            let words: Vec<_> = typed.split(' ').collect();
            let other = ["--dry-run", "--no-wait", "--help"];
            if pair[1].starts_with("? ") || other.iter().any(|it| words.contains(it)) {
                continue;
            }
            let flag = words.iter().position(|it| matches!(*it, "-o" | "--output"));
            let format = flag.and_then(|at| words.get(at + 1)).unwrap_or(&"table");
            shown.insert((command(&words), (*format).to_owned()));
        }
    }
    shown
}

#[test]
fn each_command_is_seen_to_succeed_in_each_format() {
    let reference = std::fs::read_to_string("../../docs/cli.md").expect("a page");
    let headings = reference.lines().filter_map(|it| {
        let heading = it.trim_start_matches('#');
        (heading != it).then(|| heading.strip_prefix(" cbm "))?
    });
    let headings: Vec<_> = headings.collect();
    let shown = shown();
    let mut missing = Vec::new();
    for heading in headings
        .iter()
        .filter(|it| ELSEWHERE.iter().all(|(name, _)| name != *it))
    {
        let words: Vec<_> = heading.split(' ').collect();
        for format in ["table", "json", "ndjson", "name"] {
            if !shown.contains(&(command(&words), format.to_owned())) {
                missing.push(format!("{heading} -o {format}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "add them to tests/cmd");
    for (name, _) in ELSEWHERE {
        assert!(headings.contains(&name), "there is no cbm {name} any more");
    }
}
