//! The shell blocks of docs/ci.md, run as they are.

#![allow(missing_docs)]
#![cfg(unix)]

mod harness;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::{ENDPOINT, Ran, Service};

/// Runs one block in the folder of the service, with `cbm` on the path.
fn run(service: &Service, block: &str) -> Ran {
    let program = Path::new(env!("CARGO_BIN_EXE_cbm"));
    let folder = program.parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args(["-euc", block]).env_clear();
    shell.envs(service.environment());
    shell.current_dir(service.folder.path());
    shell.env("PATH", format!("{folder}:{path}"));
    shell.env("VERSION", "candidate").env("ENDPOINT", ENDPOINT);
    shell.env("LIMIT", "1s");
    Ran::of(&shell.output().expect("sh runs"))
}

#[test]
fn a_wait_that_is_longer_than_a_job_goes_on_in_the_next() {
    let text = include_str!("../../../docs/ci.md");
    let blocks = text.split("```sh\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|it| it.split("```").next()).collect();
    let [first, second] = blocks[..] else {
        panic!("{blocks:?}");
    };
    let service = Service::still();
    run(&service, first).ended(6);
    service.simulator.advance(Duration::from_hours(24));
    run(&service, second).ended(0);
}
