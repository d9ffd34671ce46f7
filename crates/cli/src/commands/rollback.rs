//! `cbm rollback`: back to what served before.

use cerebras_management::names::EndpointId;
use clap::Args;

use super::deploy::target;
use super::suggest;
use crate::context::{Context, endpoint};
use crate::dry_run::DryRun;
use crate::failure::{Doing, Result};
use crate::following::{Waiting, follow};
use crate::output::record::short;
use crate::target::VersionArg;

/// Deploy what served an endpoint before, and wait until it serves again
///
/// What served before is found from the endpoint's own deployments. It is refused while another
/// deployment is under way.
#[derive(Args, Debug)]
pub(crate) struct Rollback {
    /// The endpoint's id
    endpoint: EndpointId,

    /// Go back only if this version serves now: the one that is known to be bad
    #[arg(long, value_name = "VERSION")]
    if_serving: Option<VersionArg>,

    #[command(flatten)]
    waiting: Waiting,

    #[command(flatten)]
    dry_run: DryRun,
}

impl Rollback {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let shown = self.dry_run.shown();
        let client = context.writer(shown.as_ref())?;
        let mut rollback = endpoint(&client, &self.endpoint)?.rollback();
        if let Some(seen) = &self.if_serving {
            rollback = rollback.if_serving(target(context, seen)?);
        }
        context.interrupt.sending(format!(
            "`cbm status {}` shows whether it was deployed",
            self.endpoint
        ));
        let operation = rollback
            .await
            .doing(|| format!("cannot roll {} back", self.endpoint));
        context.interrupt.over();
        let operation = suggest::endpoint(context, &client, &self.endpoint, operation).await;
        if let Some(shown) = shown {
            return shown.conclude(context.out, operation);
        }
        let operation = operation?;
        context.note(&format!("going back to {}", short(operation.version())));
        follow(context, &operation, &self.waiting).await
    }
}
