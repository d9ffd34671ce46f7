//! Measurements: `cargo run --release --package bench -- <suite>`.
//!
//! Each suite prints a Markdown table and writes the same figures as JSON under
//! `target/bench/`. Times are compared within one run, the contenders by turns, as medians with
//! their spread, because machines differ and are noisy; no figure is a promise.

mod build;
mod call;
mod client;
mod contenders;
mod counts;
mod guard;
mod list;
mod memory;
mod parse;
mod preflight;
mod report;
mod responder;
mod sample;
mod simulator;
mod tools;
mod turns;
mod wait;

use std::alloc::System;
use std::path::PathBuf;

use cap::Cap;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measurements of this project, as ratios within one run")]
struct Bench {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Subcommand)]
enum Suite {
    /// What it costs to build a program with the SDK, beside other clients
    Build {
        /// How many clean builds of each
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
        rounds: u8,
    },
    /// One call, beside other HTTP clients
    Call,
    /// The cost of a client, the memory of huge answers, and a call from the command line
    Client,
    /// Compares instruction counts with those in instructions.toml
    Guard {
        /// Writes them there in place of comparing them
        #[arg(long)]
        update: bool,
    },
    /// Long lists, beside plain JSON
    List,
    /// Names, beside regular expressions
    Parse,
    /// A preflight of a model of 1.4 TB, beside the same reads by `huggingface_hub`
    Preflight,
    /// The simulator: requests a second, memory, start
    Simulator,
    /// The simulator's memory alone; `simulator` measures it too
    Memory,
    /// Many waits that share their requests, beside as many loops
    Wait {
        /// How many of them
        #[arg(default_values_t = [1, 10, 1_000], value_parser = clap::value_parser!(u32).range(1..))]
        counts: Vec<u32>,
    },
    /// Answers with what was made before; a part of most suites
    #[command(hide = true)]
    Responder(responder::Listed),
    /// Runs a simulator with uploads that sync; a part of `wait`
    #[command(hide = true)]
    WaitService(wait::Syncs),
    /// Writes a world file with so many versions; a part of `memory`
    #[command(hide = true)]
    WorldFile { versions: usize, path: PathBuf },
    /// Prints the memory of one simulator; a part of `memory`
    #[command(hide = true)]
    MemoryOf {
        versions: usize,
        /// Where they come from
        from: memory::From,
    },
}

/// The system's allocator, and how many bytes are allocated.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let suite = Bench::parse().suite;
    // The guard counts what another program does, which is always built for release.
    if cfg!(debug_assertions) && !matches!(suite, Suite::Guard { .. } | Suite::Responder(_)) {
        eprintln!("bench: this is a debug build; its figures mean nothing (use --release)");
    }
    match suite {
        Suite::Build { rounds } => build::run(rounds),
        Suite::Call => call::run(),
        Suite::Client => client::run().await,
        Suite::Guard { update } => guard::run(update),
        Suite::List => list::run(),
        Suite::Parse => parse::run(),
        Suite::Preflight => preflight::run().await,
        Suite::Responder(listed) => responder::serve(listed),
        Suite::Simulator => simulator::run().await,
        Suite::Memory => report::write("memory", &[memory::table()?]),
        Suite::Wait { counts } => wait::run(counts).await,
        Suite::WaitService(syncs) => wait::serve(syncs).await,
        Suite::WorldFile { versions, path } => {
            Ok(std::fs::write(path, memory::world_file(versions)?)?)
        }
        Suite::MemoryOf { versions, from } => memory::print(versions, from).await,
    }
}
