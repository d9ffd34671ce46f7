//! What a client does with what is its own: all of it can be checked at once.

use std::collections::BTreeSet;
use std::time::Duration;

use cerebras_management::{
    Deployment, ErrorKind, ModelVersion, Obtained, Operation, Result, Tracked, Wait,
};
use cerebras_management_simulator::{DeploymentState, SyncState};

use super::client::Worker;
use super::findings::Wrong;
use super::storm::{SHARED_ENDPOINTS, endpoint, model, own_endpoint, shared_endpoint};
use crate::told::{Told, deployed, letter, read, read_deployment, told};
use crate::world::{self, ARCHITECTURE, Truth, quick};

/// As many versions as a client keeps.
const KEPT: usize = 6;

fn wait_for<T: Tracked>(operation: &Operation<T>) -> Wait<T> {
    operation
        .wait()
        .schedule(quick())
        .deadline(Duration::from_secs(2))
}

/// The world with the version that was uploaded, whose key, if it has one, is whatever it has.
fn uploaded(
    upload: &Operation<ModelVersion>,
    weights: String,
    aliases: BTreeSet<String>,
) -> Result<Told> {
    let id = upload.name().version().as_id().unwrap().get();
    let found = upload.obtained() == Obtained::Found;
    told(letter(upload.obtained()), move |mut mine| {
        match mine.version(id) {
            None if !found => mine.versions.push(world::Version {
                id,
                weights,
                suffix: None,
                aliases,
            }),
            Some(held) if found && held.weights == weights => {}
            held => return Err(format!("version {id}, found: {found}, was {held:?} before")),
        }
        Ok(mine)
    })
}

