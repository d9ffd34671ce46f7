//! What the fuzz targets in `fuzz/` reach and callers do not: how answers are read.
//!
//! It is compiled only with `--cfg fuzzing`, which cargo-fuzz sets.

use std::fmt::Display;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use crate::answer;
use crate::client::Client;
use crate::echo::hidden_in;
use crate::endpoints::{Deployment, Endpoint, EndpointDetails, EndpointSummary};
use crate::error::{Answered, Error, Result};
use crate::key::ApiKey;
use crate::names::{EndpointId, ModelVersionName};
use crate::operation::Operation;
use crate::poll::{Look, Probe};
use crate::raw::types as raw;
use crate::versions::{ModelVersion, Readiness, Version};

/// The key of the requests, which no text of an error may repeat.
pub const KEY: &str = "csk-fuzz";
/// The version that is asked for.
pub const VERSION: &str = "orgs/my-org/models/gpt-oss-120b/versions/1";
/// The endpoint that is asked for.
pub const ENDPOINT: &str = "my-org-gpt-oss-120b";
/// The deployment that is waited for.
pub const DEPLOYMENT: &str = "550e8400-e29b-41d4-a716-446655440000";

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let client = Client::builder().key(KEY).base_url("http://127.0.0.1:8080");
    client.build().expect("a client")
});
static SECRET: LazyLock<ApiKey> = LazyLock::new(|| ApiKey::new(KEY).expect("a key"));

/// The error of an answer with a status other than 2xx.
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> Error {
    let base = CLIENT.transport().base.as_str();
    let body = hidden_in(body, &SECRET, false);
    let page = body.trim_ascii_start().starts_with(b"<");
    answer::refused(head(status), &body, page, None, base)
}

/// A version, as the read of [`VERSION`] answers.
pub fn version(body: &[u8]) -> Result<ModelVersion> {
    Version::new(CLIENT.clone(), version_name()).read(decode(body)?)
}

/// A version, as an upload answers.
pub fn uploaded(body: &[u8]) -> Result<ModelVersion> {
    decode::<raw::ModelVersionUploadResponse>(body).map(Into::into)
}

/// A list of versions.
pub fn versions(body: &[u8]) -> Result<Vec<ModelVersion>> {
    let asked = version_name();
    let listed = decode::<raw::ModelVersionListResponse>(body)?.model_versions;
    let listed = listed.unwrap_or_default().into_iter();
    listed
        .map(|version| ModelVersion::from(version).listed_under(asked.org(), asked.architecture()))
        .collect()
}

/// An endpoint, as the read of [`ENDPOINT`] answers.
pub fn endpoint(body: &[u8]) -> Result<EndpointDetails> {
    asked_endpoint().read(decode(body))
}

/// A list of endpoints.
pub fn endpoints(body: &[u8]) -> Result<Vec<EndpointSummary>> {
    let listed = decode::<raw::EndpointListResponse>(body)?.endpoints;
    let listed = listed.unwrap_or_default().into_iter();
    Ok(listed.map(Into::into).collect())
}

/// A deployment, as the deploy of [`VERSION`] answers.
pub fn deployed(body: &[u8]) -> Result<Deployment> {
    let id: EndpointId = ENDPOINT.parse()?;
    Ok(Deployment::submitted(&id, &version_name(), decode(body)?))
}

/// The answers that no type of ours is made of: to a delete, to an edit of aliases, and the list of
/// architectures.
#[must_use]
pub fn others(body: &[u8]) -> [Option<Error>; 3] {
    [
        decode::<raw::ModelVersionDeleteResponse>(body).err(),
        decode::<raw::ModelVersionUpdateAliasesResponse>(body).err(),
        decode::<raw::ModelArchitectureListResponse>(body).err(),
    ]
}

/// The operation of an upload that is answered with a version, and whether the version is ready.
///
/// # Errors
///
/// When its name holds no integer id.
pub fn operation(version: &ModelVersion) -> Result<(Operation<ModelVersion>, bool)> {
    let ready = Readiness::of(version) == Readiness::Ready;
    Ok((Operation::of_sync(&CLIENT, version.clone())?, ready))
}

/// What a wait for [`DEPLOYMENT`] tells of the endpoint, look by look: progress, and an error in
/// the end.
pub fn rollout<'a>(looks: impl IntoIterator<Item = &'a EndpointDetails>) -> Vec<String> {
    let waited = Operation::resumed_rollout(
        asked_endpoint(),
        DEPLOYMENT.to_owned(),
        version_name(),
        None,
    );
    let mut probe = waited.probe().clone();
    let looks = looks.into_iter().filter_map(|seen| probe.see(seen));
    looks.flat_map(told).collect()
}

/// What a wait for [`VERSION`] tells of it, look by look.
pub fn sync<'a>(looks: impl IntoIterator<Item = &'a ModelVersion>) -> Vec<String> {
    let mut probe = Operation::resumed_sync(&CLIENT, version_name())
        .probe()
        .clone();
    let looks = looks.into_iter().map(|seen| probe.judge(seen));
    looks.flat_map(told).collect()
}

fn told<P: Display, T>(look: Look<P, T>) -> Vec<String> {
    match look {
        Look::Going(progress) | Look::Done(progress, _) => vec![progress.to_string()],
        Look::Ended(progress, error) => vec![progress.to_string(), error.to_string()],
    }
}

fn version_name() -> ModelVersionName {
    VERSION.parse().expect("a name")
}

fn asked_endpoint() -> Endpoint {
    CLIENT.endpoint(ENDPOINT).expect("an endpoint id")
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|source| answer::unreadable(head(200), body, source, &SECRET))
}

fn head(status: u16) -> Answered {
    Answered {
        status,
        ..Answered::default()
    }
}
