use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the routes, under the short id this project gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// `GET /management/v1/orgs/{org_name}/models`
    ListModelArchitectures,
    /// `GET /management/v1/orgs/{org_name}/models/{model_arch_id}/versions`
    ListModelVersions,
    /// `POST /management/v1/orgs/{org_name}/models:upload`
    UploadModelVersion,
    /// `GET /management/v1/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}`
    GetModelVersion,
    /// `PATCH /management/v1/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}`
    UpdateModelVersionAliases,
    /// `DELETE /management/v1/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}`
    DeleteModelVersion,
    /// `GET /management/v1/orgs/{org_name}/endpoints`
    ListEndpoints,
    /// `GET /management/v1/endpoints/{endpoint_id}`
    GetEndpoint,
    /// `POST /management/v1/endpoints/{endpoint_id}:deployModel`
    DeployModel,
    /// `POST /v1/chat/completions`, which takes the inference key
    ChatCompletions,
}

impl Operation {
    /// The id, as in `get_model_version`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ListModelArchitectures => "list_model_architectures",
            Self::ListModelVersions => "list_model_versions",
            Self::UploadModelVersion => "upload_model_version",
            Self::GetModelVersion => "get_model_version",
            Self::UpdateModelVersionAliases => "update_model_version_aliases",
            Self::DeleteModelVersion => "delete_model_version",
            Self::ListEndpoints => "list_endpoints",
            Self::GetEndpoint => "get_endpoint",
            Self::DeployModel => "deploy_model",
            Self::ChatCompletions => "chat_completions",
        }
    }

    /// What its requests name, in their path or body: see [`Target`](crate::fault::Target).
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::ListModelArchitectures | Self::ListEndpoints => &["org"],
            Self::ListModelVersions | Self::UploadModelVersion => &["org", "architecture"],
            Self::GetModelVersion | Self::UpdateModelVersionAliases | Self::DeleteModelVersion => {
                &["org", "architecture", "version"]
            }
            Self::GetEndpoint | Self::ChatCompletions => &["endpoint"],
            Self::DeployModel => &["org", "architecture", "version", "endpoint"],
        }
    }

    /// Whether the request must carry a JSON body.
    pub(crate) fn has_body(self) -> bool {
        matches!(
            self,
            Self::UploadModelVersion
                | Self::UpdateModelVersionAliases
                | Self::DeployModel
                | Self::ChatCompletions
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
