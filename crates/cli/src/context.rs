//! What every command has: the settings, the client, and where to write.

use std::io::IsTerminal;

use cerebras_management::names::{ModelVersionName, OrgName};
use cerebras_management::{Client, ClientBuilder, Endpoint, Org, Version};
use clap::ArgAction;
use clap::Args;

use crate::config::{Flags, Settings};
use crate::dry_run::Shown;
use crate::failure::{Doing, Failure, Result};
use crate::interrupt::Interrupt;
use crate::output::{Format, Output, printable, to_stderr};
use crate::progress::Progress;
use crate::target::VersionArg;

/// The flags that every command takes.
#[expect(
    clippy::doc_markdown,
    reason = "it is the help, in the form that clap has for it"
)]
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// How data is written to standard output
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub(crate) output: Format,

    /// The profile with the settings; it comes before the environment [env: CBM_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,

    /// The organization's name, which is not its id [env: CEREBRAS_ORG_NAME]
    #[arg(long, global = true, value_name = "NAME")]
    org: Option<String>,

    /// The address of the service [env: CEREBRAS_MANAGEMENT_BASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,

    /// Write nothing but data, errors, and that others can read the keys
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// Show no progress
    #[arg(long, global = true)]
    no_progress: bool,

    /// Tell what an error was caused by (-v), and each request (-vv); keys are never shown
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Global {
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            profile: self.profile.clone(),
            org: self.org.clone(),
            base_url: self.base_url.clone(),
        }
    }
}

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) out: Output,
    pub(crate) progress: Progress,
    pub(crate) interrupt: Interrupt,
    settings: Settings,
    quiet: bool,
}

impl Context {
    pub(crate) fn new(global: &Global, interrupt: Interrupt) -> Result<Self> {
        let settings = Settings::read(&global.flags())?;
        // For a program, what is on standard error is an error, as one JSON object.
        let for_a_program = global.output.is_json() && !std::io::stderr().is_terminal();
        let quiet = global.quiet || for_a_program;
        // A terminal that the events come to as well, by themselves or by way of a filter, has no
        // place for a moving line.
        let events = global.output == Format::Ndjson;
        let told = events && std::io::stdout().is_terminal();
        let silent = quiet || global.no_progress || told;
        let context = Self {
            out: Output {
                format: global.output,
            },
            progress: Progress::new(silent, global.verbose > 1 || events),
            interrupt,
            settings,
            quiet,
        };
        for warning in &context.settings.warnings {
            // With --quiet too: a key that others can read is no secret.
            to_stderr(&if for_a_program {
                serde_json::json!({ "kind": "warning", "message": warning }).to_string()
            } else {
                printable(&format!("warning: {warning}"))
            });
        }
        Ok(context)
    }

    /// The settings of a client, to be changed further.
    pub(crate) fn client_builder(&self) -> Result<ClientBuilder> {
        self.settings.client()
    }

    pub(crate) fn client(&self) -> Result<Client> {
        let builder = self.client_builder()?;
        builder
            .build()
            .doing(|| "the settings cannot be used".to_owned())
    }

    /// A client that writes, or for a dry run one that shows what it would write.
    pub(crate) fn writer(&self, dry_run: Option<&Shown>) -> Result<Client> {
        let builder = self.settings.client()?;
        let builder = match dry_run {
            Some(shown) => shown.instead_of_writes(builder),
            None => builder,
        };
        builder
            .build()
            .doing(|| "the settings cannot be used".to_owned())
    }

    /// A failure whose remedy names where the settings are from that it speaks of.
    pub(crate) fn placed(&self, failure: Failure) -> Failure {
        failure.with_next(|next| self.settings.placed(next))
    }

    /// The address of the service, which needs no key.
    pub(crate) fn address(&self) -> Result<String> {
        self.settings.address()
    }

    pub(crate) fn has_inference_key(&self) -> bool {
        self.settings.has_inference_key()
    }

    pub(crate) fn org_name(&self) -> Result<OrgName> {
        self.settings.org()
    }

    pub(crate) fn org(&self, client: &Client) -> Result<Org> {
        let name = self.org_name()?;
        client.org(name).doing(String::new)
    }

    pub(crate) fn version_name(&self, typed: &VersionArg) -> Result<ModelVersionName> {
        typed.name(|| self.org_name())
    }

    pub(crate) fn version(&self, client: &Client, typed: &VersionArg) -> Result<Version> {
        let name = self.version_name(typed)?;
        client.version(name).doing(String::new)
    }

    /// A line for a person, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            to_stderr(&printable(text));
        }
    }
}

/// The endpoint of a client; its id was checked when it was typed.
pub(crate) fn endpoint(
    client: &Client,
    id: &cerebras_management::names::EndpointId,
) -> Result<Endpoint> {
    client.endpoint(id.clone()).doing(String::new)
}
