//! The other side of each test, and what it saw.

pub(crate) mod operations;
pub(crate) mod published;
pub(crate) mod secret;
pub(crate) mod service;
pub(crate) mod shown;
pub(crate) mod wire;

use std::time::Duration;

use cerebras_management::{Client, ClientBuilder, Endpoint, Model, RetryPolicy, Schedule, Version};

/// What no error may show.
pub(crate) const KEY: &str = "csk-S3cretManagementKey-0123456789";

pub(crate) const VERSION_1: &str = "orgs/my-org/models/gpt-oss-120b/versions/1";
pub(crate) const DEPLOYMENT: &str = "550e8400-e29b-41d4-a716-446655440000";

/// Paths of the default world of these tests, as they go over the wire.
pub(crate) mod path {
    pub(crate) const ARCHITECTURES: &str = "/management/v1/orgs/my-org/models";
    pub(crate) const VERSIONS: &str = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions";
    pub(crate) const VERSION_1: &str = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/1";
    pub(crate) const PRODUCTION: &str =
        "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/production";
    pub(crate) const UPLOAD: &str = "/management/v1/orgs/my-org/models:upload";
    pub(crate) const ENDPOINTS: &str = "/management/v1/orgs/my-org/endpoints";
    pub(crate) const ENDPOINT: &str = "/management/v1/endpoints/my-org-gpt-oss-120b";
    pub(crate) const DEPLOY: &str = "/management/v1/endpoints/my-org-gpt-oss-120b:deployModel";
}

/// A client that tries once, and does not go on for long.
pub(crate) fn builder(base_url: impl Into<String>) -> ClientBuilder {
    Client::builder()
        .key(KEY)
        .base_url(base_url)
        .http(http())
        .retry(RetryPolicy::none())
        .request_timeout(Duration::from_secs(10))
}

/// It takes no proxy from the environment, and no time to read the certificates of the machine.
pub(crate) fn http() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().no_proxy();
    #[cfg(feature = "rustls")]
    let builder = builder.tls_certs_only([]);
    builder
}

pub(crate) fn model(client: &Client) -> Model {
    let org = client.org("my-org").expect("an organization");
    org.model("gpt-oss-120b").expect("a model")
}

pub(crate) fn version_1(client: &Client) -> Version {
    model(client).version(1_u64).expect("a version")
}

pub(crate) fn endpoint(client: &Client) -> Endpoint {
    client.endpoint("my-org-gpt-oss-120b").expect("an endpoint")
}

/// As often as a schedule allows.
pub(crate) fn at_once() -> Schedule {
    Schedule::default()
        .floor(Duration::from_millis(10))
        .ceiling(Duration::from_millis(20))
}
