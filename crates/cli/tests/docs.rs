//! The shell blocks of the documentation, run as they are.
//!
//! Each of them is either run here or in [`NOT_RUN`], with why: a new block fails a test until it is.
//! Where curl, jq or bash is not installed the tests say so and pass, unless `CBM_REQUIRE_SHELLS` is
//! set, as it is in CI.

#![allow(missing_docs)]
#![cfg(unix)]

mod harness;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::running::Running;
use harness::{ENDPOINT, Folder, Ran, Service, is_installed};
use serde_json::Value;

/// The blocks that are run here: the file, and how the block begins.
const RUN: [(&str, &str); 6] = [
    ("README.md", "$ cargo install --path crates/cli"),
    ("crates/cli/README.md", "$ cbm upload s3://my-bucket/run-42"),
    (
        "crates/simulator/README.md",
        "$ curl -X PUT localhost:8080/_simulator/faults",
    ),
    ("docs/ci.md", "handle=$(cbm deploy"),
    ("docs/ci.md", ". ./deploy.env"),
    ("docs/ci.md", "set -o pipefail"),
];

/// The blocks that are not: the file, how they begin, and why.
const NOT_RUN: [(&str, &str, &str); 7] = [
    (
        "README.md",
        "$ cargo run -- demo",
        ".ci/run runs it so, and the tests of the demo run it",
    ),
    (
        "README.md",
        "$ cargo test --workspace",
        "this is a part of it",
    ),
    (
        "docs/bucket-access.md",
        "$ cbm bucket ",
        "they reach S3; the tests of `cbm bucket` run them",
    ),
    (
        "docs/drills.md",
        "$ ",
        "the tests of the drills run all of it",
    ),
    (
        "docs/preflight.md",
        "$ cbm preflight ",
        "it reaches S3; the session of `cbm preflight` runs the same on folders",
    ),
    (
        "docs/performance.md",
        "$ cargo run --release --package bench",
        "it measures for minutes, and nothing that a test could hold it to",
    ),
    (
        "docs/writes.md",
        "$ crates/bench/side_by_side/run",
        "it installs other clients, and .ci/run does not",
    ),
];

/// A fenced block.
#[derive(Debug)]
struct Block {
    file: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files that people read to use this project.
fn files() -> Vec<String> {
    let inside = |folder: &str| {
        let folder = root().join(folder).read_dir().expect("a folder");
        let names = folder.map(|it| it.expect("an entry").file_name());
        let mut names: Vec<_> = names.map(|it| it.into_string().expect("UTF-8")).collect();
        names.sort();
        names
    };
    let markdown = |it: &String| Path::new(it).extension().is_some_and(|it| it == "md");
    let docs = inside("docs").into_iter().filter(markdown);
    let docs = docs.map(|it| format!("docs/{it}"));
    let crates = inside("crates").into_iter();
    let crates = crates.map(|it| format!("crates/{it}/README.md"));
    let crates = crates.filter(|it| root().join(it).exists());
    ["README.md".to_owned()]
        .into_iter()
        .chain(docs)
        .chain(crates)
        .collect()
}

/// Every block for a shell.
fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(root().join(&file)).expect("a file");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let inside = lines.by_ref().take_while(|it| it.trim() != "```");
            let inside = inside.map(|it| it.get(indent..).unwrap_or_default());
            let text = inside.collect::<Vec<_>>().join("\n");
            if matches!(language, "sh" | "bash" | "console" | "shell") {
                blocks.push(Block {
                    file: file.clone(),
                    text,
                });
            }
        }
    }
    blocks
}

fn is(block: &Block, file: &str, beginning: &str) -> bool {
    block.file == file && block.text.starts_with(beginning)
}

/// The block of that file which begins so.
fn block(file: &str, beginning: &str) -> String {
    assert!(
        RUN.contains(&(file, beginning)),
        "{beginning:?} is not in RUN"
    );
    let found = blocks().into_iter().find(|it| is(it, file, beginning));
    found
        .unwrap_or_else(|| panic!("{file} has no {beginning:?}"))
        .text
}

