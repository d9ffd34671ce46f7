//! `cbm endpoints`: the dedicated endpoints of the organization.

use cerebras_management::names::EndpointId;
use clap::{Args, Subcommand};

use super::suggest;
use crate::context::{Context, endpoint};
use crate::failure::{Doing, Result};
use crate::output::record::EndpointRecord;

/// List the endpoints, or show one with its deployments
#[derive(Args, Debug)]
pub(crate) struct Endpoints {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the endpoints of the organization; the default
    #[command(visible_alias = "ls")]
    List,
    /// Show one, with its deployments
    #[command(visible_alias = "get", alias = "describe")]
    Show {
        /// The endpoint's id
        endpoint: EndpointId,
    },
}

impl Endpoints {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            None | Some(Command::List) => list(context).await,
            Some(Command::Show { endpoint }) => show(context, &endpoint).await,
        }
    }
}

async fn list(context: &Context) -> Result<()> {
    let client = context.client()?;
    let org = context.org(&client)?;
    let endpoints = org.endpoints().await;
    let endpoints = endpoints.doing(|| "cannot list the endpoints".to_owned())?;
    if endpoints.is_empty() {
        context.note(&format!("organization {} has no endpoints", org.name()));
    }
    let endpoints: Vec<_> = endpoints.iter().map(EndpointRecord::from).collect();
    context.out.list(&endpoints)
}

async fn show(context: &Context, id: &EndpointId) -> Result<()> {
    let client = context.client()?;
    let details = endpoint(&client, id)?.get().await;
    let details = details.doing(|| format!("cannot show endpoint {id}"));
    let details = suggest::endpoint(context, &client, id, details).await?;
    context.out.one(&EndpointRecord::from(&details))
}
