//! Every operation of the SDK, and what its value says of the world.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use cerebras_management::names::VersionId;
use cerebras_management::{Deployment, EndpointDetails, Pending, Result, Resumed, Serving};
use cerebras_management_simulator::{DeploymentState, SyncState};

use super::rig::{Clock, Rig};
use super::writes;
use crate::told::{Told, deployed, found, read, read_deployment, seen, told};
use crate::world::{self, ARCHITECTURE, ENDPOINT};

pub(super) type Running = Pin<Box<dyn Future<Output = Result<Told>> + Send>>;
type Preparing = Pin<Box<dyn Future<Output = Running> + Send>>;

/// One operation: prepared while all is well, and then run.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) clock: Clock,
    pub(super) prepare: fn(Arc<Rig>) -> Preparing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reads,
    Waits,
    /// A write that is repeated once a look has shown that this does no harm.
    Repeats,
    /// A write that is never repeated when it may have happened.
    Once,
    /// As many writes as these at most, none of which is repeated when it may have happened.
    Moves,
}

impl Kind {
    /// How many writes one call may have carried out.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Reads | Self::Waits => 0,
            Self::Repeats | Self::Once => 1,
            // The removal, the addition, and the putting back.
            Self::Moves => 3,
        }
    }
}

macro_rules! operation {
    ($name:literal, $kind:ident, $clock:ident, $prepare:path) => {
        Operation {
            name: $name,
            kind: Kind::$kind,
            clock: Clock::$clock,
            prepare: |rig| Box::pin($prepare(rig)),
        }
    };
}

pub(super) fn all() -> Vec<Operation> {
    vec![
        operation!("architectures", Reads, StandsStill, architectures),
        operation!("versions", Reads, StandsStill, versions),
        operation!("version by id", Reads, StandsStill, version_by_id),
        operation!("version by alias", Reads, StandsStill, version_by_alias),
        operation!("endpoints", Reads, StandsStill, endpoints),
        operation!("endpoint", Reads, StandsStill, endpoint),
        operation!("serving", Reads, StandsStill, serving),
        operation!("chat", Reads, StandsStill, chat),
        operation!("track", Reads, StandsStill, track),
        operation!("track a deployment", Reads, StandsStill, track_deployment),
        operation!("plan of a move", Reads, StandsStill, plan),
        operation!("upload", Once, StandsStill, writes::upload),
        operation!(
            "upload, unchecked",
            Once,
            StandsStill,
            writes::upload_unchecked
        ),
        operation!("upload, keyed", Repeats, StandsStill, writes::upload_keyed),
        operation!(
            "upload, key in use",
            Repeats,
            StandsStill,
            writes::upload_again
        ),
        operation!("add alias", Repeats, StandsStill, writes::add_alias),
        operation!("remove alias", Repeats, StandsStill, writes::remove_alias),
        operation!("set aliases", Repeats, StandsStill, writes::set_aliases),
        operation!(
            "replace aliases",
            Repeats,
            StandsStill,
            writes::replace_aliases
        ),
        operation!("move alias", Moves, StandsStill, writes::move_alias),
        operation!("run a plan", Moves, StandsStill, writes::run_plan),
        operation!("resume a move", Moves, StandsStill, writes::resume_move),
        operation!("delete", Repeats, StandsStill, writes::delete),
        operation!("deploy", Once, StandsStill, writes::deploy),
        operation!(
            "deploy, unchecked",
            Once,
            StandsStill,
            writes::deploy_unchecked
        ),
        operation!("rollback", Once, StandsStill, writes::rollback),
        operation!("wait, upload", Waits, Runs, wait_upload),
        operation!("wait, rollout", Waits, Runs, wait_rollout),
        operation!("wait, resumed", Waits, Runs, wait_resumed),
        operation!("settle upload", Reads, StandsStill, settle_upload),
        operation!("settle no upload", Reads, StandsStill, settle_no_upload),
        operation!("settle keyed", Reads, StandsStill, settle_keyed),
        operation!("settle deploy", Reads, StandsStill, settle_deploy),
        operation!("settle no deploy", Reads, StandsStill, settle_no_deploy),
    ]
}

