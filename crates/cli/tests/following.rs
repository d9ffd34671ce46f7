//! Waits: how they end, what they print on the way, and what is left when they are broken off.

#![allow(missing_docs)]

mod harness;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use cerebras_management_simulator::{Fault, FaultAction, Operation, RolloutOutcome};
use harness::{ARCHITECTURE, ENDPOINT, Ran, Service};
use serde_json::{Value, json};

/// Begins without waiting, and gives the handle.
fn begun(service: &Service, arguments: &[&str]) -> String {
    let ran = service.run(&[arguments, &["--no-wait"]].concat()).ended(0);
    ran.out.trim_end().to_owned()
}

const UPLOAD: [&str; 4] = ["upload", "s3://my-bucket/run-4", "--arch", ARCHITECTURE];
const DEPLOY: [&str; 3] = ["deploy", "candidate", ENDPOINT];

#[test]
fn a_handle_goes_on_in_another_process() {
    let service = Service::fast();
    let upload = begun(&service, &UPLOAD);
    let ran = service.run(&["wait", &upload, "-o", "name", "-q"]).ended(0);
    assert_eq!(ran.out, "orgs/my-org/models/gpt-oss-120b/versions/4\n");
    let rollout = begun(&service, &DEPLOY);
    let ran = service.run(&["wait", &rollout, "-o", "json"]).ended(0);
    assert_eq!(ran.json()["version_id"], 2);
    assert_eq!(ran.json()["state"], "complete");
}

#[test]
fn the_same_deployment_once_more_names_the_one_that_is_under_way() {
    let service = Service::still();
    let begin = [&DEPLOY[..], &["--no-wait"]].concat();
    let first = service.run(&begin).ended(0);
    assert_eq!(first.err, "");
    service.simulator.advance(Duration::from_secs(5));
    let second = service.run(&begin).ended(0);
    let (_, rest) = second.err.split_once("`cbm wait ").expect("a command");
    let (handle, _) = rest.split_once('`').expect("its end");
    assert_eq!(
        second.err,
        format!(
            "gpt-oss-120b@2 was being rolled out there already, and is now rolled out twice; \
             `cbm wait {handle}` waits for the first\n"
        )
    );
    assert_ne!(second.out.trim(), handle);
    service.simulator.advance(Duration::from_hours(1));
    let ended = service.run(&["wait", handle, "-o", "json", "-q"]).ended(0);
    let deployment = ended.json()["deployment"].to_string();
    let deployment = deployment.trim_matches('"');
    assert!(first.out.contains(deployment), "{first:#?}");
    assert!(!second.out.contains(deployment), "{second:#?}");
}

