//! The operations that change something, and the world that each of them is to leave.

use std::collections::BTreeSet;
use std::sync::Arc;

use cerebras_management::{Deployment, ModelVersion, Obtained, Operation, Result};

use super::operations::Running;
use super::rig::Rig;
use crate::told::{Told, letter, told};
use crate::world::{self, ENDPOINT, Truth};

const WEIGHTS: &str = "s3://my-bucket/run-4";

fn set<const N: usize>(aliases: [&str; N]) -> BTreeSet<String> {
    aliases.map(str::to_owned).into()
}

/// The world with the version that was uploaded.
fn uploaded(
    upload: &Operation<ModelVersion>,
    suffix: Option<&str>,
    aliases: BTreeSet<String>,
) -> Result<Told> {
    let id = upload.name().version().as_id().unwrap().get();
    let suffix = suffix.map(str::to_owned);
    let found = upload.obtained() == Obtained::Found;
    told(letter(upload.obtained()), move |mut world| {
        let version = world::Version {
            id,
            weights: WEIGHTS.to_owned(),
            suffix,
            aliases,
        };
        match (world.version(id), found) {
            (None, false) => world.versions.push(version),
            (Some(held), true) if *held == version => {}
            (held, _) => {
                return Err(format!(
                    "it is said to be {version:?}, found {found}, and there was {held:?}"
                ));
            }
        }
        Ok(world)
    })
}

pub(super) async fn upload(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let upload = rig.model().upload(WEIGHTS).alias("run-4");
        let upload = upload.fingerprint_suffix("four").await?;
        uploaded(&upload, Some("four"), set(["run-4"]))
    })
}

pub(super) async fn upload_unchecked(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let upload = rig.model().upload(WEIGHTS).unchecked().await?;
        uploaded(&upload, None, set([]))
    })
}

/// The alias that is the key of version 4: any version, since it is there.
fn with_key(rig: &Rig, id: u64, mut aliases: BTreeSet<String>) -> BTreeSet<String> {
    let truth = rig.truth();
    let held = truth.version(id).into_iter().flat_map(|v| &v.aliases);
    aliases.extend(held.filter(|alias| alias.starts_with("idem-")).cloned());
    aliases
}

pub(super) async fn upload_keyed(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let upload = rig.model().upload(WEIGHTS).alias("run-4");
        let upload = upload.idempotency_key("ci-7").await?;
        let aliases = with_key(&rig, 4, set(["run-4"]));
        assert_eq!(aliases.len(), 2, "it has no key: {aliases:?}");
        uploaded(&upload, None, aliases)
    })
}

pub(super) async fn upload_again(rig: Arc<Rig>) -> Running {
    let first = rig.model().upload(WEIGHTS).idempotency_key("ci-7");
    let _ = first.await.unwrap();
    Box::pin(async move {
        let upload = rig.model().upload(WEIGHTS).idempotency_key("ci-7").await?;
        uploaded(&upload, None, with_key(&rig, 4, set([])))
    })
}

/// The world with other aliases of version 2.
fn edited(version: &ModelVersion, aliases: BTreeSet<String>) -> Result<Told> {
    let read: BTreeSet<_> = version.aliases().iter().cloned().collect();
    told('=', move |mut world| {
        if read != aliases {
            return Err(format!("{read:?} was read back"));
        }
        give(&mut world, 2, aliases);
        Ok(world)
    })
}

fn give(world: &mut Truth, id: u64, aliases: BTreeSet<String>) {
    let mut versions = world.versions.iter_mut();
    versions.find(|version| version.id == id).unwrap().aliases = aliases;
}

pub(super) async fn add_alias(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let edited_now = rig.version("2").add_alias("stable").await?;
        edited(&edited_now, set(["run-2", "stable"]))
    })
}

pub(super) async fn remove_alias(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let edited_now = rig.version("run-2").remove_alias("run-2").await?;
        edited(&edited_now, set([]))
    })
}

pub(super) async fn set_aliases(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let edited_now = rig.version("2").set_aliases(["stable", "blue"]).await?;
        edited(&edited_now, set(["stable", "blue"]))
    })
}

pub(super) async fn replace_aliases(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let version = rig.version("2");
        let edited_now = version.replace_aliases(["run-2"], ["stable"]).await?;
        edited(&edited_now, set(["stable"]))
    })
}

/// The world in which version 2 has `production`.
fn moved(moved: &cerebras_management::AliasMove) -> Result<Told> {
    let to = moved.to.version().as_id().unwrap().get();
    let letter = if moved.in_doubt { 'd' } else { '=' };
    told(letter, move |mut world| {
        if to != 2 {
            return Err(format!("it is said to name {to}"));
        }
        give(&mut world, 3, set(["run-3"]));
        give(&mut world, 2, set(["run-2", "production"]));
        Ok(world)
    })
}

pub(super) async fn move_alias(rig: Arc<Rig>) -> Running {
    Box::pin(async move { moved(&rig.model().move_alias("production", 2_u64).await?) })
}

pub(super) async fn run_plan(rig: Arc<Rig>) -> Running {
    let plan = rig.model().move_alias("production", "run-2").plan();
    let plan = plan.await.unwrap();
    Box::pin(async move { moved(&plan.run().await?) })
}

/// The process that began it is gone, and the alias is on no version.
pub(super) async fn resume_move(rig: Arc<Rig>) -> Running {
    let plan = rig.model().move_alias("production", 2_u64).plan();
    let intent = plan.await.unwrap().intent().clone();
    rig.version("3").remove_alias("production").await.unwrap();
    Box::pin(async move { moved(&rig.client.resume_move(&intent)?.await?) })
}

pub(super) async fn delete(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let deleted = rig.version("run-2").delete().even_if_aliased().await?;
        let id = deleted.version.id().unwrap().get();
        told('=', move |mut world| {
            if id != 2 || world.version(2).is_none() {
                return Err(format!("{id} is said to be deleted"));
            }
            world.versions.retain(|version| version.id != 2);
            Ok(world)
        })
    })
}

/// The world with the deployment.
fn deployed(rollout: &Operation<Deployment>, version: u64) -> Result<Told> {
    let id = rollout.deployment_id().to_owned();
    let said = rollout.version().version().as_id().unwrap().get();
    told(letter(rollout.obtained()), move |mut world| {
        if said != version {
            return Err(format!("version {said} is said to be deployed"));
        }
        world.deployments.insert(world::Deployment {
            endpoint: ENDPOINT.to_owned(),
            id,
            version,
        });
        Ok(world)
    })
}

pub(super) async fn deploy(rig: Arc<Rig>) -> Running {
    Box::pin(async move { deployed(&rig.endpoint().deploy("production").await?, 3) })
}

pub(super) async fn deploy_unchecked(rig: Arc<Rig>) -> Running {
    Box::pin(async move {
        let deploy = rig.endpoint().deploy(world::version_name(2)).unchecked();
        deployed(&deploy.await?, 2)
    })
}

pub(super) async fn rollback(rig: Arc<Rig>) -> Running {
    rig.serve_the_second().await.unwrap();
    Box::pin(async move { deployed(&rig.endpoint().rollback().await?, 1) })
}
