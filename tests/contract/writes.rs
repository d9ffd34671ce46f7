//! The four writes: what each sends, whole and in order, and what it makes of the published
//! answer.

use cerebras_management::names::{VersionAlias, VersionId};
use cerebras_management::status::DeploymentState;
use cerebras_management::{DeployTarget, ErrorKind, Sent};
use serde_json::json;

use crate::harness::operations::good_service;
use crate::harness::published;
use crate::harness::service::{Answer, Request, Service, ok, page, status};
use crate::harness::{DEPLOYMENT, VERSION_1, endpoint, model, path, shown, version_1};

/// The endpoint with nothing deployed.
async fn service_with_an_idle_endpoint() -> Service {
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, ok(published::endpoint(&[])));
    service.on(
        "GET",
        path::PRODUCTION,
        ok(published::answer("get_model_version")),
    );
    service
}

#[tokio::test]
async fn an_upload_sends_the_published_request() {
    let service = good_service().await;
    let upload = model(&service.client())
        .upload("s3://my-bucket/model-weights")
        .alias("production")
        .alias("v1-stable")
        .fingerprint_suffix("my-custom-suffix")
        .unchecked();
    let operation = upload.await.unwrap();
    assert_eq!(operation.name().to_string(), VERSION_1);
    assert_eq!(operation.accepted_as().to_string(), "queued");
    assert_eq!(
        service.requests(),
        [
            Request::expected("POST", "/management/v1/orgs/my-org/models:upload")
                .with_body(published::request("upload_model_version"))
        ]
    );
}

#[tokio::test]
async fn an_upload_without_options_sends_the_required_fields_alone() {
    let service = good_service().await;
    let client = service.client();
    let operation = model(&client).upload("s3://my-bucket/model-weights").await;
    assert_eq!(operation.unwrap().name().to_string(), VERSION_1);
    assert_eq!(
        service.requests(),
        [
            Request::expected("GET", path::VERSIONS),
            Request::expected("POST", path::UPLOAD).with_body(json!({
                "model_arch_id": "gpt-oss-120b",
                "model": {"weight_uri": "s3://my-bucket/model-weights"},
            }))
        ]
    );
}

#[tokio::test]
async fn an_upload_looks_first_who_holds_its_aliases() {
    let service = good_service().await;
    let upload = model(&service.client())
        .upload("s3://my-bucket/model-weights")
        .alias("run-42")
        .alias("run-42");
    let operation = upload.await.unwrap();
    assert_eq!(operation.name().to_string(), VERSION_1);
    assert_eq!(
        service.requests(),
        [
            Request::expected("GET", path::VERSIONS),
            Request::expected("POST", path::UPLOAD).with_body(json!({
                "model_arch_id": "gpt-oss-120b",
                "model": {
                    "weight_uri": "s3://my-bucket/model-weights",
                    "version_aliases": ["run-42"],
                },
            }))
        ]
    );
}

#[tokio::test]
async fn an_alias_that_is_held_is_a_conflict_and_nothing_is_written() {
    let service = good_service().await;
    let upload = model(&service.client())
        .upload("s3://my-bucket/model-weights")
        .alias("run-42")
        .alias("my-cool-version");
    let error = upload.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        "upload as orgs/my-org/models/gpt-oss-120b/versions/my-cool-version: alias \
         \"my-cool-version\" is held by orgs/my-org/models/gpt-oss-120b/versions/2; nothing was \
         sent: upload without it and move it afterwards, or remove it first"
    );
    assert!(!error.may_have_happened());
    assert_eq!(service.lines(), [format!("GET {}", path::VERSIONS)]);
}

