//! An answer about something else than was asked for is an error, and never passed on.

use cerebras_management::{Error, ErrorKind, Sent};
use serde_json::{Value, json};

use crate::harness::operations::{Operation, good_service, nine};
use crate::harness::service::{Service, ok};
use crate::harness::{endpoint, model, path, published, version_1};

fn operation(id: &str) -> Operation {
    let operation = nine().into_iter().find(|operation| operation.id == id);
    operation.expect("one of the nine")
}

/// Checks the error of an operation whose answer is about something else.
#[track_caller]
fn check(error: &Error, id: &str, line: &str) {
    let operation = operation(id);
    let may = operation.writes();
    let line = if operation.doubt().is_some() {
        operation.error_line(line, may, None)
    } else if may {
        format!("{line}; it may have taken effect all the same")
    } else {
        line.to_owned()
    };
    assert_eq!(error.to_string(), format!("{line} ({id})"));
    operation.check_kind(error, ErrorKind::Decode);
    assert_eq!(error.operation(), Some(id));
    assert_eq!(error.was_sent(), Sent::Yes);
    assert_eq!(error.may_have_happened(), may);
}

/// Calls one of the nine, whose answer is as published but for one place.
async fn with_another(id: &str, place: &str, value: Value) -> Error {
    let service = good_service().await;
    let operation = operation(id);
    let mut answer = published::answer(id);
    *answer.pointer_mut(place).expect(place) = value;
    service.on(operation.method, operation.path, ok(answer));
    (operation.send)(service.client()).await.unwrap_err()
}

const OTHER_ORG: &str = "orgs/rival/models/gpt-oss-120b/versions/1";
const OTHER_ARCHITECTURE: &str = "orgs/my-org/models/llama3.1-8b/versions/1";
const OTHER_VERSION: &str = "orgs/my-org/models/gpt-oss-120b/versions/7";

const NAMES_ORG: &str = "the answer names organization \"rival\", and \"my-org\" was asked for";
const NAMES_ARCHITECTURE: &str =
    "the answer names architecture \"llama3.1-8b\", and \"gpt-oss-120b\" was asked for";
const NAMES_VERSION: &str = "the answer names version \
     \"orgs/my-org/models/gpt-oss-120b/versions/7\", and \
     \"orgs/my-org/models/gpt-oss-120b/versions/1\" was asked for";

#[tokio::test]
async fn a_version_of_another_org_architecture_or_id_is_refused() {
    let id = "get_model_version";
    for (name, line) in [
        (OTHER_ORG, NAMES_ORG),
        (OTHER_ARCHITECTURE, NAMES_ARCHITECTURE),
        (OTHER_VERSION, NAMES_VERSION),
    ] {
        let error = with_another(id, "/name", json!(name)).await;
        check(&error, id, line);
    }
}

#[tokio::test]
async fn a_version_asked_for_by_alias_may_have_any_id_but_no_other_place() {
    let service = Service::start().await;
    let client = service.client();
    let production = model(&client).version("production").unwrap();
    let mut answer = published::answer("get_model_version");

    answer["name"] = json!(OTHER_VERSION);
    service.on("GET", path::PRODUCTION, ok(answer.clone()));
    assert_eq!(production.get().await.unwrap().name(), OTHER_VERSION);

    for (name, line) in [
        (OTHER_ORG, NAMES_ORG),
        (OTHER_ARCHITECTURE, NAMES_ARCHITECTURE),
    ] {
        answer["name"] = json!(name);
        service.on("GET", path::PRODUCTION, ok(answer.clone()));
        let error = production.get().await.unwrap_err();
        check(&error, "get_model_version", line);
    }
}

#[tokio::test]
async fn a_version_without_an_integer_id_is_refused() {
    for id in ["get_model_version", "upload_model_version"] {
        for name in [
            "",
            "1",
            "orgs/my-org/models/gpt-oss-120b/versions/",
            "orgs/my-org/models/gpt-oss-120b/versions/production",
            "orgs/my-org/models/gpt-oss-120b/versions/0",
            "orgs/my-org/models/../versions/1",
        ] {
            let error = with_another(id, "/name", json!(name)).await;
            let line = format!(
                "the answer names the version \"{name}\", which is not \
                 orgs/<org>/models/<architecture>/versions/<integer>"
            );
            check(&error, id, &line);
        }
    }
}

#[tokio::test]
async fn a_list_with_a_version_of_another_org_or_architecture_is_refused() {
    let id = "list_model_versions";
    for (name, line) in [
        (OTHER_ORG, NAMES_ORG),
        (OTHER_ARCHITECTURE, NAMES_ARCHITECTURE),
    ] {
        let error = with_another(id, "/model_versions/1/name", json!(name)).await;
        check(&error, id, line);
    }
}

#[tokio::test]
async fn an_upload_to_another_org_or_architecture_is_refused() {
    let id = "upload_model_version";
    for (name, line) in [
        (OTHER_ORG, NAMES_ORG),
        (OTHER_ARCHITECTURE, NAMES_ARCHITECTURE),
    ] {
        let error = with_another(id, "/name", json!(name)).await;
        check(&error, id, line);
    }
}

