//! An organization: its architectures, models and endpoints.

use std::fmt;

use crate::client::{Client, ORG_VARIABLE};
use crate::endpoints::EndpointSummary;
use crate::error::{Error, ErrorKind, Result};
use crate::explain::{about_org, other_than_asked};
use crate::names::{ModelArchitectureId, NameError, OrgName};
use crate::retry::Op;
use crate::versions::Model;

impl Client {
    /// An organization, by the name found under `Management API keys` on the API keys page; it
    /// is not the organization's id. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a name that no path can hold.
    pub fn org(&self, name: impl TryInto<OrgName, Error: Into<NameError>>) -> Result<Org> {
        let name = name.try_into().map_err(Into::into)?;
        Ok(Org::new(self.clone(), name))
    }

    /// The organization that the client was built with: [`ClientBuilder::org`](crate::ClientBuilder::org), or
    /// `CEREBRAS_ORG_NAME`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is none.
    pub fn default_org(&self) -> Result<Org> {
        let name = self.org_name().cloned().ok_or_else(|| {
            Error::invalid("the client has no default organization")
                .remedy_is(format!("set {ORG_VARIABLE}, or name one with Client::org"))
        })?;
        Ok(Org::new(self.clone(), name))
    }
}

/// An organization. It owns its name and a clone of the client; making one sends nothing.
#[derive(Clone)]
pub struct Org {
    client: Client,
    name: OrgName,
}

impl Org {
    pub(crate) fn new(client: Client, name: OrgName) -> Self {
        Self { client, name }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &OrgName {
        &self.name
    }

    /// A model architecture of it, such as `gpt-oss-120b`. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a name that no path can hold.
    pub fn model(
        &self,
        architecture: impl TryInto<ModelArchitectureId, Error: Into<NameError>>,
    ) -> Result<Model> {
        let architecture = architecture.try_into().map_err(Into::into)?;
        Ok(Model::new(
            self.client.clone(),
            self.name.clone(),
            architecture,
        ))
    }

    /// The model architectures that the organization may use, as the service names them.
    pub async fn architectures(&self) -> Result<Vec<String>> {
        let answer = self
            .client
            .call(Op::LIST_MODEL_ARCHITECTURES, async |raw| {
                raw.list_model_architectures(&self.name).await
            })
            .await
            .map_err(|error| self.explain(error))?;
        Ok(answer.model_architectures.unwrap_or_default())
    }

    /// The dedicated endpoints of the organization.
    pub async fn endpoints(&self) -> Result<Vec<EndpointSummary>> {
        Ok(self.listed_endpoints().await?.unwrap_or_default())
    }

    /// The same; none when the answer holds no list at all.
    pub(crate) async fn listed_endpoints(&self) -> Result<Option<Vec<EndpointSummary>>> {
        let answer = self
            .client
            .call(Op::LIST_ENDPOINTS, async |raw| {
                raw.list_endpoints(&self.name).await
            })
            .await
            .map_err(|error| self.explain(error))?;
        let Some(endpoints) = answer.endpoints else {
            return Ok(None);
        };
        let endpoints: Vec<_> = endpoints.into_iter().map(EndpointSummary::from).collect();
        let mut orgs = endpoints
            .iter()
            .filter_map(|endpoint| endpoint.org_name.as_ref());
        match orgs.find(|org| *org != self.name.as_str()) {
            Some(other) => Err(other_than_asked("organization", other, &self.name)
                .during(Op::LIST_ENDPOINTS.id, false)),
            None => Ok(Some(endpoints)),
        }
    }

    fn explain(&self, error: Error) -> Error {
        let error = about_org(error, &self.name).about(format_args!("organization {}", self.name));
        match error.kind() {
            ErrorKind::NotFound => {
                error.remedy_is("check the organization's name and the base URL")
            }
            _ => error,
        }
    }
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