#[tokio::test]
async fn an_alias_edit_reads_writes_to_the_id_and_reads_back() {
    let wanted = ["production", "v1-stable", "latest"];
    for (by, target) in [("1", path::VERSION_1), ("production", path::PRODUCTION)] {
        let service = good_service().await;
        let before = ok(published::version(true, "done", &["production"]));
        let after = ok(published::version(true, "done", &wanted));
        service.on("GET", path::PRODUCTION, before.clone());
        // The first look goes to what was asked for, and only by the id is it that path.
        if by == "1" {
            service.in_turn("GET", path::VERSION_1, [before, after]);
        } else {
            service.on("GET", path::VERSION_1, after);
        }
        let version = model(&service.client()).version(by).unwrap();
        let edited = version.set_aliases(wanted).await.unwrap();
        assert_eq!(edited.aliases(), wanted);
        let body = published::named_request("update_model_version_aliases", "update_aliases");
        assert_eq!(
            service.requests(),
            [
                Request::expected("GET", target),
                Request::expected("PATCH", path::VERSION_1).with_body(body),
                Request::expected("GET", path::VERSION_1),
            ]
        );
    }
}

#[tokio::test]
async fn adding_and_removing_an_alias_send_the_whole_list() {
    for (adds, before, after) in [
        (true, vec!["a1"], vec!["a1", "b2"]),
        (false, vec!["a1", "b2"], vec!["a1"]),
        (false, vec!["b2"], vec![]),
    ] {
        let service = good_service().await;
        let (first, last) = (
            published::version(true, "done", &before),
            published::version(true, "done", &after),
        );
        service.in_turn("GET", path::VERSION_1, [ok(first), ok(last)]);
        let version = version_1(&service.client());
        let edited = if adds {
            version.add_alias("b2").await.unwrap()
        } else {
            version.remove_alias("b2").await.unwrap()
        };
        assert_eq!(edited.aliases(), after);
        assert_eq!(
            service.requests(),
            [
                Request::expected("GET", path::VERSION_1),
                Request::expected("PATCH", path::VERSION_1)
                    .with_body(json!({ "version_aliases": after })),
                Request::expected("GET", path::VERSION_1),
            ]
        );
    }
}

#[tokio::test]
async fn an_alias_edit_that_changes_nothing_writes_nothing() {
    let service = good_service().await;
    let held = ok(published::version(true, "done", &["a1", "b2"]));
    service.on("GET", path::VERSION_1, held);
    let version = version_1(&service.client());
    version.set_aliases(["b2", "a1", "b2"]).await.unwrap();
    version.add_alias("a1").await.unwrap();
    version.remove_alias("c3").await.unwrap();
    assert_eq!(service.lines(), vec![format!("GET {}", path::VERSION_1); 3]);
}

#[tokio::test]
async fn aliases_that_read_back_otherwise_are_a_conflict() {
    let service = good_service().await;
    let before = ok(published::version(true, "done", &["a1"]));
    let rival = ok(published::version(true, "done", &["a1", "rival"]));
    service.in_turn("GET", path::VERSION_1, [before, rival]);
    let version = version_1(&service.client());
    let error = version.add_alias("b2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: its aliases were written as \
         [a1, b2] and read back as [a1, rival]; it may have taken effect all the same; somebody \
         else has edited them: look, and edit again (update_model_version_aliases)"
    );
}

#[tokio::test]
async fn aliases_that_cannot_be_read_back_are_said_to_be_written() {
    let service = good_service().await;
    let before = ok(published::version(true, "done", &["a1"]));
    let down = status(503, json!({"detail": "Maintenance"}));
    service.in_turn("GET", path::VERSION_1, [before, down]);
    let version = version_1(&service.client());
    let error = version.add_alias("b2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: its aliases were written as \
         [a1, b2], and reading them back failed: the service is unavailable: \"Maintenance\"; it \
         may have taken effect all the same (update_model_version_aliases: HTTP 503)"
    );
}

