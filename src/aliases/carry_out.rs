//! Carrying out a move of an alias: remove, add, verify; and what is done when one of them fails.
//!
//! After the remove there is one aim: that the alias names a version again, and that nothing is
//! said which was not looked at. Each failure ends in a look at which version the alias names.
//!
//! Nothing is written twice after silence: a removal that comes late would take the alias away
//! from where it was moved meanwhile. `crates/models/src/alias_move.rs` is this protocol.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::edit::{Edit, Silence, Written};
use super::left::{AliasNames, MoveLeft};
use super::list::{Shown, same, sendable};
use super::moving::AliasMove;
use super::plan::{MovePlan, holder};
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::names::ModelVersionName;
use crate::retry::Op;
use crate::time::after;
use crate::versions::{ModelVersion, Version};

const OP: Op = Op::UPDATE_MODEL_VERSION_ALIASES;

/// Until when after the remove the add may be sent again when the service refuses it for now:
/// the alias names nothing meanwhile, and is put back rather.
const PATIENCE: Duration = Duration::from_secs(5);

impl MovePlan {
    /// The caller holds the lock of alias edits.
    pub(super) async fn carry_out(self) -> Result<AliasMove> {
        let Some(add) = &self.add else {
            return Ok(AliasMove {
                alias: self.intent.alias.clone(),
                from: self.intent.from.clone(),
                to: self.intent.to.clone(),
                without_alias: None,
                in_doubt: false,
                version: self.target.clone(),
            });
        };
        let mut run = Run {
            plan: &self,
            add,
            began: Instant::now(),
            in_doubt: false,
            wrote: false,
            taken: false,
            attempts: 0,
        };
        if let Some(remove) = &self.remove {
            match remove.write(Silence::IsLeft).await {
                Ok(written) => {
                    run.has_written(&written);
                    run.taken = true;
                }
                Err(error) => {
                    run.has_failed(&error);
                    run.taken = run.in_doubt;
                    if let Some(version) = run.was_not_removed(remove, error).await? {
                        return Ok(run.moved(version));
                    }
                }
            }
        }
        let added = if self.remove.is_some() {
            let until = after(Instant::now(), PATIENCE);
            add.write_until(until, Silence::IsLeft).await
        } else {
            add.write(Silence::IsLeft).await
        };
        match added {
            Ok(written) => {
                run.has_written(&written);
                let told = match written {
                    Written::Answered { told, .. } => told,
                    Written::Seen { .. } => None,
                };
                run.verify(told).await
            }
            Err(error) => {
                run.has_failed(&error);
                run.was_not_added(error).await
            }
        }
    }
}

/// A plan that is being carried out.
struct Run<'a> {
    plan: &'a MovePlan,
    add: &'a Edit,
    /// Just before the alias was taken from the version that had it.
    began: Instant,
    /// Whether an answer was lost, so that a write may come late.
    in_doubt: bool,
    /// Whether a write was carried out.
    wrote: bool,
    /// Whether the alias was, or may have been, taken from the version that had it.
    taken: bool,
    /// How many times the last write was sent.
    attempts: u32,
}

/// Which version the alias names.
enum Names {
    Nothing,
    Target(ModelVersion),
    /// The one that had it.
    Source(ModelVersionName),
    /// Another.
    Rival(String),
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Remove,
    Add,
    ReadBack,
}

