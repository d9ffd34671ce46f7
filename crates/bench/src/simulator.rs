//! The simulator: requests a second beside a floor, memory, and the time to its first answer.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use cerebras_management_simulator::{
    DEFAULT_ARCHITECTURES, DEFAULT_ORG, MANAGEMENT_KEY, SeedOrg, SeedVersion, SeedWorld, Simulator,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Failure;
use crate::memory;
use crate::report::{self, Table};
use crate::sample::Sample;

const ROUNDS: usize = 30;
const CONNECTIONS: usize = 4;
const SIZES: [usize; 3] = [10, 1_000, 100_000];
pub(crate) const ARCHITECTURE: &str = DEFAULT_ARCHITECTURES[0];

pub(crate) async fn run() -> Result<(), Failure> {
    let tables = [throughput().await?, memory::table()?, start().await?];
    report::write("simulator", &tables)
}

pub(crate) fn world(versions: usize) -> SeedWorld {
    let mut org = SeedOrg::new(DEFAULT_ORG).architecture(ARCHITECTURE);
    for n in 1..=versions {
        let version = SeedVersion::new(ARCHITECTURE, format!("s3://my-bucket/runs/{n}"))
            .alias(format!("run-{n}"));
        org = org.version(version);
    }
    SeedWorld::empty().org(org)
}

async fn simulator(versions: usize) -> Result<Simulator, Failure> {
    Ok(Simulator::builder().world(world(versions)).start().await?)
}

/// Each route beside a server that answers with the same bytes and does nothing else.
async fn throughput() -> Result<Table, Failure> {
    let mut table = Table::new(
        "Requests a second, client and server on the same cores",
        &[
            "route",
            "versions",
            "answer, bytes",
            "simulator, median (middle half)",
            "floor, median",
            "share of the floor",
        ],
    );
    for versions in SIZES {
        let simulator = simulator(versions).await?;
        let path = format!("/management/v1/orgs/{DEFAULT_ORG}/models/{ARCHITECTURE}/versions");
        for (route, path) in [
            ("get_model_version", format!("{path}/{}", versions / 2)),
            ("list_model_versions", path.clone()),
        ] {
            let url = format!("{}{path}", simulator.base_url());
            let body = fetch(&reqwest::Client::new(), &url).await?;
            let bytes = body.len();
            let floor = Floor::start(body).await?;
            // A round takes some milliseconds, whatever the size of an answer.
            let requests = (4_000_000 / (bytes + 10_000)).max(1) * CONNECTIONS;
            let (mut ours, mut theirs) = (Sample::default(), Sample::default());
            for _ in 0..ROUNDS {
                ours.push(rate(&url, requests).await?);
                theirs.push(rate(&floor.url, requests).await?);
            }
            let (lower, upper) = ours.spread();
            table.row([
                route.to_owned(),
                versions.to_string(),
                bytes.to_string(),
                format!("{:.0} ({lower:.0} to {upper:.0})", ours.median()),
                format!("{:.0}", theirs.median()),
                format!("{:.2}", ours.median() / theirs.median()),
            ]);
        }
    }
    Ok(table)
}

/// Requests a second over a few connections that stay open.
async fn rate(url: &str, requests: usize) -> Result<f64, Failure> {
    let client = reqwest::Client::new();
    let began = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (client, url) = (client.clone(), url.to_owned());
        running.spawn(async move {
            for _ in 0..requests / CONNECTIONS {
                fetch(&client, &url)
                    .await
                    .map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand requests")]
    let rate = requests as f64 / began.elapsed().as_secs_f64();
    Ok(rate)
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, reqwest::Error> {
    let answer = client.get(url).bearer_auth(MANAGEMENT_KEY).send().await?;
    Ok(answer.error_for_status()?.bytes().await?.to_vec())
}

/// A server that answers everything with the same bytes.
struct Floor {
    url: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Floor {
    async fn start(body: Vec<u8>) -> Result<Self, Failure> {
        let body = axum::body::Bytes::from(body);
        let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let router = Router::new().route("/", get(answer));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("bench: the floor stopped: {error}");
            }
        });
        Ok(Self { url, serving })
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// From `Simulator::start` to the end of the first answer.
async fn start() -> Result<Table, Failure> {
    let client = reqwest::Client::new();
    let (mut ready, mut answered) = (Sample::default(), Sample::default());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let simulator = Simulator::start().await?;
        ready.push(milliseconds(began.elapsed()));
        let url = format!(
            "{}/management/v1/orgs/{DEFAULT_ORG}/models",
            simulator.base_url()
        );
        fetch(&client, &url).await?;
        answered.push(milliseconds(began.elapsed()));
    }
    let mut table = Table::new(
        "From start to first answer, in-process (ms)",
        &["until", "median", "middle half"],
    );
    for (until, sample) in [("started", ready), ("first answer", answered)] {
        let (lower, upper) = sample.spread();
        table.row([
            until.to_owned(),
            format!("{:.2}", sample.median()),
            format!("{lower:.2} to {upper:.2}"),
        ]);
    }
    Ok(table)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