/// What is typed in a block: all of a script, and of a session the lines behind a prompt, with those
/// that they go on in.
fn typed(block: &str) -> String {
    if !block.starts_with("$ ") {
        return block.to_owned();
    }
    let mut goes_on = false;
    let mut lines = Vec::new();
    for line in block.lines() {
        if let Some(typed) = line.strip_prefix("$ ").or(goes_on.then_some(line)) {
            goes_on = typed.ends_with('\\');
            lines.push(typed);
        }
    }
    lines.join("\n")
}

/// A shell with `cbm` on the path and nothing else of this machine's environment.
fn shell(program: &str, script: &str, folder: &str) -> Command {
    let cbm = Path::new(env!("CARGO_BIN_EXE_cbm"));
    let beside = cbm.parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new(program);
    shell.args(["-euc", script]).env_clear();
    shell.env("PATH", format!("{beside}:{path}"));
    shell.env("HOME", folder).env("XDG_CONFIG_HOME", folder);
    shell.current_dir(folder);
    shell
}

fn ran(mut shell: Command) -> Ran {
    Ran::of(&shell.output().expect("a shell runs"))
}

#[test]
fn every_shell_block_is_run_or_said_why_not() {
    let blocks = blocks();
    for block in &blocks {
        let run = RUN
            .iter()
            .filter(|(file, beginning)| is(block, file, beginning));
        let not_run = NOT_RUN
            .iter()
            .filter(|(file, beginning, _)| is(block, file, beginning));
        let known = run.count() + not_run.count();
        assert_eq!(
            known, 1,
            "run this block, or say in NOT_RUN why not: {block:#?}"
        );
    }
    let not_run = NOT_RUN.map(|(file, beginning, _)| (file, beginning));
    for (file, beginning) in RUN.into_iter().chain(not_run) {
        let there = blocks.iter().any(|it| is(it, file, beginning));
        assert!(
            there,
            "{file} has no block that begins with {beginning:?} any more"
        );
    }
}

/// An organization like that of the documentation, where something serves already.
const WORLD: &str = r#"
speed = 3600
[[org]]
name = "my-org"
architectures = ["gpt-oss-120b"]
[[org.version]]
architecture = "gpt-oss-120b"
weight_uri = "s3://my-bucket/run-41"
aliases = ["run-41"]
[[org.endpoint]]
id = "my-org-gpt-oss-120b"
architecture = "gpt-oss-120b"
serving = 1
"#;

/// Runs a session from a shell against `cbm simulate`, with the settings that it prints to export.
fn against_a_simulator(session: &str) -> Running {
    let folder = Folder::new();
    let world = format!("{}/world.toml", folder.path());
    std::fs::write(&world, WORLD).expect("a file");
    let mut running = Running::start(&["--world", &world]);
    let exports = [
        format!(
            "export CEREBRAS_MANAGEMENT_BASE_URL=http://{}",
            running.address
        ),
        running.line_with("MANAGEMENT_API_KEY="),
        running.line_with("CEREBRAS_API_KEY="),
        running.line_with("ORG_NAME="),
    ];
    let script = format!("{}\n{session}", exports.join("\n"));
    let ran = ran(shell("sh", &script, &folder.path())).ended(0);
    let shown = format!("{}{}", ran.out, ran.err);
    for expected in [
        "sync of gpt-oss-120b@2: done",
        "rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b: complete, it serves",
        "my-org-gpt-oss-120b  gpt-oss-120b@2  run-42",
        "rollout of gpt-oss-120b@1 to my-org-gpt-oss-120b: complete, it serves",
    ] {
        assert!(
            shown.contains(expected),
            "{expected:?} is missing in {shown}"
        );
    }
    running
}

