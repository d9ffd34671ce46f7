//! A preflight of a model of 1.4 TB, beside what `huggingface_hub` does to read the same headers.

mod model;
mod server;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::Failure;
use crate::client::built_cbm;
use crate::report::{self, Table};
use crate::sample::Sample;
use crate::tools::{self, made, output, root};

use model::Model;
use server::{BUCKET, PREFIX, REPOSITORY, Server};

const ROUNDS: usize = 30;
/// How long an answer is held back, in milliseconds: not at all, and as from a bucket that is near.
const DELAYS: [u64; 2] = [0, 20];

/// What one contender took.
#[derive(Default)]
struct Taken {
    /// The whole program, from its start to its end.
    whole: Sample,
    /// The reading alone, where that is told.
    reading: Sample,
    requests: u64,
    bytes: u64,
}

pub(crate) async fn run() -> Result<(), Failure> {
    tools::need(&[tools::PYTHON])?;
    let cbm = built_cbm()?;
    let requirements = root().join("crates/bench/preflight/requirements.txt");
    let requirements = requirements.to_str().ok_or("the path is not UTF-8")?;
    let programs = tools::python_programs("preflight-python", &["--requirement", requirements])?;
    let folder = made().join("preflight");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let weights = folder.join("weights");
    let model = model::write(&weights)?;
    let server = Server::start(&weights).await?;
    let mut table = Table::new(
        "A preflight of 1.4 TB",
        &[
            "reader",
            "answers held back, ms",
            "requests",
            "bytes read",
            "of the model's bytes",
            "seconds (middle half)",
            "of ours",
        ],
    );
    for delay in DELAYS {
        server.delay(delay);
        server.counts();
        let (mut ours, mut theirs) = (Taken::default(), Taken::default());
        for _ in 0..ROUNDS {
            ours.whole.push(preflight(&cbm, &server, &model)?);
            (ours.requests, ours.bytes) = server.counts();
            let cache = folder.join("cache");
            let (whole, reading) = headers(&programs, &cache, &server, &model)?;
            theirs.whole.push(whole);
            theirs.reading.push(reading);
            (theirs.requests, theirs.bytes) = server.counts();
            std::fs::remove_dir_all(cache)?;
        }
        let our = ours.whole.median();
        let name = "`cbm preflight`, the whole program";
        table.row(row(name, delay, &ours, &ours.whole, our, &model));
        let name = "huggingface_hub, the whole program";
        table.row(row(name, delay, &theirs, &theirs.whole, our, &model));
        let name = "huggingface_hub, `get_safetensors_metadata` alone";
        table.row(row(name, delay, &theirs, &theirs.reading, our, &model));
    }
    println!(
        "{} shards with {} tensors, {} bytes in all\n",
        model.shards, model.tensors, model.bytes
    );
    std::fs::remove_dir_all(&folder)?;
    report::write("preflight", &[table])
}

fn row(
    name: &str,
    delay: u64,
    taken: &Taken,
    seconds: &Sample,
    ours: f64,
    model: &Model,
) -> [String; 7] {
    let (lower, upper) = seconds.spread();
    #[expect(clippy::cast_precision_loss, reason = "a share, to two digits")]
    let share = taken.bytes as f64 / model.bytes as f64;
    [
        name.to_owned(),
        delay.to_string(),
        taken.requests.to_string(),
        taken.bytes.to_string(),
        format!("{:.5} %", share * 100.0),
        format!("{:.3} ({lower:.3} to {upper:.3})", seconds.median()),
        format!("{:.1}", seconds.median() / ours),
    ]
}

/// Seconds of the whole program.
fn preflight(cbm: &Path, server: &Server, model: &Model) -> Result<f64, Failure> {
    let mut command = Command::new(cbm);
    command.args([
        "preflight",
        &format!("s3://{BUCKET}/{PREFIX}"),
        "--output",
        "json",
    ]);
    command.env_clear().env("HOME", "/nonexistent");
    command
        .env("AWS_ENDPOINT_URL", &server.url)
        .env("AWS_REGION", "us-east-1");
    command
        .env("AWS_ACCESS_KEY_ID", "nobody")
        .env("AWS_SECRET_ACCESS_KEY", "nothing");
    let began = Instant::now();
    let (report, _) = output(&mut command)?;
    let seconds = began.elapsed().as_secs_f64();
    let report: serde_json::Value = serde_json::from_str(&report)?;
    if report["tensors"] != model.tensors {
        return Err(format!("the preflight has not seen all tensors: {report}").into());
    }
    Ok(seconds)
}

/// Seconds of the whole program, and of the reading alone.
fn headers(
    programs: &Path,
    cache: &Path,
    server: &Server,
    model: &Model,
) -> Result<(f64, f64), Failure> {
    let mut command = Command::new(programs.join("python"));
    command.arg(root().join("crates/bench/preflight/headers.py"));
    command.args([&server.url, REPOSITORY]);
    command
        .env("HF_HOME", cache)
        .env("HF_HUB_DISABLE_PROGRESS_BARS", "1");
    command.env("HF_HUB_DISABLE_TELEMETRY", "1");
    let began = Instant::now();
    let (told, _) = output(&mut command)?;
    let whole = began.elapsed().as_secs_f64();
    let mut told = told.split_whitespace();
    let seconds = told.next().ok_or("nothing was said")?.parse()?;
    let read: Vec<usize> = told.map(str::parse).collect::<Result<_, _>>()?;
    if read != [model.shards, model.tensors] {
        return Err(format!("huggingface_hub has read {read:?}").into());
    }
    Ok((whole, seconds))
}
