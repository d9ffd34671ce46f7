//! The simulated world of these tests, a client of it, and the truth about it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use cerebras_management::{Client, ClientBuilder, RetryPolicy, Schedule};
use cerebras_management_simulator::{
    DeploymentTruth, Entry, FaultAction, Operation, SeedOrg, Simulator, Snapshot, VersionTruth,
};

pub(crate) const ORG: &str = "my-org";
pub(crate) const ARCHITECTURE: &str = "gpt-oss-120b";
pub(crate) const ENDPOINT: &str = "my-org-gpt-oss-120b";

/// What is looked for in every text. The part after the dash is nowhere else.
pub(crate) const MANAGEMENT_KEY: &str = "csk-Wallcreeper4Tichodroma7Muraria";
pub(crate) const INFERENCE_KEY: &str = "csk-Hoatzin8Opisthocomus3Hoazin";

/// The organization of these tests, with the keys that are looked for.
pub(crate) fn org() -> SeedOrg {
    SeedOrg::new(ORG)
        .keys(MANAGEMENT_KEY, INFERENCE_KEY)
        .architecture(ARCHITECTURE)
}

/// A client that pauses no longer than it must.
pub(crate) fn builder(base_url: impl Into<String>) -> ClientBuilder {
    Client::builder()
        .base_url(base_url)
        .key(MANAGEMENT_KEY)
        .inference_key(INFERENCE_KEY)
        .retry(RetryPolicy::default().base(Duration::from_millis(2)))
        .response_limit(256 * 1024)
        .http(http())
}

/// With nothing of the machine that the tests run on: not its proxies, and not its certificates,
/// which take longer to read than most tests take.
pub(crate) fn http() -> reqwest::ClientBuilder {
    let http = reqwest::Client::builder().no_proxy();
    #[cfg(feature = "rustls")]
    let http = http.tls_certs_only([]);
    // The log of the connections is to be as talkative as it can be.
    http.connection_verbose(true)
}

/// Polls as often as the SDK allows.
pub(crate) fn quick() -> Schedule {
    Schedule::default()
        .floor(Duration::from_millis(10))
        .fraction(0.0)
}

/// What is the case, without the time: the versions of the one architecture, and the deployments
/// of each endpoint. The order of aliases has no meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) versions: Vec<Version>,
    pub(crate) deployments: BTreeSet<Deployment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: u64,
    pub(crate) weights: String,
    pub(crate) suffix: Option<String>,
    pub(crate) aliases: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deployment {
    pub(crate) endpoint: String,
    pub(crate) id: String,
    pub(crate) version: u64,
}

impl Truth {
    pub(crate) fn of(simulator: &Simulator) -> Self {
        Self::from(&simulator.snapshot())
    }

    pub(crate) fn version(&self, id: u64) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The version that an alias names. It can be on one alone: the simulator sees to that.
    pub(crate) fn named(&self, alias: &str) -> Option<u64> {
        let mut holders = self.versions.iter().filter(|v| v.aliases.contains(alias));
        let holder = holders.next().map(|version| version.id);
        assert!(holders.next().is_none(), "{alias} is on two versions");
        holder
    }

    /// The versions that were not there before.
    pub(crate) fn new_versions(&self, before: &Self) -> Vec<&Version> {
        let is_new = |version: &&Version| before.version(version.id).is_none();
        self.versions.iter().filter(is_new).collect()
    }

    /// The deployments that were not there before.
    pub(crate) fn new_deployments(&self, before: &Self) -> Vec<&Deployment> {
        let known: BTreeSet<_> = before.deployments.iter().map(|d| &d.id).collect();
        let is_new = |deployment: &&Deployment| !known.contains(&deployment.id);
        self.deployments.iter().filter(is_new).collect()
    }
}

impl From<&Snapshot> for Truth {
    fn from(snapshot: &Snapshot) -> Self {
        let architectures = snapshot.orgs.iter().flat_map(|org| &org.architectures);
        let version = |truth: &VersionTruth| Version {
            id: truth.id,
            weights: truth.weight_uri.clone(),
            suffix: truth.fingerprint_suffix.clone(),
            aliases: truth.aliases.iter().cloned().collect(),
        };
        let endpoints = snapshot.endpoints.iter();
        let deployments = endpoints.flat_map(|endpoint| {
            let deployment = |truth: &DeploymentTruth| Deployment {
                endpoint: endpoint.id.clone(),
                id: truth.id.clone(),
                version: truth.version,
            };
            endpoint.deployments.iter().map(deployment)
        });
        Self {
            versions: architectures
                .flat_map(|found| found.versions.iter().map(version))
                .collect(),
            deployments: deployments.collect(),
        }
    }
}

/// Whether the service has carried a write out, whatever the client learned of it: it was handled
/// and not refused.
pub(crate) fn was_carried_out(entry: &Entry) -> bool {
    let told = !matches!(entry.fault, Some(FaultAction::HandledThen { .. }));
    let refused = told && entry.status.is_some_and(|status| status >= 300);
    is_write(entry) && entry.handled && !refused
}

/// A chat request is posted, and changes nothing.
pub(crate) fn is_write(entry: &Entry) -> bool {
    entry.method != "GET" && entry.operation != Some(Operation::ChatCompletions)
}

/// One line for each request, for the message of a test that fails.
pub(crate) fn lines(journal: &[Entry]) -> String {
    let mut all = String::new();
    for entry in journal {
        let status = entry
            .status
            .map_or("no answer".to_owned(), |s| s.to_string());
        let fault = entry.fault.as_ref();
        let fault = fault.map_or(String::new(), |fault| format!(" ({fault:?})"));
        writeln!(all, "    {} {} {status}{fault}", entry.method, entry.path).unwrap();
    }
    all
}

/// Tells it in the output of the test whether or not it fails, which `println` does not.
pub(crate) fn tell(text: &str) {
    writeln!(std::io::stdout().lock(), "{text}").unwrap();
}

/// The full name of a version of the one architecture.
pub(crate) fn version_name(id: u64) -> String {
    format!("orgs/{ORG}/models/{ARCHITECTURE}/versions/{id}")
}