async fn architectures(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let org = rig.client.org(world::ORG)?;
        let read = org.architectures().await?;
        seen(read, |_| vec![ARCHITECTURE.to_owned()])
    })
}

async fn versions(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let listed = rig.model().versions().await?;
        seen(listed.iter().map(read).collect::<Vec<_>>(), |before| {
            let left_out = |version: &world::Version| world::Version {
                suffix: None,
                ..version.clone()
            };
            before.versions.iter().map(left_out).collect()
        })
    })
}

async fn version_by_id(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let version = rig.version("2").get().await?;
        seen(Some(read(&version)), |before| before.version(2).cloned())
    })
}

async fn version_by_alias(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let version = rig.version("production").get().await?;
        seen(Some(read(&version)), |before| before.version(3).cloned())
    })
}

async fn endpoints(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let listed = rig.client.org(world::ORG)?.endpoints().await?;
        let ids: Vec<_> = listed.into_iter().map(|endpoint| endpoint.id).collect();
        seen(ids, |_| vec![ENDPOINT.to_owned()])
    })
}

fn listed(details: &EndpointDetails) -> BTreeSet<world::Deployment> {
    details.deployments.iter().map(read_deployment).collect()
}

async fn endpoint(rig: Arc<Rig>) -> Running {
    let _ = rig.endpoint().deploy("2").await.unwrap();
    Box::pin(async move {
        let details = rig.endpoint().get().await?;
        seen(listed(&details), |before| before.deployments.clone())
    })
}

async fn serving(rig: Arc<Rig>) -> Running {
    let _ = rig.endpoint().deploy("2").await.unwrap();
    Box::pin(async move {
        let truth = rig.simulator.serving(ENDPOINT);
        let serving = rig.endpoint().serving().await?;
        let unknown = matches!(serving, Serving::Unclear(_));
        let letter = if unknown { 'u' } else { '=' };
        let id = serving.version_id().map(VersionId::get);
        told(letter, move |before| {
            if unknown || id == truth {
                return Ok(before);
            }
            Err(format!("{id:?} is said to serve, and {truth:?} does"))
        })
    })
}

async fn chat(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let answer = rig.endpoint().chat("Who are you?").await?;
        seen(
            answer.system_fingerprint.unwrap().ends_with("_run-1"),
            |_| true,
        )
    })
}

async fn track(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let tracked = rig.version("production").track().await?;
        let id = tracked.name().version().as_id().unwrap().get();
        seen(Some(id), |before| before.named("production"))
    })
}

async fn track_deployment(rig: Arc<Rig>) -> Running {
    let rollout = rig.endpoint().deploy("2").await.unwrap();
    let id = rollout.deployment_id().to_owned();
    Box::pin(async move {
        let tracked = rig.endpoint().track(&id).await?;
        let version = tracked.version().version().as_id();
        seen(version.map(VersionId::get), |_| Some(2))
    })
}

async fn plan(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let plan = rig.model().move_alias("production", 2_u64).plan().await?;
        let from = plan.intent().from().cloned();
        let from = from.and_then(|from| from.version().as_id());
        seen(from.map(VersionId::get), |before| {
            before.named("production")
        })
    })
}

async fn wait_upload(rig: Arc<Rig>) -> Running {
    let upload = rig.model().upload("s3://my-bucket/run-4").await.unwrap();
    Box::pin(async move {
        let version = rig.wait(&upload).await?;
        let truth = rig.simulator.versions(ARCHITECTURE).pop().unwrap();
        seen((read(&version).id, SyncState::Synced), move |_| {
            (truth.id, truth.sync)
        })
    })
}