impl Run<'_> {
    fn has_written(&mut self, written: &Written) {
        self.in_doubt |= written.is_in_doubt();
        self.wrote = true;
        self.attempts = written.attempts();
    }

    fn has_failed(&mut self, error: &Error) {
        self.in_doubt |= error.may_have_happened();
        self.attempts = error.attempts();
    }

    async fn look_who(&self) -> Result<Names> {
        let MovePlan { client, intent, .. } = self.plan;
        let Some(version) = holder(client, &intent.to, &intent.alias).await? else {
            return Ok(Names::Nothing);
        };
        Ok(match version.parsed_name() {
            Some(name) if *name == intent.to => Names::Target(version),
            Some(name) if Some(name) == intent.from.as_ref() => Names::Source(name.clone()),
            _ => Names::Rival(version.name().to_owned()),
        })
    }

    fn moved(&self, version: ModelVersion) -> AliasMove {
        let intent = self.plan.intent.clone();
        let removed = self.plan.remove.is_some();
        AliasMove {
            alias: intent.alias,
            from: intent.from,
            to: intent.to,
            without_alias: removed.then(|| self.began.elapsed()),
            in_doubt: self.in_doubt,
            version,
        }
    }

    /// Reads both versions back. `told` is the list that the service answered to the last write.
    async fn verify(&self, told: Option<Vec<String>>) -> Result<AliasMove> {
        let unread = |names, error: Error| {
            self.failed(Step::ReadBack, error, names, self.go_on())
                .during(OP.id, true)
                .accepted()
        };
        let mut moved = self.moved(self.plan.target.clone());
        let seen = self.look_who().await;
        moved.version = match seen.map_err(|error| unread(AliasNames::Unknown, error))? {
            Names::Target(version) => version,
            Names::Nothing => return Err(self.rival(AliasNames::Nothing)),
            Names::Source(_) => return Err(self.rival(AliasNames::Source)),
            Names::Rival(name) => return Err(self.rival(AliasNames::Other(name))),
        };
        let held = moved.version.told_aliases().or(told.as_deref());
        self.reads_back(self.add, held.unwrap_or_default())?;
        if let Some(remove) = &self.plan.remove {
            match remove.read().await {
                Ok(left) => self.reads_back(remove, left.aliases())?,
                // Whoever has deleted it has not touched the alias.
                Err(error) if error.says_there_is_none() => {}
                Err(error) => return Err(unread(AliasNames::Target, error)),
            }
        }
        Ok(moved)
    }

    fn reads_back(&self, edit: &Edit, held: &[String]) -> Result<()> {
        if same(held, edit.wanted()) {
            return Ok(());
        }
        let (name, wanted, held) = (edit.name(), Shown(edit.wanted()), Shown(held));
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "the alias has moved, but the aliases of {name} were written as {wanted} and read \
                 back as {held}"
            ),
        )
        .about(self.plan.intent.what())
        .during(OP.id, true)
        .after_attempts(self.attempts)
        .accepted()
        .leaving(self.left(AliasNames::Target))
        .remedy_is("somebody else has edited them: look, and edit again"))
    }

    /// None when the alias can be given to the target: it is gone from where it was, and who has
    /// removed it is not known. The target, when that has it.
    async fn was_not_removed(
        &mut self,
        remove: &Edit,
        error: Error,
    ) -> Result<Option<ModelVersion>> {
        let step = Step::Remove;
        Err(match self.look_who().await {
            Ok(Names::Target(version)) => return Ok(Some(version)),
            Ok(Names::Nothing) if self.in_doubt => return Ok(None),
            Ok(Names::Nothing) => {
                let names = AliasNames::Nothing;
                self.failed(step, error, names, "it names no version now")
            }
            Ok(Names::Rival(name)) => self.rival(AliasNames::Other(name)),
            Ok(Names::Source(name)) => {
                self.taken = false;
                let state = self.stands(format_args!("it still names {name}"));
                self.failed(step, error, AliasNames::Source, state)
            }
            Err(_) if !self.in_doubt => {
                let state = format!("{} was not written to", remove.name());
                self.failed(step, error, AliasNames::Unknown, state)
            }
            Err(look) => self.failed(step, error, AliasNames::Unknown, self.unknown(&look)),
        })
    }

    async fn was_not_added(&mut self, error: Error) -> Result<AliasMove> {
        let step = Step::Add;
        Err(match (self.look_who().await, &self.plan.remove) {
            (Ok(Names::Target(_)), _) => return self.verify(None).await,
            (Ok(Names::Rival(name)), _) => self.rival(AliasNames::Other(name)),
            (Ok(Names::Source(_)), _) => self.rival(AliasNames::Source),
            (Ok(Names::Nothing), Some(remove)) => return self.put_back(remove, error).await,
            (Ok(Names::Nothing), None) => {
                let names = AliasNames::Nothing;
                self.failed(step, error, names, "no version is found by it, as before")
            }
            (Err(look), _) => {
                let error = if self.wrote { error.in_doubt() } else { error };
                self.failed(step, error, AliasNames::Unknown, self.unknown(&look))
            }
        })
    }

    /// Gives the alias back to the version that had it, and says how that went.
    async fn put_back(&mut self, remove: &Edit, error: Error) -> Result<AliasMove> {
        let step = Step::Add;
        let restored = self.restore(remove.name()).await;
        self.in_doubt |= match &restored {
            Ok(written) => written.is_in_doubt(),
            Err(second) => second.may_have_happened(),
        };
        let error = if self.in_doubt {
            error.in_doubt()
        } else {
            error
        };
        let Err(second) = restored else {
            return Err(self.was_put_back(error, remove.name()));
        };
        Err(match self.look_who().await {
            Ok(Names::Target(_)) => return self.verify(None).await,
            Ok(Names::Rival(name)) => self.rival(AliasNames::Other(name)),
            Ok(Names::Source(name)) => self.was_put_back(error, &name),
            Ok(Names::Nothing) => {
                let (why, go_on) = (second.brief(), self.go_on());
                let state = "it names no version now, and putting it back failed";
                self.failed(
                    step,
                    error.in_doubt(),
                    AliasNames::Nothing,
                    format_args!("{state}: {why}; {go_on}"),
                )
            }
            Err(look) => {
                let state = self.unknown(&look);
                self.failed(step, error.in_doubt(), AliasNames::Unknown, state)
            }
        })
    }

    fn was_put_back(&self, error: Error, name: &ModelVersionName) -> Error {
        let state = format!("it was put back and names {name} again");
        self.failed(Step::Add, error, AliasNames::Source, self.stands(state))
    }

    /// Where the alias is when nothing is under way any more.
    fn stands(&self, state: impl fmt::Display) -> String {
        if self.in_doubt {
            format!(
                "{state}, unless a write comes late: if so, {}",
                self.go_on()
            )
        } else {
            state.to_string()
        }
    }

    /// Writes the alias to the version that had it, beside what that has now, and reads it back.
    async fn restore(&self, from: &ModelVersionName) -> Result<Written> {
        let MovePlan { client, intent, .. } = self.plan;
        let version = Version::new(client.clone(), from.clone()).get().await?;
        let mut wanted = sendable(&version)?;
        if wanted.contains(&intent.alias) {
            // Somebody else has given it back since it was looked for.
            let version = Box::new(version);
            return Ok(Written::Seen {
                version,
                attempts: 0,
                lost: false,
            });
        }
        wanted.push(intent.alias.clone());
        let edit = Edit::new(client, &version, wanted)?;
        let written = edit.write(Silence::IsLeft).await?;
        if let Written::Answered { told, attempts } = &written {
            edit.read_back(told.clone(), *attempts).await?;
        }
        Ok(written)
    }

    fn left(&self, names: AliasNames) -> MoveLeft {
        MoveLeft {
            intent: self.plan.intent.clone(),
            names,
            without_alias: self.taken.then(|| self.began.elapsed()),
            in_doubt: self.in_doubt,
        }
    }

    /// What failed, by its cause, and how it stands now.
    fn failed(
        &self,
        step: Step,
        cause: Error,
        names: AliasNames,
        state: impl fmt::Display,
    ) -> Error {
        let intent = &self.plan.intent;
        let step = match (step, &intent.from) {
            (Step::Remove, Some(from)) => format!("taking it from {from} failed"),
            (Step::Remove, None) => "taking it away failed".to_owned(),
            (Step::Add, _) => format!("giving it to {} failed", intent.to),
            (Step::ReadBack, _) => "it was written, and reading it back failed".to_owned(),
        };
        cause
            .about_rather(format_args!("{}: {step}", intent.what()))
            .remedy_is_rather(state.to_string())
            .leaving(self.left(names))
    }

    /// The error of an alias that somebody else has given elsewhere.
    fn rival(&self, names: AliasNames) -> Error {
        let shown = match (&names, &self.plan.intent.from) {
            (AliasNames::Source, Some(from)) => from.to_string(),
            (AliasNames::Other(name), _) => name.clone(),
            _ => "no version".to_owned(),
        };
        let error = Error::new(
            ErrorKind::Conflict,
            format!("somebody else has moved it in the meantime: it names {shown} now"),
        )
        .leaving(self.left(names))
        .about(self.plan.intent.what())
        .sent(Sent::Yes)
        .after_attempts(self.attempts)
        .remedy_is("nothing of theirs was overwritten: look, and move it from there");
        if self.wrote {
            error.during(OP.id, true).accepted()
        } else if self.in_doubt {
            error.during(OP.id, true).in_doubt()
        } else {
            error
        }
    }

    fn unknown(&self, look: &Error) -> String {
        let (why, go_on) = (look.brief(), self.go_on());
        format!("which version it names now is not known, since looking failed: {why}; {go_on}")
    }

    fn go_on(&self) -> String {
        let intent = &self.plan.intent;
        format!("go on with Client::resume_move and \"{intent}\"")
    }
}
