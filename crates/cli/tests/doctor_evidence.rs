//! `cbm doctor --evidence`: what it finds out, and that nothing of anybody's is in it.

#![allow(missing_docs)]

mod harness;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, Builder, Fault, FaultAction, FaultPlan, Operation, SeedEndpoint, SeedOrg,
    SeedVersion, SeedWorld, Simulator,
};
use harness::{ARCHITECTURE, ENDPOINT, Ran, Service, world};
use serde_json::{Value, json};

/// The verdict of each line, and the report.
type Report = (BTreeMap<u8, String>, String);

fn report(service: &Service) -> Report {
    let path = Path::new(&service.folder.path()).join("report.md");
    let path = path.to_str().expect("UTF-8");
    let ran = service.run(&["doctor", "--evidence", path]);
    let text = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no report: {ran:#?}"));
    (verdicts(&text), text)
}

fn verdicts(report: &str) -> BTreeMap<u8, String> {
    let rows = report.lines().filter(|row| row.starts_with("| "));
    let rows = rows.take_while(|row| !row.starts_with("| where "));
    let cells = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    cells
        .filter_map(|cells| {
            let line = cells[0].trim_start_matches("| ").parse().ok()?;
            Some((line, cells.last()?.trim_end_matches(" |").to_owned()))
        })
        .collect()
}

fn behaving(switches: &[(&str, &str)]) -> Builder {
    let mut behaviour = Behaviour::default();
    for (switch, value) in switches {
        behaviour.set(switch, value).expect("a switch");
    }
    let builder = Simulator::builder().world(world()).behaviour(behaviour);
    builder.speed(3600.0)
}

fn with(switches: &[(&str, &str)]) -> Report {
    report(&Service::start(behaving(switches)))
}

const CONFIRMED: &str = "confirmed";
const CONTRADICTED: &str = "**contradicted**";
const NOT_SEEN: &str = "not seen";

#[test]
fn a_service_that_is_as_its_pages_say_contradicts_nothing() {
    let service = Service::fast();
    let (verdicts, report) = report(&service);
    assert_eq!(verdicts.len(), 22, "{report}");
    for (line, verdict) in &verdicts {
        assert_ne!(verdict, CONTRADICTED, "{line}: {report}");
    }
    for line in [3, 5, 6, 9, 18, 22, 23, 24, 25, 32, 34, 36, 37, 38, 41] {
        assert_eq!(verdicts[&line], CONFIRMED, "{line}: {report}");
    }
    for line in [2, 8, 13, 14, 26, 40] {
        assert_eq!(verdicts[&line], NOT_SEEN, "{line}: {report}");
    }
    assert!(report.contains("Asked was another address than"));
}

#[test]
fn nothing_is_written_to_the_service_and_little_is_asked() {
    let service = Service::fast();
    report(&service);
    let journal = service.simulator.journal();
    assert!(journal.iter().all(|entry| entry.method == "GET"));
    // Two architectures, two endpoints, three versions and what is made up; the checks before it.
    assert!(journal.len() < 20, "{}", journal.len());
}

#[test]
fn what_the_service_does_otherwise_is_told() {
    for (switch, value, line, verdict) in [
        ("architectures", "objects", 6, CONTRADICTED),
        ("error_body", "inference", 5, CONTRADICTED),
        ("replica_counts", "sent", 8, CONFIRMED),
        ("rollout_error", "sent", 8, CONFIRMED),
        ("version_fields", "no_weight_uri", 7, CONFIRMED),
        ("version_fields", "no_aliases", 7, CONFIRMED),
        ("version_fields", "no_aliases", 22, NOT_SEEN),
        ("version_fields", "no_status", 7, CONFIRMED),
        ("version_fields", "nulls", 7, CONFIRMED),
        ("done_signal", "no_status", 14, CONFIRMED),
        ("done_signal", "unknown_status", 13, CONTRADICTED),
        ("done_signal", "unknown_status", 14, CONTRADICTED),
        ("completed_state", "done", 23, CONFIRMED),
        ("deployment_dates", "omitted", 25, NOT_SEEN),
        ("deployment_dates", "omitted", 9, CONFIRMED),
        ("deployment_states", "omitted", 23, NOT_SEEN),
        ("request_id", "x_request_id", 40, CONFIRMED),
        ("request_id", "request_id", 40, CONFIRMED),
        ("other_org", "not_found", 32, CONFIRMED),
    ] {
        let (verdicts, report) = with(&[(switch, value)]);
        assert_eq!(
            verdicts[&line], verdict,
            "{switch}={value}, {line}: {report}"
        );
        assert_eq!(verdicts.len(), 22);
    }
}

/// An answer in the place of the service's.
fn instead(operation: Operation, status: u16, body: &Value) -> Fault {
    let answer = json!({ "answer": {
        "status": status, "content_type": "application/json", "body": body.to_string(),
    } });
    let action: FaultAction = serde_json::from_value(answer).expect("an action");
    Fault::on(operation, action)
}

fn entry(change: &Value) -> Value {
    let mut entry = json!({
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "model": format!("orgs/my-org/models/{ARCHITECTURE}/versions/1"),
        "version_alias": "1", "created": 1_736_700_000, "state": "complete",
    });
    let fields = change.as_object().expect("an object").clone();
    entry.as_object_mut().expect("an object").extend(fields);
    entry
}

fn endpoint(entries: &[Value]) -> Value {
    json!({
        "name": ENDPOINT, "model_arch_id": ARCHITECTURE, "deployed_models": entries,
        "managing_org_name": "my-org", "created": 1, "updated": 2,
    })
}

fn version(id: &str, response: &Value) -> Value {
    let name = format!("orgs/my-org/models/{ARCHITECTURE}/versions/{id}");
    json!({ "name": name, "done": true, "response": response })
}

/// What no switch does: each of these is an answer that breaks an assumption, or bears it out.
#[track_caller]
fn finds(rows: impl IntoIterator<Item = (u8, &'static str, Fault)>) {
    for (line, verdict, fault) in rows {
        let plan = FaultPlan::new().fault(fault);
        let service = Service::start(behaving(&[]).faults(plan));
        let (verdicts, report) = report(&service);
        assert_eq!(verdicts[&line], verdict, "{line}: {report}");
    }
}

#[test]
fn what_is_assumed_of_deployments_can_be_contradicted() {
    let deployed = |entries: &[Value]| instead(Operation::GetEndpoint, 200, &endpoint(entries));
    let one = |change: Value| deployed(&[entry(&change)]);
    let two = || deployed(&[entry(&json!({})), entry(&json!({}))]);
    finds([
        (2, CONFIRMED, one(json!({ "traffic": 0.5 }))),
        (3, CONTRADICTED, one(json!({ "state": "warming" }))),
        (9, CONTRADICTED, one(json!({ "id": 7 }))),
        (23, CONTRADICTED, one(json!({ "state": "warming" }))),
        (24, NOT_SEEN, two()),
        (
            25,
            CONTRADICTED,
            one(json!({ "created": 1_736_700_000_123_u64 })),
        ),
        (
            25,
            CONTRADICTED,
            one(json!({ "created": "2025-01-12T16:40:00Z" })),
        ),
        (26, CONFIRMED, two()),
    ]);
}

#[test]
fn what_is_assumed_of_versions_can_be_contradicted() {
    let listed = |id: &str, response: Value| {
        let list = json!({ "model_versions": [version(id, &response)] });
        instead(Operation::ListModelVersions, 200, &list)
    };
    let got = |id: &str, response: Value| {
        instead(Operation::GetModelVersion, 200, &version(id, &response))
    };
    finds([
        (
            7,
            CONTRADICTED,
            listed("1", json!({ "version_aliases": "production" })),
        ),
        (
            13,
            CONTRADICTED,
            listed("1", json!({ "sync_status": "copying" })),
        ),
        (
            13,
            CONFIRMED,
            listed("1", json!({ "sync_status": "failed" })),
        ),
        (
            18,
            CONTRADICTED,
            listed("1", json!({ "customer_s3_uri": "https://b/k" })),
        ),
        (22, CONTRADICTED, got("2", json!({})).version("run-1")),
        (36, CONTRADICTED, listed("3f2a", json!({}))),
        (
            37,
            CONTRADICTED,
            listed("1", json!({ "customer_s3_uri": "s3://B/k" })),
        ),
        (
            38,
            CONTRADICTED,
            got("1", json!({ "system_fingerprint_suffix": "" })),
        ),
    ]);
}

#[test]
fn what_is_assumed_of_names_and_refusals_can_be_contradicted() {
    use Operation::{ListEndpoints, ListModelArchitectures};
    let odd = json!({ "endpoints": [{ "endpoint_id": "a b" }] });
    let no = json!({ "detail": "no" });
    finds([
        (34, CONTRADICTED, instead(ListEndpoints, 200, &odd)),
        // The first is a check, the second the report's own.
        (
            32,
            CONTRADICTED,
            instead(ListModelArchitectures, 400, &no).after(2),
        ),
        (41, CONTRADICTED, instead(ListEndpoints, 403, &no).after(1)),
    ]);
}

/// Texts that are in a report by no accident.
const SECRETS: [&str; 10] = [
    "zanzibar-org",
    "zk-management-zanzibar",
    "zk-inference-zanzibar",
    "zulu-arch",
    "zebra-endpoint",
    "zeppelin-alias",
    "zodiac-suffix",
    "zircon-bucket",
    "zephyr-prefix",
    "zanzibar_state",
];

fn secret_world() -> SeedWorld {
    let [
        org,
        management,
        inference,
        architecture,
        endpoint,
        alias,
        suffix,
        bucket,
        prefix,
        _,
    ] = SECRETS;
    let version = SeedVersion::new(architecture, format!("s3://{bucket}/{prefix}/run-1"));
    let seed = SeedOrg::new(org)
        .keys(management, inference)
        .architecture(architecture);
    SeedWorld::empty().org(
        seed.version(version.alias(alias).fingerprint_suffix(suffix))
            .endpoint(SeedEndpoint::new(endpoint, architecture).serving(1)),
    )
}

#[test]
fn nothing_of_anybodys_is_in_it() {
    let unknown = |status: &str| {
        let action = json!({ "unknown_status": { "status": status } });
        Fault::on_any(serde_json::from_value(action).expect("an action"))
    };
    let fields = || Fault::on_any(FaultAction::UnknownFields);
    let echo = json!({ "detail": SECRETS, "zanzibar-org": { "zulu-arch": 1 } });
    let refusal = instead(Operation::GetEndpoint, 400, &echo);
    let switches = Behaviour::SWITCHES
        .iter()
        .flat_map(|switch| switch.values.iter().map(|value| (switch.name, *value)));
    let plans = switches.map(|switch| (Some(switch), None));
    let faults = [
        fields(),
        unknown("zanzibar_state"),
        unknown("Zanzibar-Org rolls"),
        refusal,
    ];
    let plans = plans.chain(faults.map(|fault| (None, Some(fault))));
    for (switch, fault) in plans {
        let mut behaviour = Behaviour::default();
        if let Some((name, value)) = switch {
            behaviour.set(name, value).expect("a switch");
        }
        let builder = Simulator::builder()
            .world(secret_world())
            .behaviour(behaviour);
        let service = Service::start(builder.manual_clock());
        service.simulator.advance(Duration::from_mins(1));
        if let Some(fault) = &fault {
            service.simulator.inject(fault.clone());
        }
        let path = Path::new(&service.folder.path()).join("report.md");
        let path = path.to_str().expect("UTF-8");
        let mut cbm = service.cbm(&["doctor", "--evidence", path]);
        cbm.env("CEREBRAS_ORG_NAME", SECRETS[0]);
        cbm.env("CEREBRAS_MANAGEMENT_API_KEY", SECRETS[1]);
        cbm.env("CEREBRAS_API_KEY", SECRETS[2]);
        let ran = Ran::of(&cbm.output().expect("cbm runs"));
        let report = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{ran:#?}"));
        let lower = report.to_lowercase();
        let base = service.simulator.base_url();
        let port = base.rsplit(':').next().expect("a port");
        let ids = service.simulator.deployments(SECRETS[4]);
        let ids: Vec<_> = ids.iter().map(|it| it.id.clone()).collect();
        let planted = SECRETS.iter().copied().chain([port, "run-1"]);
        for secret in planted.chain(ids.iter().map(String::as_str)) {
            assert!(
                !lower.contains(secret),
                "{secret} with {switch:?} {fault:?}: {report}"
            );
        }
        assert!(!lower.contains("zanzibar"), "{report}");
        assert_eq!(verdicts(&report).len(), 22);
    }
}

#[test]
fn without_a_key_that_is_taken_there_is_no_report() {
    let service = Service::fast();
    let path = Path::new(&service.folder.path()).join("report.md");
    let mut cbm = service.cbm(&["doctor", "--evidence", path.to_str().expect("UTF-8")]);
    cbm.env("CEREBRAS_MANAGEMENT_API_KEY", "csk-of-somebody-else");
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(3);
    assert!(ran.err.contains("no evidence: "), "{ran:#?}");
    assert!(!path.exists());
}

#[test]
fn a_report_that_cannot_be_written_is_1_and_says_what_to_do() {
    let service = Service::fast();
    let ran = service
        .run(&["doctor", "--evidence", "no/such/folder/report.md"])
        .ended(1);
    assert!(
        ran.err
            .contains("no/such/folder/report.md cannot be written"),
        "{ran:#?}"
    );
    assert!(ran.err.contains("next: name another file"), "{ran:#?}");
}

#[test]
fn a_report_is_written_over_and_nothing_else() {
    let service = Service::fast();
    let path = format!("{}/notes.md", service.folder.path());
    let run = || service.run(&["doctor", "--evidence", &path]);
    std::fs::write(&path, "# Mine").expect("a file");
    let ran = run().ended(2);
    assert!(ran.err.contains("is there already"), "{ran:#?}");
    assert_eq!(std::fs::read_to_string(&path).expect("it stays"), "# Mine");
    std::fs::remove_file(&path).expect("it was there");
    run().ended(0);
    run().ended(0);
}

#[test]
fn it_has_a_name_of_its_own_where_none_is_given() {
    let service = Service::fast();
    let mut cbm = service.cbm(&["doctor", "--evidence"]);
    cbm.current_dir(service.folder.path());
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(0);
    assert!(ran.err.starts_with("cbm-evidence.md: "), "{ran:#?}");
    assert!(
        Path::new(&service.folder.path())
            .join("cbm-evidence.md")
            .exists()
    );
}