async fn wait_rollout(rig: Arc<Rig>) -> Running {
    let rollout = rig.endpoint().deploy("2").await.unwrap();
    Box::pin(async move { complete(&rig, &rig.wait(&rollout).await?) })
}

async fn wait_resumed(rig: Arc<Rig>) -> Running {
    let handle = rig.endpoint().deploy("2").await.unwrap().handle();
    Box::pin(async move {
        let Resumed::Rollout(rollout) = rig.client.resume(&handle)? else {
            panic!("{handle} is of a rollout");
        };
        complete(&rig, &rig.wait(&rollout).await?)
    })
}

/// That a deployment is complete, and its version serves.
fn complete(rig: &Rig, deployment: &Deployment) -> Result<Told> {
    let truth = rig.simulator.deployments(ENDPOINT).pop().unwrap();
    let serving = rig.simulator.serving(ENDPOINT);
    let said = (deployment.id.clone(), DeploymentState::Complete);
    seen((said, Some(deployed(deployment))), move |_| {
        ((truth.id, truth.state), serving)
    })
}

/// A pending write as it was written down: the seeded versions were there before.
fn pending(rig: &Rig, what: &str) -> Pending {
    let base = rig.client.base_url();
    format!("cbm1,pending-{what},base={base}").parse().unwrap()
}

fn pending_upload(rig: &Rig) -> Pending {
    let fields = "upload,org=my-org,architecture=gpt-oss-120b,weights=s3://my-bucket/new,after=3";
    pending(rig, fields)
}

fn pending_deploy(rig: &Rig) -> Pending {
    let known = rig.simulator.deployments(ENDPOINT).remove(0).id;
    let version = world::version_name(2);
    pending(
        rig,
        &format!("deploy,endpoint={ENDPOINT},version={version},known={known}"),
    )
}

async fn settle(rig: &Rig, pending: &Pending) -> Result<Option<String>> {
    let settled = rig.client.settle(pending).await?;
    Ok(settled.as_ref().map(found))
}

async fn settle_upload(rig: Arc<Rig>) -> Running {
    let _ = rig.model().upload("s3://my-bucket/new").await.unwrap();
    Box::pin(async move {
        let found = settle(&rig, &pending_upload(&rig)).await?;
        seen(found, |_| Some("4".to_owned()))
    })
}

async fn settle_no_upload(rig: Arc<Rig>) -> Running {
    let _ = rig.model().upload("s3://my-bucket/other").await.unwrap();
    Box::pin(async move {
        let found = settle(&rig, &pending_upload(&rig)).await?;
        seen(found, |_| None)
    })
}

async fn settle_keyed(rig: Arc<Rig>) -> Running {
    let upload = rig.model().upload("s3://my-bucket/new");
    let _ = upload.idempotency_key("ci-7").await.unwrap();
    let aliases = rig.truth().version(4).unwrap().aliases.clone();
    let key = aliases.into_iter().next().unwrap();
    let text = pending_upload(&rig).to_string();
    let pending: Pending = text
        .replace(",after=3", &format!(",key={key}"))
        .parse()
        .unwrap();
    Box::pin(async move {
        let found = settle(&rig, &pending).await?;
        seen(found, |_| Some("4".to_owned()))
    })
}

async fn settle_deploy(rig: Arc<Rig>) -> Running {
    let pending = pending_deploy(&rig);
    let deployed = rig.endpoint().deploy("2").await.unwrap();
    let id = deployed.deployment_id().to_owned();
    Box::pin(async move {
        let found = settle(&rig, &pending).await?;
        seen(found, |_| Some(id))
    })
}

async fn settle_no_deploy(rig: Arc<Rig>) -> Running {
    let pending = pending_deploy(&rig);
    let _ = rig.endpoint().deploy("3").await.unwrap();
    Box::pin(async move {
        let found = settle(&rig, &pending).await?;
        seen(found, |_| None)
    })
}
