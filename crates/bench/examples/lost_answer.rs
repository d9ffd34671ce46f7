//! One upload whose answers are all lost: how many versions the call makes, with the official
//! Python SDK and with this one, on the same simulator.
//!
//! `crates/bench/side_by_side/run` installs the Python SDK and runs this.

use std::process::Command;

use cerebras_management::{Client, Error};
use cerebras_management_simulator::{
    DEFAULT_ARCHITECTURES, DEFAULT_ORG, Fault, FaultAction, MANAGEMENT_KEY, Operation, Simulator,
};

const UPLOAD: Operation = Operation::UploadModelVersion;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [python, script] = arguments.as_slice() else {
        return Err("give a Python with cerebras-cloud-sdk, and the script that uploads".into());
    };
    let simulator = Simulator::start().await?;
    simulator.inject(Fault::on(UPLOAD, FaultAction::LoseAnswer));
    println!("| one call | ended with | requests sent | versions made |");
    println!("| --- | --- | --- | --- |");

    let mut theirs = Command::new(python);
    theirs.args([
        script,
        &simulator.base_url(),
        MANAGEMENT_KEY,
        "s3://my-bucket/run-1",
    ]);
    let ran = tokio::task::spawn_blocking(move || theirs.output()).await??;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into());
    }
    let theirs = row(
        &simulator,
        String::from_utf8_lossy(&ran.stdout).trim(),
        0,
        0,
    );

    let ended = match upload(&simulator, "s3://my-bucket/run-2").await {
        Ok(obtained) => obtained,
        Err(error) => format!("{:?}", error.kind()),
    };
    let ours = concat!(
        "cerebras-management ",
        env!("CARGO_PKG_VERSION"),
        ", upload"
    );
    let ours = row(&simulator, &format!("{ours} | {ended}"), theirs.0, theirs.1);
    if (theirs.1, ours.1) == (3, 1) {
        return Ok(());
    }
    Err("docs/writes.md says that they make three versions and one".into())
}

async fn upload(simulator: &Simulator, weights: &str) -> Result<String, Error> {
    let client = Client::builder()
        .base_url(simulator.base_url())
        .key(MANAGEMENT_KEY)
        .build()?;
    let model = client.org(DEFAULT_ORG)?.model(DEFAULT_ARCHITECTURES[0])?;
    let upload = model.upload(weights).await?;
    Ok(format!("{:?}", upload.obtained()))
}

/// Prints what has been sent and made beyond what was before, and tells it.
fn row(simulator: &Simulator, of: &str, sent: u64, made: usize) -> (u64, usize) {
    let sent = simulator.count(UPLOAD) - sent;
    let made = simulator.versions(DEFAULT_ARCHITECTURES[0]).len() - made;
    println!("| {of} | {sent} | {made} |");
    (sent, made)
}
