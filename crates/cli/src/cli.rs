//! The command line: what can be typed, and what becomes of it.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::{Builder, Runtime};

use crate::commands;
use crate::context::{Context, Global};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::log;
use crate::words;

/// Upload fine-tuned weights, and deploy them to dedicated endpoints. Unofficial.
#[derive(Parser)]
#[command(name = "cbm", version, arg_required_else_help = true, after_long_help = exit_codes())]
pub(crate) struct Cbm {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    global: Global,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Demo),
    Login(commands::login::Login),
    Doctor(commands::doctor::Doctor),
    #[command(visible_alias = "st")]
    Status(commands::status::Status),
    Preflight(commands::preflight::PreflightArgs),
    Bucket(commands::bucket::Bucket),
    Upload(commands::upload::Upload),
    Deploy(commands::deploy::Deploy),
    Wait(commands::wait::Wait),
    Rollback(commands::rollback::Rollback),
    Settle(commands::settle::Settle),
    #[command(visible_alias = "version")]
    Versions(commands::versions::Versions),
    #[command(visible_alias = "aliases")]
    Alias(commands::alias::Alias),
    #[command(visible_alias = "endpoint")]
    Endpoints(commands::endpoints::Endpoints),
    #[command(visible_aliases = ["arch", "architectures"], alias = "architecture")]
    Archs(commands::archs::Archs),
    Chat(commands::chat::Chat),
    Simulate(commands::simulate::Simulate),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

/// The end of the long help.
fn exit_codes() -> String {
    let codes = Exit::ALL.map(|(exit, what)| format!("  {:3}  {what}\n", exit.number()));
    format!("Exit codes:\n{}", codes.concat())
        + "\nSettings come from flags, else the environment, else a profile. Keys are \
            never flags:\nCEREBRAS_MANAGEMENT_API_KEY, or CEREBRAS_MANAGEMENT_API_KEY_FILE, and \
            CEREBRAS_API_KEY for chat.\n"
}

/// Runs one command, and says what there is to say about its end.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    crate::screen::heed_no_color();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let cbm = match Cbm::try_parse_from(&arguments) {
        Ok(cbm) => cbm,
        Err(error) => {
            let error = words::explained(error, &arguments);
            return not_parsed(&error, &arguments);
        }
    };
    let (json, causes) = (cbm.global.output.is_json(), cbm.global.verbose > 0);
    log::start(cbm.global.verbose);
    let done = match runtime(&cbm.command) {
        Ok(runtime) => runtime.block_on(dispatch(cbm)),
        Err(error) => Err(Failure::from(Box::from(error))),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(failure) => {
            failure.report(json, causes);
            failure.exit()
        }
    }
}

/// With threads for those that have work for them; without, the others start sooner.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    let mut builder = match command {
        Command::Demo(_) | Command::Simulate(_) | Command::Preflight(_) => {
            Builder::new_multi_thread()
        }
        _ => Builder::new_current_thread(),
    };
    builder.enable_all().build()
}

async fn dispatch(cbm: Cbm) -> Result<()> {
    let global = cbm.global;
    match cbm.command {
        // They need no settings, and end by Ctrl-C on their own.
        Command::Demo(demo) => Ok(commands::demo::run(demo).await?),
        Command::Simulate(simulate) => Ok(commands::simulate::run(simulate).await?),
        Command::Login(login) => login.run(&global).await,
        Command::Completions(completions) => completions.run(Cbm::command()),
        Command::Man(man) => man.run(Cbm::command()),
        command => {
            let interrupt = Interrupt::default();
            let context = Context::new(&global, interrupt.clone())?;
            tokio::select! {
                biased;
                failure = interrupt.comes() => Err(failure),
                done = command.run(&context) => done.map_err(|failure| context.placed(failure)),
            }
        }
    }
}

impl Command {
    async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Doctor(doctor) => doctor.run(context).await,
            Self::Status(status) => status.run(context).await,
            Self::Preflight(preflight) => preflight.run(context).await,
            Self::Bucket(bucket) => bucket.run(context).await,
            Self::Upload(upload) => upload.run(context).await,
            Self::Deploy(deploy) => deploy.run(context).await,
            Self::Wait(wait) => wait.run(context).await,
            Self::Rollback(rollback) => rollback.run(context).await,
            Self::Settle(settle) => settle.run(context).await,
            Self::Versions(versions) => versions.run(context).await,
            Self::Alias(alias) => alias.run(context).await,
            Self::Endpoints(endpoints) => endpoints.run(context).await,
            Self::Archs(archs) => archs.run(context).await,
            Self::Chat(chat) => chat.run(context).await,
            Self::Demo(_)
            | Self::Login(_)
            | Self::Simulate(_)
            | Self::Completions(_)
            | Self::Man(_) => Ok(()),
        }
    }
}

/// Help is no failure. What is wrong is told as clap tells it, with the nearest of what there is;
/// to a program as one JSON object.
fn not_parsed(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        // A reader that has gone away has read enough.
        let _ = error.print();
        return Exit::Done;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand || !wants_json(arguments)
    {
        let _ = error.print();
        return Exit::Usage;
    }
    let text = error.render().to_string();
    let text = text.trim_start_matches("error: ");
    let (what, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let lines = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(" ")
    };
    let failure = Failure::usage(lines(what)).next(usage_remedy(rest));
    failure.report(true, false);
    failure.exit()
}

/// What clap says after its first lines: its tips, else how the command is used.
fn usage_remedy(rest: &str) -> String {
    let lines = rest.lines().map(str::trim);
    let tips: Vec<_> = lines
        .clone()
        .filter_map(|line| line.strip_prefix("tip: "))
        .collect();
    if !tips.is_empty() {
        return tips.join("; ");
    }
    let lines = lines.filter(|line| !(line.is_empty() || line.starts_with("For more")));
    let usage = lines.collect::<Vec<_>>().join(" ");
    match usage.strip_prefix("Usage: ") {
        Some(usage) => format!("it is used so: {usage}; --help tells more"),
        None => "--help tells more".to_owned(),
    }
}

/// Whether `--output json` or `ndjson` was among arguments that could not be parsed.
fn wants_json(arguments: &[OsString]) -> bool {
    let texts: Vec<_> = arguments.iter().map(|it| it.to_string_lossy()).collect();
    let json = |value: &str| matches!(value, "json" | "ndjson");
    let alone = texts
        .windows(2)
        .any(|pair| matches!(&*pair[0], "--output" | "-o") && json(&pair[1]));
    let joined = texts.iter().any(|text| {
        let value = text.strip_prefix("--output=");
        value
            .or_else(|| text.strip_prefix("-o"))
            .is_some_and(|v| json(v.trim_start_matches('=')))
    });
    alone || joined
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cbm::command().debug_assert();
    }

    #[test]
    fn a_key_is_never_a_flag() {
        fn flags(command: &clap::Command) -> Vec<String> {
            let own = command.get_arguments().filter_map(|arg| arg.get_long());
            let own = own.map(|flag| format!("{} --{flag}", command.get_name()));
            own.chain(command.get_subcommands().flat_map(flags))
                .collect()
        }
        let mut named: Vec<_> = flags(&super::Cbm::command());
        named.retain(|flag| {
            ["key", "secret", "token"]
                .iter()
                .any(|word| flag.contains(word))
        });
        // The ARN of an encryption key, the idempotency key of an upload, and the length of an answer.
        let known = ["policy --kms-key", "upload --key", "chat --max-tokens"];
        assert_eq!(named, known);
    }
}
