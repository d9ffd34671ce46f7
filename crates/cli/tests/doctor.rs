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
    bad.retain(|(check, result)| {
        result != "ok" && (check != "inference key" || variable == "CEREBRAS_API_KEY")
    });
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
    let mut results = results(&ran);
    assert_eq!(results.len(), 6);
    // No read tells whether inference takes a key.
    let unchecked = results.pop().expect("six");
    assert_eq!(
        unchecked,
        ("inference key".to_owned(), "skipped".to_owned())
    );
    assert!(results.iter().all(|(_, result)| result == "ok"), "{ran:#?}");
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
fn without_a_good_key_the_network_and_the_clock_are_checked_all_the_same() {
    let same = cerebras_management_simulator::INFERENCE_KEY;
    for key in [None, Some(""), Some(same)] {
        let code = if key == Some(same) { 2 } else { 3 };
        let (bad, _) = with("CEREBRAS_MANAGEMENT_API_KEY", key, code);
        assert_eq!(bad, pairs(&[("management key", "failed")]));
    }
}

#[test]
fn the_name_and_not_the_key_is_blamed_for_an_organization_of_others() {
    let (bad, ran) = with("CEREBRAS_ORG_NAME", Some("nope"), 3);
    let expected = [
        ("organization name", "failed"),
        ("management key", "skipped"),
    ];
    assert_eq!(bad, pairs(&expected));
    assert!(ran.out.contains("(CEREBRAS_ORG_NAME is nope)"), "{ran:#?}");
    let (bad, _) = with("CEREBRAS_ORG_NAME", Some("not/a name"), 2);
    assert_eq!(bad, pairs(&expected));
}

#[test]
fn an_address_that_is_none_is_told_by_its_variable() {
    for address in ["", "api.cerebras.ai"] {
        let (bad, ran) = with("CEREBRAS_MANAGEMENT_BASE_URL", Some(address), 2);
        let expected = [
            ("network", "failed"),
            ("clock", "skipped"),
            ("management key", "skipped"),
        ];
        assert_eq!(bad, pairs(&expected));
        let told = "CEREBRAS_MANAGEMENT_BASE_URL holds no address";
        assert!(ran.out.contains(told), "{ran:#?}");
    }
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
