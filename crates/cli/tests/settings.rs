//! Profiles and keys, as a person has them.

#![allow(missing_docs)]

mod harness;

use cerebras_management_simulator::MANAGEMENT_KEY;
use harness::{Ran, Service};

/// Runs with the profiles and without the variables that hold keys.
fn with_profiles(service: &Service, profiles: &str, arguments: &[&str]) -> Ran {
    let url = service.simulator.base_url();
    service.folder.profiles(&profiles.replace("URL", &url));
    let mut cbm = service.cbm(arguments);
    for variable in [
        "CEREBRAS_MANAGEMENT_API_KEY",
        "CEREBRAS_API_KEY",
        "CEREBRAS_MANAGEMENT_BASE_URL",
        "CEREBRAS_ORG_NAME",
    ] {
        cbm.env_remove(variable);
    }
    Ran::of(&cbm.output().expect("cbm runs"))
}

#[test]
fn a_profile_has_all_that_is_needed() {
    let service = Service::fast();
    let profile = format!(
        "[profile.work]\norg = \"my-org\"\nbase_url = \"URL\"\nkey = \"{MANAGEMENT_KEY}\"\n"
    );
    let ran = with_profiles(&service, &profile, &["archs", "-o", "name"]).ended(0);
    assert_eq!(ran.out, "gpt-oss-120b\nllama3.1-8b\n");
    assert_eq!(ran.err, "");
}

#[test]
fn the_nearest_profile_is_suggested() {
    let service = Service::fast();
    let profiles = "[profile.work]\norg = \"my-org\"\n[profile.lab]\norg = \"x\"\n";
    let ran = with_profiles(&service, profiles, &["archs", "--profile", "worj"]).ended(2);
    assert!(
        ran.err.ends_with("  next: did you mean \"work\"?\n"),
        "{ran:#?}"
    );
}

#[cfg(unix)]
#[test]
fn a_command_gives_the_key_and_is_asked_again_when_it_is_refused() {
    let service = Service::fast();
    let asked = format!("{}/asked", service.folder.path());
    // The first key is refused, the second one is good.
    let line = format!(
        "if test -e {asked}; then echo {MANAGEMENT_KEY}; else touch {asked}; echo csk-old; fi"
    );
    let profile =
        format!("[profile.work]\norg = \"my-org\"\nbase_url = \"URL\"\nkey_command = \"{line}\"\n");
    with_profiles(&service, &profile, &["archs"]).ended(0);
    let statuses: Vec<_> = service.simulator.journal();
    let statuses: Vec<_> = statuses.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(401), Some(200)]);
}

