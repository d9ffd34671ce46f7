//! `cbm versions delete`: with its guard, and after asking.

use cerebras_management::ModelVersion;
use clap::Args;

use crate::commands::suggest;
use crate::confirm::confirm;
use crate::context::Context;
use crate::dry_run::DryRun;
use crate::exit::Exit;
use crate::failure::{Doing, Result};
use crate::output::record::{DeletedRecord, VersionRecord};
use crate::target::VersionArg;

/// Delete a version: the service's copy of the weights is lost, the objects in S3 stay
///
/// It is refused while aliases name the version or an endpoint has it deployed. It asks on a
/// terminal, and needs --yes elsewhere.
#[derive(Args, Debug)]
pub(super) struct Delete {
    /// The version: its full name, ARCH@3 or ARCH@production
    version: VersionArg,

    /// Delete it although aliases name it; they are lost with it
    #[arg(long)]
    even_if_aliased: bool,

    /// Delete it although an endpoint has it deployed; the endpoints are not looked at
    #[arg(long)]
    even_if_deployed: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    #[command(flatten)]
    dry_run: DryRun,
}

impl Delete {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let shown = self.dry_run.shown();
        let client = context.writer(shown.as_ref())?;
        let what = || format!("cannot delete {}", self.version);
        let named = context.version(&client, &self.version)?;
        let read = named.get().await.doing(what);
        let read = suggest::version(&client, named.name(), read).await?;
        let record = VersionRecord::from(&read);
        // What the guard refuses for sure is not asked first.
        let refused = !record.aliases.is_empty() && !self.even_if_aliased;
        if shown.is_none() && !refused {
            let what = format!("delete {}", read.name());
            confirm(self.yes, &what, &lost(&read), &context.interrupt).await?;
        }
        let version = match read.parsed_name() {
            Some(name) => client.version(name.clone()).doing(what)?,
            None => named,
        };
        let mut delete = version.delete();
        if self.even_if_aliased {
            delete = delete.even_if_aliased();
        }
        if self.even_if_deployed {
            delete = delete.even_if_deployed();
        }
        context.interrupt.sending(format!(
            "`cbm versions show {}` shows whether it is there",
            version.name()
        ));
        let deleted = delete.await.doing(what).map_err(|failure| {
            if refused && failure.exit() == Exit::Conflict {
                let aliases = record.aliases.join(" ");
                return failure.next(format!(
                    "nothing was deleted: `cbm alias remove {} {aliases}` first, or give \
                     --even-if-aliased",
                    version.name()
                ));
            }
            failure.unless_seen(version.name(), "whether it is there")
        });
        context.interrupt.over();
        if let Some(shown) = shown {
            return shown.conclude(context.out, deleted);
        }
        let deleted = deleted?;
        context.out.one(&DeletedRecord {
            version: VersionRecord::from(&deleted.version),
            message: deleted.message,
        })
    }
}

/// What a delete takes away.
fn lost(version: &ModelVersion) -> Vec<String> {
    let weights = version
        .weight_uri()
        .unwrap_or("an address that is not told");
    let mut lost = vec![format!("the service's copy of the weights from {weights}")];
    let aliases = VersionRecord::from(version).aliases;
    if !aliases.is_empty() {
        lost.push(format!("the aliases {}", aliases.join(", ")));
    }
    lost
}
