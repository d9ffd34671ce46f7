//! A simulator and a client of it.

use std::sync::Arc;
use std::time::Duration;

use cerebras_management::{Client, Endpoint, Model, RetryPolicy, Version};
use cerebras_management_simulator::{Builder, INFERENCE_KEY, MANAGEMENT_KEY, Simulator};

use super::{ARCHITECTURE, ENDPOINT, ORG, Pace, lines, serving, synced};

/// A simulator whose clock stands still but for the requests of `client`.
pub(crate) struct Rig {
    pub(crate) simulator: Arc<Simulator>,
    /// Each of its requests takes 40 s of simulated time.
    pub(crate) client: Client,
    pub(crate) pace: Pace,
}

impl Rig {
    /// The default world: no version, and nothing deployed.
    pub(crate) async fn start() -> Self {
        Self::with(Simulator::builder()).await
    }

    /// Version 1, alias `run-1`, serves; version 2, alias `run-2`, is synced.
    pub(crate) async fn serving_the_first_of_two() -> Self {
        Self::with(two_versions()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        Self::at(builder, Duration::from_secs(40), Duration::MAX).await
    }

    /// One whose client's requests take `step` each, and get through up to `horizon`.
    pub(crate) async fn at(builder: Builder, step: Duration, horizon: Duration) -> Self {
        let simulator = Arc::new(builder.manual_clock().start().await.unwrap());
        let pace = Pace::new(&simulator, step, horizon);
        let client = paced(&simulator, &pace);
        Self {
            simulator,
            client,
            pace,
        }
    }

    pub(crate) fn model(&self) -> Model {
        model(&self.client)
    }

    pub(crate) fn version(&self, reference: &str) -> Version {
        self.model().version(reference).unwrap()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.client.endpoint(ENDPOINT).unwrap()
    }

    /// Somebody else with the same keys, whose requests take no simulated time.
    pub(crate) fn somebody_else(&self) -> Somebody {
        Somebody(build(&self.simulator.base_url(), MANAGEMENT_KEY))
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        lines(&self.simulator.journal())
    }

    /// The requests so far that change something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let mut all = self.simulator.journal();
        all.retain(|entry| entry.method != "GET");
        lines(&all)
    }
}

/// Another user of the service.
pub(crate) struct Somebody(Client);

impl Somebody {
    pub(crate) fn client(&self) -> &Client {
        &self.0
    }

    pub(crate) fn version(&self, reference: &str) -> Version {
        model(&self.0).version(reference).unwrap()
    }

    pub(crate) fn model(&self) -> Model {
        model(&self.0)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.0.endpoint(ENDPOINT).unwrap()
    }
}

pub(crate) fn two_versions() -> Builder {
    Simulator::builder()
        .version(ORG, synced("run-1"))
        .version(ORG, synced("run-2"))
        .endpoint(ORG, serving(1))
}

/// A client that takes no simulated time.
pub(crate) fn build(base_url: &str, key: &str) -> Client {
    Client::builder()
        .base_url(base_url)
        .key(key)
        .inference_key(INFERENCE_KEY)
        .http(http())
        .build()
        .unwrap()
}

fn paced(simulator: &Simulator, pace: &Pace) -> Client {
    let http = http().pool_max_idle_per_host(0).dns_resolver(pace.clone());
    Client::builder()
        .base_url(format!("http://localhost:{}", simulator.addr().port()))
        .key(MANAGEMENT_KEY)
        .inference_key(INFERENCE_KEY)
        .retry(RetryPolicy::default().base(Duration::from_millis(10)))
        .http(http)
        .build()
        .unwrap()
}

/// With nothing of the machine that the tests run on: not its proxies, and not its certificates,
/// which take longer to read than most tests take.
fn http() -> reqwest::ClientBuilder {
    let http = reqwest::Client::builder().no_proxy();
    #[cfg(feature = "rustls")]
    let http = http.tls_certs_only([]);
    http
}

fn model(client: &Client) -> Model {
    client.org(ORG).unwrap().model(ARCHITECTURE).unwrap()
}
