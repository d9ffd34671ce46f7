//! What goes over the wire: the published fields, and no others unless a switch asks for them.
//!
//! These types are the simulator's own. It shares none with the SDK, so that a mistake in one
//! is not repeated in the other.

mod answers;
mod errors;
mod requests;

pub(crate) use answers::{
    Aliases, Architecture, ChatChoice, ChatCompletion, ChatMessage, ChatUsage, DeployedModel,
    Deployment, DeploymentRecord, Endpoint, EndpointSummary, Endpoints, Json, Maybe,
    ModelArchitectures, ModelVersion, ModelVersionAliases, ModelVersionData, ModelVersionDeleted,
    ModelVersions, VersionName,
};
pub(crate) use errors::{ErrorBody, FieldError, InferenceError, Loc};
pub(crate) use requests::{ChatRequest, DeployRequest, UpdateAliasesRequest, UploadRequest};
pub(crate) use requests::{is_alias, is_weight_uri};
