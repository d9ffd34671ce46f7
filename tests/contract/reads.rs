//! The five reads: what each sends, whole, and what it makes of the published answer.

use cerebras_management::names::VersionAlias;
use serde_json::json;

use crate::harness::operations::good_service;
use crate::harness::published;
use crate::harness::service::{Request, Service, ok};
use crate::harness::{DEPLOYMENT, KEY, VERSION_1, endpoint, model, path, shown, version_1};

fn published_version_1() -> serde_json::Value {
    json!({
        "name": VERSION_1,
        "parsed_name": VERSION_1,
        "id": 1,
        "done": true,
        "aliases": ["production-jan-12-2026-finetuned"],
        "sync_status": "done",
        "weight_uri": "s3://my-bucket/model-weights",
        "fingerprint_suffix": null,
    })
}

#[tokio::test]
async fn architectures_are_listed() {
    let service = good_service().await;
    let org = service.client().org("my-org").unwrap();
    assert_eq!(
        org.architectures().await.unwrap(),
        ["gpt-oss-120b", "llama3.1-8b"]
    );
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/orgs/my-org/models"
        )]
    );
}

#[tokio::test]
async fn versions_are_listed() {
    let service = good_service().await;
    let versions = model(&service.client()).versions().await.unwrap();
    assert_eq!(
        versions.iter().map(shown::version).collect::<Vec<_>>(),
        [
            published_version_1(),
            json!({
                "name": "orgs/my-org/models/gpt-oss-120b/versions/2",
                "parsed_name": "orgs/my-org/models/gpt-oss-120b/versions/2",
                "id": 2,
                "done": false,
                "aliases": ["my-cool-version"],
                "sync_status": "in_progress",
                "weight_uri": "s3://my-bucket/model-weights-v2",
                "fingerprint_suffix": null,
            })
        ]
    );
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/orgs/my-org/models/gpt-oss-120b/versions"
        )]
    );
}

#[tokio::test]
async fn a_version_is_read_by_its_id() {
    let service = good_service().await;
    let version = version_1(&service.client()).get().await.unwrap();
    assert_eq!(shown::version(&version), published_version_1());
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/1"
        )]
    );
}

#[tokio::test]
async fn a_version_is_read_by_an_alias() {
    let service = Service::start().await;
    let answer = ok(published::answer("get_model_version"));
    service.on("GET", path::PRODUCTION, answer);
    let alias: VersionAlias = "production".parse().unwrap();
    let by_alias = model(&service.client()).version(&alias).unwrap();
    let version = by_alias.get().await.unwrap();
    assert_eq!(shown::version(&version), published_version_1());
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/production"
        )]
    );
}

#[tokio::test]
async fn a_version_is_read_by_its_full_name() {
    let service = good_service().await;
    let client = service.client();
    let version = client.version(VERSION_1).unwrap();
    assert_eq!(version.name().to_string(), VERSION_1);
    let read = version.get().await.unwrap();
    assert_eq!(shown::version(&read), published_version_1());
    assert_eq!(service.lines(), [format!("GET {}", path::VERSION_1)]);
}

#[tokio::test]
async fn endpoints_are_listed() {
    let service = good_service().await;
    let org = service.client().org("my-org").unwrap();
    let endpoints = org.endpoints().await.unwrap();
    assert_eq!(
        endpoints.iter().map(shown::summary).collect::<Vec<_>>(),
        [json!({
            "id": "my-org-gpt-oss-120b",
            "architecture": "gpt-oss-120b",
            "org_name": "my-org",
            "created": 1_736_700_000,
            "updated": 1_736_700_000,
        })]
    );
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/orgs/my-org/endpoints"
        )]
    );
}

#[tokio::test]
async fn an_endpoint_is_read() {
    let service = good_service().await;
    let details = endpoint(&service.client()).get().await.unwrap();
    assert_eq!(
        shown::details(&details),
        json!({
            "id": "my-org-gpt-oss-120b",
            "architecture": "gpt-oss-120b",
            "managing_org": "my-org",
            "deployments": [{
                "id": DEPLOYMENT,
                "endpoint": "my-org-gpt-oss-120b",
                "model": VERSION_1,
                "version": VERSION_1,
                "requested_as": "production-jan-12-2026-finetuned",
                "created": 1_736_700_000,
                "state": "complete",
                "replicas": null,
                "error_message": null,
            }],
            "created": 1_736_600_000,
            "updated": 1_736_700_000,
        })
    );
    assert_eq!(
        service.requests(),
        [Request::expected(
            "GET",
            "/management/v1/endpoints/my-org-gpt-oss-120b"
        )]
    );
}

#[tokio::test]
async fn what_serves_is_read_from_the_endpoint() {
    let service = good_service().await;
    let serving = endpoint(&service.client()).serving().await.unwrap();
    assert_eq!(serving.version().unwrap().to_string(), VERSION_1);
    assert_eq!(serving.version_id().unwrap().get(), 1);
    assert_eq!(service.lines(), [format!("GET {}", path::ENDPOINT)]);
}

#[tokio::test]
async fn a_path_prefix_of_the_base_url_comes_before_each_path() {
    let service = Service::start().await;
    let target = format!("/gate/cerebras{}", path::ENDPOINT);
    service.on("GET", &target, ok(published::answer("get_endpoint")));
    let base = format!("{}/gate/cerebras/", service.url());
    let client = service.builder().base_url(base).build().unwrap();
    endpoint(&client).get().await.unwrap();
    assert_eq!(service.requests(), [Request::expected("GET", &target)]);
}

#[tokio::test]
async fn a_name_is_percent_encoded_so_that_it_stays_one_segment() {
    let service = Service::start().await;
    let target = "/management/v1/orgs/caf%C3%A9+a;b=c@d:e&f/models";
    let answer = ok(published::answer("list_model_architectures"));
    service.on("GET", target, answer);
    let org = service.client().org("café+a;b=c@d:e&f").unwrap();
    org.architectures().await.unwrap();
    assert_eq!(service.requests(), [Request::expected("GET", target)]);
}

#[tokio::test]
async fn the_suffix_of_the_user_agent_comes_after_our_own() {
    let service = good_service().await;
    let builder = service.builder().user_agent_suffix("deployer/7.1 (ci)");
    endpoint(&builder.build().unwrap()).get().await.unwrap();
    let agent = concat!(
        "cerebras-management/",
        env!("CARGO_PKG_VERSION"),
        " deployer/7.1 (ci)"
    );
    let header = ("user-agent".to_owned(), agent.to_owned());
    assert_eq!(
        service.requests(),
        [Request::expected("GET", path::ENDPOINT).with_header(header)]
    );
}

#[tokio::test]
async fn clones_and_resources_share_one_client() {
    let service = good_service().await;
    let client = service.builder().org("my-org").build().unwrap();
    let org = client.clone().default_org().unwrap();
    drop(client);
    org.model("gpt-oss-120b").unwrap().versions().await.unwrap();
    let header = service.requests()[0]
        .header("authorization")
        .map(str::to_owned);
    assert_eq!(header, Some(format!("Bearer {KEY}")));
    assert_eq!(service.lines(), [format!("GET {}", path::VERSIONS)]);
}
