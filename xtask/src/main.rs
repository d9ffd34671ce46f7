//! `cargo xtask`: chores of this workspace.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use xtask::spec::Source;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build openapi/management.json from the pages and the overlay.
    Spec(Spec),
}

#[derive(Args)]
struct Spec {
    /// Write nothing; fail when management.json is not what would be written.
    #[arg(long)]
    check: bool,
    /// The folder that holds pages/, authored/ and overlay.yaml.
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"))]
    openapi: PathBuf,
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let Command::Spec(spec) = &cli.command;
    let source = Source::new(&spec.openapi);
    build(&source, spec.check)
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
        eprintln!("error: {target} is stale; run `cargo xtask spec` and commit it");
        return Ok(ExitCode::FAILURE);
    } else {
        source.write(&built)?;
        eprintln!("wrote {target}");
    }
    Ok(ExitCode::SUCCESS)
}
