//! The simulator's own routes: faults, the journal, the clock and the truth, over HTTP.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{MANAGEMENT_KEY, Operation, Simulator};
use common::{ENDPOINT, Rig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn admin(rig: &Rig, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("{}/_simulator/{path}", rig.simulator.base_url());
    let mut request = rig.client.request(method, url);
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn get(rig: &Rig, path: &str) -> Value {
    let (status, body) = admin(rig, Method::GET, path, None).await;
    assert_eq!(status, 200, "{body}");
    body
}

fn empty_journal() -> Value {
    json!({ "requests": [], "counts": {}, "limit": 10_000, "dropped": 0 })
}

fn no_plan() -> Value {
    json!({ "seed": 0, "fault": [], "sync": [], "rollout": [] })
}

#[tokio::test]
async fn a_plan_is_put_added_to_read_and_deleted() {
    let rig = Rig::start().await;
    assert_eq!(get(&rig, "faults").await, no_plan());
    let close = json!({ "operation": "deploy_model", "after": 1, "times": 2, "action": "close" });
    let sync = json!({ "architecture": "gpt-oss-120b", "outcome": "fails", "times": 1 });
    let plan = json!({ "seed": 7, "fault": [close], "sync": [sync] });
    let (status, set) = admin(&rig, Method::PUT, "faults", Some(&plan)).await;
    let expected = json!({ "seed": 7, "fault": [close], "sync": [sync], "rollout": [] });
    assert_eq!((status, &set), (200, &expected));

    let rollout = json!({
        "endpoint": ENDPOINT,
        "outcome": { "stalls": { "replicas": 2 } },
        "times": 3
    });
    let more = json!({ "rollout": [rollout], "fault": [{ "action": "cut_body", "after": 9 }] });
    let (status, set) = admin(&rig, Method::POST, "faults", Some(&more)).await;
    let cut = json!({ "after": 9, "action": "cut_body" });
    let expected = json!({
        "seed": 7, "fault": [close, cut], "sync": [sync], "rollout": [rollout]
    });
    assert_eq!((status, &set), (200, &expected));

    let (status, set) = admin(&rig, Method::DELETE, "faults", None).await;
    assert_eq!((status, set), (200, no_plan()));
}

/// What has come to pass is no longer in the plan.
#[tokio::test]
async fn a_plan_shows_what_is_left_of_it() {
    let rig = Rig::start().await;
    let plan = json!({
        "fault": [
            { "operation": "list_endpoints", "action": { "status": { "status": 503 } }, "times": 1 },
            { "operation": "get_endpoint", "action": "close", "after": 2, "times": 5 }
        ],
        "sync": [{ "architecture": "gpt-oss-120b", "outcome": "stalls", "times": 2 }]
    });
    admin(&rig, Method::PUT, "faults", Some(&plan)).await;
    rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    assert_eq!(rig.get("orgs/my-org/endpoints").await.status, 503);
    rig.upload("s3://b/1").await;
    let left = json!({
        "seed": 0,
        "fault": [{ "operation": "get_endpoint", "action": "close", "after": 1, "times": 5 }],
        "sync": [{ "architecture": "gpt-oss-120b", "outcome": "stalls", "times": 1 }],
        "rollout": []
    });
    assert_eq!(get(&rig, "faults").await, left);
    let version = rig.get("orgs/my-org/models/gpt-oss-120b/versions/1").await;
    assert_eq!(version.ok()["response"]["sync_status"], "in_progress");
}

#[tokio::test]
async fn a_plan_that_cannot_come_true_is_refused_and_changes_nothing() {
    let rig = Rig::start().await;
    let plan = json!({ "fault": [{ "action": "close", "after": 100 }] });
    let (_, before) = admin(&rig, Method::PUT, "faults", Some(&plan)).await;
    let endpoints = "my-org-gpt-oss-120b, my-org-llama3.1-8b";
    for (plan, expected) in [
        (
            json!({ "fault": [{ "action": "close" }, { "action": "close", "endpoint": "my-orgg" }] }),
            format!(
                "fault[1].endpoint: the world has no endpoint \"my-orgg\"; expected one of: \
                 {endpoints}"
            ),
        ),
        (
            json!({ "rollout": [{ "endpoint": "e", "outcome": "completes" }] }),
            format!(
                "rollout[0].endpoint: the world has no endpoint \"e\"; expected one of: {endpoints}"
            ),
        ),
        (
            json!({ "fault": [{ "action": { "edge_page": { "status": 100 } } }] }),
            "fault[0].action: expected a status from 200 to 999, not 100".into(),
        ),
        (
            json!({ "faults": [] }),
            "unknown field `faults`, expected one of `seed`, `fault`, `sync`, `rollout` at line 1 \
             column 9"
                .into(),
        ),
        (
            json!({ "fault": [{ "action": "close", "probability": 2 }] }),
            "expected a probability from 0 to 1, not 2 at line 1 column 44".into(),
        ),
    ] {
        for method in [Method::PUT, Method::POST] {
            let refused = admin(&rig, method, "faults", Some(&plan)).await;
            assert_eq!(refused, (422, json!({ "detail": expected })), "{plan}");
        }
        assert_eq!(get(&rig, "faults").await, before);
    }
}

#[tokio::test]
async fn the_journal_has_each_request_and_what_was_done_to_it() {
    let rig = Rig::start().await;
    let limited = json!({ "status": { "status": 429, "retry_after": 7 } });
    let plan = json!({ "fault": [{
        "operation": "list_endpoints", "action": limited, "times": 1
    }] });
    admin(&rig, Method::PUT, "faults", Some(&plan)).await;
    rig.get("orgs/my-org/endpoints").await;
    rig.simulator.advance(Duration::from_millis(1500));
    rig.get("orgs/my-org/endpoints").await.ok();
    rig.get("nothing").await;
    let expected = json!({
        "requests": [
            {
                "at": 0, "method": "GET", "path": "/management/v1/orgs/my-org/endpoints",
                "operation": "list_endpoints", "status": 429, "handled": false, "fault": limited
            },
            {
                "at": 1.5, "method": "GET", "path": "/management/v1/orgs/my-org/endpoints",
                "operation": "list_endpoints", "status": 200, "handled": true, "fault": null
            },
            {
                "at": 1.5, "method": "GET", "path": "/management/v1/nothing",
                "operation": null, "status": 404, "handled": true, "fault": null
            }
        ],
        "counts": { "list_endpoints": 2 },
        "limit": 10_000,
        "dropped": 0
    });
    assert_eq!(get(&rig, "journal").await, expected);

    let cleared = admin(&rig, Method::DELETE, "journal", None).await;
    assert_eq!(cleared, (204, Value::Null));
    assert_eq!(get(&rig, "journal").await, empty_journal());
}

/// What a write asked for can be looked at, with nothing that is secret.
#[tokio::test]
async fn the_journal_has_queries_and_bodies_without_keys() {
    let rig = Rig::serving_one_version().await;
    let version = "orgs/my-org/models/gpt-oss-120b/versions/1";
    let aliases = json!({ "version_aliases": ["run-1", "stable"] });
    rig.patch(version, &aliases).await.ok();
    let query = format!("page=2&q={MANAGEMENT_KEY}&api_key=another");
    rig.get(&format!("{version}?{query}")).await.ok();
    let leaked = json!({ "version_aliases": ["stable"], "key": MANAGEMENT_KEY });
    assert_eq!(rig.patch(version, &leaked).await.status, 422);
    let long = json!({ "version_aliases": vec!["a".repeat(60); 100] });
    rig.patch(version, &long).await.ok();

    let journal = rig.simulator.journal();
    let deploy = journal[1].json().expect("a body in JSON");
    let model = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/1" });
    assert_eq!((deploy, journal[1].query.as_deref()), (model, None));
    assert_eq!(journal[2].json(), Some(aliases.clone()));
    let read = &journal[3];
    assert_eq!(read.query.as_deref(), Some("page=2&q=<key>&api_key=<key>"));
    assert_eq!((&read.body, read.json()), (&None, None));
    let leaked = journal[4].json().expect("a body in JSON");
    assert_eq!(leaked["key"], "<key>");
    assert_eq!(journal[5].body.as_ref().map(String::len), Some(4096));
    assert_eq!(journal[5].json(), None);

    let requests = get(&rig, "journal").await["requests"].clone();
    assert_eq!(requests[2]["body"], aliases.to_string());
    assert_eq!(requests[3]["query"], "page=2&q=<key>&api_key=<key>");
    assert!(!requests.to_string().contains(MANAGEMENT_KEY), "{requests}");
}

#[tokio::test]
async fn the_journal_says_how_much_of_it_is_gone() {
    let rig = Rig::with(Simulator::builder().journal_limit(2)).await;
    let told = async || {
        let journal = get(&rig, "journal").await;
        let requests = journal["requests"].as_array().expect("a list");
        let paths: Vec<_> = requests.iter().map(|r| r["path"].clone()).collect();
        let told = [&journal["counts"], &journal["limit"], &journal["dropped"]];
        assert_eq!(journal["dropped"], rig.simulator.journal_dropped());
        (paths, told.map(Clone::clone))
    };
    for n in 1..=2 {
        rig.get(&format!("endpoints/{n}")).await;
    }
    let paths = |names: &[u8]| {
        let names = names.iter();
        names
            .map(|n| Value::from(format!("/management/v1/endpoints/{n}")))
            .collect::<Vec<_>>()
    };
    let counts = |n: u8| json!({ "get_endpoint": n });
    let all = (paths(&[1, 2]), [counts(2), json!(2), json!(0)]);
    assert_eq!(told().await, all);
    for n in 3..=5 {
        rig.get(&format!("endpoints/{n}")).await;
    }
    let last = (paths(&[4, 5]), [counts(5), json!(2), json!(3)]);
    assert_eq!(told().await, last);
    rig.simulator.clear_journal();
    let none = (paths(&[]), [json!({}), json!(2), json!(0)]);
    assert_eq!(told().await, none);

    let rig = Rig::with(Simulator::builder().journal_limit(0)).await;
    rig.get("endpoints/1").await;
    assert_eq!(rig.simulator.journal(), []);
    assert_eq!(rig.simulator.journal_dropped(), 1);
    assert_eq!(rig.simulator.count(Operation::GetEndpoint), 1);
}

#[tokio::test]
async fn the_clock_is_moved() {
    let rig = Rig::start().await;
    let moved = admin(
        &rig,
        Method::POST,
        "advance",
        Some(&json!({ "seconds": 90 })),
    )
    .await;
    assert_eq!(moved, (200, json!({ "now": 90.0 })));
    let moved = admin(
        &rig,
        Method::POST,
        "advance",
        Some(&json!({ "seconds": 0.5 })),
    )
    .await;
    assert_eq!(moved, (200, json!({ "now": 90.5 })));
    assert_eq!(rig.simulator.now(), Duration::from_millis(90_500));
    for bad in [
        json!({ "seconds": -1 }),
        json!({ "minutes": 1 }),
        json!(null),
    ] {
        let (status, _) = admin(&rig, Method::POST, "advance", Some(&bad)).await;
        assert_eq!(status, 422, "{bad}");
    }
    assert_eq!(rig.simulator.now(), Duration::from_millis(90_500));
}

#[tokio::test]
async fn the_truth_is_told() {
    let rig = Rig::serving_one_version().await;
    let world = get(&rig, "world").await;
    let snapshot = serde_json::to_value(rig.simulator.snapshot()).expect("JSON");
    assert_eq!(world, snapshot);
    assert_eq!(world["now"], 220);
    assert_eq!(world["endpoints"][0]["serving"], 1);
    let version = &world["orgs"][0]["architectures"][0]["versions"][0];
    assert_eq!(version["sync"], "synced");
}

#[tokio::test]
async fn faults_and_journal_are_for_the_service_only() {
    let rig = Rig::start().await;
    let plan = json!({ "fault": [{ "action": "close" }] });
    admin(&rig, Method::PUT, "faults", Some(&plan)).await;
    assert_eq!(get(&rig, "journal").await, empty_journal());
    for (method, path, status) in [
        (Method::GET, "nothing", StatusCode::NOT_FOUND),
        (Method::POST, "world", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let (found, _) = admin(&rig, method, path, None).await;
        assert_eq!(found, status);
    }
    assert_eq!(get(&rig, "journal").await, empty_journal());
}
