//! Keys of the wrong kind, and organizations of others.

use cerebras_management::{Client, ErrorKind, RetryPolicy};
use cerebras_management_simulator::{
    Behaviour, ChatError, INFERENCE_KEY, MANAGEMENT_KEY, OtherOrg, SeedEndpoint, SeedOrg,
    SeedVersion, Simulator,
};

use crate::harness::{ARCHITECTURE, ENDPOINT, ORG, build, refused};

#[tokio::test]
async fn an_inference_key_is_refused_by_the_management_api() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(simulator.base_url())
        .key(INFERENCE_KEY)
        .build()
        .unwrap();
    let error = refused(client.org(ORG).unwrap().architectures().await);
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        error.to_string(),
        "organization my-org: the API key was refused: \"Invalid API key\"; use a valid \
         Management API key; it is not the inference key, and it is found under \"Management API \
         keys\" at https://cloud.cerebras.ai (list_model_architectures: HTTP 401)"
    );
}

#[tokio::test]
async fn a_management_key_is_refused_by_inference() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(simulator.base_url())
        .key("another-management-key")
        .inference_key(MANAGEMENT_KEY)
        .build()
        .unwrap();
    let chat = client.endpoint(ENDPOINT).unwrap().chat("Hello!");
    let error = refused(chat.await);
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(
        error.to_string(),
        "chat with my-org-gpt-oss-120b: the API key was refused: \"Wrong API Key\"; use an \
         inference key; it is not the management key, and it is found under \"API keys\" at \
         https://cloud.cerebras.ai (chat_completions: HTTP 401)"
    );
}

/// The inference API's own pages show one, and `OpenAI`'s clients expect the other.
#[tokio::test]
async fn a_chat_that_is_refused_says_why_in_either_shape() {
    for shape in ChatError::ALL {
        let mut behaviour = Behaviour::default();
        behaviour.chat_error = *shape;
        let simulator = Simulator::builder().behaviour(behaviour).start();
        let simulator = simulator.await.unwrap();
        let client = build(&simulator.base_url(), MANAGEMENT_KEY);
        let chat = client.endpoint("no-such").unwrap().chat("Hello!");
        let error = refused(chat.await);
        assert_eq!(error.kind(), ErrorKind::NotFound, "{shape:?}");
        let why = ": \"Model no-such does not exist or you do not have access to it.\"";
        assert!(error.to_string().contains(why), "{shape:?}: {error}");
    }
}

#[tokio::test]
async fn a_chat_with_what_serves_nothing_says_so() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(simulator.base_url())
        .key(MANAGEMENT_KEY)
        .inference_key(INFERENCE_KEY)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let error = refused(client.endpoint(ENDPOINT).unwrap().chat("Hello!").await);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let why = "Model my-org-gpt-oss-120b has no version deployed yet.";
    assert!(error.to_string().contains(why), "{error}");
}

#[tokio::test]
async fn without_an_inference_key_no_chat_request_is_sent() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(simulator.base_url())
        .key(MANAGEMENT_KEY)
        .build()
        .unwrap();
    let chat = client.endpoint(ENDPOINT).unwrap().chat("Hello!");
    let error = refused(chat.await);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(simulator.journal(), []);
}

/// Our org, and one of somebody else's with keys of its own.
async fn two_orgs(other_org: OtherOrg) -> (Simulator, Client) {
    let mut behaviour = Behaviour::default();
    behaviour.other_org = other_org;
    let org = |name: &str| SeedOrg::new(name).keys("their-management-key", "their-inference-key");
    let theirs = org("their-org")
        .architecture(ARCHITECTURE)
        .version(SeedVersion::new(ARCHITECTURE, "s3://their-bucket/run-1"))
        .endpoint(SeedEndpoint::new("their-endpoint", ARCHITECTURE).serving(1));
    let simulator = Simulator::builder().behaviour(behaviour).org(theirs);
    let simulator = simulator.start().await.unwrap();
    let client = build(&simulator.base_url(), MANAGEMENT_KEY);
    (simulator, client)
}

#[tokio::test]
async fn what_belongs_to_another_organization_is_refused() {
    for (other_org, kind, status) in [
        (OtherOrg::Forbidden, ErrorKind::PermissionDenied, 403),
        (OtherOrg::NotFound, ErrorKind::NotFound, 404),
    ] {
        let (simulator, client) = two_orgs(other_org).await;
        let org = client.org("their-org").unwrap();
        let model = org.model(ARCHITECTURE).unwrap();
        let version = model.version("1").unwrap();
        let endpoint = client.endpoint("their-endpoint").unwrap();
        for error in [
            refused(org.architectures().await),
            refused(org.endpoints().await),
            refused(model.versions().await),
            refused(model.upload("s3://my-bucket/run-1").await),
            refused(version.get().await),
            refused(version.add_alias("ours").await),
            refused(version.delete().await),
            refused(endpoint.get().await),
            refused(endpoint.deploy("1").await),
            refused(endpoint.deploy(version.name()).unchecked().await),
        ] {
            assert_eq!(
                (error.kind(), error.status()),
                (kind, Some(status)),
                "{error}"
            );
            assert!(!error.may_have_happened());
        }
        assert_eq!(simulator.versions(ARCHITECTURE).len(), 1);
        assert_eq!(simulator.deployments("their-endpoint").len(), 1);
    }
}

#[tokio::test]
async fn an_organization_id_in_place_of_a_name_is_pointed_out() {
    for (other_org, what, status) in [
        (
            OtherOrg::Forbidden,
            "permission denied: \"No access to organization 'org_2c8f0b7e6d5a4c3b'\"",
            403,
        ),
        (
            OtherOrg::NotFound,
            "not found: \"Organization 'org_2c8f0b7e6d5a4c3b' not found\"",
            404,
        ),
    ] {
        let (_simulator, client) = two_orgs(other_org).await;
        let org = client.org("org_2c8f0b7e6d5a4c3b").unwrap();
        let error = refused(org.architectures().await);
        assert_eq!(
            error.to_string(),
            format!(
                "organization org_2c8f0b7e6d5a4c3b: {what}; \"org_2c8f0b7e6d5a4c3b\" looks like \
                 an organization id; give the organization's name, found under \"Management API \
                 keys\" at https://cloud.cerebras.ai (list_model_architectures: HTTP {status})"
            )
        );
    }
}