#[tokio::test]
async fn however_the_read_back_fails_the_aliases_are_said_to_be_written() {
    let told = |code| status(code, json!({"detail": "no"}));
    let unreadable = Answer::text(200, "application/json", "{\"name\": 7}");
    for (answer, kind) in [
        (told(401), ErrorKind::Unauthorized),
        (told(403), ErrorKind::PermissionDenied),
        (told(404), ErrorKind::NotFound),
        (told(429), ErrorKind::RateLimited),
        (page(200), ErrorKind::Blocked),
        (unreadable, ErrorKind::Decode),
    ] {
        let service = good_service().await;
        let before = ok(published::version(true, "done", &["a1"]));
        service.in_turn("GET", path::VERSION_1, [before, answer]);
        let version = version_1(&service.client());
        let error = version.add_alias("b2").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.operation(), Some("update_model_version_aliases"));
        assert_eq!(error.was_sent(), Sent::Yes);
        assert!(error.may_have_happened(), "{error}");
        let line = error.to_string();
        let written = "model version orgs/my-org/models/gpt-oss-120b/versions/1: its aliases were \
                       written as [a1, b2], and reading them back failed: ";
        assert!(line.starts_with(written), "{line}");
        assert!(
            line.contains("; it may have taken effect all the same"),
            "{line}"
        );
        assert_eq!(
            service.lines(),
            [
                format!("GET {}", path::VERSION_1),
                format!(
                    r#"PATCH {} {{"version_aliases":["a1","b2"]}}"#,
                    path::VERSION_1
                ),
                format!("GET {}", path::VERSION_1),
            ]
        );
    }
}

#[tokio::test]
async fn an_alias_that_cannot_be_sent_back_is_not_lost_silently() {
    let service = good_service().await;
    let odd = ok(published::version(true, "done", &["Odd_One"]));
    service.on("GET", path::VERSION_1, odd);
    let version = version_1(&service.client());
    let error = version.add_alias("b2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: it carries an alias that \
         cannot be sent back: alias \"Odd_One\": byte 0: expected a lower-case letter, found \
         'O'; try \"odd-One\"; nothing was written: replace the whole list with set_aliases"
    );
    assert_eq!(service.lines(), [format!("GET {}", path::VERSION_1)]);
}

#[tokio::test]
async fn a_deploy_sends_the_published_request() {
    let service = good_service().await;
    let deploy = endpoint(&service.client()).deploy(VERSION_1).unchecked();
    let operation = deploy.await.unwrap();
    assert_eq!(operation.deployment_id(), DEPLOYMENT);
    assert_eq!(operation.version().to_string(), VERSION_1);
    assert!(operation.already_serves().is_none());
    let accepted = operation.accepted_as();
    assert!(accepted.listed);
    assert_eq!(accepted.state, Some(DeploymentState::NotStarted));
    assert_eq!(accepted.replicas, None);
    assert_eq!(
        service.requests(),
        [Request::expected(
            "POST",
            "/management/v1/endpoints/my-org-gpt-oss-120b:deployModel"
        )
        .with_body(published::named_request("deploy_model", "deploy_model"))]
    );
}

#[tokio::test]
async fn a_deploy_checks_what_it_can_read_and_then_names_the_integer_id() {
    let aliased = published::named_request("deploy_model", "deploy_by_alias");
    let aliased = aliased["model"].as_str().unwrap();
    let targets: [(DeployTarget, &str); 4] = [
        (VersionId::try_from(1).unwrap().into(), path::VERSION_1),
        (VERSION_1.try_into().unwrap(), path::VERSION_1),
        ("production".try_into().unwrap(), path::PRODUCTION),
        (aliased.try_into().unwrap(), path::PRODUCTION),
    ];
    for (target, version) in targets {
        let service = service_with_an_idle_endpoint().await;
        let operation = endpoint(&service.client()).deploy(target).await.unwrap();
        assert_eq!(operation.deployment_id(), DEPLOYMENT);
        assert_eq!(
            service.requests(),
            [
                Request::expected("GET", path::ENDPOINT),
                Request::expected("GET", version),
                Request::expected("POST", path::DEPLOY).with_body(json!({ "model": VERSION_1 })),
            ]
        );
    }
}