#[test]
fn the_readme_goes_from_weights_to_serving_and_back() {
    let block = block("README.md", "$ cargo install --path crates/cli");
    let session = typed(&block);
    let mut lines = session.lines();
    // `cbm` is built already, and the keys are the simulator's.
    assert_eq!(lines.next(), Some("cargo install --path crates/cli"));
    let keys = lines.next().expect("the settings");
    assert!(
        keys.starts_with("export CEREBRAS_MANAGEMENT_API_KEY=… "),
        "{keys}"
    );
    let rest: Vec<_> = lines.collect();
    let running = against_a_simulator(&rest.join("\n"));
    let world = running.ask("GET", "/_simulator/world", "", "");
    assert!(world.contains(r#""serving":1"#), "{world}");
}

#[test]
fn the_command_lines_readme_does_the_same() {
    let block = block("crates/cli/README.md", "$ cbm upload s3://my-bucket/run-42");
    against_a_simulator(&typed(&block));
}

#[test]
fn the_simulators_readme_has_an_answer_lost() {
    if !have(&["curl"]) {
        return;
    }
    let beginning = "$ curl -X PUT localhost:8080/_simulator/faults";
    let block = block("crates/simulator/README.md", beginning);
    let running = Running::start(&[]);
    let session = typed(&block).replace("localhost:8080", &running.address);
    let folder = Folder::new();
    let ran = ran(shell("sh", &session, &folder.path())).ended(0);
    assert!(ran.out.contains(r#""requests":[]"#), "{ran:#?}");
    let faults = running.ask("GET", "/_simulator/faults", "", "");
    let expected = r#""operation":"deploy_model","#;
    assert!(
        faults.contains(expected) && faults.contains("lose_answer"),
        "{faults}"
    );
}

/// Whether what the documentation takes for there is there.
fn have(programs: &[&str]) -> bool {
    let mut programs = programs.iter();
    programs.all(|it| is_installed(it, "CBM_REQUIRE_SHELLS"))
}

/// A job of CI.
fn job(service: &Service, program: &str, script: &str, variables: &[(&str, &str)]) -> Ran {
    let mut shell = shell(program, script, &service.folder.path());
    shell.envs(service.environment());
    shell.envs(variables.iter().copied());
    ran(shell)
}

#[test]
fn a_wait_that_is_longer_than_a_job_goes_on_in_the_next() {
    let service = Service::still();
    let begin = block("docs/ci.md", "handle=$(cbm deploy");
    let variables = [
        ("VERSION", "candidate"),
        ("ENDPOINT", ENDPOINT),
        ("LIMIT", "1s"),
    ];
    job(&service, "sh", &begin, &variables).ended(6);
    service.simulator.advance(Duration::from_hours(24));
    let go_on = block("docs/ci.md", ". ./deploy.env");
    job(&service, "sh", &go_on, &[]).ended(0);
}

/// Takes requests until the job is over, and gives their bodies.
fn webhook() -> (String, std::thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let taking = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // Of a request with a body, the end of that; of anything else, the end of all.
            let body = loop {
                let read = stream.read(&mut buffer).expect("a request");
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                let body = body.and_then(|it| serde_json::from_str::<Value>(&it).ok());
                if read == 0 || body.is_some() {
                    break body;
                }
            };
            let Some(body) = body else {
                return bodies;
            };
            bodies.push(body);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                .expect("an answer");
        }
        bodies
    });
    (address.to_string(), taking)
}

#[test]
fn somebody_is_told_how_it_ended() {
    if !have(&["bash", "jq", "curl"]) {
        return;
    }
    let script = block("docs/ci.md", "set -o pipefail");
    for (fails, code, told) in [
        (false, 0, "my-org-gpt-oss-120b: done "),
        (true, 1, "my-org-gpt-oss-120b: failed "),
    ] {
        let service = Service::fast();
        if fails {
            let planned = service.simulator.fail_next_rollout(ENDPOINT);
            planned.expect("an endpoint");
        }
        let begun = service
            .run(&["deploy", "candidate", ENDPOINT, "--no-wait"])
            .ended(0);
        let (address, taking) = webhook();
        let url = format!("http://{address}/");
        let variables = [
            ("HANDLE", begun.out.trim()),
            ("WEBHOOK", &url),
            ("no_proxy", "*"),
        ];
        job(&service, "bash", &script, &variables).ended(code);
        drop(std::net::TcpStream::connect(&address));
        let bodies = taking.join().expect("it ends");
        let [body] = &bodies[..] else {
            panic!("{bodies:?}");
        };
        let text = body["text"].as_str().expect("a text");
        assert!(text.starts_with(told), "{text}");
    }
}
