//! Every public way in for a text of the caller's, and where it is to be in the request.

use std::pin::Pin;
use std::time::Duration;

use cerebras_management::{
    Client, ClientBuilder, Endpoint, Error, Handle, Model, MoveIntent, Pending, Result, Resumed,
    Version,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::world::{ARCHITECTURE, ENDPOINT, ORG, builder, quick, version_name};
use Lands::{Body, Deploying, Header, Nowhere, Segment};

/// Where a text that is accepted is in the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lands {
    /// This segment of a path, counted from 0.
    Segment(usize),
    /// The segment before `:deployModel`.
    Deploying,
    /// This place in a body.
    Body(&'static str),
    /// The end of this header.
    Header(&'static str),
    /// In none as it is: it is hashed, compared or named only after something was read.
    Nowhere,
}

type Sending = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One public way in for a text.
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) lands: Lands,
    /// A client that is built without the text, and the text.
    pub(super) take: fn(Client, String) -> Sending,
}

macro_rules! ways {
    ($($name:literal $lands:expr => |$client:ident, $text:ident| $body:expr;)+) => {
        vec![$(Way {
            name: $name,
            lands: $lands,
            take: |$client, $text| Box::pin(async move {
                let result: Result<_> = $body;
                result.map(drop)
            }),
        }),+]
    };
}

/// Every public method and function that takes a text.
pub(super) fn all() -> Vec<Way> {
    let all = [
        names(),
        writes(),
        aliases(),
        handles(),
        pending(),
        settings(),
    ];
    all.into_iter().flatten().collect()
}

fn model(client: &Client) -> Model {
    client.org(ORG).unwrap().model(ARCHITECTURE).unwrap()
}

fn version(client: &Client) -> Version {
    model(client).version(2_u64).unwrap()
}

