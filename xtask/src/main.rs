//! `cargo xtask`: chores of this workspace.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use xtask::page::Folder;
use xtask::spec::Source;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            FAULT.into()
        }
    }
}

/// The exit code for "it could not be done", as against "it was done, and the answer is no".
const FAULT: u8 = 2;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build openapi/management.json from the pages and the overlay.
    #[command(args_conflicts_with_subcommands = true)]
    Spec(Spec),
}

#[derive(Args)]
struct Spec {
    /// Write nothing; exit with 1 when management.json is not what would be written.
    #[arg(long)]
    check: bool,
    /// The folder that holds pages/, authored/ and overlay.yaml [default: the workspace's].
    #[arg(long, value_name = "DIR", global = true)]
    openapi: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<SpecCommand>,
}

#[derive(Subcommand)]
enum SpecCommand {
    /// Say what newer pages change; exit with 1 when something breaks callers.
    Diff {
        /// The folder of newer pages, Markdown or YAML. Not all routes have to be there.
        #[arg(value_name = "DIR")]
        newer: PathBuf,
    },
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let Command::Spec(spec) = &cli.command;
    let dir = spec.openapi.clone().unwrap_or_else(workspace_openapi);
    let source = Source::new(dir);
    match &spec.command {
        Some(SpecCommand::Diff { newer }) => diff(&source, newer),
        None => build(&source, spec.check),
    }
}

fn workspace_openapi() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).join("openapi")
}

fn build(source: &Source, check: bool) -> Result<ExitCode> {
    let built = source.build()?;
    for note in &built.notes {
        eprintln!("note: {note}");
    }
    let target = source.target();
    let target = target.display();
    if source.is_fresh(&built)? {
        eprintln!("{target} is up to date");
    } else if check {
        eprintln!("error: {target} is stale; run `cargo xtask spec` and commit what it writes");
        return Ok(ExitCode::FAILURE);
    } else {
        source.write(&built)?;
        eprintln!("wrote {target}");
    }
    Ok(ExitCode::SUCCESS)
}

fn diff(source: &Source, newer: &Path) -> Result<ExitCode> {
    let label = newer.display().to_string();
    let Folder { pages, others } = Folder::read(newer, &label)?;
    for file in others {
        eprintln!("note: {file} holds no OpenAPI block and is not compared");
    }
    ensure!(
        !pages.is_empty(),
        "{label}: it holds no page with an OpenAPI block"
    );
    let report = xtask::diff::diff(&source.in_use()?, &pages)?;
    for route in &report.not_compared {
        eprintln!("note: {route} is not in {label} and is not compared");
    }
    if report.is_empty() {
        eprintln!("nothing changed");
    }
    write!(std::io::stdout(), "{report}").context("cannot write the report")?;
    if report.is_breaking() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
