//! Each way in which the service, or something in front of it, refuses: for each of the nine
//! operations the whole error.

mod table;

use std::time::{Duration, SystemTime};

use cerebras_management::{ErrorKind, RetryPolicy, Sent};
use serde_json::json;

use crate::harness::operations::{good_service, nine};
use crate::harness::secret::{assert_one_line, assert_without};
use crate::harness::service::{Answer, Service, ok, status};
use crate::harness::{KEY, endpoint, path, published, version_1};

#[tokio::test]
async fn each_refusal_of_each_operation_is_told_by_what_to_do_about_it() {
    for operation in nine() {
        let service = good_service().await;
        let client = service.client();
        for refusal in table::all() {
            service.on(operation.method, operation.path, refusal.answer.clone());
            let error = (operation.send)(client.clone()).await.unwrap_err();
            let line = refusal.line(&operation);
            assert_eq!(error.to_string(), line);
            operation.check_kind(&error, refusal.kind);
            assert_eq!(error.status(), Some(refusal.status), "{line}");
            assert_eq!(error.request_id(), Some("req-1"), "{line}");
            assert_eq!(error.ray_id(), Some("8c1-FRA"), "{line}");
            assert_eq!(error.retry_after(), refusal.retry_after, "{line}");
            assert_eq!(error.operation(), Some(operation.id), "{line}");
            assert_eq!(error.body(), refusal.body.as_deref(), "{line}");
            assert_eq!(error.was_sent(), refusal.sent, "{line}");
            assert_eq!(error.attempts(), 1, "{line}");
            let unclear = refusal.sent == Sent::Maybe || refusal.status == 200;
            let may = operation.writes() && unclear;
            assert_eq!(error.may_have_happened(), may, "{line}");
            assert_one_line(&error);
            assert_without(&error, KEY);

            let requests = service.forget();
            let own = requests.filter(|request| request.line().starts_with(&operation.line()));
            assert_eq!(own.count(), 1, "{line}");
        }
    }
}

#[tokio::test]
async fn the_lines_of_a_read_and_of_a_write_are_these() {
    let detail = |code, text: &str| status(code, json!({ "detail": text }));
    let service = good_service().await;
    let answer = detail(404, "Model version not found").header("x-request-id", "7f3a");
    service.on("GET", path::VERSION_1, answer);
    let error = version_1(&service.client()).get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: not found: \"Model version not \
         found\" (get_model_version: HTTP 404, request id 7f3a)"
    );

    service.on("GET", path::ENDPOINT, ok(published::endpoint(&[])));
    service.on("POST", path::DEPLOY, detail(500, "Oops"));
    let name = "orgs/my-org/models/gpt-oss-120b/versions/1";
    let deploy = endpoint(&service.client()).deploy(name).unchecked();
    assert_eq!(
        deploy.await.unwrap_err().to_string(),
        "deployment of orgs/my-org/models/gpt-oss-120b/versions/1 to my-org-gpt-oss-120b: the \
         service is unavailable: \"Oops\", and no new deployment of it is listed; it may have \
         taken effect all the same; do not deploy again blindly: Client::settle looks for it later, \
         and Endpoint::get shows what there is (deploy_model: HTTP 500)"
    );
}

#[tokio::test]
async fn the_fields_that_are_refused_are_told_one_by_one() {
    let service = good_service().await;
    let detail = json!({"detail": [
        {"loc": ["body", "model", "weight_uri"], "msg": "field required", "type": "missing"},
        {"loc": [], "msg": "and more", "type": "x"},
    ]});
    service.on("GET", path::VERSION_1, status(422, detail));
    let error = version_1(&service.client()).get().await.unwrap_err();
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|field| (field.field.as_str(), field.message.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("body.model.weight_uri", "field required"),
            ("", "and more")
        ]
    );
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: the request was refused: \
         body.model.weight_uri: field required, and more (get_model_version: HTTP 422)"
    );
}