#[tokio::test]
async fn aliases_written_to_another_version_are_refused() {
    let id = "update_model_version_aliases";
    let error = with_another(id, "/name", json!(OTHER_VERSION)).await;
    check(&error, id, NAMES_VERSION);
    let error = with_another(id, "/name", json!(OTHER_ORG)).await;
    let line = format!(
        "the answer names version \"{OTHER_ORG}\", and \
         \"orgs/my-org/models/gpt-oss-120b/versions/1\" was asked for"
    );
    check(&error, id, &line);
}

#[tokio::test]
async fn aliases_read_back_of_another_version_are_refused() {
    let service = good_service().await;
    let mut after = published::answer("get_model_version");
    let before = ok(after.clone());
    after["name"] = json!(OTHER_VERSION);
    service.in_turn("GET", path::VERSION_1, [before, ok(after)]);
    let version = version_1(&service.client());
    let error = version.add_alias("b2").await.unwrap_err();
    let line = format!(
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: its aliases were written as \
         [production-jan-12-2026-finetuned, b2], and reading them back failed: {NAMES_VERSION}"
    );
    check(&error, "update_model_version_aliases", &line);
}

#[tokio::test]
async fn a_delete_of_another_version_is_refused() {
    let id = "delete_model_version";
    let error = with_another(id, "/name", json!(OTHER_VERSION)).await;
    check(&error, id, NAMES_VERSION);
}

#[tokio::test]
async fn a_list_with_an_endpoint_of_another_org_is_refused() {
    let id = "list_endpoints";
    let error = with_another(id, "/endpoints/0/org_name", json!("rival")).await;
    check(&error, id, NAMES_ORG);
}

#[tokio::test]
async fn another_endpoint_is_refused() {
    let id = "get_endpoint";
    let error = with_another(id, "/name", json!("my-org-llama3.1-8b")).await;
    let line = "the answer names endpoint \"my-org-llama3.1-8b\", and \"my-org-gpt-oss-120b\" was \
                asked for";
    check(&error, id, line);
}

#[tokio::test]
async fn another_deployment_than_was_asked_for_is_refused_and_said_to_be_queued() {
    let id = "deploy_model";
    for (field, value, part, asked) in [
        (
            "deployment_id",
            json!("d-2"),
            "deployment",
            crate::harness::DEPLOYMENT,
        ),
        (
            "endpoint_id",
            json!("d-2"),
            "endpoint",
            "my-org-gpt-oss-120b",
        ),
        ("org_name", json!("d-2"), "organization", "my-org"),
        (
            "model_arch_id",
            json!("d-2"),
            "architecture",
            "gpt-oss-120b",
        ),
        ("version_id", json!(2), "version", "1"),
    ] {
        let shown = value.to_string().replace('"', "");
        let error = with_another(id, &format!("/response/{field}"), value).await;
        let line = format!("the answer names {part} \"{shown}\", and \"{asked}\" was asked for");
        check(&error, id, &line);
    }
}

#[tokio::test]
async fn a_deployment_without_an_id_is_refused() {
    let id = "deploy_model";
    let error = with_another(id, "/name", json!("")).await;
    check(&error, id, "the answer holds no deployment id");
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn what_a_text_of_another_answer_holds_cannot_break_the_line() {
    let id = "get_endpoint";
    let error = with_another(id, "/name", json!("a\nb\u{1b}[31m\u{202e}c")).await;
    let line = "the answer names endpoint \"a b [31m c\", and \"my-org-gpt-oss-120b\" was asked \
                for";
    check(&error, id, line);
}

#[tokio::test]
async fn a_deploy_whose_reads_are_about_something_else_is_not_sent() {
    let service = good_service().await;
    let mut other = published::answer("get_model_version");
    other["name"] = json!(OTHER_VERSION);
    service.on("GET", path::VERSION_1, ok(other));
    let deploy = endpoint(&service.client()).deploy(crate::harness::VERSION_1);
    check(
        &deploy.await.unwrap_err(),
        "get_model_version",
        NAMES_VERSION,
    );

    let mut other = published::answer("get_endpoint");
    other["name"] = json!("my-org-llama3.1-8b");
    service.on("GET", path::ENDPOINT, ok(other));
    let deploy = endpoint(&service.client()).deploy("production");
    assert_eq!(deploy.await.unwrap_err().kind(), ErrorKind::Decode);
    assert!(!service.lines().iter().any(|line| line.starts_with("POST")));
}

#[tokio::test]
async fn a_delete_whose_read_is_about_something_else_is_not_sent() {
    let service = good_service().await;
    let mut other = published::answer("get_model_version");
    other["name"] = json!(OTHER_VERSION);
    service.on("GET", path::VERSION_1, ok(other));
    let delete = version_1(&service.client()).delete();
    check(
        &delete.await.unwrap_err(),
        "get_model_version",
        NAMES_VERSION,
    );
    assert_eq!(service.lines(), [format!("GET {}", path::VERSION_1)]);
}
