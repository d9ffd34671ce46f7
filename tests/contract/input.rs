//! What is wrong with what a caller gives is told before anything is sent.
//!
//! The exact message of each name has its own tests; here it is that every way in refuses, with
//! the part in the message, and that the service sees nothing.

use std::time::Duration;

use cerebras_management::{Client, Error, ErrorKind, Result, Sent};

use crate::harness::operations::good_service;
use crate::harness::secret::{assert_one_line, assert_without};
use crate::harness::{KEY, VERSION_1, endpoint, model, version_1};

/// Checks that it is the caller's mistake, in one line that begins with the part.
#[track_caller]
fn check(error: &Error, part: &str) {
    let line = error.to_string();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{line}");
    assert!(line.starts_with(part), "{line}");
    assert_eq!(error.was_sent(), Sent::No, "{line}");
    assert!(!error.may_have_happened(), "{line}");
    assert_eq!((error.status(), error.attempts()), (None, 0), "{line}");
    assert_one_line(error);
}

fn wrong_names() -> Vec<String> {
    let wrong = [
        "",
        ".",
        "..",
        r"..\..\x",
        "../x",
        "a/b",
        "a%2Fb",
        "a?b",
        "a#b",
        "a\u{202e}b",
        "a\0b",
        "a\nb",
        "a b",
        "\u{feff}a",
    ];
    let mut names: Vec<_> = wrong.map(str::to_owned).into();
    names.push("x".repeat(300));
    names
}