#[tokio::test]
async fn a_retry_after_may_be_a_date() {
    for operation in nine() {
        let at = SystemTime::now() + Duration::from_secs(90);
        let answer = status(429, json!({})).header("retry-after", httpdate::fmt_http_date(at));
        let service = good_service().await;
        service.on(operation.method, operation.path, answer);
        let error = (operation.send)(service.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        // The date is in whole seconds, and a moment has passed.
        let seconds = error.retry_after().unwrap().as_secs();
        assert!((80..=90).contains(&seconds), "{seconds}");
        let remedy = format!("try again in {seconds} s");
        assert_eq!(error.remedy(), Some(&*remedy), "{}", operation.id);
    }
}

#[tokio::test]
async fn a_retry_after_that_no_clock_can_hold_breaks_nothing() {
    let service = good_service().await;
    let answer = status(429, json!({})).header("retry-after", u64::MAX.to_string());
    service.on("GET", path::ENDPOINT, answer);
    let client = service.builder().retry(RetryPolicy::default());
    let error = endpoint(&client.build().unwrap()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn a_redirect_is_named_and_never_followed() {
    let elsewhere = good_service().await;
    for operation in nine() {
        let service = good_service().await;
        let client = service.client();
        for code in [301, 302, 303, 307, 308] {
            let target = format!("{}{}?token=s3cr3t", elsewhere.url(), operation.path);
            let answer = Answer::text(code, "text/plain", "")
                .header("location", &*target)
                .header("x-request-id", "req-1");
            service.on(operation.method, operation.path, answer);
            let error = (operation.send)(client.clone()).await.unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{}: the service answered with a redirect, which is not followed; the base \
                     URL is {}, and it points to {} ({}: HTTP {code}, request id req-1)",
                    operation.subject,
                    service.url(),
                    elsewhere.url(),
                    operation.id
                )
            );
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert_eq!(error.was_sent(), Sent::Yes);
            assert_without(&error, "s3cr3t");
            assert_without(&error, KEY);
            assert_eq!(elsewhere.requests(), []);
        }
    }
}

#[tokio::test]
async fn an_organization_id_in_the_place_of_its_name_is_suspected() {
    let service = Service::start().await;
    let list = "/management/v1/orgs/org_01hzx3v9k2m4n6p8q0r1s2t3/endpoints";
    for code in [403, 404] {
        service.on(
            "GET",
            list,
            status(code, json!({"detail": "No such organization"})),
        );
        let org = service
            .client()
            .org("org_01hzx3v9k2m4n6p8q0r1s2t3")
            .unwrap();
        let error = org.endpoints().await.unwrap_err();
        assert_eq!(
            error.remedy(),
            Some(
                "\"org_01hzx3v9k2m4n6p8q0r1s2t3\" looks like an organization id; give the \
                 organization's name, found under \"Management API keys\" at \
                 https://cloud.cerebras.ai"
            )
        );
    }
}

#[tokio::test]
async fn a_long_body_is_kept_to_4_kib_and_a_long_message_to_300_characters() {
    let service = good_service().await;
    let detail = json!({"detail": "x".repeat(9000)});
    service.on("GET", path::ENDPOINT, status(400, detail));
    let error = endpoint(&service.client()).get().await.unwrap_err();
    assert_eq!(error.body().unwrap().len(), 4096);
    assert_eq!(
        error.to_string(),
        format!(
            "endpoint my-org-gpt-oss-120b: the request was refused: \"{}…\" (get_endpoint: HTTP \
             400)",
            "x".repeat(300)
        )
    );
}

#[tokio::test]
async fn a_refusal_of_more_than_64_kib_is_told_as_far_as_it_was_read() {
    let service = good_service().await;
    let long = "x".repeat(200_000);
    service.on("GET", path::ENDPOINT, Answer::text(400, "text/plain", long));
    let error = endpoint(&service.client()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.body(), Some(&*"x".repeat(4096)));
    assert_eq!(
        error.to_string(),
        format!(
            "endpoint my-org-gpt-oss-120b: the request was refused: \"{}…\" (get_endpoint: HTTP \
             400)",
            "x".repeat(300)
        )
    );
}

#[tokio::test]
async fn of_500_fields_the_line_tells_five_and_the_error_all() {
    let field = |n| json!({"loc": ["body", n], "msg": "field required", "type": "missing"});
    let detail = json!({"detail": (0..500).map(field).collect::<Vec<_>>()});
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, status(422, detail));
    let error = endpoint(&service.client()).get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "endpoint my-org-gpt-oss-120b: the request was refused: body.0: field required, body.1: \
         field required, body.2: field required, body.3: field required, body.4: field required, \
         and 495 more (get_endpoint: HTTP 422)"
    );
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(ToString::to_string)
        .collect();
    let all: Vec<_> = (0..500)
        .map(|n| format!("body.{n}: field required"))
        .collect();
    assert_eq!(fields, all);
}

#[tokio::test]
async fn a_refusal_in_words_of_its_own_is_told_in_them() {
    let service = good_service().await;
    for (body, told) in [
        (json!({"detail": {"message": "boo"}}), ": \"boo\""),
        (json!({"error": "boo"}), ": \"boo\""),
        (json!({"detail": null, "message": "boo"}), ": \"boo\""),
        (json!({}), ""),
        (
            json!({"detail": [{"loc": ["body", "model"], "type": "x"}]}),
            ": body.model: {\"loc\":[\"body\",\"model\"],\"type\":\"x\"}",
        ),
    ] {
        service.on("GET", path::ENDPOINT, status(422, body));
        let error = endpoint(&service.client()).get().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "endpoint my-org-gpt-oss-120b: the request was refused{told} (get_endpoint: HTTP \
                 422)"
            )
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_names_what_is_missing() {
    let service = good_service().await;
    let answer = ok(json!({"name": 7})).header("x-request-id", "req-1");
    service.on("GET", path::VERSION_1, answer);
    let error = version_1(&service.client()).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: the answer is not what the \
         published API answers: invalid type: integer `7`, expected a string at line 1 column 9 \
         (get_model_version: HTTP 200, request id req-1)"
    );
    assert_eq!(error.body(), Some(r#"{"name":7}"#));
}
