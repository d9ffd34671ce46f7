//! `cbm login`: the keys are told apart, and the profile is for its owner alone.

#![allow(missing_docs)]

mod harness;

use std::io::Write;
use std::process::{Command, Stdio};

use cerebras_management_simulator::{DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY};
use harness::{Ran, Service};

/// Without the settings that a login is to make needless.
fn bare(service: &Service, arguments: &[&str]) -> Command {
    let mut cbm = service.cbm(arguments);
    for variable in [
        "CEREBRAS_MANAGEMENT_API_KEY",
        "CEREBRAS_API_KEY",
        "CEREBRAS_ORG_NAME",
    ] {
        cbm.env_remove(variable);
    }
    cbm
}

fn answered(mut cbm: Command, lines: &[&str]) -> Ran {
    let pipes = cbm.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.stderr(Stdio::piped()).spawn().expect("cbm runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Who refuses early does not read.
    let _ = stdin.write_all(lines.join("\n").as_bytes());
    drop(stdin);
    let ran = Ran::of(&child.wait_with_output().expect("it ends"));
    for key in [MANAGEMENT_KEY, INFERENCE_KEY] {
        assert!(!format!("{ran:?}").contains(key), "{ran:#?}");
    }
    ran
}

fn login(service: &Service, more: &[&str], lines: &[&str]) -> Ran {
    let arguments = [&["login"], more].concat();
    answered(bare(service, &arguments), lines)
}

fn file(service: &Service) -> String {
    format!("{}/cerebras/management.toml", service.folder.path())
}

fn written(service: &Service) -> String {
    std::fs::read_to_string(file(service)).expect("the profiles")
}

#[test]
fn what_it_writes_is_used() {
    let service = Service::fast();
    let lines = [DEFAULT_ORG, MANAGEMENT_KEY, INFERENCE_KEY];
    let ran = login(&service, &["-o", "json"], &lines).ended(0);
    assert_eq!(ran.json()["profile"], "default");
    assert_eq!(ran.json()["inference_key"], true);
    assert_eq!(ran.err, "");
    // What is not checked is not passed off as checked.
    let again = login(&service, &["--yes"], &lines).ended(0);
    assert!(again.err.contains("the inference key was not checked"));
    let mut cbm = bare(&service, &["chat", harness::ENDPOINT, "Hello"]);
    // The address is in the profile too.
    cbm.env_remove("CEREBRAS_MANAGEMENT_BASE_URL");
    Ran::of(&cbm.output().expect("cbm runs")).ended(0);
}

#[test]
fn nothing_is_written_at_the_service() {
    let service = Service::fast();
    let lines = [DEFAULT_ORG, MANAGEMENT_KEY, INFERENCE_KEY];
    login(&service, &[], &lines).ended(0);
    let journal = service.simulator.journal();
    let requests: Vec<_> = journal.iter().map(|it| (&*it.method, it.status)).collect();
    assert_eq!(requests, [("GET", Some(200)), ("GET", Some(401))]);
}

#[test]
fn the_organization_name_of_the_environment_is_not_asked_for() {
    let service = Service::fast();
    let mut cbm = bare(&service, &["login", "-o", "json"]);
    cbm.env("CEREBRAS_ORG_NAME", DEFAULT_ORG);
    let ran = answered(cbm, &[MANAGEMENT_KEY, INFERENCE_KEY]).ended(0);
    assert_eq!(ran.json()["org"], DEFAULT_ORG);
    assert_eq!(ran.json()["inference_key"], true);
}

#[test]
fn a_key_in_the_place_of_the_organization_name_is_neither_shown_nor_sent() {
    const KEY: &str = "csk-S3cret-0123456789";
    let service = Service::fast();
    let as_a_flag = login(&service, &["-vv", "--org", KEY], &[MANAGEMENT_KEY]);
    let as_an_answer = login(&service, &["-vv"], &[KEY, MANAGEMENT_KEY]);
    let mut cbm = bare(&service, &["login", "-vv"]);
    cbm.env("CEREBRAS_ORG_NAME", KEY);
    let as_a_variable = answered(cbm, &[MANAGEMENT_KEY]);
    let of_others = ["archs", "doctor", "versions", "status", "endpoints"].map(|command| {
        let mut cbm = service.cbm(&[command, "-vv", "--org", KEY]);
        Ran::of(&cbm.output().expect("cbm runs"))
    });
    for ran in [as_a_flag, as_an_answer, as_a_variable]
        .into_iter()
        .chain(of_others)
    {
        let ran = ran.ended(2);
        assert!(!format!("{ran:?}").contains("S3cret"), "{ran:#?}");
        assert!(
            format!("{ran:?}").contains("which is not shown"),
            "{ran:#?}"
        );
    }
    let journal = service.simulator.journal();
    assert!(journal.iter().all(|it| !it.path.contains("S3cret")));
    assert!(!std::path::Path::new(&file(&service)).exists());
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::fast();
    login(&service, &["--org", DEFAULT_ORG], &[MANAGEMENT_KEY]).ended(0);
    let metadata = std::fs::metadata(file(&service)).expect("the profiles");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn keys_in_the_other_order_are_put_in_their_places() {
    let service = Service::fast();
    let lines = [DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY];
    let ran = login(&service, &[], &lines).ended(0);
    assert!(ran.err.contains("the other way round"), "{ran:#?}");
    let text = written(&service);
    assert!(text.contains(&format!("\nkey = \"{MANAGEMENT_KEY}\"")));
    assert!(text.contains(&format!("\ninference_key = \"{INFERENCE_KEY}\"")));
}

#[test]
fn what_is_refused_is_not_written() {
    let service = Service::fast();
    let only_inference = login(&service, &[], &[DEFAULT_ORG, INFERENCE_KEY]).ended(3);
    assert!(only_inference.err.contains("nothing was written"));
    assert!(
        only_inference.err.contains("HTTP 401"),
        "{only_inference:#?}"
    );
    let twice = login(
        &service,
        &[],
        &[DEFAULT_ORG, MANAGEMENT_KEY, MANAGEMENT_KEY],
    )
    .ended(3);
    assert!(twice.err.contains("both keys are the same"), "{twice:#?}");
    login(&service, &[], &["My Org", MANAGEMENT_KEY]).ended(2);
    let none = login(&service, &[], &[DEFAULT_ORG]).ended(2);
    assert!(none.err.contains("no line of standard input"), "{none:#?}");
    let empty = login(&service, &[], &[DEFAULT_ORG, "", INFERENCE_KEY]).ended(3);
    assert!(empty.err.contains("it is empty"), "{empty:#?}");
    assert!(!std::path::Path::new(&file(&service)).exists());
}

const LAB: &str = "# Mine.\n[profile.lab]\norg = \"lab\" # theirs\nkey_command = \"pass lab\"\n";

#[test]
fn other_profiles_stay_and_so_does_the_one_that_is_used() {
    let service = Service::fast();
    service.folder.profiles(LAB);
    let arguments = ["--profile", "work", "--org", DEFAULT_ORG];
    login(&service, &arguments, &[MANAGEMENT_KEY]).ended(0);
    let text = written(&service);
    for kept in ["# Mine.", "org = \"lab\" # theirs", "default = \"lab\""] {
        assert!(text.contains(kept), "{text}");
    }
    let mut cbm = bare(&service, &["archs", "--profile", "work"]);
    Ran::of(&cbm.output().expect("cbm runs")).ended(0);
}

#[test]
fn a_profile_is_not_lost_without_a_word() {
    let service = Service::fast();
    service.folder.profiles(LAB);
    let arguments = ["--profile", "lab", "--org", DEFAULT_ORG];
    let ran = login(&service, &arguments, &[MANAGEMENT_KEY]).ended(2);
    assert!(ran.err.contains("--yes"), "{ran:#?}");
    assert_eq!(written(&service), LAB);
    let arguments = [&arguments[..], &["--yes"]].concat();
    login(&service, &arguments, &[MANAGEMENT_KEY]).ended(0);
    let text = written(&service);
    assert!(!text.contains("pass lab"), "{text}");
}

/// As on a disk that is full: the limit on the size of files is an error in the same place.
#[cfg(unix)]
#[test]
fn what_cannot_be_written_whole_leaves_what_was_there() {
    let service = Service::fast();
    service.folder.profiles(LAB);
    let mut cbm = bare(&service, &[]);
    let program = cbm.get_program().to_owned();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]);
    limited.arg(program).args(["login", "--org", DEFAULT_ORG]);
    limited.env_clear();
    for (name, value) in cbm.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    let ran = answered(limited, &[MANAGEMENT_KEY]).ended(2);
    assert!(ran.err.contains("cannot be written"), "{ran:#?}");
    assert!(ran.err.contains("what was there is as it was"), "{ran:#?}");
    assert_eq!(written(&service), LAB);
    let folder = std::fs::read_dir(service.folder.path() + "/cerebras").expect("a folder");
    assert_eq!(folder.count(), 1);
    cbm.arg("archs");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
    assert!(ran.err.contains("key_command"), "{ran:#?}");
}

#[test]
fn where_the_service_is_not_reached_the_keys_are_not_blamed() {
    let service = Service::fast();
    // A port that nothing listens on any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let url = format!("http://{}", free.expect("a port"));
    let arguments = ["--org", DEFAULT_ORG, "--base-url", &url];
    let ran = login(&service, &arguments, &[MANAGEMENT_KEY]).ended(7);
    assert!(ran.err.contains("the keys cannot be checked"), "{ran:#?}");
}
