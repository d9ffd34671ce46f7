//! Measurements: `cargo run --release --package bench -- <suite>`.
//!
//! Each suite prints a Markdown table and writes the same figures as JSON under
//! `target/bench/`. Times are compared within one run, the contenders by turns, as medians with
//! their spread, because machines differ and are noisy; no figure is a promise.

mod memory;
mod report;
mod sample;
mod simulator;
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
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; its figures mean nothing (use --release)");
    }
    match Bench::parse().suite {
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
