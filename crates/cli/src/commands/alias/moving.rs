//! `cbm alias move`: an alias from the version that has it to another.

use cerebras_management::names::{ModelVersionName, VersionAlias};
use cerebras_management::{AliasNames, Client, Error, ErrorKind, MoveAlias, MoveIntent, MovePlan};
use clap::Args;

use crate::advice::split;
use crate::commands::suggest;
use crate::context::Context;
use crate::dry_run::DryRun;
use crate::failure::{Doing, Failure, Result};
use crate::output::record::MoveRecord;
use crate::target::VersionArg;

/// Move an alias to another version of its architecture
///
/// The service has no request that moves one, so that it is two writes, between which the alias
/// names nothing for a moment. When the second one fails, the alias is put back. Deployments are
/// not touched.
#[derive(Args, Debug)]
#[command(
    override_usage = "cbm alias move [OPTIONS] --to <VERSION> <ALIAS>\n       \
                      cbm alias move [OPTIONS] --resume <MOVE>"
)]
pub(super) struct Move {
    /// The alias, such as production
    #[arg(required_unless_present = "resume")]
    alias: Option<VersionAlias>,

    /// The version that it is to name: its full name, ARCH@3 or ARCH@candidate
    #[arg(long, value_name = "VERSION", required_unless_present = "resume")]
    to: Option<VersionArg>,

    /// Refuse when another version than this has it
    #[arg(long, value_name = "VERSION")]
    from: Option<VersionArg>,

    /// Go on with a move that was broken off, by the word that it printed
    #[arg(long, value_name = "MOVE", conflicts_with_all = ["alias", "to", "from"])]
    resume: Option<String>,

    #[command(flatten)]
    dry_run: DryRun,
}

impl Move {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let shown = self.dry_run.shown();
        let client = context.client()?;
        let plan = match &self.resume {
            Some(word) => resumed(&client, word)?.plan().await.doing(|| self.what()),
            None => self.plan(context, &client).await,
        }?;
        if plan.intent().from().is_none() && self.resume.is_none() {
            let said = suggest::new_alias(&client, plan.intent()).await;
            context.note(&said);
        }
        if let Some(shown) = shown {
            shown.plan(&plan);
            return shown.conclude(context.out, Ok(()));
        }
        let intent = plan.intent().to_string();
        let resume = format!("`cbm alias move --resume {intent}` goes on with it");
        for line in plan.to_string().lines() {
            context.note(line);
        }
        context.interrupt.sending(resume.clone());
        let moved = plan.run().await;
        context.interrupt.over();
        let moved = moved.map_err(|error| self.failed(error))?;
        if moved.in_doubt {
            context.note(&format!(
                "warning: an answer was lost on the way, and that write may come late; {resume}"
            ));
        }
        context.out.one(&MoveRecord::from(&moved))
    }

    /// What failed, which version the alias names now, and how to go on from there.
    fn failed(&self, error: Error) -> Failure {
        let (kind, left) = (error.kind(), error.alias_move().cloned());
        let (why, _) = split(&error);
        let failure = Failure::of(error, self.what());
        let Some(left) = left else {
            return failure;
        };
        let intent = &left.intent;
        let state = match &left.names {
            AliasNames::Source => match intent.from() {
                Some(from) => format!("it names {from}, as before"),
                None => "it names the version that had it".to_owned(),
            },
            AliasNames::Target => format!("it names {} now", intent.to()),
            AliasNames::Other(version) => format!("it names {version} now"),
            AliasNames::Nothing => "it names no version now".to_owned(),
            _ => "which version it names now is not known".to_owned(),
        };
        let failure = failure.why(format!("{why}; {state}"));
        let resume = format!("`cbm alias move --resume {intent}`");
        let failure = match &left.names {
            AliasNames::Nothing => failure.next(format!("{resume} gives it to {}", intent.to())),
            AliasNames::Source if left.in_doubt => failure.next(format!(
                "a write may come late: `cbm settle {intent}` tells in a minute how it stands; run \
                 it again when nothing has changed by then"
            )),
            AliasNames::Source => failure.next(match kind {
                ErrorKind::Unauthorized | ErrorKind::PermissionDenied => {
                    "nothing has changed: check what the key may do, and run it again"
                }
                _ => "nothing has changed: run it again",
            }),
            AliasNames::Unknown => failure.next(format!(
                "do not run it again: `cbm settle {intent}` tells how it stands, and {resume} goes \
                 on with it"
            )),
            _ => failure.next("look at the aliases with `cbm alias`, and edit again if need be"),
        };
        if left.in_doubt || matches!(left.names, AliasNames::Nothing | AliasNames::Unknown) {
            return failure.with_handle(intent);
        }
        failure
    }

    fn what(&self) -> String {
        match &self.alias {
            Some(alias) => format!("cannot move alias {alias}"),
            None => "cannot go on with the move".to_owned(),
        }
    }

    async fn plan(&self, context: &Context, client: &Client) -> Result<MovePlan> {
        let (Some(alias), Some(to)) = (&self.alias, &self.to) else {
            return Err(Failure::usage("an alias and --to are needed"));
        };
        let to = context.version_name(to)?;
        let org = client.org(to.org().clone()).doing(|| self.what())?;
        let model = org.model(to.architecture().clone()).doing(|| self.what())?;
        let mut moving = model.move_alias(alias.clone(), to.version().clone());
        if let Some(from) = &self.from {
            let from = context.version_name(from)?;
            moving = moving.from(self.id_of(client, &from).await?);
        }
        let plan = moving.plan().await.doing(|| self.what());
        suggest::version(client, &to, plan).await
    }

    /// The number of the version that is to have it now.
    async fn id_of(
        &self,
        client: &Client,
        name: &ModelVersionName,
    ) -> Result<cerebras_management::names::VersionId> {
        if let Some(id) = name.version().as_id() {
            return Ok(id);
        }
        let read = client
            .version(name.clone())
            .doing(|| self.what())?
            .get()
            .await;
        let read = suggest::version(client, name, read.doing(|| self.what())).await?;
        read.id()
            .ok_or_else(|| Failure::internal("the version has no id"))
    }
}

fn resumed(client: &Client, word: &str) -> Result<MoveAlias> {
    let intent: MoveIntent = word.parse().doing(|| "this is no move".to_owned())?;
    client
        .resume_move(&intent)
        .doing(|| "this move is at another service".to_owned())
}
