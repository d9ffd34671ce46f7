//! `cbm wait`: for the end of what goes on.

use cerebras_management::names::EndpointId;
use cerebras_management::{Client, Deployment, EndpointDetails, Handle, Resumed};
use clap::Args;

use super::suggest;
use crate::context::{Context, endpoint};
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::following::{Limit, to_the_end};
use crate::output::record::DeploymentRecord;
use crate::target::VersionArg;

/// Wait for a version to be synced, an endpoint's newest deployment, or what a handle is of
#[derive(Args, Debug)]
pub(crate) struct Wait {
    /// A version such as ARCH@3, an endpoint's id, or a handle that was printed
    target: String,

    #[command(flatten)]
    limit: Limit,
}

/// What a write begins with whose outcome is not known.
const PENDING: &str = "cbm1,pending-";
const MOVE: &str = "cbm1,move,";

impl Wait {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let target = self.target.trim();
        if target.starts_with(PENDING) || target.starts_with(MOVE) {
            return Err(Failure::usage("there is nothing to wait for yet")
                .why("this is a write of which it is not known whether it has happened")
                .next(format!("`cbm settle {target}` tells")));
        }
        if is_of_a_handle(target) {
            let handle: Handle = target.parse().doing(|| "this is no handle".to_owned())?;
            return follow_handle(context, &client, &handle, &self.limit).await;
        }
        if target.contains('@') || target.contains('/') {
            return self.version(context, &client, target).await;
        }
        let id = target.parse::<EndpointId>()?;
        self.endpoint(context, &client, &id).await
    }

    async fn version(&self, context: &Context, client: &Client, typed: &str) -> Result<()> {
        let typed: VersionArg = typed.parse().map_err(Failure::usage)?;
        let version = context.version(client, &typed)?;
        let operation = version.track().await;
        let operation = operation.doing(|| format!("cannot wait for {typed}"));
        let operation = suggest::version(client, version.name(), operation).await?;
        to_the_end(context, &operation, &self.limit).await
    }

    /// For the newest of its deployments, whether it goes on or has ended.
    async fn endpoint(&self, context: &Context, client: &Client, id: &EndpointId) -> Result<()> {
        let details = endpoint(client, id)?.get().await;
        let details = details.doing(|| format!("cannot wait for {id}"));
        let details = suggest::endpoint(context, client, id, details).await;
        let details = details.map_err(|failure| {
            if !failure.is_not_found() {
                return failure;
            }
            failure.with_next(|next| {
                format!("{next}; a version is written ARCHITECTURE@VERSION, such as gpt-oss-120b@3")
            })
        })?;
        let Some(newest) = newest(&details)? else {
            return Err(Failure::new(
                Exit::NotFound,
                "not_found",
                format!("nothing was ever deployed to {id}"),
            )
            .why("there is no deployment to wait for, and nothing serves")
            .next(format!("`cbm deploy VERSION {id}` deploys a version")));
        };
        if newest.is_going() {
            let rollout = endpoint(client, id)?.track(&newest.id).await;
            let rollout = rollout.doing(|| format!("cannot wait for {id}"))?;
            return to_the_end(context, &rollout, &self.limit).await;
        }
        let record = DeploymentRecord::from(newest);
        if !newest.is_complete() {
            let state = record.progress();
            return Err(Failure::new(
                Exit::Failed,
                "operation_failed",
                format!("the newest deployment to {id} has failed"),
            )
            .why(format!("{} ended as {state}", record.short))
            .next(format!("`cbm status {id}` shows what serves now")));
        }
        context.note(&format!("nothing is under way at {id}"));
        context.out.one(&record)
    }
}

/// Whether it is a handle, be it of a form that this `cbm` does not know.
fn is_of_a_handle(target: &str) -> bool {
    let (form, _) = target.split_once(',').unwrap_or_default();
    form.starts_with("cbm")
}

async fn follow_handle(
    context: &Context,
    client: &Client,
    handle: &Handle,
    limit: &Limit,
) -> Result<()> {
    match client
        .resume(handle)
        .doing(|| "this handle is of another service".to_owned())?
    {
        Resumed::Upload(upload) => to_the_end(context, &upload, limit).await,
        Resumed::Rollout(rollout) => to_the_end(context, &rollout, limit).await,
    }
}

/// The deployment that decides what will serve. Dates are in whole seconds, so that two may tie;
/// one that goes on then comes after one that has ended.
fn newest(details: &EndpointDetails) -> Result<Option<&Deployment>> {
    let going: Vec<_> = details
        .deployments
        .iter()
        .filter(|d| d.is_going())
        .collect();
    let of = if going.is_empty() {
        details.deployments.iter().collect()
    } else {
        going
    };
    let latest = of.iter().filter_map(|d| d.created).max();
    let mut newest = of
        .iter()
        .filter(|d| d.created.is_none() || d.created == latest);
    match (newest.next(), newest.next()) {
        (Some(_), Some(_)) => Err(Failure::new(
            Exit::Unknown,
            "ambiguous",
            format!(
                "it is unclear which deployment to {} is the newest",
                details.id
            ),
        )
        .why("the service does not tell their dates apart")
        .next("wait with the handle that the deployment printed")),
        (first, _) => Ok(first.copied()),
    }
}
