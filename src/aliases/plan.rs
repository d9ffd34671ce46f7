//! What a move of an alias is going to write, from one look.

use std::fmt;

use serde::Serialize;

use super::edit::Edit;
use super::intent::MoveIntent;
use super::list::{Shown, same, sendable};
use super::moving::{AliasMove, Expected};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{ModelVersionName, VersionAlias, VersionRef};
use crate::versions::{Model, ModelVersion, Version, no_id};

/// What a move of an alias is going to do, from one look at both versions. Its `Display` is one
/// numbered line for each step.
///
/// ```text
/// 1. remove production from orgs/my-org/models/gpt-oss-120b/versions/1, which keeps [run-1]
/// 2. add production to orgs/my-org/models/gpt-oss-120b/versions/2, which then has [run-2, production]
/// 3. read back that production names orgs/my-org/models/gpt-oss-120b/versions/2
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is written before `run`"]
pub struct MovePlan {
    pub(super) client: Client,
    pub(super) intent: MoveIntent,
    /// Takes the alias from the version that has it; none when no other version has it.
    pub(super) remove: Option<Edit>,
    /// Gives it to the target; none when that has it already.
    pub(super) add: Option<Edit>,
    /// The target, as it was read.
    pub(super) target: ModelVersion,
}

/// One step of a [`MovePlan`]. With serde it is an object whose `step` is `remove`, `add` or
/// `verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MoveStep {
    /// The alias is taken from the version that has it. From here on it names none.
    Remove {
        /// The alias.
        alias: VersionAlias,
        /// The version, with its integer id.
        version: ModelVersionName,
        /// All the aliases that the version keeps, as they are sent.
        aliases: Vec<VersionAlias>,
    },
    /// The alias is given to the version that is to have it.
    Add {
        /// The alias.
        alias: VersionAlias,
        /// The version, with its integer id.
        version: ModelVersionName,
        /// All the aliases that the version then has, as they are sent.
        aliases: Vec<VersionAlias>,
    },
    /// Both are read back.
    Verify {
        /// The alias.
        alias: VersionAlias,
        /// The version that it is to name, with its integer id.
        version: ModelVersionName,
    },
}

impl MovePlan {
    /// What is to be done, written down for [`Client::resume_move`](crate::Client::resume_move).
    /// Keep it before [`run`](MovePlan::run), and the move can be finished whatever happens.
    #[must_use]
    pub fn intent(&self) -> &MoveIntent {
        &self.intent
    }

    /// The steps, in their order; none when the target has the alias already.
    #[must_use]
    pub fn steps(&self) -> Vec<MoveStep> {
        let alias = || self.intent.alias.clone();
        let remove = self.remove.iter().map(|edit| MoveStep::Remove {
            alias: alias(),
            version: edit.name().clone(),
            aliases: edit.wanted().to_vec(),
        });
        let add = self.add.iter().flat_map(|edit| {
            let version = edit.name();
            [
                MoveStep::Add {
                    alias: alias(),
                    version: version.clone(),
                    aliases: edit.wanted().to_vec(),
                },
                MoveStep::Verify {
                    alias: alias(),
                    version: version.clone(),
                },
            ]
        });
        remove.chain(add).collect()
    }

    /// Looks again, and carries the steps out if all is as the plan saw it.
    ///
    /// When the future is dropped, the alias is left as [`MoveAlias`](crate::MoveAlias) says; to
    /// go on, use the [`intent`](MovePlan::intent).
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) that shows what the plan saw and what there is,
    /// when they differ: nothing was written. Otherwise as for [`MoveAlias`](crate::MoveAlias).
    pub async fn run(self) -> Result<AliasMove> {
        // It is large, and would be a part of whatever future awaits this one.
        Box::pin(self.run_now()).await
    }

    async fn run_now(self) -> Result<AliasMove> {
        let client = self.client.clone();
        let _ours = client.alias_edit().await;
        let to = &self.intent.to;
        let model = Model::new(client.clone(), to.org().clone(), to.architecture().clone());
        let alias = self.intent.alias.clone();
        let now = Self::look(&model, alias, to.version().clone(), &Expected::Any).await?;
        if !self.sees_what(&now) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("the plan saw {}, and now it is {}", self.seen(), now.seen()),
            )
            .about(self.intent.what())
            .remedy_is("nothing was written: plan it again"));
        }
        now.carry_out().await
    }

    pub(super) async fn look(
        model: &Model,
        alias: VersionAlias,
        to: VersionRef,
        expected: &Expected,
    ) -> Result<Self> {
        let client = model.client().clone();
        let target = model.version(to)?.get().await?;
        let to = target.parsed_name().ok_or_else(|| no_id(target.name()))?;
        let holder = holder(&client, to, &alias).await?;
        let from = holder.as_ref().and_then(ModelVersion::parsed_name);
        let intent = MoveIntent {
            alias,
            from: from.cloned(),
            to: to.clone(),
            base: client.base_url().to_owned(),
        };
        if from == Some(to) {
            return Ok(Self {
                client,
                intent,
                remove: None,
                add: None,
                target,
            });
        }
        is_expected(&intent, expected)?;
        let remove = match &holder {
            Some(holder) => Some(removal(&client, holder, &intent.alias)?),
            None => None,
        };
        let mut wanted = sendable(&target)?;
        wanted.retain(|held| *held != intent.alias);
        wanted.push(intent.alias.clone());
        Ok(Self {
            add: Some(Edit::new(&client, &target, wanted)?),
            client,
            intent,
            remove,
            target,
        })
    }

    fn sees_what(&self, now: &Self) -> bool {
        let alike = |a: &Option<Edit>, b: &Option<Edit>| match (a, b) {
            (Some(a), Some(b)) => same(a.before(), b.before()),
            (None, None) => true,
            _ => false,
        };
        self.intent == now.intent && alike(&self.remove, &now.remove) && alike(&self.add, &now.add)
    }

    /// Who has the alias, and what both versions have.
    fn seen(&self) -> String {
        let MoveIntent {
            alias, from, to, ..
        } = &self.intent;
        let names = match from {
            Some(from) => format!("{alias} naming {from}"),
            None => format!("{alias} naming no version"),
        };
        let before = self.remove.as_ref().map(|edit| {
            let aliases = Shown(edit.before());
            format!(" with {aliases}")
        });
        let target = Shown(self.target.aliases());
        format!(
            "{names}{}, and {to} with {target}",
            before.unwrap_or_default()
        )
    }
}

