//! Many simulators in one process.

use std::time::Duration;

use cerebras_management_simulator::{Fault, FaultAction, MANAGEMENT_KEY, Operation, Simulator};
use futures_util::future::{join_all, try_join_all};
use serde_json::json;

/// No global state: each has its own world, clock, faults and journal.
#[tokio::test]
async fn a_hundred_at_once() {
    let starts = (0..100).map(|_| Simulator::builder().manual_clock().start());
    let simulators = try_join_all(starts).await;
    let simulators = simulators.expect("a hundred ports");
    let client = reqwest::Client::new();
    let architecture = "gpt-oss-120b";
    for (index, simulator) in simulators.iter().enumerate() {
        simulator.advance(Duration::from_secs(index as u64));
        let close = Fault::on(Operation::ListEndpoints, FaultAction::Close);
        simulator.inject(close.after(index as u64));
    }
    let uploads = simulators.iter().enumerate().map(|(index, simulator)| {
        let url = format!(
            "{}/management/v1/orgs/my-org/models:upload",
            simulator.base_url()
        );
        let uri = format!("s3://b/{index}");
        let body = json!({ "model_arch_id": architecture, "model": { "weight_uri": uri } });
        client
            .post(url)
            .bearer_auth(MANAGEMENT_KEY)
            .json(&body)
            .send()
    });
    for answer in join_all(uploads).await {
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    for (index, simulator) in simulators.iter().enumerate() {
        let versions = simulator.versions(architecture);
        let uris: Vec<_> = versions.iter().map(|v| v.weight_uri.as_str()).collect();
        assert_eq!(uris, [format!("s3://b/{index}")]);
        assert_eq!(simulator.now(), Duration::from_secs(index as u64));
        assert_eq!(simulator.faults().faults[0].after, index as u64);
        assert_eq!(simulator.journal().len(), 1);
    }
}

/// Dropped ones leave nothing behind that keeps others from starting.
#[tokio::test]
async fn a_port_is_free_again_after_each() {
    let first = Simulator::start().await.expect("a simulator");
    let port = first.addr().port();
    first.stop().await;
    for _ in 0..20 {
        let again = Simulator::builder().port(port).start().await;
        again.expect("the port is free").stop().await;
    }
}
