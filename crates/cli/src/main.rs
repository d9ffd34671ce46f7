//! `cbm`: the command line for the Cerebras Management API. Unofficial.

mod commands;
mod screen;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Upload fine-tuned weights, and deploy them to dedicated endpoints. Unofficial.
#[derive(Parser)]
#[command(name = "cbm", version, arg_required_else_help = true)]
struct Cbm {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Demo),
    Simulate(commands::simulate::Simulate),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cbm::parse().command {
        Command::Demo(demo) => commands::demo::run(demo).await,
        Command::Simulate(simulate) => commands::simulate::run(simulate).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cbm: {error}");
            if error.is::<commands::BadInput>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cbm::command().debug_assert();
    }
}
