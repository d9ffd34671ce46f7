//! `cbm`: the command line for the Cerebras Management API. Unofficial.

mod advice;
mod cli;
mod commands;
mod config;
mod confirm;
mod context;
mod dry_run;
mod exit;
mod failure;
mod following;
mod interrupt;
mod log;
mod nearest;
mod output;
mod progress;
#[cfg(test)]
mod reference;
mod screen;
mod target;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os()).into()
}
