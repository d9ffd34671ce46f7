//! `cbm alias`: list, add, remove, replace, move.

mod edit;
mod moving;

use cerebras_management::names::ModelArchitectureId;
use clap::{Args, Subcommand};

use super::versions;
use crate::context::Context;
use crate::failure::Result;
use crate::output::record::AliasRecord;

/// List the aliases, or edit those of a version
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Alias {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the aliases and the versions that they name; the default
    #[command(visible_alias = "ls", aliases = ["get", "show", "describe"])]
    List(List),
    #[command(alias = "create")]
    Add(edit::Add),
    #[command(visible_alias = "rm", alias = "delete")]
    Remove(edit::Remove),
    #[command(visible_alias = "set")]
    Replace(edit::Replace),
    #[command(visible_alias = "mv")]
    Move(moving::Move),
}

#[derive(Args, Debug)]
struct List {
    /// Those of one architecture; of all unless given
    #[arg(long, visible_alias = "architecture", value_name = "ARCHITECTURE")]
    arch: Option<ModelArchitectureId>,
}

impl Alias {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            None => list(context, self.list).await,
            Some(Command::List(arguments)) => list(context, arguments).await,
            Some(Command::Add(add)) => add.run(context).await,
            Some(Command::Remove(remove)) => remove.run(context).await,
            Some(Command::Replace(replace)) => replace.run(context).await,
            Some(Command::Move(moving)) => moving.run(context).await,
        }
    }
}

async fn list(context: &Context, arguments: List) -> Result<()> {
    let versions = versions::all(context, arguments.arch.as_ref()).await?;
    let aliases: Vec<_> = versions.iter().flat_map(AliasRecord::all_of).collect();
    if aliases.is_empty() {
        context.note("there are no aliases; `cbm alias add` adds one");
    }
    context.out.list(&aliases)
}
