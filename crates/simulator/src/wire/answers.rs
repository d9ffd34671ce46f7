use serde::Serialize;

/// A field that may be left out, or be `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Maybe<T> {
    /// Left out.
    Absent,
    /// `null`.
    Null,
    /// There.
    Present(T),
}

impl<T> Maybe<T> {
    /// Whether the field is left out.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Answer of `list_model_architectures`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelArchitectures {
    pub model_architectures: Vec<String>,
}

/// Answer of `list_model_versions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelVersions {
    pub model_versions: Vec<ModelVersion>,
}

/// Answer of `upload_model_version` and `get_model_version`, and an entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelVersion {
    pub name: String,
    pub done: bool,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub response: Maybe<ModelVersionData>,
}

/// `response` of a [`ModelVersion`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelVersionData {
    pub customer_s3_uri: String,
    pub version_aliases: Vec<String>,
    pub sync_status: String,
    /// In `get_model_version` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_fingerprint_suffix: Option<String>,
}

/// Answer of `update_model_version_aliases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelVersionAliases {
    pub name: String,
    pub version_aliases: Vec<String>,
}

/// Answer of `delete_model_version`: see [`DeleteAnswer`](crate::DeleteAnswer).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelVersionDeleted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

/// Answer of `list_endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Endpoints {
    pub endpoints: Vec<EndpointSummary>,
}

/// An entry of [`Endpoints`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct EndpointSummary {
    pub endpoint_id: String,
    pub model_arch_id: String,
    pub created: u64,
    pub updated: u64,
    pub org_name: String,
}

/// Answer of `get_endpoint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Endpoint {
    pub name: String,
    pub model_arch_id: String,
    pub deployed_models: Vec<DeployedModel>,
    pub managing_org_name: String,
    pub created: u64,
    pub updated: u64,
}

/// An entry of an [`Endpoint`]'s `deployed_models`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct DeployedModel {
    pub id: String,
    pub model: String,
    pub version_alias: String,
    pub created: u64,
    pub state: String,
    /// Only with [`ReplicaCounts::Sent`](crate::ReplicaCounts::Sent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_replicas_updated: Option<u32>,
    /// Only with [`ReplicaCounts::Sent`](crate::ReplicaCounts::Sent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_total_replicas: Option<u32>,
}

/// Answer of `deploy_model`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Deployment {
    pub name: String,
    pub done: bool,
    pub response: DeploymentRecord,
}

/// `response` of a [`Deployment`]. The fields that are not in the published example are sent
/// only with [`DeployAnswer::Full`](crate::DeployAnswer::Full).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct DeploymentRecord {
    pub deployment_id: String,
    pub endpoint_id: String,
    pub org_name: String,
    pub model_arch_id: String,
    pub version_id: u64,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub version_alias: Maybe<String>,
    pub created: u64,
    pub updated: u64,
    pub rollout_status: String,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub max_unavailable_replicas: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub rollout_replicas_updated: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub rollout_total_replicas: Maybe<u32>,
    #[serde(skip_serializing_if = "Maybe::is_absent")]
    pub rollout_error_message: Maybe<String>,
}

/// Answer of `POST /v1/chat/completions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ChatCompletion {
    pub id: String,
    pub object: &'static str,
    pub created: u64,
    pub model: String,
    pub system_fingerprint: String,
    pub choices: Vec<ChatChoice>,
    pub usage: ChatUsage,
}

/// An entry of a [`ChatCompletion`]'s `choices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ChatChoice {
    pub index: u32,
    pub message: ChatMessage,
    pub finish_reason: &'static str,
}

/// What the simulated model says: which version it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ChatMessage {
    pub role: &'static str,
    pub content: String,
}

/// Token counts, all made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ChatUsage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    pub total_tokens: u32,
}
