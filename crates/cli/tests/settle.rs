//! `cbm settle`: what it says of each outcome, and of a look that fails.

#![allow(missing_docs)]

mod harness;

use cerebras_management_simulator::{DEFAULT_ORG, Fault, FaultAction, Operation};
use harness::{ARCHITECTURE, ENDPOINT, Ran, Service};
use serde_json::json;

fn version(id: u32) -> String {
    format!("orgs/{DEFAULT_ORG}/models/{ARCHITECTURE}/versions/{id}")
}

/// The words of a move, a deployment and an upload that may have happened.
fn words(service: &Service) -> [String; 3] {
    let base = service.simulator.base_url();
    [
        format!(
            "cbm1,move,alias=production,from={},to={},base={base}",
            version(1),
            version(2)
        ),
        format!(
            "cbm1,pending-deploy,endpoint={ENDPOINT},version={},known=,base={base}",
            version(3)
        ),
        format!(
            "cbm1,pending-upload,org={DEFAULT_ORG},architecture={ARCHITECTURE},\
             weights=s3://my-bucket/run-9,base={base}"
        ),
    ]
}

/// What it says when it has ended with 9: no word of whether it has happened, and the same word.
#[track_caller]
fn told_nothing(ran: Ran, word: &str) -> serde_json::Value {
    let error = ran.ended(9).error();
    let message = error["message"].as_str().expect("a message");
    let beginning = "it cannot be told whether it has happened: ";
    assert!(message.starts_with(beginning), "{message}");
    assert_eq!(error["handle"], word);
    let remedy = error["remedy"].as_str().expect("a remedy");
    let end = format!("; then `cbm settle {word}` looks again");
    assert!(remedy.ends_with(&end), "{remedy}");
    assert!(!remedy.contains("nothing was changed"), "{remedy}");
    error
}

#[test]
fn a_look_that_is_not_answered_leaves_it_unknown() {
    let service = Service::fast();
    service.simulator.inject(Fault::on_any(FaultAction::Close));
    for word in words(&service) {
        let error = told_nothing(service.run(&["settle", &word, "-o", "json"]), &word);
        assert_eq!(error["kind"], "transport");
    }
}

#[test]
fn a_look_that_is_refused_leaves_it_unknown() {
    let service = Service::fast();
    for word in words(&service) {
        let mut cbm = service.cbm(&["settle", &word, "-o", "json"]);
        cbm.env("CEREBRAS_MANAGEMENT_API_KEY", "csk-of-nobody");
        let ran = Ran::of(&cbm.output().expect("cbm runs"));
        assert_eq!(told_nothing(ran, &word)["kind"], "unauthorized");
    }
}

#[test]
fn a_move_that_was_done_is_told_once_the_service_answers() {
    let service = Service::fast();
    let [word, ..] = words(&service);
    let to = ["alias", "move", "production", "--to", "gpt-oss-120b@2"];
    service.run(&to).ended(0);
    service.simulator.inject(Fault::on_any(FaultAction::Close));
    told_nothing(service.run(&["settle", &word, "-o", "json"]), &word);
    service.simulator.clear_faults();
    let ran = service.run(&["settle", &word, "-o", "json"]).ended(0);
    assert_eq!(
        ran.json(),
        json!({"happened": true, "handle": null, "version": version(2), "endpoint": null})
    );
    let ran = service.run(&["settle", &word]).ended(0);
    let table = format!("happened  yes\nversion   {}\n", version(2));
    assert!(ran.out.starts_with(&table), "{ran:#?}");
    let ran = service.run(&["settle", &word, "-o", "ndjson"]).ended(0);
    assert_eq!(ran.json()["happened"], true);
    let ran = service.run(&["settle", &word, "-o", "name"]).ended(0);
    assert_eq!(ran.out, format!("{}\n", version(2)));
}

#[test]
fn a_word_of_another_service_is_wrong_input_and_says_nothing_of_the_outcome() {
    let service = Service::fast();
    for word in words(&service) {
        let (word, _) = word.split_once("base=").expect("a base URL");
        let word = format!("{word}base=https://api.cerebras.ai");
        let error = service.run(&["settle", &word, "-o", "json"]).ended(2);
        let error = error.error();
        assert_eq!(error["kind"], "invalid_input");
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with("it cannot be told"), "{message}");
    }
}

#[test]
fn a_move_that_is_half_done_is_4_and_one_that_is_not_done_5() {
    let service = Service::fast();
    let [word, ..] = words(&service);
    let ran = service.run(&["settle", &word, "-o", "json"]).ended(5);
    assert_eq!(ran.error()["kind"], "conflict");
    let remove = ["alias", "remove", "gpt-oss-120b@1", "production", "-q"];
    service.run(&remove).ended(0);
    let ran = service.run(&["settle", &word, "-o", "json"]).ended(4);
    assert_eq!(ran.error()["handle"], word.as_str());
}

#[test]
fn a_write_without_a_word_names_the_read_that_tells() {
    let one = version(1);
    let edit = Operation::UpdateModelVersionAliases;
    for (arguments, operation, what) in [
        (
            &["alias", "add", "gpt-oss-120b@1", "new"][..],
            edit,
            "the aliases that it has",
        ),
        (
            &["alias", "remove", "gpt-oss-120b@1", "run-1"],
            edit,
            "the aliases that it has",
        ),
        (
            &["alias", "replace", "gpt-oss-120b@1", "new", "--yes"],
            edit,
            "the aliases that it has",
        ),
        (
            &[
                "versions",
                "delete",
                "gpt-oss-120b@1",
                "--even-if-aliased",
                "--even-if-deployed",
                "--yes",
            ],
            Operation::DeleteModelVersion,
            "whether it is there",
        ),
    ] {
        let service = Service::fast();
        let lost = Fault::on(operation, FaultAction::LoseAnswer);
        service.simulator.inject(lost);
        // The looks before the write are answered, and none after it.
        let looks = Fault::on(Operation::GetModelVersion, FaultAction::Close).after(2);
        service.simulator.inject(looks);
        let ran = service.run(&[arguments, &["-o", "json"]].concat()).ended(9);
        let error = ran.error();
        assert_eq!(error["handle"], serde_json::Value::Null);
        assert_eq!(
            error["remedy"],
            format!(
                "do not run it again before you have looked: `cbm versions show {one}` shows {what}"
            )
        );
    }
}
