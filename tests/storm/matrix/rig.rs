//! One simulator, and what an operation needs of it.

use std::time::Duration;

use cerebras_management::{Client, Endpoint, Model, Operation, Result, Tracked, Version, Wait};
use cerebras_management_simulator::{SeedEndpoint, SeedVersion, SeedWorld, Simulator, Timings};

use crate::faults::IMPATIENT;
use crate::world::{ARCHITECTURE, ENDPOINT, ORG, Truth, builder, org, quick};

/// What an operation is run against.
pub(super) struct Rig {
    pub(super) simulator: Simulator,
    pub(super) client: Client,
    /// For how long the waits go on.
    deadline: Duration,
}

impl Rig {
    /// Version 1, `run-1`, serves; version 2 is `run-2`, version 3 `run-3` and `production`.
    /// Nothing but a request changes the world, unless the clock is to run.
    pub(super) async fn start(clock: Clock, impatient: bool, deadline: Duration) -> Self {
        let synced = |alias: &str| {
            SeedVersion::new(ARCHITECTURE, format!("s3://my-bucket/{alias}"))
                .alias(alias)
                .fingerprint_suffix(alias)
        };
        let org = org()
            .version(synced("run-1"))
            .version(synced("run-2"))
            .version(synced("run-3").alias("production"))
            .endpoint(SeedEndpoint::new(ENDPOINT, ARCHITECTURE).serving(1));
        let simulator = Simulator::builder()
            .world(SeedWorld::empty().org(org))
            .timings(Timings::default());
        let simulator = match clock {
            Clock::StandsStill => simulator.manual_clock(),
            Clock::Runs => simulator.speed(2000.0),
        };
        let simulator = simulator.start().await.unwrap();
        let client = builder(simulator.base_url());
        let client = if impatient {
            client.request_timeout(IMPATIENT)
        } else {
            client
        };
        Self {
            client: client.build().unwrap(),
            simulator,
            deadline,
        }
    }

    pub(super) fn model(&self) -> Model {
        self.client.org(ORG).unwrap().model(ARCHITECTURE).unwrap()
    }

    pub(super) fn version(&self, reference: &str) -> Version {
        self.model().version(reference).unwrap()
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        self.client.endpoint(ENDPOINT).unwrap()
    }

    pub(super) fn truth(&self) -> Truth {
        Truth::of(&self.simulator)
    }

    pub(super) fn wait<T: Tracked>(&self, operation: &Operation<T>) -> Wait<T> {
        operation.wait().schedule(quick()).deadline(self.deadline)
    }

    /// Version 2 serves, and 1 did before.
    pub(super) async fn serve_the_second(&self) -> Result<()> {
        let while_later = Duration::from_secs(600);
        self.simulator.advance(while_later);
        let deployed = self.endpoint().deploy("2").await?;
        self.simulator.advance(while_later);
        deployed.wait().schedule(quick()).await?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    StandsStill,
    /// Two thousand times as fast as the real one.
    Runs,
}
