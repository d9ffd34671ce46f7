use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A field that may be left out, or be `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Maybe<T> {
    /// Left out.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// There.
    Present(T),
}

impl<T> Maybe<T> {
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Left out where there is none.
    pub(crate) fn given(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Present)
    }
}

/// Answer of `list_model_architectures`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ModelArchitectures {
    pub(crate) model_architectures: Vec<Architecture>,
}

/// An entry of [`ModelArchitectures`]: see [`Architectures`](crate::Architectures).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Architecture {
    Name(String),
    Object { model_arch_id: String },
}

/// Answer of `list_model_versions`: as long as the list is, no entry is there before it is written.
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "I: Iterator<Item = ModelVersion<'a>> + Clone")]
pub(crate) struct ModelVersions<'a, I: Iterator<Item = ModelVersion<'a>>> {
    #[serde(serialize_with = "each")]
    pub(crate) model_versions: I,
}

fn each<I, S>(items: &I, serializer: S) -> Result<S::Ok, S::Error>
where
    I: Iterator<Item: Serialize> + Clone,
    S: Serializer,
{
    serializer.collect_seq(items.clone())
}

/// Answer of `upload_model_version` and `get_model_version`, and an entry of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModelVersion<'a> {
    pub(crate) name: VersionName<'a>,
    pub(crate) done: bool,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) response: Maybe<ModelVersionData<'a>>,
}

/// The full name of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionName<'a> {
    pub(crate) org: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) id: u64,
}

impl fmt::Display for VersionName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            org,
            architecture,
            id,
        } = self;
        write!(f, "orgs/{org}/models/{architecture}/versions/{id}")
    }
}

impl Serialize for VersionName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `response` of a [`ModelVersion`].
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct ModelVersionData<'a> {
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) customer_s3_uri: Maybe<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) version_aliases: Maybe<Aliases<'a>>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) sync_status: Maybe<&'a str>,
    /// In `get_model_version` only.
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) system_fingerprint_suffix: Maybe<&'a str>,
}

/// The aliases of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aliases<'a>(pub(crate) &'a [Arc<str>]);

impl Serialize for Aliases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|alias| &**alias))
    }
}

/// Answer of `update_model_version_aliases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ModelVersionAliases {
    pub(crate) name: String,
    pub(crate) version_aliases: Vec<String>,
}

/// Answer of `delete_model_version`: see [`DeleteAnswer`](crate::DeleteAnswer).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ModelVersionDeleted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted: Option<bool>,
}

/// Answer of `list_endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Endpoints {
    pub(crate) endpoints: Vec<EndpointSummary>,
}

/// An entry of [`Endpoints`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct EndpointSummary {
    pub(crate) endpoint_id: String,
    pub(crate) model_arch_id: String,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) org_name: String,
}

/// Answer of `get_endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) model_arch_id: String,
    pub(crate) deployed_models: Vec<DeployedModel>,
    pub(crate) managing_org_name: String,
    pub(crate) created: u64,
    pub(crate) updated: u64,
}

/// An entry of an [`Endpoint`]'s `deployed_models`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DeployedModel {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) version_alias: String,
    /// Not with [`DeploymentDates::Omitted`](crate::DeploymentDates::Omitted).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<u64>,
    /// As [`DeploymentStates`](crate::DeploymentStates) says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'static str>,
    /// Only with [`ReplicaCounts::Sent`](crate::ReplicaCounts::Sent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_replicas_updated: Option<u32>,
    /// Only with [`ReplicaCounts::Sent`](crate::ReplicaCounts::Sent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_total_replicas: Option<u32>,
    /// Only with [`RolloutError::Sent`](crate::RolloutError::Sent).
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) rollout_error_message: Maybe<String>,
}

/// Answer of `deploy_model`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Deployment {
    pub(crate) name: String,
    pub(crate) done: bool,
    pub(crate) response: DeploymentRecord,
}

/// `response` of a [`Deployment`]. The fields that are not in the published example are sent
/// only with [`DeployAnswer::Full`](crate::DeployAnswer::Full).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DeploymentRecord {
    pub(crate) deployment_id: String,
    pub(crate) endpoint_id: String,
    pub(crate) org_name: String,
    pub(crate) model_arch_id: String,
    pub(crate) version_id: u64,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) version_alias: Maybe<String>,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) rollout_status: String,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) max_unavailable_replicas: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) rollout_replicas_updated: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) rollout_total_replicas: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub(crate) rollout_error_message: Maybe<String>,
}

/// Answer of `POST /v1/chat/completions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChatCompletion {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) system_fingerprint: String,
    pub(crate) choices: Vec<ChatChoice>,
    pub(crate) usage: ChatUsage,
}

/// An entry of a [`ChatCompletion`]'s `choices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChatChoice {
    pub(crate) index: u32,
    pub(crate) message: ChatMessage,
    pub(crate) finish_reason: &'static str,
}

/// What the simulated model says: which version it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChatMessage {
    pub(crate) role: &'static str,
    pub(crate) content: String,
}

/// Token counts, all made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_field_names)]
pub(crate) struct ChatUsage {
    pub(crate) prompt_tokens: u32,
    pub(crate) completion_tokens: u32,
    pub(crate) total_tokens: u32,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Json(pub(crate) String);

impl Json {
    /// What goes over the wire has no map but those with names as keys, so this cannot fail.
    pub(crate) fn of(body: &impl Serialize) -> Self {
        Self(serde_json::to_string(body).unwrap_or_default())
    }
}
