//! Carrying out a move of an alias: remove, add, verify; and what is done when one of them fails.
//!
//! After the remove there is one aim: that the alias names a version again, and that nothing is
//! said which was not looked at. Each failure ends in a look at which version the alias names.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::edit::{Edit, Written};
use super::list::{Shown, same, sendable};
use super::moving::AliasMove;
use super::plan::{MovePlan, holder};
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::names::ModelVersionName;
use crate::retry::Op;
use crate::versions::{ModelVersion, Version};

const OP: Op = Op::UPDATE_MODEL_VERSION_ALIASES;

impl MovePlan {
    /// The caller holds the lock of alias edits.
    pub(super) async fn carry_out(self) -> Result<AliasMove> {
        let Some(add) = &self.add else {
            return Ok(self.moved(None, self.target.clone()));
        };
        let run = Run {
            plan: &self,
            add,
            began: Instant::now(),
        };
        if let Some(remove) = &self.remove
            && let Err(error) = remove.write().await
        {
            return run.was_not_removed(remove, error).await;
        }
        match add.write().await {
            Ok(Written::Answered(told)) => run.verify(told, run.gap()).await,
            Ok(Written::Seen(_)) => run.verify(None, run.gap()).await,
            Err(error) => run.was_not_added(error).await,
        }
    }

    fn moved(&self, without_alias: Option<Duration>, version: ModelVersion) -> AliasMove {
        AliasMove {
            alias: self.intent.alias.clone(),
            from: self.intent.from.clone(),
            to: self.intent.to.clone(),
            without_alias,
            version,
        }
    }
}

/// A plan that is being carried out.
struct Run<'a> {
    plan: &'a MovePlan,
    add: &'a Edit,
    /// Just before the alias was taken from the version that had it.
    began: Instant,
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

    /// How long the alias has named no version by now, at most.
    fn gap(&self) -> Option<Duration> {
        let removed = self.plan.remove.is_some();
        removed.then(|| self.began.elapsed())
    }

    /// Reads both versions back. `told` is the list that the service answered to the last write.
    async fn verify(&self, told: Option<Vec<String>>, gap: Option<Duration>) -> Result<AliasMove> {
        let unread = |error: Error| {
            self.failed(Step::ReadBack, error, self.go_on())
                .during(OP.id, true)
                .accepted()
        };
        let version = match self.look_who().await.map_err(unread)? {
            Names::Target(version) => version,
            Names::Nothing => return Err(self.rival("no version")),
            Names::Source(name) => return Err(self.rival(name)),
            Names::Rival(name) => return Err(self.rival(name)),
        };
        let held = version.told_aliases().or(told.as_deref());
        self.reads_back(self.add, held.unwrap_or_default())?;
        if let Some(remove) = &self.plan.remove {
            match remove.read().await {
                Ok(left) => self.reads_back(remove, left.aliases())?,
                // Whoever has deleted it has not touched the alias.
                Err(error) if error.says_there_is_none() => {}
                Err(error) => return Err(unread(error)),
            }
        }
        Ok(self.plan.moved(gap, version))
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
        .sent(Sent::Yes)
        .remedy_is("somebody else has edited them: look, and edit again"))
    }

    async fn was_not_removed(&self, remove: &Edit, error: Error) -> Result<AliasMove> {
        let step = Step::Remove;
        let in_doubt = error.may_have_happened();
        Err(match self.look_who().await {
            Ok(Names::Target(version)) => return Ok(self.plan.moved(None, version)),
            Ok(Names::Rival(name)) => self.rival(name),
            Ok(Names::Source(name)) => {
                self.failed(step, error, format_args!("it still names {name}"))
            }
            Ok(Names::Nothing) if in_doubt => {
                return self.put_back(remove, error, step).await;
            }
            Ok(Names::Nothing) => self.failed(step, error, "it names no version now"),
            Err(_) if !in_doubt => self.failed(step, error, "nothing was written"),
            Err(look) => self.failed(step, error, self.unknown(&look)),
        })
    }

    async fn was_not_added(&self, error: Error) -> Result<AliasMove> {
        let step = Step::Add;
        Err(match (self.look_who().await, &self.plan.remove) {
            (Ok(Names::Target(_)), _) => return self.verify(None, self.gap()).await,
            (Ok(Names::Rival(name)), _) => self.rival(name),
            (Ok(Names::Source(name)), _) => self.rival(name),
            (Ok(Names::Nothing), Some(remove)) => {
                return self.put_back(remove, error, step).await;
            }
            (Ok(Names::Nothing), None) => {
                self.failed(step, error, "no version is found by it, as before")
            }
            (Err(look), _) => self.failed(step, error, self.unknown(&look)),
        })
    }

    /// Gives the alias back to the version that had it, and says how that went.
    async fn put_back(&self, remove: &Edit, error: Error, step: Step) -> Result<AliasMove> {
        let restored = self.restore(remove.name()).await;
        let names = match &restored {
            Ok(_) => Ok(Names::Source(remove.name().clone())),
            Err(_) => self.look_who().await,
        };
        Err(match (names, restored) {
            (Ok(Names::Target(_)), _) => return self.verify(None, self.gap()).await,
            (Ok(Names::Rival(name)), _) => self.rival(name),
            (Ok(Names::Source(name)), _) => {
                // An add that comes late is refused by the service: the alias is taken.
                let error = match step {
                    Step::Add => error.settled(),
                    _ => error,
                };
                let state = format!("it was put back and names {name} again");
                self.failed(step, error, state)
            }
            (Ok(Names::Nothing), restored) => {
                let why = restored.err().map(|error| error.brief());
                let why = why.unwrap_or_default();
                let state = format!("it names no version now, and putting it back failed: {why}");
                self.failed(step, error, format_args!("{state}; {}", self.go_on()))
            }
            (Err(look), _) => self.failed(step, error, self.unknown(&look)),
        })
    }

    async fn restore(&self, from: &ModelVersionName) -> Result<ModelVersion> {
        let MovePlan { client, intent, .. } = self.plan;
        let version = Version::new(client.clone(), from.clone()).get().await?;
        let mut wanted = sendable(&version)?;
        wanted.push(intent.alias.clone());
        Edit::new(client, &version, wanted)?.apply().await
    }

    /// What failed, by its cause, and how it stands now.
    fn failed(&self, step: Step, cause: Error, state: impl fmt::Display) -> Error {
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
    }

    /// The error of an alias that somebody else has given elsewhere.
    fn rival(&self, names: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::Conflict,
            format!("somebody else has moved it in the meantime: it names {names} now"),
        )
        .about(self.plan.intent.what())
        .sent(Sent::Yes)
        .remedy_is("nothing of theirs was overwritten: look, and move it from there")
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
