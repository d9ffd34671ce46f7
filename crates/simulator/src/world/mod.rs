//! The state machine: what exists, and what each request does to it.
//!
//! Nothing here reads a clock. Syncs and rollouts are functions of the time that each request
//! brings along: what will happen, and when, is written down when they are accepted.

mod architecture;
mod deployment;
mod endpoint;
mod endpoints;
mod ids;
mod inference;
mod models;
mod plans;
mod refusal;
mod request;
mod seeding;
mod truth;
mod version;

use std::collections::BTreeMap;
use std::time::Duration;

use architecture::Architecture;
use endpoint::Endpoint;
use ids::Ids;
use plans::Plans;

pub use deployment::DeploymentState;
pub use refusal::Refusal;
pub use request::{Answer, Request};
pub(crate) use seeding::check as check_seed;
pub use truth::{DeploymentTruth, VersionTruth};
pub use version::SyncState;

use crate::wire::{Json, VersionName};
use crate::{BadSeed, Behaviour, Operation, OtherOrg, RequestId, SeedWorld, Timings};

/// A point in simulated time, counted from the start.
pub(crate) type Moment = Duration;

/// Everything the simulated service knows.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management_simulator::{
///     Behaviour, MANAGEMENT_KEY, Operation, Request, SeedWorld, Timings, World,
/// };
///
/// let seed = SeedWorld::default();
/// let mut world = World::new(&seed, Behaviour::default(), Timings::default(), 1_736_700_000)?;
/// let request = Request::new(Operation::ListEndpoints, MANAGEMENT_KEY).org("my-org");
/// let answer = world.apply(&request, Duration::ZERO)?;
/// assert_eq!(answer.body()["endpoints"][1]["endpoint_id"], "my-org-llama3.1-8b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct World {
    settings: Settings,
    now: Moment,
    orgs: BTreeMap<String, Org>,
    endpoints: BTreeMap<String, Endpoint>,
    ids: Ids,
    /// How the next syncs and rollouts will go.
    plans: Plans,
}

/// What is decided before the start and never changes.
#[derive(Clone, Copy, Debug)]
struct Settings {
    behaviour: Behaviour,
    timings: Timings,
    /// The start, in Unix seconds.
    started: u64,
}

impl Settings {
    fn unix(&self, moment: Moment) -> u64 {
        self.started.saturating_add(moment.as_secs())
    }
}

#[derive(Clone, Debug)]
struct Org {
    management_key: String,
    inference_key: String,
    architectures: BTreeMap<String, Architecture>,
}

impl World {
    /// A world as `seed` describes it, which starts at `started`, in Unix seconds.
    ///
    /// # Errors
    ///
    /// When the seed contradicts itself, such as an endpoint of an unknown architecture.
    pub fn new(
        seed: &SeedWorld,
        behaviour: Behaviour,
        timings: Timings,
        started: u64,
    ) -> Result<Self, BadSeed> {
        Self::of(seed.clone(), behaviour, timings, started)
    }

    /// As [`World::new`], without a copy of the seed.
    pub(crate) fn of(
        seed: SeedWorld,
        behaviour: Behaviour,
        timings: Timings,
        started: u64,
    ) -> Result<Self, BadSeed> {
        check_seed(&seed.orgs)?;
        let settings = Settings {
            behaviour,
            timings,
            started,
        };
        let mut world = Self {
            settings,
            now: Moment::ZERO,
            orgs: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            ids: Ids::default(),
            plans: Plans::new(0),
        };
        seeding::fill(&mut world, seed.orgs);
        Ok(world)
    }

    /// Handles one request at the time `now`, counted from the start. A time before that of an
    /// earlier request is taken as that one's: time never goes back.
    ///
    /// # Errors
    ///
    /// The service's refusal: its status and body.
    pub fn apply(&mut self, request: &Request, now: Duration) -> Result<Answer, Refusal> {
        self.now = self.now.max(now);
        let answer = self
            .authenticate(request.operation, &request.key)
            .and_then(|()| self.handle(request));
        match answer {
            Ok(body) => Ok(Answer::new(
                request.operation,
                body,
                self.settings.behaviour.success_status,
            )),
            Err(refusal) => Err(self.in_shape(refusal)),
        }
    }

    /// The header that names a request, and its name, if the service gives it one.
    pub(crate) fn request_id(&mut self) -> Option<(&'static str, String)> {
        let header = match self.settings.behaviour.request_id {
            RequestId::Omitted => return None,
            RequestId::XRequestId => "x-request-id",
            RequestId::RequestId => "request-id",
        };
        Some((header, self.ids.uuid()))
    }

    /// A refusal in the shape that this service gives it.
    pub(crate) fn in_shape(&self, refusal: Refusal) -> Refusal {
        refusal.in_shape(&self.settings.behaviour)
    }

    fn handle(&mut self, request: &Request) -> Result<Json, Refusal> {
        match request.operation {
            Operation::ListModelArchitectures => self.list_architectures(request),
            Operation::ListModelVersions => self.list_versions(request),
            Operation::UploadModelVersion => self.upload(request),
            Operation::GetModelVersion => self.get_version(request),
            Operation::UpdateModelVersionAliases => self.update_aliases(request),
            Operation::DeleteModelVersion => self.delete_version(request),
            Operation::ListEndpoints => self.list_endpoints(request),
            Operation::GetEndpoint => self.get_endpoint(request),
            Operation::DeployModel => self.deploy(request),
            Operation::ChatCompletions => self.chat(request),
        }
    }

    /// The org of a name, if the key belongs to it.
    fn org(&mut self, name: &str, key: &str) -> Result<&mut Org, Refusal> {
        let other_org = self.settings.behaviour.other_org;
        let org = self.orgs.get_mut(name);
        org.filter(|org| org.management_key == key)
            .ok_or_else(|| match other_org {
                OtherOrg::Forbidden => {
                    Refusal::detail(403, format!("No access to organization '{name}'"))
                }
                OtherOrg::NotFound => not_found("Organization", name),
            })
    }

    /// Refuses a key that does not belong to the operation: each kind of key is worth nothing
    /// where the other is asked for.
    pub(crate) fn authenticate(&self, operation: Operation, key: &str) -> Result<(), Refusal> {
        let inference = operation == Operation::ChatCompletions;
        let known = self.orgs.values().any(|org| {
            let own = if inference {
                &org.inference_key
            } else {
                &org.management_key
            };
            own == key
        });
        if known {
            Ok(())
        } else {
            Err(Refusal::unauthorized(operation, key.is_empty()))
        }
    }
}

fn not_found(kind: &str, name: &str) -> Refusal {
    Refusal::detail(404, format!("{kind} '{name}' not found"))
}

fn version_name(org: &str, architecture: &str, id: u64) -> String {
    let name = VersionName {
        org,
        architecture,
        id,
    };
    name.to_string()
}
