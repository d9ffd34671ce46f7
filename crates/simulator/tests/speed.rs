//! A clock that runs at a speed: what takes a minute inside takes a second outside.

use std::time::{Duration, Instant};

use cerebras_management_simulator::{MANAGEMENT_KEY, Operation, Simulator, Timings};
use serde_json::{Value, json};

const SPEED: u32 = 60;
const SYNC: Duration = Duration::from_secs(60);

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = request.bearer_auth(MANAGEMENT_KEY).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    answer.expect("an answer").json().await.expect("JSON")
}

#[tokio::test]
async fn a_sync_of_a_minute_is_over_in_a_sixtieth_of_the_real_time() {
    let timings = Timings {
        sync_queued: SYNC / 4,
        sync: SYNC * 3 / 4,
        ..Timings::default()
    };
    let builder = Simulator::builder().timings(timings);
    let outside = Instant::now();
    let simulator = builder.speed(SPEED.into()).started(1_000).start().await;
    let simulator = simulator.expect("a simulator");
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}/management/v1/{path}", simulator.base_url());

    let before = simulator.now();
    let inside = Instant::now();
    let model = json!({ "weight_uri": "s3://b/w" });
    let upload = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
    let upload = client.post(url("orgs/my-org/models:upload")).json(&upload);
    let mut version = answer(upload).await;
    let mut states = Vec::new();
    loop {
        let response = &version["response"];
        states.push(
            response["sync_status"]
                .as_str()
                .expect("a status")
                .to_owned(),
        );
        if version["done"] == true {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        let path = "orgs/my-org/models/gpt-oss-120b/versions/1";
        version = answer(client.get(url(path))).await;
    }
    let deploy = json!({ "model": "orgs/my-org/models/gpt-oss-120b/versions/1" });
    let path = "endpoints/my-org-gpt-oss-120b:deployModel";
    answer(client.post(url(path)).json(&deploy)).await;
    let endpoint = answer(client.get(url("endpoints/my-org-gpt-oss-120b"))).await;
    let inside = inside.elapsed();
    let passed = simulator.now().saturating_sub(before);
    let outside = outside.elapsed();

    // A busy machine may miss some, but not see them in another order.
    states.dedup();
    let expected = ["queued", "in_progress", "done"];
    let mut rest = expected.iter();
    assert!(
        states.iter().all(|state| rest.any(|e| e == state)),
        "{states:?}"
    );
    assert_eq!(states.last().map(String::as_str), Some("done"));

    // One stretch of real time lies inside the simulated one and one around it, however long
    // they were.
    assert!(passed >= SYNC, "{passed:?}");
    let rounding = Duration::from_millis(1);
    assert!(inside * SPEED <= passed + rounding, "{inside:?} {passed:?}");
    assert!(
        passed <= outside * SPEED + rounding,
        "{passed:?} {outside:?}"
    );

    // The service's own times are the simulated ones.
    let created = endpoint["deployed_models"][0]["created"].as_u64();
    assert!(
        created.is_some_and(|at| at >= 1_000 + SYNC.as_secs()),
        "{created:?}"
    );
    let journal = simulator.journal();
    let mut latest = journal.iter().rev();
    let look = latest.find(|e| e.operation == Some(Operation::GetModelVersion));
    let last = look.expect("a look").at;
    assert!(last >= before + SYNC, "{last:?}");
}