impl Worker<'_> {
    pub(super) async fn upload(&mut self) {
        let before = self.before();
        if before.versions.len() >= KEPT {
            return self.delete().await;
        }
        // The same weights twice in a while: what is older is not taken for the new one.
        let weights = format!("{}run-{}", self.place(), self.turn % 7);
        let alias = format!("own-{}-{}", self.number, self.turn);
        let upload = model(&self.client).upload(&weights).alias(&alias).await;
        let result = upload.and_then(|upload| uploaded(&upload, weights, [alias].into()));
        self.check("upload", before, result).await;
    }

    /// Sometimes with a nonce that was used already.
    pub(super) async fn upload_with_own_key(&mut self) {
        let before = self.before();
        let repeated = self.random.bool();
        let again = before
            .versions
            .iter()
            .find(|v| v.weights.contains("/keyed-") && repeated);
        if again.is_none() && before.versions.len() >= KEPT {
            return self.delete().await;
        }
        let weights = match again {
            Some(version) => version.weights.clone(),
            None => format!("{}keyed-{}", self.place(), self.turn),
        };
        let upload = model(&self.client).upload(&weights);
        // The weights are given once: the nonce can be the same.
        let upload = upload.idempotency_key("the only one").await;
        let key = |worker: &mut Self| {
            let mine = worker.mine();
            let made = mine.versions.into_iter().find(|v| v.weights == weights);
            made.map(|version| version.aliases).unwrap_or_default()
        };
        let aliases = key(self);
        if upload.is_ok() && again.is_none() && aliases.len() != 1 {
            let what = format!("the key of {weights} is {aliases:?}");
            self.storm.wrong(Wrong::Untruthful, what);
        }
        let result = upload.and_then(|upload| uploaded(&upload, weights, aliases));
        self.check("upload, keyed", before, result).await;
    }

    pub(super) async fn edit(&mut self) {
        let before = self.before();
        let Some(version) = self.one_of(&before) else {
            return self.upload().await;
        };
        let alias = format!("own-{}-{}x", self.number, self.turn);
        let mut aliases = version.aliases.clone();
        let keys: BTreeSet<_> = aliases
            .iter()
            .filter(|a| a.starts_with("idem-"))
            .cloned()
            .collect();
        let resource = model(&self.client).version(version.id).unwrap();
        let first = aliases.iter().find(|a| !a.starts_with("idem-")).cloned();
        let (operation, result) = match (self.random.u8(0..4), first) {
            (0, Some(first)) => {
                aliases.remove(&first);
                ("remove alias", resource.remove_alias(first).await)
            }
            (1, _) => {
                aliases = [alias.clone()].into();
                aliases.extend(keys);
                ("set aliases", resource.set_aliases([alias]).await)
            }
            (2, _) => {
                let seen: Vec<_> = aliases.difference(&keys).cloned().collect();
                aliases = [alias.clone()].into();
                aliases.extend(keys);
                (
                    "replace aliases",
                    resource.replace_aliases(seen, [alias]).await,
                )
            }
            _ => {
                aliases.insert(alias.clone());
                ("add alias", resource.add_alias(alias).await)
            }
        };
        let result = result.and_then(|edited| {
            let back: BTreeSet<_> = edited.aliases().iter().cloned().collect();
            told('=', move |mut mine| {
                if back != aliases {
                    return Err(format!("{aliases:?} was read back as {back:?}"));
                }
                give(&mut mine, version.id, aliases);
                Ok(mine)
            })
        });
        self.check(operation, before, result).await;
    }

    pub(super) async fn move_own(&mut self) {
        let before = self.before();
        let aliased =
            |version: &&world::Version| version.aliases.iter().any(|a| !a.starts_with("idem-"));
        let (Some(from), Some(to)) = (
            before.versions.iter().find(aliased).cloned(),
            self.one_of(&before),
        ) else {
            return self.upload().await;
        };
        let alias = from
            .aliases
            .iter()
            .find(|a| !a.starts_with("idem-"))
            .cloned()
            .unwrap();
        let result = model(&self.client).move_alias(&alias, to.id).await;
        let result = result.and_then(|moved| {
            let letter = if moved.in_doubt { 'd' } else { '=' };
            told(letter, move |mut mine| {
                for version in &mut mine.versions {
                    if version.id == to.id {
                        version.aliases.insert(alias.clone());
                    } else {
                        version.aliases.remove(&alias);
                    }
                }
                Ok(mine)
            })
        });
        self.check("move alias", before, result).await;
    }

    pub(super) async fn delete(&mut self) {
        let before = self.before();
        let Some(version) = self.one_of(&before) else {
            return self.read().await;
        };
        let delete = model(&self.client).version(version.id).unwrap().delete();
        let result = delete.even_if_aliased().await.and_then(|_| {
            told('=', move |mut mine| {
                mine.versions.retain(|other| other.id != version.id);
                Ok(mine)
            })
        });
        self.check("delete", before, result).await;
    }

    pub(super) async fn deploy(&mut self) {
        let before = self.before();
        let Some(version) = self.one_of(&before) else {
            return self.upload().await;
        };
        let id = if self.random.bool() {
            own_endpoint(self.number)
        } else {
            shared_endpoint(self.random.usize(0..SHARED_ENDPOINTS))
        };
        let deploy = endpoint(&self.client, &id).deploy(version.id);
        let result = deploy
            .await
            .and_then(|rollout| submitted(&rollout, id, version.id));
        self.check("deploy", before, result).await;
    }

    pub(super) async fn rollback(&mut self) {
        let before = self.before();
        let id = own_endpoint(self.number);
        let result = endpoint(&self.client, &id).rollback().await;
        let result = result.and_then(|rollout| {
            let version = rollout.version().version().as_id().unwrap().get();
            submitted(&rollout, id, version)
        });
        self.check("rollback", before, result).await;
    }

    /// Waits for a version or a deployment of its own.
    pub(super) async fn wait(&mut self) {
        let mine = self.mine();
        let Some(version) = self.one_of(&mine) else {
            return self.upload().await;
        };
        if self.random.bool() {
            self.wait_for_sync(version.id).await;
        } else {
            self.wait_for_rollout().await;
        }
    }

    async fn wait_for_sync(&mut self, id: u64) {
        let version = model(&self.client).version(id).unwrap();
        let result = match version.track().await {
            Ok(upload) => wait_for(&upload).await.map(drop),
            Err(error) => Err(error),
        };
        let truth = self.storm.simulator.versions(ARCHITECTURE);
        let truth = truth.iter().find(|version| version.id == id).unwrap().sync;
        self.waited("wait, upload", result, truth == SyncState::Synced, truth);
    }

    async fn wait_for_rollout(&mut self) {
        let own = own_endpoint(self.number);
        let Some(newest) = self.storm.simulator.deployments(&own).pop() else {
            return self.deploy().await;
        };
        let handle = format!(
            "cbm1,rollout,endpoint={own},deployment={},version={},base={}",
            newest.id,
            world::version_name(newest.version),
            self.client.base_url()
        );
        let resumed = self.client.resume(&handle.parse().unwrap()).unwrap();
        let cerebras_management::Resumed::Rollout(rollout) = resumed else {
            panic!("{handle} is of a rollout");
        };
        let result = wait_for(&rollout).await.map(drop);
        let truth = self.storm.simulator.deployments(&own);
        let truth = truth.iter().find(|d| d.id == newest.id).unwrap().state;
        self.waited(
            "wait, rollout",
            result,
            truth == DeploymentState::Complete,
            truth,
        );
    }

    /// The end that was told is the end that there is. A status that nobody knows ends a sync as a
    /// failure that names it.
    fn waited(
        &self,
        operation: &'static str,
        result: Result<()>,
        good: bool,
        truth: impl std::fmt::Debug,
    ) {
        let lie = match result {
            Ok(()) => {
                self.ended(operation, "=");
                (!good).then(|| "it is said to have ended well".to_owned())
            }
            Err(error) => {
                self.error(operation, &error);
                let ended = matches!(
                    error.kind(),
                    ErrorKind::OperationFailed | ErrorKind::Superseded
                );
                let named = error.to_string().contains("pondering");
                (ended && good && !named).then(|| format!("it has failed: {error}"))
            }
        };
        if let Some(lie) = lie {
            let what = format!(
                "client {}, {operation}: {lie}, and is {truth:?}",
                self.number
            );
            self.storm.wrong(Wrong::Untruthful, what);
        }
    }

    pub(super) async fn read(&mut self) {
        let before = self.before();
        let one = self.one_of(&before);
        let place = self.place();
        let result = match (self.random.u8(0..3), one) {
            (0, Some(version)) => {
                let read_one = model(&self.client).version(version.id).unwrap().get().await;
                read_one.and_then(|now| same(read(&now), version))
            }
            (1, _) => model(&self.client).versions().await.and_then(|all| {
                let mut listed: Vec<_> = all.iter().map(read).collect();
                listed.retain(|version| version.weights.starts_with(&place));
                same(listed, before.versions.clone())
            }),
            _ => {
                let own = own_endpoint(self.number);
                let details = endpoint(&self.client, &own).get().await;
                let mut there = before.deployments.clone();
                there.retain(|deployment| deployment.endpoint == own);
                details.and_then(|details| {
                    let listed: BTreeSet<_> =
                        details.deployments.iter().map(read_deployment).collect();
                    same(listed, there.into_iter().collect())
                })
            }
        };
        self.check("read", before, result).await;
    }

    pub(super) async fn chat(&mut self) {
        let own = own_endpoint(self.number);
        match endpoint(&self.client, &own).chat("Who are you?").await {
            Ok(_) => self.ended("chat", "="),
            Err(error) => self.error("chat", &error),
        }
    }
}