#[tokio::test]
async fn a_wrong_name_makes_no_resource() {
    let service = good_service().await;
    let client = service.client();
    let org = client.org("my-org").unwrap();
    for name in wrong_names() {
        check(&client.org(&name).unwrap_err(), "organization name");
        check(&org.model(&name).unwrap_err(), "model architecture");
        check(&client.endpoint(&name).unwrap_err(), "endpoint id");
        let built = service.builder().org(&name).build();
        check(&built.unwrap_err(), "organization name");
    }
    for name in [
        "",
        "1",
        "orgs/my-org/models/gpt-oss-120b",
        "orgs/../models/a/versions/1",
    ] {
        check(&client.version(name).unwrap_err(), "model version name");
    }
    // It would end the id in the path of a deploy.
    check(&client.endpoint("a:b").unwrap_err(), "endpoint id");
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_version_is_a_number_or_an_alias_and_nothing_else() {
    let service = good_service().await;
    let model = model(&service.client());
    for wrong in ["", "0", "007", "+1", "-1", "18446744073709551616", "1.0"] {
        check(&model.version(wrong).unwrap_err(), "version");
    }
    check(&model.version(0_u64).unwrap_err(), "version");
    for wrong in wrong_aliases() {
        assert!(model.version(&wrong).is_err(), "{wrong}");
    }
    assert_eq!(service.requests(), []);
}

fn wrong_aliases() -> Vec<String> {
    let wrong = [
        "",
        "a",
        "Production",
        "9fceb02d0ae598e95dc970b74767f19372d61af8",
        "v1.2",
        "prod_eu",
        "feature/x",
        "run-",
        "..",
        "a\u{202e}b",
    ];
    let mut aliases: Vec<_> = wrong.map(str::to_owned).into();
    aliases.push("x".repeat(129));
    aliases
}

#[tokio::test]
async fn a_wrong_alias_is_refused_wherever_one_is_taken() {
    let service = good_service().await;
    let client = service.client();
    let (model, version) = (model(&client), version_1(&client));
    for alias in wrong_aliases() {
        let upload = model.upload("s3://my-bucket/x").alias(&alias);
        check(&upload.await.unwrap_err(), "alias");
        check(&version.add_alias(&alias).await.unwrap_err(), "alias");
        check(&version.remove_alias(&alias).await.unwrap_err(), "alias");
        let set = version.set_aliases(["good", &alias]).await;
        check(&set.unwrap_err(), "alias");
    }
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_wrong_weight_uri_is_the_error_of_the_upload() {
    let service = good_service().await;
    let model = model(&service.client());
    for uri in [
        "",
        "my-bucket/x",
        "https://example.com/weights",
        "https://us-east-1.console.aws.amazon.com/s3/buckets/my-bucket?prefix=run/",
        "s3a://my-bucket/x",
        "arn:aws:s3:::my-bucket/x",
        "s3://",
        "s3:///x",
        "s3://my-bucket//x",
        "s3://my-bucket/../x",
        "s3://<your-bucket-name>/x",
        "s3://my-bucket/x\n",
    ] {
        check(&model.upload(uri).await.unwrap_err(), "weight URI");
    }
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_presigned_url_is_not_repeated() {
    let service = good_service().await;
    let url = "https://my-bucket.s3.amazonaws.com/x?X-Amz-Signature=5ecre75ignature";
    let upload = model(&service.client()).upload(url);
    assert!(!format!("{upload:?}").contains("5ecre75ignature"));
    let error = upload.await.unwrap_err();
    check(&error, "weight URI");
    assert_without(&error, "5ecre75ignature");
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_wrong_fingerprint_suffix_is_the_error_of_the_upload() {
    let service = good_service().await;
    let model = model(&service.client());
    let remedy = "give a short name such as the alias";
    for (suffix, line) in [
        (
            String::new(),
            format!("fingerprint suffix \"\": it is empty; {remedy}"),
        ),
        (
            "x".repeat(256),
            format!(
                "fingerprint suffix \"{}\": it has 256 bytes, and at most 255 are allowed; \
                 {remedy}",
                "x".repeat(256)
            ),
        ),
        (
            "run\n42".to_owned(),
            format!(
                "fingerprint suffix \"run 42\": byte 3: it contains a control character; {remedy}"
            ),
        ),
    ] {
        let upload = model.upload("s3://my-bucket/x").fingerprint_suffix(suffix);
        let error = upload.await.unwrap_err();
        check(&error, "fingerprint suffix");
        assert_eq!(error.to_string(), line);
    }
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn the_first_thing_wrong_with_an_upload_is_its_error() {
    let service = good_service().await;
    let model = model(&service.client());
    let good = || model.upload("s3://my-bucket/x");
    for (upload, part) in [
        (
            model
                .upload("https://x")
                .alias("Bad")
                .fingerprint_suffix(""),
            "weight URI",
        ),
        (
            good().alias("Bad").alias("").fingerprint_suffix(""),
            "alias \"Bad\"",
        ),
        (
            good().fingerprint_suffix("").alias("Bad"),
            "fingerprint suffix",
        ),
        // What comes later does not mend it.
        (
            good().alias("Bad").alias("good").unchecked(),
            "alias \"Bad\"",
        ),
        (
            good().fingerprint_suffix("").fingerprint_suffix("good"),
            "fingerprint suffix",
        ),
    ] {
        check(&upload.await.unwrap_err(), part);
    }
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_wrong_target_is_the_error_of_the_deploy() {
    let service = good_service().await;
    let endpoint = endpoint(&service.client());
    for (target, part) in [
        ("", "version"),
        ("0", "version"),
        ("007", "version"),
        ("Production", ""),
        ("orgs/my-org/models/gpt-oss-120b", "model version name"),
        (
            "orgs/my-org/models/gpt-oss-120b/versions/",
            "model version name",
        ),
        (
            "orgs/../models/gpt-oss-120b/versions/1",
            "model version name",
        ),
        (
            "orgs/my-org/models/gpt-oss-120b/versions/1/",
            "model version name",
        ),
        (
            "/orgs/my-org/models/gpt-oss-120b/versions/1",
            "model version name",
        ),
    ] {
        check(&endpoint.deploy(target).await.unwrap_err(), part);
        let unchecked = endpoint.deploy(target).unchecked().redeploy();
        check(&unchecked.await.unwrap_err(), part);
    }
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_builder_that_is_not_awaited_sends_nothing() {
    let service = good_service().await;
    let client = service.client();
    drop(model(&client).upload("s3://my-bucket/x").alias("run-42"));
    drop(endpoint(&client).deploy(VERSION_1));
    drop(version_1(&client).delete());
    drop(endpoint(&client).chat("Hello!"));
    drop(version_1(&client).get());
    drop(client.org("my-org").unwrap());
    assert_eq!(service.requests(), []);
}

#[tokio::test]
async fn a_chat_without_an_inference_key_is_refused() {
    let service = good_service().await;
    let chat = endpoint(&service.client()).chat("Hello!");
    let error = chat.await.unwrap_err();
    check(&error, "chat with my-org-gpt-oss-120b");
    assert_eq!(
        error.to_string(),
        "chat with my-org-gpt-oss-120b: no inference key; set CEREBRAS_API_KEY or \
         ClientBuilder::inference_key; it is not the management key"
    );
    assert_eq!(service.requests(), []);
}

#[test]
fn a_wrong_base_url_makes_no_client() {
    let built = |url: &str| Client::builder().key(KEY).base_url(url).build();
    for url in [
        "",
        "api.cerebras.ai",
        "/management",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "ftp://example.com",
        "https://",
        "https://example.com/?a=b",
        "https://example.com/#x",
        "https://api.cerebras.ai/management/v1",
        "https://api.cerebras.ai/v1/",
    ] {
        check(&built(url).unwrap_err(), "base URL");
    }
    let error = built("https://me:s3cr3tpa55w0rd@example.com").unwrap_err();
    check(&error, "base URL");
    assert_without(&error, "s3cr3tpa55w0rd");
    let error = built("csk-s3cr3tpa55w0rd").unwrap_err();
    assert_without(&error, "csk-s3cr3tpa55w0rd");
    let error = built("https://example.com/?key=s3cr3tpa55w0rd").unwrap_err();
    assert_without(&error, "s3cr3tpa55w0rd");
    for url in [
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1/a/b/",
    ] {
        let client = built(url).unwrap();
        assert_eq!(client.base_url(), url.trim_end_matches('/'));
    }
    let insecure = Client::builder().key(KEY).allow_insecure_http();
    insecure.base_url("http://gate.internal").build().unwrap();
}

#[test]
fn a_wrong_key_makes_no_client_and_is_not_shown() {
    let error = Client::builder().build().unwrap_err();
    check(
        &error,
        "no Management API key; set CEREBRAS_MANAGEMENT_API_KEY",
    );
    for key in [
        "",
        " \n",
        "csk-S3cretKey\nmore",
        "csk-S3cretKey more",
        "Bearer csk-S3cretKey",
        "bearer csk-S3cretKey",
        "\"csk-S3cretKey\"",
        "'csk-S3cretKey'",
        "csk-S3cretKey\0",
        "csk-S3cretKeyé",
    ] {
        for built in [
            Client::builder().key(key).build(),
            Client::builder().key(KEY).inference_key(key).build(),
        ] {
            let error = built.unwrap_err();
            check(&error, "API key: ");
            assert_without(&error, "csk-S3cretKey");
        }
    }
    let same = Client::builder().key(KEY).inference_key(KEY).build();
    let error = same.unwrap_err();
    check(
        &error,
        "the management key and the inference key are the same",
    );
    assert_without(&error, KEY);
    for simulated in ["simulated-management-key", "simulated-inference-key"] {
        let error = Client::builder().key(simulated).build().unwrap_err();
        check(&error, "the API key is the simulator's");
    }
}

#[test]
fn the_white_space_around_a_key_is_cut() {
    for key in [format!("{KEY}\n"), format!("  {KEY}\r\n")] {
        Client::builder().key(key).build().unwrap();
    }
}

#[test]
fn a_wrong_user_agent_or_time_makes_no_client() {
    let builder = || Client::builder().key(KEY);
    for suffix in ["a\nb", "a\r\nx-injected: 1", "größe", "a\0"] {
        let built = builder().user_agent_suffix(suffix).build();
        check(&built.unwrap_err(), "user agent suffix");
    }
    let zero = Duration::ZERO;
    let built: [(Result<Client>, &str); 3] = [
        (builder().connect_timeout(zero).build(), "connect timeout"),
        (builder().request_timeout(zero).build(), "request timeout"),
        (builder().call_timeout(zero).build(), "call timeout"),
    ];
    for (built, part) in built {
        check(&built.unwrap_err(), part);
    }
}

#[test]
fn a_client_without_a_default_organization_says_how_to_get_one() {
    let client = Client::builder().key(KEY).build().unwrap();
    assert_eq!(
        client.default_org().unwrap_err().to_string(),
        "the client has no default organization; set CEREBRAS_ORG_NAME, or name one with \
         Client::org"
    );
}
