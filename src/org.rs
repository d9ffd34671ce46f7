//! An organization: its architectures, models and endpoints.

use std::fmt;

use crate::client::Client;
use crate::endpoints::EndpointSummary;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{ModelArchitectureId, NameError, OrgName};
use crate::retry::Op;
use crate::versions::Model;

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
            .call(Op::LIST_MODEL_ARCHITECTURES, |raw| {
                let org = self.name.clone();
                async move { raw.list_model_architectures(&org).await }
            })
            .await
            .map_err(|error| self.explain(error))?;
        Ok(answer.model_architectures.unwrap_or_default())
    }

    /// The dedicated endpoints of the organization.
    pub async fn endpoints(&self) -> Result<Vec<EndpointSummary>> {
        let answer = self
            .client
            .call(Op::LIST_ENDPOINTS, |raw| {
                let org = self.name.clone();
                async move { raw.list_endpoints(&org).await }
            })
            .await
            .map_err(|error| self.explain(error))?;
        let endpoints = answer.endpoints.unwrap_or_default();
        let endpoints: Vec<_> = endpoints.into_iter().map(EndpointSummary::from).collect();
        let mut orgs = endpoints
            .iter()
            .filter_map(|endpoint| endpoint.org_name.as_ref());
        match orgs.find(|org| *org != self.name.as_str()) {
            Some(other) => Err(other_than_asked("organization", other, &self.name)
                .during(Op::LIST_ENDPOINTS.id, false)),
            None => Ok(endpoints),
        }
    }

    fn explain(&self, error: Error) -> Error {
        about_org(error, &self.name).about(format_args!("organization {}", self.name))
    }
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Adds to a 403 or 404 what people most often get wrong.
pub(crate) fn about_org(error: Error, org: &OrgName) -> Error {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::NotFound if org.looks_like_org_id() => error
            .remedy_is_rather(format!(
                "\"{org}\" looks like an organization id; give the organization's name, found \
                 under \"Management API keys\" at https://cloud.cerebras.ai"
            )),
        _ => error,
    }
}

/// The error of an answer that is about something else than was asked for.
pub(crate) fn other_than_asked(
    part: &str,
    answered: impl fmt::Display,
    asked: impl fmt::Display,
) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the answer names {part} \"{}\", and \"{asked}\" was asked for",
            crate::error::printable(&answered.to_string())
        ),
    )
    .sent(crate::Sent::Yes)
}
