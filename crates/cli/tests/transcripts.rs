//! Commands and what they print, as they are in `tests/cmd/`: each file is a session on a
//! simulator of its own, into a pipe.
//!
//! `[..]` stands for what differs from run to run. To write them anew:
//! `TRYCMD=overwrite cargo test -p cerebras-management-cli --test transcripts`, then put `[..]` back
//! where times and ids are.

#![allow(missing_docs)]

mod harness;

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