fn endpoint(client: &Client) -> Endpoint {
    client.endpoint(ENDPOINT).unwrap()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

const WEIGHTS: &str = "s3://my-bucket/run-42";

fn names() -> Vec<Way> {
    ways! {
        "Client::org" Segment(4) => |client, text| match client.org(&text) {
            Ok(org) => org.architectures().await,
            Err(error) => Err(error),
        };
        "Client::org, endpoints" Segment(4) => |client, text| match client.org(&text) {
            Ok(org) => org.endpoints().await,
            Err(error) => Err(error),
        };
        "Org::model" Segment(6) => |client, text| match client.org(ORG).unwrap().model(&text) {
            Ok(model) => model.versions().await,
            Err(error) => Err(error),
        };
        "Org::model, upload" Body("/model_arch_id") => |client, text| {
            match client.org(ORG).unwrap().model(&text) {
                Ok(model) => model.upload(WEIGHTS).unchecked().await,
                Err(error) => Err(error),
            }
        };
        "Model::version" Segment(8) => |client, text| match model(&client).version(&text) {
            Ok(version) => version.get().await,
            Err(error) => Err(error),
        };
        "Client::version" Nowhere => |client, text| match client.version(&text) {
            Ok(version) => version.get().await,
            Err(error) => Err(error),
        };
        "Client::version, org" Segment(4) => |client, text| {
            match client.version(format!("orgs/{text}/models/a/versions/1")) {
                Ok(version) => version.get().await,
                Err(error) => Err(error),
            }
        };
        "Client::version, architecture" Segment(6) => |client, text| {
            match client.version(format!("orgs/o/models/{text}/versions/1")) {
                Ok(version) => version.get().await,
                Err(error) => Err(error),
            }
        };
        "Client::endpoint" Segment(4) => |client, text| match client.endpoint(&text) {
            Ok(endpoint) => endpoint.get().await,
            Err(error) => Err(error),
        };
        "Client::endpoint, deploy" Deploying => |client, text| match client.endpoint(&text) {
            Ok(endpoint) => endpoint.deploy(version_name(1)).unchecked().await,
            Err(error) => Err(error),
        };
        "Client::endpoint, chat" Body("/model") => |client, text| match client.endpoint(&text) {
            Ok(endpoint) => endpoint.chat("Hello!").await,
            Err(error) => Err(error),
        };
    }
}

fn writes() -> Vec<Way> {
    ways! {
        "Endpoint::chat" Body("/messages/0/content") => |client, text| {
            endpoint(&client).chat(text).await
        };
        "Endpoint::deploy" Nowhere => |client, text| endpoint(&client).deploy(text).await;
        "Endpoint::deploy, unchecked" Nowhere => |client, text| {
            let name = format!("orgs/{text}/models/a/versions/1");
            endpoint(&client).deploy(name).unchecked().await
        };
        "Deploy::if_serving" Nowhere => |client, text| {
            endpoint(&client).deploy(1).if_serving(text).await
        };
        "Rollback::if_serving" Nowhere => |client, text| {
            endpoint(&client).rollback().if_serving(text).await
        };
        "Model::upload" Body("/model/weight_uri") => |client, text| {
            model(&client).upload(text).unchecked().await
        };
        "Upload::alias" Body("/model/version_aliases/0") => |client, text| {
            model(&client).upload(WEIGHTS).alias(text).unchecked().await
        };
        "Upload::fingerprint_suffix" Body("/model/system_fingerprint_suffix") => |client, text| {
            let upload = model(&client).upload(WEIGHTS).fingerprint_suffix(text);
            upload.unchecked().await
        };
        "Upload::idempotency_key" Nowhere => |client, text| {
            model(&client).upload(WEIGHTS).idempotency_key(text).unchecked().await
        };
    }
}

fn aliases() -> Vec<Way> {
    ways! {
        "Version::add_alias" Nowhere => |client, text| version(&client).add_alias(text).await;
        "Version::remove_alias" Nowhere => |client, text| {
            version(&client).remove_alias(text).await
        };
        "Version::set_aliases" Nowhere => |client, text| {
            version(&client).set_aliases(["good", &text]).await
        };
        "Version::replace_aliases" Nowhere => |client, text| {
            version(&client).replace_aliases(["good"], [&text]).await
        };
        "Version::replace_aliases, expected" Nowhere => |client, text| {
            version(&client).replace_aliases([&text], ["good"]).await
        };
        "Model::move_alias" Nowhere => |client, text| model(&client).move_alias(text, 2_u64).await;
        "Model::move_alias, to" Segment(8) => |client, text| {
            model(&client).move_alias("production", text).await
        };
        "MoveAlias::from" Nowhere => |client, text| {
            model(&client).move_alias("production", 2_u64).from(text).await
        };
        "MoveAlias::plan" Nowhere => |client, text| {
            model(&client).move_alias(text, 2_u64).plan().await
        };
    }
}

/// Waits for what is written down, until the service has been asked.
async fn resume(client: Client, handle: String) -> Result<()> {
    let handle: Handle = handle.parse().map_err(Error::from)?;
    // Most end with the first answer, which a busy machine may be slow to give.
    let soon = Duration::from_secs(2);
    let resumed = client.resume(&handle)?;
    if let Resumed::Upload(upload) = resumed {
        let wait = upload.wait().schedule(quick()).deadline(soon);
        wait.await.map(drop)
    } else if let Resumed::Rollout(rollout) = resumed {
        let wait = rollout.wait().schedule(quick()).deadline(soon);
        wait.await.map(drop)
    } else {
        panic!("{resumed:?} is neither")
    }
}

fn handles() -> Vec<Way> {
    ways! {
        "Handle" Nowhere => |client, text| resume(client, text).await;
        "Handle, version" Nowhere => |client, text| {
            let (version, base) = (encoded(&text), client.base_url().to_owned());
            resume(client, format!("cbm1,upload,version={version},base={base}")).await
        };
        "Handle, endpoint" Segment(4) => |client, text| {
            let (endpoint, base) = (encoded(&text), client.base_url().to_owned());
            let version = version_name(1);
            resume(client, format!(
                "cbm1,rollout,endpoint={endpoint},deployment=d-1,version={version},base={base}"
            )).await
        };
        "Handle, deployment" Nowhere => |client, text| {
            let (deployment, base) = (encoded(&text), client.base_url().to_owned());
            let version = version_name(1);
            resume(client, format!(
                "cbm1,rollout,endpoint=e,deployment={deployment},version={version},base={base}"
            )).await
        };
        "Handle, base" Nowhere => |client, text| {
            let (version, base) = (version_name(1), encoded(&text));
            resume(client, format!("cbm1,upload,version={version},base={base}")).await
        };
        "MoveIntent" Nowhere => |client, text| match text.parse::<MoveIntent>() {
            Ok(intent) => client.resume_move(&intent).unwrap().await,
            Err(error) => Err(error.into()),
        };
        "MoveIntent, alias" Nowhere => |client, text| {
            let alias = encoded(&text);
            let (to, base) = (version_name(2), client.base_url().to_owned());
            let intent = format!("cbm1,move,alias={alias},to={to},base={base}");
            match intent.parse::<MoveIntent>() {
                Ok(intent) => client.resume_move(&intent).unwrap().await,
                Err(error) => Err(error.into()),
            }
        };
    }
}

async fn settle(client: Client, fields: String) -> Result<()> {
    let text = format!("cbm1,pending-{fields},base={}", client.base_url());
    let pending: Pending = text.parse()?;
    client.settle(&pending).await.map(drop)
}

fn pending() -> Vec<Way> {
    ways! {
        "Pending" Nowhere => |client, text| match text.parse::<Pending>() {
            Ok(pending) => client.settle(&pending).await,
            Err(error) => Err(error.into()),
        };
        "Pending, org" Segment(4) => |client, text| settle(client, format!(
            "upload,org={},architecture=a,weights={WEIGHTS},after=1", encoded(&text)
        )).await;
        "Pending, architecture" Segment(6) => |client, text| settle(client, format!(
            "upload,org=o,architecture={},weights={WEIGHTS},after=1", encoded(&text)
        )).await;
        "Pending, weights" Nowhere => |client, text| settle(client, format!(
            "upload,org=o,architecture=a,weights={},after=1", encoded(&text)
        )).await;
        "Pending, suffix" Nowhere => |client, text| settle(client, format!(
            "upload,org=o,architecture=a,weights={WEIGHTS},suffix={},after=1", encoded(&text)
        )).await;
        "Pending, key" Segment(8) => |client, text| settle(client, format!(
            "upload,org=o,architecture=a,weights={WEIGHTS},key={}", encoded(&text)
        )).await;
        "Pending, endpoint" Segment(4) => |client, text| settle(client, format!(
            "deploy,endpoint={},version={},known=", encoded(&text), version_name(1)
        )).await;
    }
}

/// A builder for the address that a client has.
fn again(client: &Client) -> ClientBuilder {
    builder(client.base_url())
}

fn settings() -> Vec<Way> {
    ways! {
        "ClientBuilder::org" Segment(4) => |client, text| match again(&client).org(&text).build() {
            Ok(client) => client.default_org().unwrap().architectures().await,
            Err(error) => Err(error),
        };
        "ClientBuilder::user_agent_suffix" Header("user-agent") => |client, text| {
            match again(&client).user_agent_suffix(text).build() {
                Ok(client) => endpoint(&client).get().await,
                Err(error) => Err(error),
            }
        };
        "ClientBuilder::key" Header("authorization") => |client, text| {
            match again(&client).key(text).build() {
                Ok(client) => endpoint(&client).get().await,
                Err(error) => Err(error),
            }
        };
        "ClientBuilder::inference_key" Header("authorization") => |client, text| {
            match again(&client).inference_key(text).build() {
                Ok(client) => endpoint(&client).chat("Hello!").await,
                Err(error) => Err(error),
            }
        };
        "ClientBuilder::base_url" Nowhere => |client, text| {
            // What is before the @ of an address would be a user, and what is after it the host.
            again(&client).base_url(format!("{}@{text}", client.base_url())).build()
        };
    }
}
