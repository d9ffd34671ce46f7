//! `cbm demo` and `cbm simulate`, run as a person runs them, into a pipe.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

fn cbm(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cbm"));
    command.args(arguments).env_clear();
    command
}

fn output(arguments: &[&str]) -> Output {
    cbm(arguments).output().expect("cbm runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The lines of a demo without what differs from run to run: times, ports, ids and counts.
fn story(out: &str) -> Vec<&str> {
    out.lines()
        .filter(|line| {
            line.starts_with("   ✓") || line.starts_with("   ✗") || line.starts_with("   ·")
        })
        .map(|line| line.split(" (").next().unwrap_or(line))
        .map(|line| line.split("; for ").next().unwrap_or(line))
        .map(|line| line.split(" as deployment").next().unwrap_or(line))
        .collect()
}

#[test]
fn the_demo_goes_from_weights_to_serving_and_back() {
    let output = output(&["demo"]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{out}{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");

    let story = story(&out);
    // Each status must be there in this order; the chat line of the failing rollout has counts.
    let mut rest = story.iter();
    for expected in [
        "   ✓ my-org-gpt-oss-120b serves version 1; a chat request is answered by run-41",
        "   ✓ 25 tensors in 3 files: nothing found, by reading 14.53 kB of 5.83 MB",
        "   ✗ one file is missing: missing-shard in model-00003-of-00003.safetensors: \
         model.safetensors.index.json names it, and it is not there",
        "   ✓ with the file in its place: nothing found",
        "   ✓ accepted as orgs/my-org/models/gpt-oss-120b/versions/2",
        "   · sync: queued",
        "   · sync: done",
        "   ✓ synced: aliases run-42",
        "   ✓ queued",
        "   · rollout: not_started",
        "   · rollout: complete",
        "   ✓ complete",
        "   ✓ my-org-gpt-oss-120b serves version 2; a chat request is answered by run-42",
        "   ✓ production names version 2",
        "   ✓ accepted as orgs/my-org/models/gpt-oss-120b/versions/3",
        "   ✓ synced: aliases run-43",
        "   · rollout: rolled_back",
        "   ✓ my-org-gpt-oss-120b serves version 2; a chat request is answered by run-42",
        "   · rollout: complete",
        "   ✓ production names version 1",
        "   ✓ my-org-gpt-oss-120b serves version 1; a chat request is answered by run-41",
        "   ✓ version 3 is gone from the service; s3://my-bucket/run-43 stays",
        "   ✗ the service handled the upload, and the connection broke before it answered",
        "   ✓ not sent again, but looked for by its idempotency key: \
         orgs/my-org/models/gpt-oss-120b/versions/4",
        "   ✓ the job runs again, with the same key: the same version, and nothing is sent",
        "   ✓ the simulator's journal: 1 POST for two uploads; its world: 1 version of \
         s3://my-bucket/run-44",
    ] {
        assert!(
            rest.any(|line| *line == expected),
            "{expected:?} is missing in {story:#?}"
        );
    }
    let traffic = story
        .iter()
        .find(|line| line.contains("chat requests"))
        .expect("the traffic is told");
    assert!(
        traffic.contains(" chat requests, 0 failed; run-42 answered "),
        "{traffic}"
    );
    assert!(!out.contains('\u{1b}'), "a pipe gets no escapes: {out}");
}

/// A running command, which ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_says_where_it_is_and_a_port_in_use_starts_nothing() {
    let first = cbm(&["simulate", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    let mut first = Running(first);
    let out = BufReader::new(first.0.stdout.take().expect("a pipe"));
    let lines: Vec<_> = out
        .lines()
        .map_while(Result::ok)
        .take_while(|line| line != "It runs until Ctrl-C.")
        .collect();
    let url = lines
        .iter()
        .find_map(|line| Some(line.split_once("BASE_URL=")?.1))
        .expect("it says where it listens");
    let watch = format!("Watch it in a browser: {url}");
    assert!(lines.contains(&watch), "{lines:#?}");
    let port = url.rsplit(':').next().expect("a port").to_owned();

    let second = output(&["simulate", "--port", &port]);
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(text(&second.stdout), "");
    let error = text(&second.stderr);
    assert!(
        error.starts_with("error: the simulator cannot start: "),
        "{error}"
    );
    assert!(error.contains(&port), "{error}");
}

#[test]
fn a_switch_that_does_not_exist_is_a_usage_error_that_lists_those_there_are() {
    let output = output(&["simulate", "--behaviour", "listing=never"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("it is one of at_once, after_delay, when_ended"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = cbm(&["demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn a_proxy_in_the_environment_gets_no_request_to_this_machine() {
    let mut demo = cbm(&["demo"]);
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        // Nobody listens there.
        demo.env(variable, "http://127.0.0.1:9");
    }
    let output = demo.output().expect("cbm runs");
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success(), "{}", text(&output.stdout));
}
