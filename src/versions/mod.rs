//! Model versions: uploading weights, reading versions, deleting them.

mod data;
mod delete;
mod key;
mod sync;
mod upload;
mod uploading;

use std::fmt;

use bytes::Bytes;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::explain::about_org;
use crate::names::{
    ModelArchitectureId, ModelVersionName, NameError, OrgName, VersionRef, WeightUri,
};
use crate::operation::Operation;
use crate::raw::types::ModelVersionListResponse;
use crate::retry::Op;
use crate::transport::{Attempts, Generated};

pub use data::ModelVersion;
pub(crate) use data::no_id;
pub use delete::{Delete, Deleted};
pub(crate) use sync::Readiness;
pub use sync::SyncProgress;
pub use upload::Upload;

/// A model architecture of an organization, under which versions are uploaded.
///
/// It owns its names and a clone of the client; making one sends nothing.
#[derive(Clone)]
pub struct Model {
    client: Client,
    org: OrgName,
    architecture: ModelArchitectureId,
}

impl Model {
    pub(crate) fn new(client: Client, org: OrgName, architecture: ModelArchitectureId) -> Self {
        Self {
            client,
            org,
            architecture,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The organization's name.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// The architecture's id.
    #[must_use]
    pub fn architecture(&self) -> &ModelArchitectureId {
        &self.architecture
    }

    /// Uploads the weights under an `s3://` URI as a new version; see [`Upload`].
    pub fn upload(&self, weights: impl TryInto<WeightUri, Error: Into<NameError>>) -> Upload {
        Upload::new(self.clone(), weights.try_into().map_err(Into::into))
    }

    /// One version, by its integer id or an alias. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is neither.
    pub fn version(
        &self,
        version: impl TryInto<VersionRef, Error: Into<NameError>>,
    ) -> Result<Version> {
        let version = version.try_into().map_err(Into::into)?;
        Ok(Version {
            name: ModelVersionName::new(self.org.clone(), self.architecture.clone(), version),
            client: self.client.clone(),
        })
    }

    /// All versions, in the order in which the service lists them.
    pub async fn versions(&self) -> Result<Vec<ModelVersion>> {
        let listed = self
            .client
            .call(Op::LIST_MODEL_VERSIONS, async |raw| self.list(raw).await)
            .await
            .map_err(|error| self.explain(error))?;
        self.listed(listed)
            .map(|version| version.listed_under(&self.org, &self.architecture))
            .collect::<Result<_>>()
            .map_err(|error| error.during(Op::LIST_MODEL_VERSIONS.id, false))
    }

    /// The answer to a list, unread.
    async fn unread_list(&self) -> Result<Bytes> {
        let answer = self
            .client
            .fetch(Op::LIST_MODEL_VERSIONS, async |raw| self.list(raw).await)
            .await;
        let answer = answer.map_err(|error| self.explain(error))?;
        Ok(answer.into_body())
    }

    async fn list(&self, raw: &crate::raw::Client) -> Generated<ModelVersionListResponse> {
        raw.list_model_versions(&self.org, &self.architecture).await
    }

    /// What a list holds, unchecked.
    fn listed(&self, answer: ModelVersionListResponse) -> impl Iterator<Item = ModelVersion> {
        let versions = answer.model_versions.unwrap_or_default().into_iter();
        versions.map(|version| ModelVersion::under(version, &self.org, &self.architecture))
    }

    fn explain(&self, error: Error) -> Error {
        about_org(error, &self.org).about(format_args!(
            "architecture {} of organization {}",
            self.architecture, self.org
        ))
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("org", &self.org)
            .field("architecture", &self.architecture)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A version by its full name, such as [`ModelVersion::name`] or one that an upload printed.
    /// Nothing is sent.
    ///
    /// ```
    /// # fn run(client: &cerebras_management::Client) -> cerebras_management::Result<()> {
    /// let version = client.version("orgs/my-org/models/gpt-oss-120b/versions/production")?;
    /// # let _ = version;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is no full name.
    pub fn version(
        &self,
        name: impl TryInto<ModelVersionName, Error: Into<NameError>>,
    ) -> Result<Version> {
        let name = name.try_into().map_err(Into::into)?;
        Ok(Version::new(self.clone(), name))
    }
}

/// A model version, by its integer id or an alias.
///
/// It owns its name and a clone of the client; making one sends nothing. An alias is looked up
/// anew with each call, since it can move: every write looks it up once, first, and then goes to
/// the integer id.
#[derive(Clone)]
pub struct Version {
    client: Client,
    name: ModelVersionName,
}

impl Version {
    pub(crate) fn new(client: Client, name: ModelVersionName) -> Self {
        Self { client, name }
    }

    /// Its full name, as it was asked for: by id or by alias.
    #[must_use]
    pub fn name(&self) -> &ModelVersionName {
        &self.name
    }

    /// The architecture that it is of.
    pub(crate) fn model(&self) -> Model {
        let (org, architecture) = (self.name.org().clone(), self.name.architecture().clone());
        Model::new(self.client.clone(), org, architecture)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such version or alias;
    /// [`Decode`](crate::ErrorKind::Decode) when the answer is about another version.
    pub async fn get(&self) -> Result<ModelVersion> {
        self.get_as(Attempts::ByPolicy).await
    }

    async fn get_as(&self, attempts: Attempts) -> Result<ModelVersion> {
        let answer = self
            .client
            .call_as(attempts, Op::GET_MODEL_VERSION, async |raw| {
                let name = &self.name;
                raw.get_model_version(name.org(), name.architecture(), name.version())
                    .await
            })
            .await
            .map_err(|error| self.explain(error))?;
        self.read(answer)
    }

    /// Reads it and gives an operation that waits for the end of its sync, such as one that was
    /// begun elsewhere. An alias is looked up once, now.
    pub async fn track(&self) -> Result<Operation<ModelVersion>> {
        Operation::of_sync(&self.client, self.get().await?)
    }

    pub(crate) fn read(&self, answer: crate::raw::types::ModelVersion) -> Result<ModelVersion> {
        ModelVersion::under(answer, self.name.org(), self.name.architecture())
            .answers(&self.name)
            .map_err(|error| error.during(Op::GET_MODEL_VERSION.id, false))
    }

    pub(crate) fn explain(&self, error: Error) -> Error {
        about_org(error, self.name.org()).about(format_args!("model version {}", self.name))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
