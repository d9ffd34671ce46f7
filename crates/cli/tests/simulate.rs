//! `cbm simulate` with files, run as a person runs it.

#![allow(missing_docs)]

mod harness;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use harness::running::{Running, simulate};

fn example(name: &str) -> String {
    let examples = "../simulator/examples";
    format!("{}/{examples}/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A file that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("cbm-simulate-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn output(arguments: &[&str]) -> Output {
    simulate(arguments).output().expect("cbm runs")
}

#[track_caller]
fn assert_refused(output: &Output, expected: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error.trim_end(), expected);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"", "nothing is started");
}

#[test]
fn it_starts_with_the_example_files() {
    let running = Running::start(&[
        "--world",
        &example("world.toml"),
        "--faults",
        &example("chaos.toml"),
    ]);
    let path = "/management/v1/orgs/acme/models";
    let world = running.ask("GET", "/_simulator/world", "", "");
    assert!(world.contains(r#""serving":1"#), "{world}");
    let faults = running.ask("GET", "/_simulator/faults", "", "");
    assert!(faults.contains(r#"{"seed":42,"fault":[{"#), "{faults}");
    let answer = running.ask("GET", path, "acme-management-key", "");
    assert!(
        answer.ends_with(r#"{"model_architectures":["llama3.1-8b"]}"#),
        "{answer}"
    );
}

#[test]
fn what_it_prints_is_for_the_world_it_has() {
    let world = Scratch::new(
        "keys.toml",
        "[[org]]\nname = \"my org's\"\nmanagement_key = \"m1\"\ninference_key = \"i1\"\n",
    );
    let mut running = Running::start(&["--world", world.path()]);
    for expected in [
        "export CEREBRAS_MANAGEMENT_API_KEY=m1",
        "export CEREBRAS_API_KEY=i1",
        r"export CEREBRAS_ORG_NAME='my org'\''s'",
    ] {
        assert_eq!(running.line_with("export"), expected);
    }
}

#[test]
fn it_says_which_orgs_it_prints_nothing_of() {
    let world = Scratch::new(
        "orgs.toml",
        "[[org]]\nname = \"b\"\nmanagement_key = \"mb\"\n\n\
         [[org]]\nname = \"c's\"\nmanagement_key = \"mc\"\n\n\
         [[org]]\nname = \"a\"\nmanagement_key = \"ma\"\n",
    );
    let mut running = Running::start(&["--world", world.path()]);
    let name = running.line_with("ORG_NAME=");
    assert_eq!(name, "export CEREBRAS_ORG_NAME=a");
    let others = running.line_with("org a");
    assert_eq!(
        others,
        format!(
            r"This is for the org a. There are others: b, 'c'\''s'. Their keys: http://{}/_simulator/world",
            running.address
        )
    );
    let answer = running.ask("GET", "/_simulator/world", "", "");
    assert!(answer.contains(r#""management_key":"mb""#), "{answer}");
}

#[test]
fn one_org_alone_has_no_others() {
    let mut running = Running::start(&[]);
    running.line_with("ORG_NAME=");
    let next = running.out.by_ref().map_while(Result::ok);
    let next: Vec<_> = next.take(2).collect();
    let watch = format!("Watch it in a browser: http://{}", running.address);
    assert_eq!(next, ["", watch.as_str()]);
}

#[test]
fn arguments_come_before_the_world_file() {
    let world = Scratch::new(
        "behaviour.toml",
        "speed = 60\n[behaviour]\nother_org = \"not_found\"\nid_reuse = \"reused\"\n",
    );
    let running = Running::start(&[
        "--world",
        world.path(),
        "--behaviour",
        "other_org=forbidden",
        "--speed",
        "0",
    ]);
    let path = "/management/v1/orgs/nobody/models";
    let answer = running.ask("GET", path, "simulated-management-key", "");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let moved = running.ask("POST", "/_simulator/advance", "", r#"{"seconds":90}"#);
    assert!(moved.ends_with(r#"{"now":90.0}"#), "{moved}");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let world = Scratch::new("wrong.toml", "speed = 60\n[behavior]\n");
    assert_refused(
        &output(&["--world", world.path()]),
        &format!(
            "error: {}:2: unknown field `behavior`, expected one of `speed`, `started`, \
             `journal_limit`, `behaviour`, `timings`, `org`",
            world.path()
        ),
    );
    let faults = Scratch::new(
        "unknown.toml",
        "[[sync]]\noutcome = \"fails\"\narchitecture = \"a\"",
    );
    assert_refused(
        &output(&["--faults", faults.path()]),
        &format!(
            "error: {}:3: the world has no architecture \"a\"; expected one of: gpt-oss-120b, \
             llama3.1-8b",
            faults.path()
        ),
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for argument in ["--world", "--faults"] {
        assert_refused(
            &output(&[argument, "no/such.toml"]),
            "error: no/such.toml: cannot be read: No such file or directory (os error 2)",
        );
    }
}
