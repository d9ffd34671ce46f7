use std::fmt;

use serde::{Deserialize, Serialize};

use crate::place::Place;

/// The management key of the default org. It is public, so no secret.
pub const MANAGEMENT_KEY: &str = "simulated-management-key";
/// The inference key of the default org. It is public, so no secret.
pub const INFERENCE_KEY: &str = "simulated-inference-key";
/// The org of the default world.
pub const DEFAULT_ORG: &str = "my-org";
/// The model architectures of the default org.
pub const DEFAULT_ARCHITECTURES: [&str; 2] = ["gpt-oss-120b", "llama3.1-8b"];
/// The endpoints of the default org, one for each of [`DEFAULT_ARCHITECTURES`].
pub const DEFAULT_ENDPOINTS: [&str; 2] = ["my-org-gpt-oss-120b", "my-org-llama3.1-8b"];

/// What exists when a simulator starts.
///
/// The default is one org with two architectures and an endpoint for each, no versions, and
/// nothing deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedWorld {
    /// The orgs.
    #[serde(default, rename = "org")]
    pub orgs: Vec<SeedOrg>,
}

impl SeedWorld {
    /// A world with nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        Self { orgs: Vec::new() }
    }

    /// Adds an org.
    #[must_use]
    pub fn org(mut self, org: SeedOrg) -> Self {
        self.orgs.push(org);
        self
    }
}

impl Default for SeedWorld {
    fn default() -> Self {
        let mut org = SeedOrg::new(DEFAULT_ORG);
        for (architecture, endpoint) in DEFAULT_ARCHITECTURES.into_iter().zip(DEFAULT_ENDPOINTS) {
            org = org
                .architecture(architecture)
                .endpoint(SeedEndpoint::new(endpoint, architecture));
        }
        Self::empty().org(org)
    }
}

/// An org: its keys, architectures, endpoints and versions.
///
/// Orgs may share keys; a key then sees all of them.
///
/// ```
/// use cerebras_management_simulator::{SeedEndpoint, SeedOrg, SeedVersion, SeedWorld};
///
/// let world = SeedWorld::default().org(
///     SeedOrg::new("acme")
///         .keys("acme-management-key", "acme-inference-key")
///         .architecture("llama3.1-8b")
///         .version(SeedVersion::new("llama3.1-8b", "s3://acme/run-1").alias("production"))
///         .endpoint(SeedEndpoint::new("acme-llama", "llama3.1-8b").serving(1)),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedOrg {
    /// The name in paths.
    pub name: String,
    /// The key for management routes.
    #[serde(default = "management_key")]
    pub management_key: String,
    /// The key for inference.
    #[serde(default = "inference_key")]
    pub inference_key: String,
    /// The model architectures.
    #[serde(default)]
    pub architectures: Vec<String>,
    /// Versions, already synced. The first under an architecture has the id 1.
    #[serde(default, rename = "version")]
    pub versions: Vec<SeedVersion>,
    /// The endpoints.
    #[serde(default, rename = "endpoint")]
    pub endpoints: Vec<SeedEndpoint>,
}

fn management_key() -> String {
    MANAGEMENT_KEY.into()
}

fn inference_key() -> String {
    INFERENCE_KEY.into()
}

impl SeedOrg {
    /// An org with the default keys and nothing in it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            management_key: management_key(),
            inference_key: inference_key(),
            architectures: Vec::new(),
            versions: Vec::new(),
            endpoints: Vec::new(),
        }
    }

    /// Gives the org keys of its own.
    #[must_use]
    pub fn keys(mut self, management: impl Into<String>, inference: impl Into<String>) -> Self {
        self.management_key = management.into();
        self.inference_key = inference.into();
        self
    }

    /// Adds a model architecture.
    #[must_use]
    pub fn architecture(mut self, id: impl Into<String>) -> Self {
        self.architectures.push(id.into());
        self
    }

    /// Adds a version that is already synced.
    #[must_use]
    pub fn version(mut self, version: SeedVersion) -> Self {
        self.versions.push(version);
        self
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: SeedEndpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }
}

/// A version that is synced before the simulator starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedVersion {
    /// The architecture it belongs to.
    pub architecture: String,
    /// Where its weights came from.
    pub weight_uri: String,
    /// Its aliases.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What its answers' fingerprint ends in.
    #[serde(default)]
    pub fingerprint_suffix: Option<String>,
}

impl SeedVersion {
    /// A version with no alias and no fingerprint suffix.
    #[must_use]
    pub fn new(architecture: impl Into<String>, weight_uri: impl Into<String>) -> Self {
        Self {
            architecture: architecture.into(),
            weight_uri: weight_uri.into(),
            aliases: Vec::new(),
            fingerprint_suffix: None,
        }
    }

    /// Adds an alias.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// Sets the fingerprint suffix.
    #[must_use]
    pub fn fingerprint_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.fingerprint_suffix = Some(suffix.into());
        self
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SeedEndpoint {
    /// Its id, which is also the `model` of inference requests.
    pub id: String,
    /// The architecture it runs.
    pub architecture: String,
    /// How many replicas it has. 4 unless set.
    #[serde(default = "replicas")]
    pub replicas: u32,
    /// The version it serves from the start, by its number.
    #[serde(default)]
    pub serving: Option<u64>,
}

fn replicas() -> u32 {
    4
}

impl SeedEndpoint {
    /// An endpoint of four replicas that serves nothing.
    #[must_use]
    pub fn new(id: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            architecture: architecture.into(),
            replicas: replicas(),
            serving: None,
        }
    }

    /// Sets the number of replicas.
    #[must_use]
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    /// Has it serve a version from the start.
    #[must_use]
    pub fn serving(mut self, version: u64) -> Self {
        self.serving = Some(version);
        self
    }
}

/// What is wrong with a [`SeedWorld`], in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSeed {
    pub(crate) place: Place,
    pub(crate) message: String,
}

impl fmt::Display for BadSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadSeed {}
