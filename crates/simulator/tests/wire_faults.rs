//! Faults as a client meets them: refused connections, slow and huge bodies, answers that are not
//! what the page says.

mod common;

use std::time::{Duration, Instant};

use cerebras_management_simulator::{
    Fault, FaultAction, FaultPlan, MANAGEMENT_KEY, Operation, RetryAfter, RolloutOutcome,
    Simulator, SyncOutcome,
};
use common::{ENDPOINT, Rig};
use reqwest::Response;
use serde_json::{Value, json};

const ARCHITECTURES: &str = "orgs/my-org/models";

async fn get(rig: &Rig, path: &str) -> reqwest::Result<Response> {
    let url = format!("{}/management/v1/{path}", rig.simulator.base_url());
    rig.client.get(url).bearer_auth(MANAGEMENT_KEY).send().await
}

/// The answer to one request that a fault hits.
async fn hit(rig: &Rig, path: &str, action: FaultAction) -> Response {
    rig.simulator.inject(Fault::on_any(action).once());
    get(rig, path).await.expect("an answer")
}

fn architectures() -> Value {
    json!({ "model_architectures": ["gpt-oss-120b", "llama3.1-8b"] })
}

#[tokio::test]
async fn connections_are_refused_and_accepted_again_on_the_same_port() {
    let rig = Rig::start().await;
    // An open connection does not outlive the port.
    rig.get(ARCHITECTURES).await.ok();
    let address = rig.simulator.addr();
    rig.simulator.refuse_connections().await;
    for _ in 0..3 {
        let error = get(&rig, ARCHITECTURES).await.expect_err("no connection");
        assert!(error.is_connect(), "{error:?}");
    }
    rig.simulator.accept_connections().await;
    rig.get(ARCHITECTURES).await.ok();
    assert_eq!(rig.simulator.addr(), address);
    assert_eq!(rig.simulator.count(Operation::ListModelArchitectures), 2);
}

#[tokio::test]
async fn a_request_can_be_followed_by_refused_connections() {
    let rig = Rig::start().await;
    let refuse = FaultAction::Refuse {
        milliseconds: 3_600_000,
    };
    rig.simulator.inject(Fault::on_any(refuse.clone()).once());
    let error = get(&rig, ARCHITECTURES).await.expect_err("no answer");
    assert!(
        !error.is_connect(),
        "its own connection was made: {error:?}"
    );
    let error = get(&rig, ARCHITECTURES).await.expect_err("no connection");
    assert!(error.is_connect(), "{error:?}");
    rig.simulator.accept_connections().await;
    rig.get(ARCHITECTURES).await.ok();
    let journal = rig.simulator.journal();
    let seen: Vec<_> = journal
        .into_iter()
        .map(|e| (e.status, e.handled, e.fault))
        .collect();
    assert_eq!(seen, [(None, false, Some(refuse)), (Some(200), true, None)]);
}

#[tokio::test]
async fn refused_connections_are_accepted_when_their_time_is_over() {
    let rig = Rig::start().await;
    let refuse = FaultAction::Refuse { milliseconds: 50 };
    rig.simulator.inject(Fault::on_any(refuse).once());
    get(&rig, ARCHITECTURES).await.expect_err("no answer");
    while get(&rig, ARCHITECTURES).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// While it refuses connections, its port is not given to another.
#[tokio::test]
async fn a_port_that_refuses_connections_stays_its_own() {
    let simulator = Simulator::start().await.expect("a simulator");
    simulator.refuse_connections().await;
    let port = simulator.addr().port();
    for _ in 0..50 {
        let other = Simulator::start().await.expect("a simulator");
        assert_ne!(other.addr().port(), port);
    }
    simulator.accept_connections().await;
    reqwest::get(simulator.base_url()).await.expect("an answer");
}

#[tokio::test]
async fn a_retry_after_can_be_a_date() {
    let rig = Rig::start().await;
    let action = FaultAction::Status {
        status: 503,
        retry_after: Some(RetryAfter::DateIn { date_in: 0 }),
    };
    let answer = hit(&rig, ARCHITECTURES, action).await;
    let value = answer.headers()["retry-after"].to_str().expect("ASCII");
    let date = httpdate::parse_http_date(value).expect("a date");
    let ago = date.elapsed().expect("not in the future");
    assert!(ago < Duration::from_secs(60), "{value}");
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let rig = Rig::start().await;
    let limit = FaultAction::RateLimit {
        burst: 2,
        per_minute: 6,
    };
    rig.simulator.inject(Fault::on_any(limit));
    for _ in 0..2 {
        rig.get(ARCHITECTURES).await.ok();
    }
    let answer = get(&rig, ARCHITECTURES).await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"10".parse().expect("a value"))
    );
    rig.simulator.advance(Duration::from_secs(10));
    rig.get(ARCHITECTURES).await.ok();
    assert_eq!(rig.get(ARCHITECTURES).await.status, 429);
}