impl MoveIntent {
    /// What an error is about.
    pub(super) fn what(&self) -> String {
        let Self { alias, to, .. } = self;
        match &self.from {
            Some(from) => format!("move of alias {alias} from {from} to {to}"),
            None => format!("move of alias {alias} to {to}"),
        }
    }
}

/// The version that the alias names, if any, under the architecture of `of`.
pub(super) async fn holder(
    client: &Client,
    of: &ModelVersionName,
    alias: &VersionAlias,
) -> Result<Option<ModelVersion>> {
    let name = ModelVersionName::new(of.org().clone(), of.architecture().clone(), alias);
    match Version::new(client.clone(), name).get().await {
        Ok(version) => Ok(Some(version)),
        Err(error) if error.says_there_is_none() => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_expected(intent: &MoveIntent, expected: &Expected) -> Result<()> {
    let Some(holder) = &intent.from else {
        return Ok(());
    };
    let id = holder.version().as_id();
    let (what, remedy) = match expected {
        Expected::Any => return Ok(()),
        Expected::Only(only) if id == Some(*only) => return Ok(()),
        Expected::Only(only) => (
            format!("it names {holder}, and version {only} was expected"),
            "nothing was written: look who has moved it, and move it from there",
        ),
        Expected::Nobody { resumed_from } if id == *resumed_from => (
            format!("it names {holder}, as it did at first"),
            "nothing was written: the move had not begun, or was put back, or moved back by \
             somebody; move it again if it is still wanted",
        ),
        Expected::Nobody { .. } => (
            format!("it names {holder}, where somebody else has moved it"),
            "nothing was written: look, and move it from there",
        ),
    };
    Err(Error::new(ErrorKind::Conflict, what)
        .about(format_args!(
            "move of alias {} to {}",
            intent.alias, intent.to
        ))
        .remedy_is(remedy))
}

fn removal(client: &Client, holder: &ModelVersion, alias: &VersionAlias) -> Result<Edit> {
    let mut wanted = sendable(holder)?;
    if !wanted.contains(alias) {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "alias {alias} names it, and its aliases are {}",
                Shown(&wanted)
            ),
        )
        .about(format_args!("model version {}", holder.name()))
        .remedy_is("nothing was written: it may have been edited just now; look again"));
    }
    wanted.retain(|held| held != alias);
    Edit::new(client, holder, wanted)
}

impl fmt::Display for MovePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        if steps.is_empty() {
            let MoveIntent { alias, to, .. } = &self.intent;
            return write!(f, "nothing to do: {alias} names {to} already");
        }
        for (n, step) in steps.iter().enumerate() {
            let end = if n + 1 < steps.len() { "\n" } else { "" };
            write!(f, "{}. {step}{end}", n + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for MoveStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove {
                alias,
                version,
                aliases,
            } => {
                let kept = Shown(aliases);
                write!(f, "remove {alias} from {version}, which keeps {kept}")
            }
            Self::Add {
                alias,
                version,
                aliases,
            } => {
                let all = Shown(aliases);
                write!(f, "add {alias} to {version}, which then has {all}")
            }
            Self::Verify { alias, version } => {
                write!(f, "read back that {alias} names {version}")
            }
        }
    }
}
