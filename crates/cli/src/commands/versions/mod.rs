//! `cbm versions`: list, show, delete.

mod delete;

use cerebras_management::ModelVersion;
use cerebras_management::names::ModelArchitectureId;
use clap::{Args, Subcommand};

use super::suggest;
use crate::context::Context;
use crate::failure::{Doing, Result};
use crate::output::record::VersionRecord;
use crate::target::VersionArg;

/// List the versions, show one, or delete one
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Versions {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the versions; the default
    #[command(visible_alias = "ls")]
    List(List),
    /// Show one version
    #[command(visible_alias = "get", alias = "describe")]
    Show {
        /// The version: its full name, ARCH@3 or ARCH@production
        version: VersionArg,
    },
    #[command(visible_alias = "rm")]
    Delete(delete::Delete),
}

#[derive(Args, Debug)]
struct List {
    /// Those of one architecture; of all unless given
    #[arg(long, visible_alias = "architecture", value_name = "ARCHITECTURE")]
    arch: Option<ModelArchitectureId>,
}

impl Versions {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            None => list(context, self.list).await,
            Some(Command::List(arguments)) => list(context, arguments).await,
            Some(Command::Show { version }) => show(context, &version).await,
            Some(Command::Delete(delete)) => delete.run(context).await,
        }
    }
}

async fn list(context: &Context, arguments: List) -> Result<()> {
    let versions = all(context, arguments.arch.as_ref()).await?;
    if versions.is_empty() {
        context.note("there are no versions; `cbm upload` makes one");
    }
    let versions: Vec<_> = versions.iter().map(VersionRecord::from).collect();
    context.out.list(&versions)
}

/// All versions of an architecture, or of all architectures.
pub(super) async fn all(
    context: &Context,
    architecture: Option<&ModelArchitectureId>,
) -> Result<Vec<ModelVersion>> {
    let client = context.client()?;
    let org = context.org(&client)?;
    let what = || "cannot list the versions".to_owned();
    let architectures = if let Some(architecture) = architecture {
        vec![architecture.clone()]
    } else {
        let all = org.architectures().await.doing(what)?;
        let all = all.into_iter().map(|id| id.parse());
        all.collect::<Result<_, _>>()?
    };
    let mut versions = Vec::new();
    for architecture in &architectures {
        let model = org.model(architecture.clone()).doing(what)?;
        let listed = model.versions().await.doing(what);
        let listed = suggest::architecture(&client, org.name(), architecture, listed).await?;
        versions.extend(listed);
    }
    Ok(versions)
}

async fn show(context: &Context, typed: &VersionArg) -> Result<()> {
    let client = context.client()?;
    let version = context.version(&client, typed)?;
    let read = version.get().await;
    let read = read.doing(|| format!("cannot show {typed}"));
    let read = suggest::version(&client, version.name(), read).await?;
    context.out.one(&VersionRecord::from(&read))
}
