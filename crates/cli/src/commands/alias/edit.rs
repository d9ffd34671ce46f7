//! `cbm alias add`, `remove` and `replace`: the aliases of one version.

use cerebras_management::names::VersionAlias;
use cerebras_management::{ModelVersion, Version};
use clap::Args;

use crate::commands::suggest;
use crate::confirm::confirm;
use crate::context::Context;
use crate::dry_run::{DryRun, Shown};
use crate::exit::Exit;
use crate::failure::{Doing, Result};
use crate::nearest::nearest;
use crate::output::record::VersionRecord;
use crate::target::VersionArg;

/// Give a version aliases beside those that it has
///
/// An alias names one version at a time: `cbm alias move` takes it from another.
#[derive(Args, Debug)]
pub(super) struct Add {
    /// The version: its full name, ARCH@3 or ARCH@production
    version: VersionArg,

    /// The aliases, such as production
    #[arg(required = true)]
    aliases: Vec<VersionAlias>,

    #[command(flatten)]
    dry_run: DryRun,
}

/// Take aliases from a version
#[derive(Args, Debug)]
pub(super) struct Remove {
    /// The version: its full name, ARCH@3 or ARCH@production
    version: VersionArg,

    /// The aliases, such as candidate
    #[arg(required = true)]
    aliases: Vec<VersionAlias>,

    #[command(flatten)]
    dry_run: DryRun,
}

/// Replace all aliases of a version; asks on a terminal, and needs --yes elsewhere
///
/// It is refused when somebody else edits them meanwhile. The key of an upload stays.
#[derive(Args, Debug)]
pub(super) struct Replace {
    /// The version: its full name, ARCH@3 or ARCH@production
    version: VersionArg,

    /// All the aliases that it is to have; none takes them all away
    aliases: Vec<VersionAlias>,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    #[command(flatten)]
    dry_run: DryRun,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let edit = Edit::begin(context, &self.version, self.dry_run).await?;
        let mut wanted = edit.read.aliases().to_vec();
        let new = self.aliases.iter().map(ToString::to_string);
        wanted.extend(new.filter(|alias| !edit.read.aliases().contains(alias)));
        let aliases: Vec<_> = self.aliases.iter().map(ToString::to_string).collect();
        let aliases = aliases.join(" or ");
        let version = edit.version.name().clone();
        edit.write(&wanted).await.map_err(|failure| {
            if failure.exit() != Exit::Conflict {
                return failure;
            }
            failure.next(format!(
                "an alias names one version at a time: where another has {aliases}, \
                 `cbm alias move {} --to {version}` takes it from there",
                self.aliases[0]
            ))
        })
    }
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let edit = Edit::begin(context, &self.version, self.dry_run).await?;
        let gone = |held: &str| self.aliases.iter().any(|alias| alias.as_str() == held);
        let held = edit.read.aliases();
        for alias in &self.aliases {
            if !held.iter().any(|held| held == alias.as_str()) {
                let near = nearest(alias.as_str(), held.iter().map(String::as_str));
                let near = near.map(|near| format!("; did you mean {near}?"));
                context.note(&format!(
                    "{} has no alias {alias}{}",
                    edit.read.name(),
                    near.unwrap_or_default()
                ));
            }
        }
        let mut wanted = edit.read.aliases().to_vec();
        wanted.retain(|held| !gone(held));
        edit.write(&wanted).await
    }
}

impl Replace {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let edit = Edit::begin(context, &self.version, self.dry_run).await?;
        let held = VersionRecord::from(&edit.read).aliases;
        let wanted: Vec<_> = self.aliases.iter().map(ToString::to_string).collect();
        let mut lost = held;
        lost.retain(|alias| !wanted.contains(alias));
        if edit.shown.is_none() && !lost.is_empty() {
            let what = format!("replace the aliases of {}", edit.read.name());
            let lost = [format!("the aliases {}", lost.join(", "))];
            confirm(self.yes, &what, &lost, &context.interrupt).await?;
        }
        edit.write(&wanted).await
    }
}

/// The aliases of a version as they were read, to be written if they are still the same.
struct Edit<'a> {
    context: &'a Context,
    shown: Option<Shown>,
    version: Version,
    read: ModelVersion,
    typed: String,
}

impl<'a> Edit<'a> {
    /// An alias in the place of the version is looked up once, here.
    async fn begin(context: &'a Context, typed: &VersionArg, dry_run: DryRun) -> Result<Self> {
        let shown = dry_run.shown();
        let client = context.writer(shown.as_ref())?;
        let what = || format!("cannot edit the aliases of {typed}");
        let named = context.version(&client, typed)?;
        let read = named.get().await.doing(what);
        let read = suggest::version(&client, named.name(), read).await?;
        let version = match read.parsed_name() {
            Some(name) => client.version(name.clone()).doing(what)?,
            None => named,
        };
        Ok(Self {
            context,
            shown,
            version,
            read,
            typed: typed.to_string(),
        })
    }

    /// Replaces the list as a whole, if it is still what was read.
    async fn write(self, wanted: &[String]) -> Result<()> {
        self.context.interrupt.sending(format!(
            "`cbm versions show {}` shows the aliases that it has",
            self.version.name()
        ));
        let seen = self.read.aliases();
        let after = self
            .version
            .replace_aliases(seen, wanted.iter().map(String::as_str))
            .await;
        let after = after
            .doing(|| format!("cannot edit the aliases of {}", self.typed))
            .map_err(|failure| failure.unless_seen(self.version.name(), "the aliases that it has"));
        self.context.interrupt.over();
        if let Some(shown) = self.shown {
            return shown.conclude(self.context.out, after);
        }
        self.context.out.one(&VersionRecord::from(&after?))
    }
}
