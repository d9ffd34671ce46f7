//! `cbm deploy`: a version to an endpoint.

use cerebras_management::DeployTarget;
use cerebras_management::names::EndpointId;
use clap::Args;

use super::suggest;
use crate::context::{Context, endpoint};
use crate::dry_run::DryRun;
use crate::failure::{Doing, Failure, Result};
use crate::following::{Waiting, follow};
use crate::output::record::short;
use crate::target::VersionArg;

/// Deploy a version to an endpoint, with no downtime, and wait until it serves
///
/// The version is looked up once; what is deployed is the integer id that it names then. Nothing
/// is sent when the endpoint serves it already, runs another architecture, or when the version is
/// not synced.
#[derive(Args, Debug)]
pub(crate) struct Deploy {
    /// The version: its full name, ARCH@3, ARCH@production, or 3 or production alone
    version: VersionArg,

    /// The endpoint's id
    endpoint: EndpointId,

    /// Deploy only if this version serves now and nothing else is under way
    #[arg(long, value_name = "VERSION")]
    if_serving: Option<VersionArg>,

    /// Deploy although the endpoint serves the version already
    #[arg(long)]
    redeploy: bool,

    #[command(flatten)]
    waiting: Waiting,

    #[command(flatten)]
    dry_run: DryRun,
}

/// What the SDK deploys: one alone is of the endpoint's own architecture.
pub(super) fn target(context: &Context, typed: &VersionArg) -> Result<DeployTarget> {
    Ok(match typed {
        VersionArg::Bare(version) => version.into(),
        named => context.version_name(named)?.into(),
    })
}

impl Deploy {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        if self.endpoint.as_str().contains('@') {
            return Err(Failure::usage(format!(
                "\"{}\" is a version, and an endpoint comes second",
                self.endpoint
            ))
            .next(format!("cbm deploy {} {}", self.endpoint, self.version)));
        }
        let shown = self.dry_run.shown();
        let client = context.writer(shown.as_ref())?;
        let mut deploy = endpoint(&client, &self.endpoint)?.deploy(target(context, &self.version)?);
        if let Some(seen) = &self.if_serving {
            deploy = deploy.if_serving(target(context, seen)?);
        }
        if self.redeploy {
            deploy = deploy.redeploy();
        }
        context.interrupt.sending(format!(
            "`cbm status {}` shows whether it was deployed",
            self.endpoint
        ));
        let operation = deploy
            .await
            .doing(|| format!("cannot deploy {} to {}", self.version, self.endpoint));
        context.interrupt.over();
        let (id, typed) = (&self.endpoint, &self.version);
        let operation = suggest::deployed(context, &client, id, typed, operation).await;
        if let Some(shown) = shown {
            return shown.conclude(context.out, operation);
        }
        let operation = operation?;
        if operation.already_serves().is_some() {
            context.note(&format!(
                "{} serves {} already; nothing was sent (--redeploy deploys it again)",
                self.endpoint, self.version
            ));
        }
        if let Some(running) = operation.already_under_way() {
            context.note(&format!(
                "{} was being rolled out there already, and is now rolled out twice; \
                 `cbm wait {running}` waits for the first",
                short(operation.version())
            ));
        }
        follow(context, &operation, &self.waiting).await
    }
}
