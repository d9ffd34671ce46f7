//! `cbm demo`: the published workflow, from weights to serving and back, on a simulator.

mod acts;
mod lost_answer;
mod preflight;
mod traffic;

use cerebras_management::{Client, ClientBuilder, Endpoint, Model, RetryPolicy};
use cerebras_management_simulator::{
    DEFAULT_ARCHITECTURES, DEFAULT_ENDPOINTS, DEFAULT_ORG, INFERENCE_KEY, MANAGEMENT_KEY,
    SeedEndpoint, SeedOrg, SeedVersion, SeedWorld, Simulator,
};
use clap::Args;

use super::Failure;
use super::simulate;
use crate::screen::Screen;

/// Watch a model go from weights to serving and back, on a simulator
///
/// Everything happens on this machine: the simulator is started for it, and nothing is sent to
/// Cerebras. It takes about ten seconds.
#[derive(Args)]
pub(crate) struct Demo {
    /// Leave the simulator running afterwards, and say how to try it
    #[arg(long)]
    keep: bool,
}

/// How many simulated seconds pass in a real one.
const SPEED: f64 = 60.0;

const ARCHITECTURE: &str = DEFAULT_ARCHITECTURES[0];
const ENDPOINT: &str = DEFAULT_ENDPOINTS[0];

/// The stage: a simulator, and the resources of the SDK that act on it.
struct Stage {
    screen: Screen,
    simulator: Simulator,
    model: Model,
    endpoint: Endpoint,
    /// The same endpoint, for requests that are to show each failure.
    traffic: Endpoint,
}

pub(crate) async fn run(arguments: Demo) -> Result<(), Failure> {
    let stage = Stage::set().await?;
    introduce(&stage);
    acts::what_serves(&stage).await?;
    preflight::preflight(&stage).await?;
    acts::new_weights(&stage).await?;
    acts::failing_rollout(&stage).await?;
    acts::back(&stage).await?;
    lost_answer::lost_answer(&stage).await?;
    conclude(&stage);
    if !arguments.keep {
        let hint =
            "It is gone now: `cbm demo --keep` leaves it running, to try the commands above.";
        stage.screen.line(hint);
    }
    if arguments.keep {
        simulate::print_environment(stage.screen, &stage.simulator);
        return simulate::keep(stage.screen, stage.simulator).await;
    }
    Ok(())
}

impl Stage {
    async fn set() -> Result<Self, Failure> {
        let org = SeedOrg::new(DEFAULT_ORG)
            .architecture(ARCHITECTURE)
            .architecture(DEFAULT_ARCHITECTURES[1])
            .version(
                SeedVersion::new(ARCHITECTURE, "s3://my-bucket/run-41")
                    .alias("run-41")
                    .alias("production")
                    .fingerprint_suffix("run-41"),
            )
            .endpoint(SeedEndpoint::new(ENDPOINT, ARCHITECTURE).serving(1))
            .endpoint(SeedEndpoint::new(
                DEFAULT_ENDPOINTS[1],
                DEFAULT_ARCHITECTURES[1],
            ));
        let simulator = Simulator::builder()
            .world(SeedWorld::empty().org(org))
            .speed(SPEED)
            .start()
            .await?;
        let client = settings(&simulator).build()?;
        let no_retries = settings(&simulator).retry(RetryPolicy::none()).build()?;
        Ok(Self {
            screen: Screen::new(),
            model: client.org(DEFAULT_ORG)?.model(ARCHITECTURE)?,
            endpoint: client.endpoint(ENDPOINT)?,
            traffic: no_retries.endpoint(ENDPOINT)?,
            simulator,
        })
    }
}

fn settings(simulator: &Simulator) -> ClientBuilder {
    Client::builder()
        .base_url(simulator.base_url())
        .key(MANAGEMENT_KEY)
        .inference_key(INFERENCE_KEY)
}

fn introduce(stage: &Stage) {
    let screen = stage.screen;
    screen.title("From weights to serving and back");
    screen.line("Simulated: the service, its weights, and its clock, which runs 60 times as fast.");
    screen.line(
        "Real: every HTTP request, and the SDK that makes them. Nothing is sent to Cerebras.",
    );
    screen.line(
        "Assumed: the words of a rollout but `complete`, that a failed one rolls back, and that",
    );
    screen.line(
        "an inference answer's fingerprint ends in the suffix given at upload. No page says so.",
    );
    screen.blank();
    screen.line(
        "Lines with $ do the same with curl, while the simulator runs; `api` is this function:",
    );
    screen.command(&format!(
        "api() {{ curl -sS -X \"$1\" {}/management/v1\"$2\" \\\n    \
         -H 'Authorization: Bearer {MANAGEMENT_KEY}' ${{3:+--json \"$3\"}}; }}",
        stage.simulator.base_url()
    ));
}

fn conclude(stage: &Stage) {
    stage.screen.blank();
    stage.screen.title("That was the whole workflow.");
    let requests = stage.simulator.journal().len();
    stage.screen.line(&format_args!(
        "The simulator answered {requests} requests. What is assumed: docs/assumptions.md."
    ));
}