fn give(mine: &mut Truth, id: u64, aliases: BTreeSet<String>) {
    let version = mine.versions.iter_mut().find(|version| version.id == id);
    version.unwrap().aliases = aliases;
}

fn same<T: PartialEq + std::fmt::Debug + Send + 'static>(said: T, truth: T) -> Result<Told> {
    told('=', move |mine| {
        if said == truth {
            return Ok(mine);
        }
        Err(format!("{said:?} was read, and it is {truth:?}"))
    })
}

/// The world with the deployment, unless the version serves already.
fn submitted(rollout: &Operation<Deployment>, endpoint: String, version: u64) -> Result<Told> {
    let id = rollout.deployment_id().to_owned();
    let said = rollout.version().version().as_id().unwrap().get();
    let found = rollout.already_serves().map(deployed);
    told(letter(rollout.obtained()), move |mut mine| {
        if said != version {
            return Err(format!("{said} is said to be deployed, and not {version}"));
        }
        if let Some(serving) = found {
            let known = mine.deployments.iter().any(|d| d.id == id);
            if serving != version || !known {
                return Err(format!("{serving} is said to serve by {id}"));
            }
            return Ok(mine);
        }
        mine.deployments.insert(world::Deployment {
            endpoint,
            id,
            version,
        });
        Ok(mine)
    })
}
