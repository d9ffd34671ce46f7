//! Measurements: `cargo run --release --package bench -- <suite>`.
//!
//! Each suite prints a Markdown table and writes the same figures as JSON under
//! `target/bench/`. Times are compared within one run, the contenders by turns, as medians with
//! their spread, because machines differ and are noisy; no figure is a promise.

mod report;
mod sample;
mod simulator;

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
    /// Prints the memory of a simulator with so many versions; a part of `simulator`
    #[command(hide = true)]
    Memory { versions: usize },
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; its figures mean nothing (use --release)");
    }
    match Bench::parse().suite {
        Suite::Simulator => simulator::run().await,
        Suite::Memory { versions } => simulator::print_memory(versions).await,
    }
}