/// A client that waits as long as it is told finds a token, however fast the clock runs.
#[tokio::test]
async fn a_rate_limit_is_told_in_real_seconds() {
    let simulator = Simulator::builder().speed(30.0).start().await;
    let rig = Rig {
        simulator: simulator.expect("a simulator"),
        client: reqwest::Client::new(),
    };
    let limit = FaultAction::RateLimit {
        burst: 1,
        per_minute: 1,
    };
    rig.simulator.inject(Fault::on_any(limit));
    rig.get(ARCHITECTURES).await.ok();
    let answer = get(&rig, ARCHITECTURES).await.expect("an answer");
    let seconds = answer.headers()["retry-after"].to_str().expect("ASCII");
    let seconds: u64 = seconds.parse().expect("seconds");
    // A minute takes 2 s here, and some of it may be over.
    assert!((1..=2).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_page_from_the_edge() {
    let rig = Rig::start().await;
    let answer = hit(&rig, ARCHITECTURES, FaultAction::EdgePage { status: 502 }).await;
    assert_eq!(answer.status(), 502);
    let header = |name| answer.headers()[name].to_str().expect("ASCII").to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("server"), "cloudflare");
    assert_eq!(header("cf-ray"), "51a0000000000001-SIM");
    let page = answer.text().await.expect("a body");
    assert!(page.contains("<title>502: Bad Gateway</title>"), "{page}");
}

#[tokio::test]
async fn a_body_that_trickles_comes_whole_in_the_end() {
    let rig = Rig::start().await;
    let trickle = FaultAction::Trickle {
        bytes: 20,
        milliseconds: 20,
    };
    let before = Instant::now();
    let mut answer = hit(&rig, ARCHITECTURES, trickle).await;
    assert_eq!(answer.headers()["content-length"], "54");
    let mut pieces = Vec::new();
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        pieces.push(piece.len());
    }
    assert_eq!(pieces, [20, 20, 14]);
    assert!(before.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn a_body_that_is_no_json_comes_whole() {
    let rig = Rig::start().await;
    let answer = hit(&rig, ARCHITECTURES, FaultAction::InvalidJson).await;
    assert_eq!(answer.headers()["content-length"], "27");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body = answer.text().await.expect("a whole body");
    assert_eq!(body, r#"{"model_architectures":["gp"#);
}

#[tokio::test]
async fn a_body_of_another_shape() {
    let rig = Rig::start().await;
    let answer = hit(&rig, ARCHITECTURES, FaultAction::WrongShape).await;
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body, json!([architectures()]));
}

#[tokio::test]
async fn an_answer_with_unknown_fields() {
    let rig = Rig::start().await;
    let answer = hit(&rig, ARCHITECTURES, FaultAction::UnknownFields).await;
    let body: Value = answer.json().await.expect("JSON");
    let mut expected = architectures();
    expected["x_simulated_field"] = json!({ "a": [1, null] });
    assert_eq!(body, expected);
}

/// The truth is another.
#[tokio::test]
async fn an_answer_with_an_unknown_status() {
    let rig = Rig::serving_one_version().await;
    let unknown = FaultAction::UnknownStatus {
        status: "paused".into(),
    };
    let answer = hit(&rig, &format!("endpoints/{ENDPOINT}"), unknown.clone()).await;
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["deployed_models"][0]["state"], "paused");
    let version = "orgs/my-org/models/gpt-oss-120b/versions/1";
    let answer = hit(&rig, version, unknown).await;
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["response"]["sync_status"], "paused");
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
}

#[tokio::test]
async fn a_huge_body_is_still_json() {
    let rig = Rig::start().await;
    let huge = FaultAction::HugeBody { bytes: 3_000_000 };
    let answer = hit(&rig, ARCHITECTURES, huge).await;
    assert_eq!(answer.headers().get("content-length"), None);
    let body = answer.bytes().await.expect("a body");
    assert_eq!(body.len(), 3_000_000 + 54);
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body, architectures());
}

/// What is never read costs nothing.
#[tokio::test]
async fn a_body_can_be_larger_than_any_memory() {
    let rig = Rig::start().await;
    let huge = FaultAction::HugeBody { bytes: u64::MAX };
    let mut answer = hit(&rig, ARCHITECTURES, huge).await;
    let mut length = 0;
    while length < 1 << 20 {
        let piece = answer.chunk().await.expect("a piece");
        length += piece.expect("more").len();
    }
}

#[tokio::test]
async fn a_fault_can_be_for_one_version_only() {
    let rig = Rig::start().await;
    for uri in ["s3://b/1", "s3://b/2"] {
        rig.upload(uri).await;
    }
    let fault = Fault::on(
        Operation::DeployModel,
        FaultAction::EdgePage { status: 403 },
    );
    rig.simulator.inject(fault.endpoint(ENDPOINT).version("2"));
    rig.deploy("1").await.ok();
    let path = format!(
        "{}/management/v1/endpoints/{ENDPOINT}:deployModel",
        rig.simulator.base_url()
    );
    let body = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/2" });
    let request = rig
        .client
        .post(path)
        .bearer_auth(MANAGEMENT_KEY)
        .json(&body);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 403);
    assert_eq!(rig.simulator.deployments(ENDPOINT).len(), 1);
}

#[tokio::test]
async fn a_plan_is_there_from_the_start() {
    let plan = FaultPlan::new()
        .fault(Fault::on_any(FaultAction::EdgePage { status: 520 }).nth(2))
        .sync("gpt-oss-120b", SyncOutcome::Fails)
        .rollout(ENDPOINT, RolloutOutcome::Errors { replicas: 0 });
    let rig = Rig::with(Simulator::builder().faults(plan.clone())).await;
    assert_eq!(rig.simulator.faults(), plan);
    rig.get(ARCHITECTURES).await.ok();
    let answer = get(&rig, ARCHITECTURES).await.expect("an answer");
    assert_eq!(answer.status(), 520);
    assert_eq!(rig.simulator.faults().faults, []);

    let wrong = FaultPlan::new().rollout("e", RolloutOutcome::Completes);
    let error = rig
        .simulator
        .set_faults(wrong)
        .expect_err("no such endpoint");
    let expected = "rollout[0].endpoint: the world has no endpoint \"e\"; expected one of: \
                    my-org-gpt-oss-120b, my-org-llama3.1-8b";
    assert_eq!(error.to_string(), expected);
    assert_eq!(rig.simulator.faults().syncs.len(), 1);
}
