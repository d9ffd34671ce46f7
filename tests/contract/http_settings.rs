//! An HTTP client of the caller's own: what of it holds, and what does not.

use std::time::Duration;

use cerebras_management::{ErrorKind, RetryPolicy};
use reqwest::header::{HeaderMap, HeaderValue};

use crate::harness::operations::{good_service, nine};
use crate::harness::service::{Answer, Request};
use crate::harness::wire::{Fault, Wire};
use crate::harness::{endpoint, http, path};

#[tokio::test]
async fn redirects_are_not_followed_even_when_the_callers_client_would() {
    for operation in nine() {
        let elsewhere = good_service().await;
        let service = good_service().await;
        let target = format!("{}{}", elsewhere.url(), operation.path);
        let redirect = Answer::text(307, "text/plain", "").header("location", target);
        service.on(operation.method, operation.path, redirect);
        let follows = http().redirect(reqwest::redirect::Policy::limited(5));
        let client = service.builder().http(follows).build().unwrap();
        let error = (operation.send)(client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert_eq!(error.status(), Some(307));
        assert_eq!(elsewhere.requests(), []);
    }
}

#[tokio::test]
async fn retries_of_the_callers_client_are_off() {
    let operation = nine()
        .into_iter()
        .find(|operation| operation.id == "deploy_model");
    let operation = operation.unwrap();
    let wire = Wire::start(&operation, Fault::Closes).await;
    let retries = reqwest::retry::for_host("127.0.0.1")
        .max_retries_per_request(5)
        .classify_fn(|attempt| match attempt.error() {
            Some(_) => attempt.retryable(),
            None => attempt.success(),
        });
    let own = http().retry(retries);
    let client = wire.builder().http(own).retry(RetryPolicy::none());
    let error = (operation.send)(client.build().unwrap()).await.unwrap_err();
    operation.check_kind(&error, ErrorKind::Transport);
    let look = format!("GET {}", path::ENDPOINT);
    assert_eq!(wire.lines(), [operation.line(), look]);
}

#[tokio::test]
async fn timeouts_of_the_callers_client_do_not_hold() {
    let operation = nine()
        .into_iter()
        .find(|operation| operation.id == "get_endpoint");
    for (fault, own) in [
        (Fault::Silence, http().timeout(Duration::from_millis(1))),
        (
            Fault::Silence,
            http().read_timeout(Duration::from_millis(1)),
        ),
        (
            Fault::SilenceAfterHead,
            http().read_timeout(Duration::from_millis(1)),
        ),
    ] {
        let wire = Wire::start(&operation.unwrap(), fault).await;
        let ours = wire
            .builder()
            .http(own)
            .request_timeout(Duration::from_millis(200));
        let started = std::time::Instant::now();
        let error = endpoint(&ours.build().unwrap()).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(started.elapsed() >= Duration::from_millis(200));
    }
}

#[tokio::test]
async fn a_user_agent_of_the_callers_client_gives_way_and_its_other_headers_are_kept() {
    let service = good_service().await;
    let mut headers = HeaderMap::new();
    headers.insert("x-team", HeaderValue::from_static("ml-platform"));
    headers.insert("authorization", HeaderValue::from_static("Basic d3Jvbmc="));
    let own = http().default_headers(headers).user_agent("their-own/1.0");
    let client = service.builder().http(own).build().unwrap();
    endpoint(&client).get().await.unwrap();
    let team = ("x-team".to_owned(), "ml-platform".to_owned());
    assert_eq!(
        service.requests(),
        [Request::expected("GET", path::ENDPOINT).with_header(team)]
    );
}

#[tokio::test]
async fn a_resolver_of_the_callers_client_is_used() {
    let service = good_service().await;
    let address = service.url().trim_start_matches("http://").parse().unwrap();
    let own = http().resolve("management.internal", address);
    let url = format!("http://management.internal:{}", address.port());
    let builder = service.builder().allow_insecure_http().base_url(url);
    let client = builder.http(own).build().unwrap();
    endpoint(&client).get().await.unwrap();
    assert_eq!(service.lines(), [format!("GET {}", path::ENDPOINT)]);
}