#[cfg(unix)]
#[test]
fn a_command_that_fails_is_told_and_is_3() {
    let service = Service::fast();
    let profile =
        "[profile.work]\norg = \"my-org\"\nbase_url = \"URL\"\nkey_command = \"exit 7\"\n";
    let ran = with_profiles(&service, profile, &["archs", "-o", "json"]).ended(3);
    let message = ran.error()["message"].to_string();
    assert!(
        message.contains("key_command ended with exit status: 7"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn what_a_command_says_on_standard_error_is_seen() {
    let service = Service::fast();
    let profile = format!(
        "[profile.work]\norg = \"my-org\"\nbase_url = \"URL\"\n\
         key_command = \"echo Passphrase: >&2; echo {MANAGEMENT_KEY}\"\n"
    );
    let ran = with_profiles(&service, &profile, &["archs"]).ended(0);
    assert_eq!(ran.err, "Passphrase:\n");
}

#[test]
fn a_file_is_found_at_home_and_a_key_in_its_place_is_not_shown() {
    let service = Service::fast();
    let profile = |file: &str| {
        format!("[profile.work]\norg = \"my-org\"\nbase_url = \"URL\"\nkey_file = \"{file}\"\n")
    };
    let at_home = format!("{}/the-key", service.folder.path());
    std::fs::write(&at_home, MANAGEMENT_KEY).expect("a file");
    with_profiles(&service, &profile("~/the-key"), &["archs"]).ended(0);
    let ran = with_profiles(&service, &profile("~/other"), &["archs"]).ended(3);
    let other = format!("{}/other", service.folder.path());
    assert!(
        ran.err
            .contains(&format!("next: write the key into {other}")),
        "{ran:#?}"
    );
    for key in ["csk-S3cret", "S3cret", "~/csk-S3cret"] {
        let ran = with_profiles(&service, &profile(key), &["archs"]).ended(3);
        assert!(!ran.err.contains("S3cret"), "{ran:#?}");
        let next = "a key itself is set with key of the profile";
        assert!(ran.err.contains(next), "{ran:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::fast();
    let path = service
        .folder
        .profiles("[profile.work]\norg = \"my-org\"\n");
    let run = || service.run(&["archs", "-o", "name"]).ended(0).err;
    assert_eq!(run(), "");
    let all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&path, all).expect("permissions");
    let shown = path.display();
    assert_eq!(
        run(),
        format!("warning: {shown} can be read by others; `chmod 600 {shown}` mends it\n")
    );
    let quiet = service.run(&["archs", "-o", "name", "--quiet"]).ended(0);
    assert_eq!(quiet.err, run());
    for format in ["json", "ndjson"] {
        let told = service.run(&["archs", "-o", format]).ended(0).error();
        assert_eq!(told["kind"], "warning");
        let message = told["message"].to_string();
        assert!(message.contains("can be read by others"), "{message}");
    }
}

#[test]
fn no_key_is_shown_however_much_is_told() {
    let service = Service::fast();
    let key = "csk-S3cret-0123456789";
    for arguments in [
        &["archs", "-vv"][..],
        &[
            "deploy",
            "candidate",
            harness::ENDPOINT,
            "-vv",
            "-o",
            "json",
        ],
        &["deploy", "candidate", harness::ENDPOINT, "--dry-run", "-vv"],
    ] {
        let mut cbm = service.cbm(arguments);
        cbm.env("CEREBRAS_MANAGEMENT_API_KEY", key);
        let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
        assert!(!format!("{ran:?}").contains("S3cret"), "{ran:#?}");
        assert!(ran.err.contains("HTTP 401"), "{ran:#?}");
    }
}

#[test]
fn a_key_that_cannot_be_one_is_not_repeated() {
    let service = Service::fast();
    let mut cbm = service.cbm(&["archs"]);
    cbm.env("CEREBRAS_MANAGEMENT_API_KEY", "Bearer csk-S3cret");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
    assert_eq!(
        ran.err,
        "error: CEREBRAS_MANAGEMENT_API_KEY holds no key\n  \
         why: API key: byte 0: it starts with \"Bearer \"\n  \
         next: give the key alone; \"Bearer \" is added when it is sent\n"
    );
}

#[test]
fn no_color_comes_before_what_forces_colours() {
    let service = Service::fast();
    let coloured = |arguments: &[&str], no_color: &str| {
        let mut cbm = service.cbm(arguments);
        cbm.env("NO_COLOR", no_color).env("CLICOLOR_FORCE", "1");
        let ran = Ran::of(&cbm.output().expect("cbm runs"));
        (ran.out + &ran.err).contains('\u{1b}')
    };
    for arguments in [&["archs"][..], &["versions", "show", "gpt-oss-120b@9"]] {
        assert!(coloured(arguments, ""), "{arguments:?}");
        assert!(!coloured(arguments, "1"), "{arguments:?}");
    }
}

#[test]
fn a_chat_without_an_inference_key_is_3() {
    let service = Service::fast();
    let mut cbm = service.cbm(&["chat", harness::ENDPOINT, "Hello", "-o", "json"]);
    cbm.env_remove("CEREBRAS_API_KEY");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
    assert_eq!(ran.error()["kind"], "unauthorized");
}

#[test]
fn wrong_usage_has_one_remedy_in_json() {
    let service = Service::fast();
    let remedy = |arguments: &[&str]| {
        let ran = service.run(arguments).ended(2);
        ran.error()["remedy"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        remedy(&["stauts", "-o", "json"]),
        "some similar subcommands exist: 'st', 'status'"
    );
    let usage = remedy(&["deploy", "-o", "json"]);
    assert!(usage.starts_with("it is used so: cbm deploy"), "{usage}");
    assert!(!usage.contains("For more"), "{usage}");
}

#[test]
fn a_port_that_is_taken_has_its_remedy() {
    let service = Service::fast();
    let port = service.simulator.addr().port().to_string();
    let ran = service
        .run(&["simulate", "--port", &port, "-o", "json"])
        .ended(1);
    let remedy = ran.error()["remedy"].to_string();
    assert!(remedy.contains("--port 0"), "{remedy}");
}

#[test]
fn each_request_is_told_with_vv() {
    let service = Service::fast();
    let url = service.simulator.base_url();
    let told = |arguments: &[&str], lines: &[String]| {
        let ran = service.run(arguments).ended(0);
        let mut rest = ran.err.as_str();
        for line in lines {
            let Some(at) = rest.find(line) else {
                panic!("{line:?} is not, or not in its order, in {ran:#?}");
            };
            rest = &rest[at..];
        }
        ran.err
    };
    let archs = "path=\"/management/v1/orgs/my-org/models\"";
    let read = told(
        &["archs", "-vv"],
        &[
            format!(
                "is sent operation=\"list_model_architectures\" method=GET service=\"{url}\" {archs}\n"
            ),
            format!(
                "answered operation=\"list_model_architectures\" method=GET {archs} status=200"
            ),
        ],
    );
    assert!(!read.contains("body="), "{read}");
    let deploy = "path=\"/management/v1/endpoints/my-org-gpt-oss-120b:deployModel\"";
    let body = "{\"model\":\"orgs/my-org/models/gpt-oss-120b/versions/2\"}";
    told(
        &["deploy", "candidate", harness::ENDPOINT, "--no-wait", "-vv"],
        &[
            format!(
                "is sent operation=\"deploy_model\" method=POST service=\"{url}\" {deploy} body={body}\n"
            ),
            format!("answered operation=\"deploy_model\" method=POST {deploy} status=200"),
        ],
    );
    // What a dry run does not send is not told as if it were.
    let dry = service.run(&["deploy", "1", harness::ENDPOINT, "--dry-run", "-vv"]);
    let dry = dry.ended(0).err;
    assert!(dry.contains("operation=\"get_endpoint\""), "{dry}");
    assert!(!dry.contains("deploy_model"), "{dry}");
    // What is said to a model is nobody else's.
    let chat = service.run(&["chat", harness::ENDPOINT, "Sphinx", "-vv"]);
    let chat = chat.ended(0).err;
    assert!(chat.contains("operation=\"chat_completions\""), "{chat}");
    assert!(!chat.contains("Sphinx"), "{chat}");
}
