//! The simulator of a storm, and what its clients know together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cerebras_management::{Client, Endpoint, Model, MoveIntent, Pending};
use cerebras_management_simulator::{
    Fault, FaultPlan, Operation as Route, PlannedRollout, PlannedSync, RolloutOutcome,
    SeedEndpoint, SeedVersion, SeedWorld, Simulator, SyncOutcome, Timings,
};

use super::CLIENTS;
use super::findings::{Report, Wrong};
use super::history::{Attempt, Edited, Moved};
use crate::faults;
use crate::world::{ARCHITECTURE, ORG, Truth, builder, org};

/// How many of all requests go wrong.
const FAULTS: f64 = 0.1;
/// Aliases that all clients move, each among versions of its own.
pub(super) const SHARED_ALIASES: [&str; 3] = ["production", "candidate", "nightly"];
pub(super) const VERSIONS_EACH: u64 = 3;
/// The version whose list all clients edit.
pub(super) const SHARED_LIST: u64 = 10;
/// The highest id there is at the start.
pub(super) const SEEDED: u64 = 10;
/// Endpoints that all clients deploy to, beside one of their own for each.
pub(super) const SHARED_ENDPOINTS: usize = 2;
/// After so many uploads with keys that are shared, a new one is used.
const REPEATS: u64 = 12;

pub(super) struct Storm {
    pub(super) seed: u64,
    pub(super) simulator: Simulator,
    /// The world before the first request.
    pub(super) start: Truth,
    known: Mutex<Known>,
}

/// What all of them know.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) report: Report,
    /// The versions that somebody was told of.
    pub(super) versions: BTreeSet<u64>,
    /// The deployments that somebody was told of.
    pub(super) deployments: BTreeSet<String>,
    /// What was told of each shared key.
    pub(super) keyed: BTreeMap<u64, BTreeSet<u64>>,
    /// Uploads with a shared key that are in doubt.
    pub(super) pending: Vec<(u64, Pending)>,
    /// The moves of shared aliases that were begun, and the intent of each.
    pub(super) moves: Vec<Attempt<Moved>>,
    pub(super) intents: Vec<MoveIntent>,
    /// The edits of the shared list.
    pub(super) edits: Vec<Attempt<Edited>>,
    /// How many changes of each shared thing have begun, and how many of them have not ended.
    pub(super) turns: BTreeMap<&'static str, (u64, u64)>,
    uploads: u64,
}

impl Known {
    /// A shared key for the next upload: one of the newest few.
    pub(super) fn next_key(&mut self, back: u64) -> u64 {
        self.uploads += 1;
        (self.uploads / REPEATS).saturating_sub(back)
    }
}

pub(super) fn own_endpoint(client: usize) -> String {
    format!("endpoint-{client}")
}

pub(super) fn shared_endpoint(number: usize) -> String {
    format!("shared-{number}")
}

/// The versions that a shared alias may name.
pub(super) fn versions_of(alias: usize) -> std::ops::Range<u64> {
    let first = 1 + u64::try_from(alias).unwrap() * VERSIONS_EACH;
    first..first + VERSIONS_EACH
}

impl Storm {
    pub(super) async fn start(seed: u64) -> Self {
        let second = Duration::from_secs(1);
        let simulator = Simulator::builder()
            .world(world())
            .timings(Timings {
                sync_queued: second,
                sync: 4 * second,
                rollout_queued: second,
                rollout: 5 * second,
                rollback: 2 * second,
                lag: second,
            })
            .speed(200.0)
            .journal_limit(10_000_000)
            .faults(plan(seed))
            .start()
            .await
            .unwrap();
        Self {
            seed,
            start: Truth::of(&simulator),
            simulator,
            known: Mutex::default(),
        }
    }

    /// A client with a pool, a retry budget and a lock of its own.
    pub(super) fn client(&self) -> Client {
        let builder = builder(self.simulator.base_url());
        // Longer than any request takes that no fault delays, and shorter than one that is.
        let builder = builder.request_timeout(2 * faults::IMPATIENT);
        builder.build().unwrap()
    }

    pub(super) fn truth(&self) -> Truth {
        Truth::of(&self.simulator)
    }

    /// How many writes of aliases there were.
    pub(super) fn alias_writes(&self) -> u64 {
        self.simulator.count(Route::UpdateModelVersionAliases)
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wrong(&self, wrong: Wrong, what: String) {
        self.known().report.wrong(wrong, what);
    }
}

pub(super) fn model(client: &Client) -> Model {
    client.org(ORG).unwrap().model(ARCHITECTURE).unwrap()
}

pub(super) fn endpoint(client: &Client, id: &str) -> Endpoint {
    client.endpoint(id).unwrap()
}

fn world() -> SeedWorld {
    let mut org = org();
    for (number, alias) in SHARED_ALIASES.into_iter().enumerate() {
        for version in versions_of(number) {
            let seed = SeedVersion::new(ARCHITECTURE, format!("s3://my-bucket/seed-{version}"));
            let first = version == versions_of(number).start;
            org = org.version(if first { seed.alias(alias) } else { seed });
        }
    }
    org = org.version(SeedVersion::new(ARCHITECTURE, "s3://my-bucket/list"));
    let own = (0..CLIENTS).map(own_endpoint);
    for id in own.chain((0..SHARED_ENDPOINTS).map(shared_endpoint)) {
        org = org.endpoint(SeedEndpoint::new(id, ARCHITECTURE));
    }
    SeedWorld::empty().org(org)
}

/// Each kind of fault is as likely as the others; a tenth of the syncs and rollouts fail too.
fn plan(seed: u64) -> FaultPlan {
    let all = faults::all();
    let each = FAULTS / f64::from(u32::try_from(all.len()).unwrap());
    let fails = RolloutOutcome::RollsBack { replicas: 1 };
    let plan = FaultPlan::new()
        .seed(seed)
        .planned_sync(PlannedSync::of_any(SyncOutcome::Fails).probability(0.1))
        .planned_rollout(PlannedRollout::of_any(fails).probability(0.1));
    all.into_iter().fold(plan, |plan, fault| {
        plan.fault(Fault::on_any(fault.action).probability(each))
    })
}
