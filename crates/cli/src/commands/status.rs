//! `cbm status`: what serves where.

use cerebras_management::names::{EndpointId, ModelVersionName};
use cerebras_management::{Client, EndpointDetails, ModelVersion, Serving};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::suggest;
use crate::context::{Context, endpoint};
use crate::failure::{Doing, Result};
use crate::output::record::{DeploymentRecord, StatusRecord};

/// How many endpoints are read at once.
const AT_ONCE: usize = 8;

/// Show what serves where, since when, under which aliases, and what is under way
#[derive(Args, Debug)]
pub(crate) struct Status {
    /// One endpoint's id; all of the organization's unless given
    endpoint: Option<EndpointId>,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        if let Some(id) = self.endpoint {
            let details = endpoint(&client, &id)?.get().await;
            let details = details.doing(|| format!("cannot read the status of {id}"));
            let details = suggest::endpoint(context, &client, &id, details).await?;
            return context.out.one(&status(&client, &details).await?);
        }
        let org = context.org(&client)?;
        let endpoints = org.endpoints().await;
        let endpoints = endpoints.doing(|| "cannot list the endpoints".to_owned())?;
        if endpoints.is_empty() {
            context.note(&format!("organization {} has no endpoints", org.name()));
        }
        let all = stream::iter(endpoints).map(|summary| {
            let client = &client;
            async move {
                let id: EndpointId = summary.id.parse()?;
                let details = endpoint(client, &id)?.get().await;
                let details = details.doing(|| format!("cannot read the status of {id}"))?;
                status(client, &details).await
            }
        });
        let all: Vec<_> = all.buffered(AT_ONCE).try_collect().await?;
        context.out.list(&all)
    }
}

async fn status(client: &Client, details: &EndpointDetails) -> Result<StatusRecord> {
    let serving = details.serving();
    let aliases = match serving.version() {
        Some(name) => aliases(client, name).await?,
        None => Vec::new(),
    };
    let unclear = match &serving {
        Serving::Unclear(tied) => tied.iter().map(DeploymentRecord::from).collect(),
        _ => Vec::new(),
    };
    let under_way = details.deployments.iter().filter(|it| it.is_going());
    Ok(StatusRecord {
        endpoint: details.id.clone(),
        architecture: details.architecture.clone(),
        org: details.managing_org.clone(),
        serving: serving.deployment().map(DeploymentRecord::from),
        aliases,
        unclear,
        under_way: under_way.map(DeploymentRecord::from).collect(),
    })
}

/// Those of the version that serves. It may be deleted, and serve all the same.
async fn aliases(client: &Client, name: &ModelVersionName) -> Result<Vec<String>> {
    let version = client.version(name.clone()).doing(String::new)?.get().await;
    match version {
        Ok(version) => Ok(aliases_of(&version)),
        Err(error) if crate::failure::is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(error).doing(|| format!("cannot read the aliases of {name}")),
    }
}

fn aliases_of(version: &ModelVersion) -> Vec<String> {
    crate::output::record::VersionRecord::from(version).aliases
}
