//! What goes wrong between a client and the service.

mod common;

use cerebras_management_simulator::{Fault, FaultAction, MANAGEMENT_KEY, Operation, RetryAfter};
use common::{ENDPOINT, Rig};
use reqwest::Response;
use serde_json::{Value, json};

async fn get(rig: &Rig, path: &str) -> reqwest::Result<Response> {
    let url = format!("{}/management/v1/{path}", rig.simulator.base_url());
    rig.client.get(url).bearer_auth(MANAGEMENT_KEY).send().await
}

async fn upload(rig: &Rig) -> reqwest::Result<Response> {
    let path = "management/v1/orgs/my-org/models:upload";
    let url = format!("{}/{path}", rig.simulator.base_url());
    let body = json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": "s3://b/w" } });
    let request = rig.client.post(url).bearer_auth(MANAGEMENT_KEY);
    request.json(&body).send().await
}

fn versions(rig: &Rig) -> usize {
    rig.simulator.versions("gpt-oss-120b").len()
}

/// The client is told that it failed, and it is done.
#[tokio::test]
async fn a_request_that_is_handled_and_answered_with_an_error() {
    let then = |status, retry_after, edge_page| FaultAction::HandledThen {
        status,
        retry_after,
        edge_page,
    };
    let rig = Rig::start().await;
    for (n, action) in [
        then(504, None, false),
        then(429, Some(RetryAfter::Seconds(7)), false),
        then(502, None, true),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault::on(Operation::UploadModelVersion, action.clone());
        rig.simulator.inject(fault.once());
        let answer = upload(&rig).await.expect("an answer");
        let FaultAction::HandledThen {
            status,
            retry_after,
            edge_page,
        } = action.clone()
        else {
            unreachable!("it is one");
        };
        assert_eq!(answer.status(), status);
        let headers = answer.headers();
        let told = headers.get("retry-after").map(|value| value.to_str().ok());
        let wanted = retry_after.map(|after| after.to_string());
        assert_eq!(told.flatten(), wanted.as_deref());
        assert_eq!(headers.contains_key("cf-ray"), edge_page);
        let body = answer.text().await.expect("a body");
        let own = r#"{"detail":"A simulated fault"}"#;
        assert_eq!(body == own, !edge_page, "{body}");
        assert_eq!(versions(&rig), n + 1);
        let entry = rig.simulator.journal().remove(n);
        assert_eq!(
            (entry.status, entry.handled, entry.fault),
            (Some(status), true, Some(action))
        );
    }
}

#[tokio::test]
async fn a_status_with_retry_after() {
    let rig = Rig::start().await;
    let action = FaultAction::Status {
        status: 429,
        retry_after: Some("7".into()),
    };
    let fault = Fault::on(Operation::UploadModelVersion, action.clone());
    rig.simulator.inject(fault.after(1).once());
    upload(&rig).await.expect("an answer");
    let limited = upload(&rig).await.expect("an answer");
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "7");
    let body: Value = limited.json().await.expect("JSON");
    assert_eq!(body, json!({ "detail": "A simulated fault" }));
    assert_eq!(versions(&rig), 1);
    upload(&rig).await.expect("an answer");
    assert_eq!(versions(&rig), 2);

    let journal = rig.simulator.journal();
    let seen: Vec<_> = journal
        .iter()
        .map(|e| (e.status, e.fault.clone()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(200), None),
            (Some(429), Some(action)),
            (Some(200), None)
        ]
    );
}

#[tokio::test]
async fn an_answer_of_any_kind() {
    let rig = Rig::serving_one_version().await;
    let page = FaultAction::Answer {
        status: 502,
        content_type: "text/html".into(),
        body: "<html>Bad gateway</html>".into(),
    };
    rig.simulator.inject(Fault::on_any(page).once());
    let answer = get(&rig, "orgs/my-org/models").await.expect("an answer");
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert_eq!(
        answer.text().await.expect("a body"),
        "<html>Bad gateway</html>"
    );
}

#[tokio::test]
async fn a_connection_closed_before_the_request_is_handled() {
    let rig = Rig::start().await;
    let fault = Fault::on(Operation::UploadModelVersion, FaultAction::Close);
    rig.simulator.inject(fault.once());
    let error = upload(&rig).await.expect_err("no answer");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(versions(&rig), 0);
    upload(&rig).await.expect("an answer");
}

#[tokio::test]
async fn a_lost_answer_to_a_request_that_was_handled() {
    let rig = Rig::start().await;
    let fault = Fault::on(Operation::UploadModelVersion, FaultAction::LoseAnswer);
    rig.simulator.inject(fault.once());
    let error = upload(&rig).await.expect_err("no answer");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(versions(&rig), 1);
    let entry = rig.simulator.journal().remove(0);
    assert_eq!(
        (entry.status, entry.fault),
        (None, Some(FaultAction::LoseAnswer))
    );
}

#[tokio::test]
async fn a_body_cut_in_the_middle() {
    let rig = Rig::start().await;
    let fault = Fault::on(Operation::ListModelArchitectures, FaultAction::CutBody);
    rig.simulator.inject(fault);
    let mut answer = get(&rig, "orgs/my-org/models").await.expect("a head");
    assert_eq!(answer.status(), 200);
    let first = answer
        .chunk()
        .await
        .expect("half of it")
        .expect("half of it");
    assert_eq!(&first[..], br#"{"model_architectures":["gp"#);
    let error = answer.chunk().await.expect_err("the rest is missing");
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    rig.simulator.clear_faults();
    rig.get("orgs/my-org/models").await.ok();
}

/// The client gives up, and the request has been handled all the same.
#[tokio::test]
async fn a_delayed_answer() {
    let rig = Rig::start().await;
    let action = FaultAction::Delay {
        milliseconds: 3_600_000,
    };
    rig.simulator
        .inject(Fault::on(Operation::UploadModelVersion, action).once());
    let handled = async {
        while versions(&rig) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = upload(&rig) => panic!("answered: {answer:?}"),
        () = handled => {}
    }
}

#[tokio::test]
async fn inference_has_its_own_shape() {
    let rig = Rig::serving_one_version().await;
    let action = FaultAction::Status {
        status: 503,
        retry_after: None,
    };
    rig.simulator
        .inject(Fault::on(Operation::ChatCompletions, action));
    let (status, body) = rig.chat(ENDPOINT).await.refusal();
    assert_eq!(
        (status, &body["message"]),
        (503, &json!("A simulated fault"))
    );
}
