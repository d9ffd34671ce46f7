//! What a person sees on the simulator's page, in headless Chromium.

mod browser;
mod common;

use std::time::Duration;

use browser::Browser;
use cerebras_management_simulator::{Fault, FaultAction, Operation, Simulator};
use common::{ENDPOINT, Rig};
use serde_json::{Value, json};

const UPLOAD: &str = "orgs/my-org/models:upload";
/// The card of the endpoint.
const CARD: &str = "#endpoints > li:first-child";
/// The newest deployment, version and request.
const DEPLOYMENT: &str = "#endpoints > li:first-child ol > li:first-child";
const VERSION: &str = "#architectures > li:first-child tbody > tr:first-child";
const REQUEST: &str = "#requests > tr:first-child";

fn upload(model: &Value) -> Value {
    json!({ "model_arch_id": "gpt-oss-120b", "model": model })
}

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[tokio::test]
async fn a_person_watches_a_rollout() {
    let rig = Rig::serving_one_version().await;
    let Some(page) = Browser::open(&rig.simulator.base_url()).await else {
        return;
    };
    page.sees("#connection", "Live").await;
    page.sees("header", "Simulator. Not the Cerebras service.")
        .await;
    page.sees("main", &rig.simulator.base_url()).await;
    page.sees("#orgs", "Org my-org").await;
    page.sees("#orgs", "Management key simulated-management-key")
        .await;
    page.sees("#orgs", "Inference key simulated-inference-key")
        .await;
    page.sees("#speed", "moved by hand").await;
    page.sees("#time", "2025-01-12 16:43:40 UTC").await;
    page.sees(
        CARD,
        &format!("{ENDPOINT} gpt-oss-120b in my-org, 4 replicas"),
    )
    .await;
    page.sees(CARD, "Serves version 1").await;

    // The upload.
    let model = json!({
        "weight_uri": "s3://my-bucket/run-42",
        "version_aliases": ["candidate"],
        "system_fingerprint_suffix": "run-42"
    });
    rig.post(UPLOAD, &upload(&model)).await.ok();
    page.sees(VERSION, "2 queued candidate run-42 s3://my-bucket/run-42")
        .await;
    page.sees(REQUEST, "POST /management/v1/orgs/my-org/models:upload 200")
        .await;
    rig.simulator.advance(seconds(5));
    page.sees(VERSION, "2 in progress candidate").await;
    rig.simulator.advance(seconds(120));
    page.sees(VERSION, "2 done candidate").await;

    // The rollout.
    rig.deploy("2").await.ok();
    page.sees(DEPLOYMENT, "Version 2 not started").await;
    rig.simulator.advance(seconds(50));
    page.sees(DEPLOYMENT, "Version 2 in progress 2 of 4 replicas")
        .await;
    page.sees(CARD, "Serves version 1").await;
    page.sees(CARD, "Version 1 complete 2 of 4 replicas").await;
    rig.simulator.advance(seconds(45));
    page.sees(DEPLOYMENT, "Version 2 complete 4 of 4 replicas")
        .await;
    page.sees(CARD, "Serves version 2 candidate").await;
    page.sees("#news", "rollout complete").await;

    // The alias moves.
    let aliases = json!({ "version_aliases": ["production"] });
    let path = "orgs/my-org/models/gpt-oss-120b/versions/2";
    rig.patch(path, &aliases).await.ok();
    page.sees(CARD, "Serves version 2 production").await;
    page.sees(VERSION, "2 done production").await;
    assert_eq!(page.complaints().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_person_sees_what_fails() {
    let rig = Rig::serving_one_version().await;
    rig.upload("s3://my-bucket/second").await;
    let Some(page) = Browser::open(&rig.simulator.base_url()).await else {
        return;
    };
    rig.simulator
        .fail_next_rollout(ENDPOINT)
        .expect("a known endpoint");
    rig.deploy("2").await.ok();
    rig.simulator.advance(seconds(28));
    page.sees(DEPLOYMENT, "Version 2 in progress 1 of 4 replicas")
        .await;
    rig.simulator.advance(seconds(22));
    page.sees(DEPLOYMENT, "Version 2 rolling back").await;
    rig.simulator.advance(seconds(30));
    page.sees(DEPLOYMENT, "Version 2 rolled back").await;
    page.sees(CARD, "Serves version 1").await;
    page.sees(CARD, "Version 1 complete 4 of 4 replicas").await;

    let status = FaultAction::Status {
        status: 503,
        retry_after: None,
    };
    rig.simulator
        .inject(Fault::on(Operation::ChatCompletions, status).once());
    rig.chat(ENDPOINT).await;
    let seen = "POST /v1/chat/completions 503 status 503";
    page.sees(REQUEST, seen).await;
    assert_eq!(page.complaints().await, [] as [Value; 0]);

    let port = rig.simulator.addr().port();
    rig.simulator.stop().await;
    page.sees("#connection", "Connection lost.").await;
    page.sees(
        "#connection",
        "What is shown is as of 2025-01-12 16:47:05 UTC",
    )
    .await;
    page.sees(CARD, "Serves version 1").await;

    let next = Simulator::builder().port(port).start().await;
    let _next = next.expect("the same port");
    page.sees("#connection", "Live").await;
    page.sees(CARD, "Serves nothing yet").await;
}

#[tokio::test]
async fn what_looks_like_markup_shows_as_text() {
    let rig = Rig::start().await;
    let Some(page) = Browser::open(&rig.simulator.base_url()).await else {
        return;
    };
    let markup = "<img src=x onerror=document.title='changed'>";
    let model = json!({
        "weight_uri": format!("s3://b/{markup}"),
        "system_fingerprint_suffix": "<b>bold</b>"
    });
    rig.post(UPLOAD, &upload(&model)).await.ok();
    page.sees(VERSION, &format!("<b>bold</b> s3://b/{markup}"))
        .await;
    let elements = "return document.querySelectorAll('img, [data-slot=suffix] > *, [data-slot=weights] > *').length";
    assert_eq!(page.run(elements, &[]).await, 0);
    let title = page.run("return document.title", &[]).await;
    assert_eq!(title, "Simulator of the Cerebras Management API");

    // Nor does what is long push anything off a phone.
    let long = "x".repeat(128);
    let model = json!({
        "weight_uri": format!("s3://b/{long}"),
        "version_aliases": [long],
        "system_fingerprint_suffix": long
    });
    rig.post(UPLOAD, &upload(&model)).await.ok();
    page.narrow().await;
    page.sees(VERSION, &format!("2 queued {long} {long} s3://b/{long}"))
        .await;
    let widths = "return [innerWidth, document.documentElement.scrollWidth]";
    assert_eq!(page.run(widths, &[]).await, json!([360, 360]));
    assert_eq!(page.complaints().await, [] as [Value; 0]);
}