#[tokio::test]
async fn an_unchecked_deploy_reads_only_what_it_needs_for_the_name() {
    for (target, reads) in [
        (VERSION_1, vec![]),
        (
            "orgs/my-org/models/gpt-oss-120b/versions/production",
            vec![path::PRODUCTION],
        ),
        ("1", vec![path::ENDPOINT]),
        ("production", vec![path::ENDPOINT, path::PRODUCTION]),
    ] {
        let service = service_with_an_idle_endpoint().await;
        let deploy = endpoint(&service.client()).deploy(target).unchecked();
        assert_eq!(deploy.await.unwrap().version().to_string(), VERSION_1);
        let mut expected: Vec<_> = reads.iter().map(|path| format!("GET {path}")).collect();
        expected.push(format!(
            r#"POST {} {{"model":"{VERSION_1}"}}"#,
            path::DEPLOY
        ));
        assert_eq!(service.lines(), expected, "{target}");
    }
}

#[tokio::test]
async fn a_version_can_be_deployed_by_whatever_names_it() {
    let service = service_with_an_idle_endpoint().await;
    let client = service.client();
    let version = version_1(&client);
    let read = version.get().await.unwrap();
    let full = VERSION_1.to_owned();
    let name = version.name().clone();
    let reference = name.version().clone();
    let id = VersionId::try_from(1).unwrap();
    let alias: VersionAlias = "production".parse().unwrap();
    let endpoint = endpoint(&client);
    for deploy in [
        endpoint.deploy(1_u64),
        endpoint.deploy("1"),
        endpoint.deploy(VERSION_1),
        endpoint.deploy(&full),
        endpoint.deploy(full),
        endpoint.deploy("production".to_owned()),
        endpoint.deploy(&read),
        endpoint.deploy(read),
        endpoint.deploy(&version),
        endpoint.deploy(version),
        endpoint.deploy(&name),
        endpoint.deploy(name),
        endpoint.deploy(&reference),
        endpoint.deploy(reference),
        endpoint.deploy(id),
        endpoint.deploy(&alias),
        endpoint.deploy(alias),
    ] {
        let described = format!("{deploy:?}");
        service.forget().for_each(drop);
        let operation = deploy
            .await
            .unwrap_or_else(|error| panic!("{described}: {error}"));
        assert_eq!(operation.version().to_string(), VERSION_1, "{described}");
        let requests = service.requests();
        assert_eq!(
            requests.last(),
            Some(&Request::expected("POST", path::DEPLOY).with_body(json!({ "model": VERSION_1 }))),
            "{described}"
        );
    }
}

#[tokio::test]
async fn a_version_as_it_was_uploaded_can_be_deployed() {
    let service = service_with_an_idle_endpoint().await;
    let client = service.client();
    let uploaded = version_1(&client).get().await.unwrap();
    let deploys = [
        endpoint(&client).deploy(&uploaded),
        endpoint(&client).deploy(version_1(&client)),
    ];
    for deploy in deploys {
        assert_eq!(deploy.await.unwrap().version().to_string(), VERSION_1);
    }
    let posts = service.lines();
    let posts = posts.iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 2);
}

#[tokio::test]
async fn a_delete_looks_first_who_uses_the_version() {
    for (by, target) in [("1", path::VERSION_1), ("production", path::PRODUCTION)] {
        let service = service_with_an_idle_endpoint().await;
        let unused = ok(published::version(true, "done", &[]));
        service.on("GET", path::VERSION_1, unused.clone());
        service.on("GET", path::PRODUCTION, unused);
        let version = model(&service.client()).version(by).unwrap();
        let deleted = version.delete().await.unwrap();
        assert_eq!(deleted.message, None);
        assert_eq!(
            shown::version(&deleted.version),
            json!({
                "name": VERSION_1,
                "parsed_name": VERSION_1,
                "id": 1,
                "done": true,
                "aliases": [],
                "sync_status": "done",
                "weight_uri": "s3://my-bucket/model-weights",
                "fingerprint_suffix": null,
            })
        );
        assert_eq!(
            service.requests(),
            [
                Request::expected("GET", target),
                Request::expected("GET", path::ENDPOINTS),
                Request::expected("GET", path::ENDPOINT),
                Request::expected("DELETE", path::VERSION_1),
            ]
        );
    }
}
