//! What feeds the page: its files, and the stream of events.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{Simulator, Timings};
use common::{ENDPOINT, Rig};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// A page that is open, without the browser.
struct Events {
    response: Response,
    read: String,
}

impl Events {
    async fn open(simulator: &Simulator) -> Self {
        let url = format!("{}/_simulator/events", simulator.base_url());
        let response = Client::new().get(url).send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            read: String::new(),
        }
    }

    /// What comes next; none when the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                let lines = event.lines();
                let data: String = lines.filter_map(|l| l.strip_prefix("data: ")).collect();
                return Some(serde_json::from_str(&data).expect("JSON"));
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read
                .push_str(std::str::from_utf8(&chunk).expect("ASCII"));
        }
    }

    /// Waits for an event that has `value` at `pointer`.
    async fn until(&mut self, pointer: &str, value: &Value) {
        while self.next().await.expect("an event").pointer(pointer) != Some(value) {}
    }
}

async fn upload(rig: &Rig) {
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": "s3://b/w" } });
    rig.post("orgs/my-org/models:upload", &body).await.ok();
}

#[tokio::test]
async fn the_first_event_is_the_whole_view() {
    let rig = Rig::serving_one_version().await;
    let mut events = Events::open(&rig.simulator).await;
    let mut view = events.next().await.expect("an event");
    let snapshot = serde_json::to_value(rig.simulator.snapshot()).expect("JSON");
    assert_eq!(view["world"], snapshot);
    assert_eq!(view["speed"], 0.0);
    let newest = view["requests"][0].take();
    assert_eq!(
        (&newest["method"], &newest["path"], &newest["status"]),
        (
            &json!("POST"),
            &json!(format!("/management/v1/endpoints/{ENDPOINT}:deployModel")),
            &json!(200)
        )
    );
}

#[tokio::test]
async fn each_change_is_sent() {
    let rig = Rig::start().await;
    let mut events = Events::open(&rig.simulator).await;
    let sync = "/world/orgs/0/architectures/0/versions/0/sync";
    let first = events.next().await.expect("an event");
    assert_eq!(first.pointer(sync), None);
    upload(&rig).await;
    events.until(sync, &json!("queued")).await;
    rig.simulator.advance(Duration::from_secs(5));
    events.until(sync, &json!("in_progress")).await;
    rig.simulator.advance(Duration::from_secs(120));
    events.until(sync, &json!("synced")).await;
}

/// A hundred pages are open, and all of them end with the simulator.
#[tokio::test]
async fn a_hundred_pages_see_a_change_and_the_end() {
    let rig = Rig::start().await;
    let mut pages = Vec::new();
    for _ in 0..100 {
        pages.push(Events::open(&rig.simulator).await);
    }
    upload(&rig).await;
    for page in &mut pages {
        let version = "/world/orgs/0/architectures/0/versions/0/id";
        page.until(version, &json!(1)).await;
    }
    rig.simulator.stop().await;
    for page in &mut pages {
        while page.next().await.is_some() {}
    }
}

#[tokio::test]
async fn time_is_sent_while_a_sync_is_going_on() {
    let timings = Timings {
        sync: Duration::from_secs(3600),
        ..Timings::default()
    };
    let builder = Simulator::builder().timings(timings);
    let simulator = builder.start().await.expect("a simulator");
    let rig = Rig {
        simulator,
        client: Client::new(),
    };
    upload(&rig).await;
    let mut events = Events::open(&rig.simulator).await;
    let first = events.next().await.expect("an event");
    let second = events.next().await.expect("an event");
    assert_eq!(first["world"]["orgs"], second["world"]["orgs"]);
    assert_ne!(first["world"]["now"], second["world"]["now"]);
}

#[tokio::test]
async fn the_page_allows_nothing_from_elsewhere() {
    let rig = Rig::start().await;
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/_simulator/page.css", "text/css; charset=utf-8"),
        ("/_simulator/page.js", "text/javascript; charset=utf-8"),
    ] {
        let url = format!("{}{path}", rig.simulator.base_url());
        let answer = rig.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], content_type);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(
            answer.headers()["content-security-policy"],
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        );
    }
}

#[tokio::test]
async fn what_the_page_asks_for_is_no_request_to_the_service() {
    let rig = Rig::start().await;
    let mut events = Events::open(&rig.simulator).await;
    events.next().await.expect("an event");
    let answer = rig.send(Method::POST, "/_simulator/events", "", None).await;
    let not_allowed = json!({ "detail": "Method Not Allowed" });
    assert_eq!(answer.refusal(), (405, not_allowed));
    assert_eq!(rig.simulator.journal(), []);

    let answer = rig.send(Method::POST, "/", "", None).await;
    let not_found = json!({ "detail": "Not Found" });
    assert_eq!(answer.refusal(), (404, not_found));
    assert_eq!(rig.simulator.journal().len(), 1);
}
