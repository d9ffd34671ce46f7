//! What all clients do with what they share: checked at once where nobody else was at it, and in
//! the end.

use std::future::Future;

use cerebras_management::names::VersionId;
use cerebras_management::{AliasMove, MoveIntent, Result};

use super::client::Worker;
use super::findings::Wrong;
use super::history::{Attempt, Edited, Moved};
use super::storm::{SHARED_ALIASES, SHARED_LIST, model, versions_of};

pub(super) fn shared_weights(key: u64) -> String {
    format!("s3://my-bucket/shared-{key}")
}

pub(super) fn listed_alias(client: usize) -> String {
    format!("listed-{client}")
}

impl Worker<'_> {
    /// One of a few keys that all others use just now too.
    pub(super) async fn upload_with_shared_key(&mut self) {
        let back = self.random.u64(0..3);
        let key = self.storm.known().next_key(back);
        let upload = model(&self.client).upload(shared_weights(key));
        match upload.idempotency_key(format!("job-{key}")).await {
            Ok(upload) => {
                let letter = crate::told::letter(upload.obtained());
                self.ended("upload, shared", &letter.to_string());
                let id = upload.name().version().as_id().unwrap().get();
                let mut known = self.storm.known();
                known.keyed.entry(key).or_default().insert(id);
                known.versions.insert(id);
            }
            Err(error) => {
                self.error("upload, shared", &error);
                if let Some(pending) = error.pending() {
                    let pending = (key, pending.clone());
                    self.storm.known().pending.push(pending);
                }
            }
        }
    }

    /// The intent is kept before anything is written.
    pub(super) async fn move_shared(&mut self) {
        let number = self.random.usize(0..SHARED_ALIASES.len());
        let alias = SHARED_ALIASES[number];
        let to = self.random.u64(versions_of(number));
        let before = self.storm.truth().named(alias);
        let client = self.client.clone();
        let begun = self.storm.alias_writes();
        let (result, alone) = self
            .in_turn(
                alias,
                Box::pin(async move {
                    let plan = model(&client).move_alias(alias, to).plan().await;
                    match plan {
                        Ok(plan) => (Some(plan.intent().clone()), plan.run().await),
                        Err(error) => (None, Err(error)),
                    }
                }),
            )
            .await;
        let (intent, result): (Option<MoveIntent>, Result<AliasMove>) = result;
        let now = self.storm.truth().named(alias);
        let in_doubt = match &result {
            Ok(moved) => {
                let letter = if moved.in_doubt { "d" } else { "=" };
                self.ended("move, shared", letter);
                if alone && now != Some(to) {
                    let what = format!("{alias} was moved to {to}, and names {now:?}");
                    self.storm.wrong(Wrong::Untruthful, what);
                }
                moved.in_doubt
            }
            Err(error) => {
                self.error("move, shared", error);
                if alone && !error.may_have_happened() && now != before {
                    let what = format!("{alias} named {before:?}, and {now:?} after: {error}");
                    self.storm.wrong(Wrong::Untruthful, what);
                }
                error.may_have_happened()
            }
        };
        if let Some(intent) = intent {
            let from = intent.from().and_then(|from| from.version().as_id());
            let from = from.map(VersionId::get);
            let during = begun..self.storm.alias_writes();
            let mut known = self.storm.known();
            known.moves.push(Attempt {
                alias: alias.to_owned(),
                during,
                did: Moved { from, in_doubt },
            });
            known.intents.push(intent);
        }
    }

    /// Adds or removes an alias of its own in the list that all of them edit. An edit at the same
    /// time may be lost; without one it may not.
    pub(super) async fn edit_shared_list(&mut self) {
        let alias = listed_alias(self.number);
        let adds = self.random.bool();
        let held = |worker: &Self| {
            let truth = worker.storm.truth();
            truth.version(SHARED_LIST).unwrap().aliases.contains(&alias)
        };
        let before = held(self);
        let begun = self.storm.alias_writes();
        let version = model(&self.client).version(SHARED_LIST).unwrap();
        let (result, alone) = self
            .in_turn("the list", async {
                if adds {
                    version.add_alias(&alias).await
                } else {
                    version.remove_alias(&alias).await
                }
            })
            .await;
        let now = held(self);
        let during = begun..self.storm.alias_writes();
        self.storm.known().edits.push(Attempt {
            alias: alias.clone(),
            during,
            did: Edited { adds },
        });
        match result {
            Ok(edited) => {
                self.ended("edit, shared", "=");
                let told = edited.aliases().contains(&alias);
                if told != adds || (alone && now != adds) {
                    let what = format!("{alias}: wanted {adds}, told {told}, and it is {now}");
                    self.storm.wrong(Wrong::Untruthful, what);
                }
            }
            Err(error) => {
                self.error("edit, shared", &error);
                if alone && !error.may_have_happened() && now != before {
                    let what = format!("{alias}: {before} has become {now} after: {error}");
                    self.storm.wrong(Wrong::Untruthful, what);
                }
            }
        }
    }

    /// Runs it, and tells whether nobody else was at the same thing meanwhile.
    async fn in_turn<T>(&self, thing: &'static str, run: impl Future<Output = T>) -> (T, bool) {
        let begun = {
            let mut known = self.storm.known();
            let (begun, going) = known.turns.entry(thing).or_default();
            *begun += 1;
            *going += 1;
            (*begun, *going)
        };
        let value = run.await;
        let mut known = self.storm.known();
        let (now, going) = known.turns.entry(thing).or_default();
        *going -= 1;
        (value, begun == (*now, 1))
    }
}
