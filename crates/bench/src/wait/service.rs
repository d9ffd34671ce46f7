//! What is waited for: a simulator in a process of its own, so that its work is not counted.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cerebras_management_simulator::{
    DEFAULT_ORG, MANAGEMENT_KEY, SeedOrg, SeedWorld, Simulator, Timings,
};
use serde_json::{Value, json};

use crate::Failure;
use crate::simulator::ARCHITECTURE;

/// Uploads that sync, so many, under one architecture, with the ids from 1 on.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Syncs {
    pub(crate) count: u32,
    /// In how many seconds the first of them ends
    pub(crate) first: f64,
    /// How many seconds later the last of them ends
    pub(crate) spread: f64,
}

/// Starts a simulator, uploads, and prints its address and the Unix time at which each sync ends,
/// one a line. It goes on until its standard input is closed: until whoever has started it is gone.
pub(crate) async fn serve(syncs: Syncs) -> Result<(), Failure> {
    let spread = Duration::try_from_secs_f64(syncs.spread)?;
    let first = Duration::try_from_secs_f64(syncs.first)?;
    // Long enough for all to be uploaded before the first one ends.
    let sync = spread + first + Duration::from_secs(3600);
    let simulator = Simulator::builder()
        .world(SeedWorld::empty().org(SeedOrg::new(DEFAULT_ORG).architecture(ARCHITECTURE)))
        .timings(Timings {
            sync_queued: Duration::ZERO,
            sync,
            ..Timings::default()
        })
        .start()
        .await?;
    let path = format!("/management/v1/orgs/{DEFAULT_ORG}/models:upload");
    let url = format!("{}{path}", simulator.base_url());
    let http = reqwest::Client::new();
    for n in 1..=syncs.count {
        let uri = format!("s3://my-bucket/runs/{n}");
        let body = json!({
            "model_arch_id": ARCHITECTURE,
            "model": { "weight_uri": uri, "version_aliases": [format!("run-{n}")] },
        });
        let request = http.post(&url).bearer_auth(MANAGEMENT_KEY);
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await?;
        answer.error_for_status()?;
        simulator.advance(spread / syncs.count);
    }
    let uploads = simulator.journal();
    let ends: Vec<_> = uploads.iter().map(|upload| upload.at + sync).collect();
    let soonest = ends.first().copied().unwrap_or_default();
    simulator.advance(soonest.saturating_sub(simulator.now() + first));
    let (wall, now) = (unix_now(), simulator.now());
    println!("{}", simulator.base_url());
    for end in ends {
        println!("{}", (wall + end.saturating_sub(now)).as_secs_f64());
    }
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    Ok(())
}

/// The wall clock, which two processes have in common.
pub(super) fn unix_now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// A simulator in a process of its own. It ends when this is dropped.
pub(super) struct Service {
    process: Child,
    pub(super) url: String,
    /// When each sync ends, in Unix time.
    pub(super) ends: Vec<Duration>,
}

impl Service {
    pub(super) fn start(syncs: Syncs) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("wait-service")
            .args([syncs.count.to_string()])
            .args([syncs.first.to_string(), syncs.spread.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().ok_or("no output")?;
        let mut service = Self {
            process,
            url: String::new(),
            ends: Vec::new(),
        };
        let mut lines = BufReader::new(said).lines();
        let mut next = || lines.next().ok_or("the simulator has not started");
        service.url = next()??;
        for _ in 0..syncs.count {
            let end: f64 = next()??.parse()?;
            service.ends.push(Duration::try_from_secs_f64(end)?);
        }
        Ok(service)
    }

    /// How many requests of the service's own have come so far.
    pub(super) async fn requests(&self) -> Result<u64, Failure> {
        let url = format!("{}/_simulator/journal", self.url);
        let journal = reqwest::get(url).await?.error_for_status()?;
        let journal: Value = serde_json::from_slice(&journal.bytes().await?)?;
        let counts = journal["counts"].as_object().ok_or("no counts")?;
        Ok(counts.values().filter_map(Value::as_u64).sum())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // There is nothing to do about a process that has ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