#[test]
fn each_change_is_a_line_of_ndjson_as_it_comes() {
    let service = Service::still();
    let rollout = begun(&service, &DEPLOY);
    let mut child = service
        .cbm(&["wait", &rollout, "-o", "ndjson", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut told = Vec::new();
    for line in lines.map_while(Result::ok) {
        let event: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(event["handle"], rollout.as_str());
        assert_eq!(event["endpoint"], ENDPOINT);
        told.push(json!([event["event"], event["status"]]));
        if let Some(result) = event.get("result") {
            assert_eq!(result["version_id"], 2);
        }
        // So that there is something new after each of them.
        let long = event["status"] == "in_progress";
        let by = Duration::from_secs(if long { 3600 } else { 30 });
        service.simulator.advance(by);
    }
    assert!(child.wait().expect("it ends").success());
    let statuses: Vec<_> = told.iter().map(|it| it[1].as_str()).collect();
    assert_eq!(told[0][0], "accepted");
    assert_eq!(told.last(), Some(&json!(["done", null])));
    assert!(statuses.contains(&Some("complete")), "{told:?}");
}

#[test]
fn a_rollout_that_fails_is_1_and_says_so_in_each_format() {
    let service = Service::fast();
    service
        .simulator
        .fail_next_rollout(ENDPOINT)
        .expect("an endpoint");
    let ran = service.run(&DEPLOY).ended(1);
    assert_eq!(ran.out, "");
    let last: Vec<_> = ran.err.lines().rev().take(3).collect();
    assert_eq!(
        last[2],
        "error: rollout of gpt-oss-120b@2 to my-org-gpt-oss-120b failed"
    );
    assert_eq!(
        last[0],
        "  next: `cbm status my-org-gpt-oss-120b` shows what serves now; `cbm deploy \
         orgs/my-org/models/gpt-oss-120b/versions/2 my-org-gpt-oss-120b` tries again"
    );
    service
        .simulator
        .fail_next_rollout(ENDPOINT)
        .expect("an endpoint");
    let ran = service
        .run(&[&DEPLOY[..], &["-o", "ndjson"]].concat())
        .ended(1);
    assert_eq!(ran.error()["kind"], "operation_failed");
    let last = ran.out.lines().last().expect("a line");
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(last["event"], "failed");
    assert_eq!(last["error"]["kind"], "operation_failed");
    // The newest deployment to the endpoint has failed, whoever asks.
    service.run(&["wait", ENDPOINT]).ended(1);
}

#[test]
fn a_sync_that_fails_is_1() {
    let service = Service::fast();
    service
        .simulator
        .fail_next_sync(ARCHITECTURE)
        .expect("an architecture");
    let ran = service
        .run(&[&UPLOAD[..], &["-o", "json"]].concat())
        .ended(1);
    assert_eq!(ran.out, "");
    let error = ran.error();
    assert_eq!(error["kind"], "operation_failed");
    assert_eq!(
        error["remedy"],
        "check the weights and what the bucket allows; then `cbm versions delete \
         orgs/my-org/models/gpt-oss-120b/versions/4 --even-if-aliased`, and upload again"
    );
}

#[test]
fn the_time_is_up_is_6_with_the_handle_that_goes_on() {
    let service = Service::still();
    let ran = service.run(&[&DEPLOY[..], &["--timeout", "1s", "-q", "-o", "json"]].concat());
    let ran = ran.ended(6);
    assert_eq!(ran.out, "");
    let error = ran.error();
    let handle = error["handle"].as_str().expect("a handle");
    assert_eq!(error["kind"], "deadline");
    assert_eq!(
        error["remedy"],
        format!("it may still be going on: `cbm wait {handle}` goes on waiting")
    );
    let events = ["wait", handle, "--timeout", "1s", "-o", "ndjson"];
    let ran = service.run(&events).ended(6);
    let last = ran.out.lines().last().expect("a line");
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(
        [&last["event"], &last["error"]["kind"]],
        ["unfinished", "deadline"]
    );
    service.simulator.advance(Duration::from_hours(1));
    service.run(&["wait", handle]).ended(0);
}

#[test]
fn one_that_a_newer_deployment_overtakes_is_8() {
    let service = Service::still();
    let first = begun(&service, &DEPLOY);
    service.simulator.advance(Duration::from_secs(5));
    begun(&service, &["deploy", "gpt-oss-120b@3", ENDPOINT]);
    service.simulator.advance(Duration::from_hours(1));
    let ran = service.run(&["wait", &first, "-q"]).ended(8);
    assert!(ran.err.contains("was superseded"), "{ran:#?}");
}

#[test]
fn an_endpoint_is_waited_for_by_its_newest_deployment() {
    let service = Service::still();
    begun(&service, &DEPLOY);
    service.simulator.advance(Duration::from_secs(5));
    let newest = begun(&service, &["deploy", "gpt-oss-120b@3", ENDPOINT]);
    let ran = service.run(&["wait", ENDPOINT, "--timeout", "1s", "-q", "-o", "json"]);
    let ran = ran.ended(6);
    let deployment = newest.split("deployment=").nth(1).expect("a deployment");
    let deployment = deployment.split(',').next().expect("an id");
    let handle = ran.error()["handle"].to_string();
    assert!(handle.contains(deployment), "{handle}");
}

#[test]
fn a_lost_answer_is_9_and_settle_tells() {
    let service = Service::fast();
    // Neither the write nor the looks after it are answered.
    let lost = Fault::on(Operation::DeployModel, FaultAction::LoseAnswer).nth(1);
    service.simulator.inject(lost);
    let looks = Fault::on(Operation::GetEndpoint, FaultAction::Close)
        .after(1)
        .times(8);
    service.simulator.inject(looks);
    let ran = service
        .run(&[&DEPLOY[..], &["-o", "json", "-q"]].concat())
        .ended(9);
    let error = ran.error();
    assert_eq!(error["kind"], "ambiguous");
    let pending = error["handle"].as_str().expect("a word");
    assert_eq!(
        error["remedy"],
        format!("do not run it again: `cbm settle {pending}` tells whether it has happened")
    );
    service.simulator.clear_faults();
    let ran = service
        .run(&["settle", pending, "-o", "json", "-q"])
        .ended(0);
    let settled = ran.json();
    assert_eq!(settled["happened"], true);
    let handle = settled["handle"].as_str().expect("a handle");
    service.run(&["wait", handle, "-q"]).ended(0);
    assert_eq!(service.simulator.serving(ENDPOINT), Some(2));
}

#[test]
fn a_write_that_never_came_is_not_seen() {
    let service = Service::fast();
    let base = service.simulator.base_url();
    let pending = format!(
        "cbm1,pending-deploy,endpoint={ENDPOINT},version=orgs/my-org/models/gpt-oss-120b/versions/3,\
         known=,base={base}"
    );
    let ran = service.run(&["settle", &pending, "-o", "json"]).ended(4);
    assert_eq!(ran.error()["handle"], pending.as_str());
}

#[test]
fn nothing_happened_where_nothing_was_reached() {
    let service = Service::fast();
    let mut cbm = service.cbm(&DEPLOY);
    cbm.env("CEREBRAS_MANAGEMENT_BASE_URL", "http://127.0.0.1:1");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(7);
    assert!(ran.err.contains("no connection"), "{ran:#?}");
}

#[test]
fn a_move_that_was_broken_off_is_settled_and_resumed() {
    let service = Service::fast();
    let base = service.simulator.base_url();
    let of = |id: u32| format!("orgs/my-org/models/{ARCHITECTURE}/versions/{id}");
    let intent = format!(
        "cbm1,move,alias=production,from={},to={},base={base}",
        of(1),
        of(2)
    );
    service
        .run(&["alias", "remove", &of(1), "production", "-q"])
        .ended(0);
    let ran = service.run(&["settle", &intent]).ended(4);
    assert!(ran.err.contains("cbm alias move --resume"), "{ran:#?}");
    service
        .run(&["alias", "move", "--resume", &intent, "-q"])
        .ended(0);
    service.run(&["settle", &intent, "-q"]).ended(0);
    let ran = service.run(&["versions", "show", "gpt-oss-120b@production", "-o", "name"]);
    assert_eq!(ran.ended(0).out.trim_end(), of(2));
}

#[test]
fn what_a_move_that_failed_has_left_is_told_as_data() {
    let service = Service::fast();
    let edit = || Fault::on(Operation::UpdateModelVersionAliases, FaultAction::Close);
    // The second write, and the one that is to put the alias back.
    service.simulator.inject(edit().after(1));
    let arguments = ["alias", "move", "production", "--to", "gpt-oss-120b@2"];
    let ran = service.run(&[&arguments[..], &["-o", "json"]].concat());
    let error = ran.ended(9).error();
    let left = &error["alias_move"];
    let of = |id: u32| format!("orgs/my-org/models/{ARCHITECTURE}/versions/{id}");
    assert_eq!(left["alias"], "production");
    assert_eq!([&left["from"], &left["to"]], [&of(1), &of(2)]);
    assert_eq!(
        [&left["names"], &left["version"]],
        [&json!("nothing"), &Value::Null]
    );
    assert!(left["without_alias_ms"].is_u64(), "{left}");
    assert_eq!(left["in_doubt"], true);
    assert_eq!(left["handle"], error["handle"]);
    let word = left["handle"].as_str().expect("a word");
    service.simulator.clear_faults();
    service
        .run(&["alias", "move", "--resume", word, "-q"])
        .ended(0);
    // What has failed before it began to write has left nothing.
    let ran = service.run(&[
        "alias",
        "move",
        "production",
        "--to",
        "gpt-oss-120b@9",
        "-o",
        "json",
    ]);
    assert_eq!(ran.ended(4).error().get("alias_move"), None);
}

/// Interrupts a wait by a signal, and gives what it says.
#[cfg(unix)]
fn interrupted_by(signal: &str) -> (Service, String, Ran) {
    let service = Service::still();
    service
        .simulator
        .plan_rollout(ENDPOINT, RolloutOutcome::Stalls { replicas: 0 })
        .expect("an endpoint");
    let rollout = begun(&service, &DEPLOY);
    let mut child = service
        .cbm(&["wait", &rollout, "-o", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    out.read_line(&mut first).expect("the first event");
    let id = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args([signal, &id])
        .status();
    assert!(killed.expect("kill runs").success());
    let ran = Ran::of(&child.wait_with_output().expect("it ends"));
    (service, rollout, ran)
}

#[cfg(unix)]
#[test]
fn an_interrupted_wait_prints_the_handle_and_what_goes_on() {
    for signal in ["-INT", "-TERM"] {
        let (_service, rollout, ran) = interrupted_by(signal);
        let ran = ran.ended(130);
        let error = ran.error();
        assert_eq!(error["kind"], "interrupted");
        assert_eq!(error["handle"], rollout.as_str());
        assert_eq!(
            error["remedy"],
            format!("`cbm wait {rollout}` goes on waiting")
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let service = Service::fast();
    let mut child = service
        .cbm(&["versions", "-o", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    drop(child.stdout.take());
    let ran = Ran::of(&child.wait_with_output().expect("it ends")).ended(0);
    assert_eq!(ran.err, "");
}

#[test]
fn a_reader_that_goes_away_from_a_wait_leaves_the_handle() {
    let service = Service::still();
    let rollout = begun(&service, &DEPLOY);
    let mut child = service
        .cbm(&["wait", &rollout, "-o", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cbm runs");
    drop(child.stdout.take());
    let ran = Ran::of(&child.wait_with_output().expect("it ends")).ended(130);
    let error = ran.error();
    assert_eq!(error["kind"], "interrupted");
    assert_eq!(error["handle"], rollout.as_str());
    assert_eq!(
        [&error["message"], &error["remedy"]],
        [
            "interrupted: nobody reads standard output any more; what was begun goes on at the service",
            &format!("`cbm wait {rollout}` goes on waiting")
        ]
    );
}
