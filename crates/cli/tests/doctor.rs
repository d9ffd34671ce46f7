//! `cbm doctor`: each check fails alone, with its remedy.

#![allow(missing_docs)]

mod harness;

use harness::{Ran, Service};

fn results(ran: &Ran) -> Vec<(String, String)> {
    let checks = ran.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let checks = checks.as_array().expect("a list").iter();
    checks
        .map(|it| (text(&it["check"]), text(&it["result"])))
        .collect()
}

/// The checks that did not go well, with a variable changed.
#[track_caller]
fn with(variable: &str, value: Option<&str>, code: i32) -> (Vec<(String, String)>, Ran) {
    let service = Service::fast();
    let mut cbm = service.cbm(&["doctor", "-o", "json"]);
    match value {
        Some(value) => cbm.env(variable, value),
        None => cbm.env_remove(variable),
    };
    let ran = Ran::of(&cbm.output().expect("cbm runs")).ended(code);
    let mut bad = results(&ran);
    bad.retain(|(_, result)| result != "ok");
    for check in ran.json().as_array().expect("a list") {
        assert_eq!(check["result"] == "failed", check["remedy"].is_string());
    }
    (bad, ran)
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn all_is_well_and_nothing_is_written() {
    let service = Service::fast();
    let ran = service.run(&["doctor", "-o", "json"]).ended(0);
    assert!(
        results(&ran).iter().all(|(_, result)| result == "ok"),
        "{ran:#?}"
    );
    assert_eq!(results(&ran).len(), 6);
    let journal = service.simulator.journal();
    assert!(journal.iter().all(|entry| entry.method == "GET"));
}

#[test]
fn a_refused_key_is_3() {
    let (bad, ran) = with("CEREBRAS_MANAGEMENT_API_KEY", Some("csk-S3cret-012345"), 3);
    assert_eq!(bad, pairs(&[("management key", "failed")]));
    assert!(!format!("{ran:?}").contains("S3cret"));
    let remedy = "set CEREBRAS_MANAGEMENT_API_KEY to a valid Management API key";
    assert!(ran.out.contains(remedy), "{ran:#?}");
}

#[test]
fn without_a_key_the_rest_is_skipped() {
    let (bad, _) = with("CEREBRAS_MANAGEMENT_API_KEY", None, 3);
    assert_eq!(bad[0], ("management key".to_owned(), "failed".to_owned()));
    assert!(bad[1..].iter().all(|(_, result)| result == "skipped"));
}

#[test]
fn a_service_that_is_not_there_is_7() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let url = format!("http://{}", free.expect("a port"));
    let (bad, _) = with("CEREBRAS_MANAGEMENT_BASE_URL", Some(&url), 7);
    let expected = [
        ("network", "failed"),
        ("clock", "skipped"),
        ("management key", "failed"),
    ];
    assert_eq!(bad, pairs(&expected));
}

#[test]
fn without_an_inference_key_all_is_well() {
    let (bad, _) = with("CEREBRAS_API_KEY", None, 0);
    assert_eq!(bad, pairs(&[("inference key", "skipped")]));
}

#[test]
fn without_an_organization_name_it_is_2() {
    let (bad, _) = with("CEREBRAS_ORG_NAME", None, 2);
    assert_eq!(
        bad[0],
        ("organization name".to_owned(), "failed".to_owned())
    );
}
