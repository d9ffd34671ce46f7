//! What holds of the state machine after any requests, at any times, under any behaviour. The
//! property test and the fuzz target of the repository share it.
#![allow(dead_code)]

mod checks;
mod place;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cerebras_management_simulator::{
    Answer, Behaviour, DeploymentState, DeploymentTruth, Operation, Refusal, Request, SecondDeploy,
    Snapshot, TakenAlias, Timings, UnsyncedDeploy, VersionTruth, World,
};
use serde_json::{Value, json};

pub(crate) use place::{PLACES, Place};
pub(crate) use step::{Step, Upload};

use place::seed;
use step::{each_once, is_alias};

pub(crate) const ALIASES: [&str; 3] = ["production", "canary", "v1-stable"];
pub(crate) const OPERATIONS: [Operation; 10] = [
    Operation::ListModelArchitectures,
    Operation::ListModelVersions,
    Operation::UploadModelVersion,
    Operation::GetModelVersion,
    Operation::UpdateModelVersionAliases,
    Operation::DeleteModelVersion,
    Operation::ListEndpoints,
    Operation::GetEndpoint,
    Operation::DeployModel,
    Operation::ChatCompletions,
];
/// What a request may name a version by.
pub(crate) const REFERENCES: [&str; 8] = [
    "1",
    "2",
    "3",
    "4",
    "production",
    "canary",
    "v1-stable",
    "007",
];

/// In Unix seconds.
const STARTED: u64 = 1_736_700_000;

/// Takes the steps one by one, and checks after each; then lets everything end.
pub(crate) fn run(behaviour: Behaviour, versions: u64, steps: Vec<Step>) {
    let mut watch = Watch::new(behaviour, versions);
    let waits = behaviour.unsynced_deploy == UnsyncedDeploy::Waits;
    let stalls = PLACES.iter().enumerate().map(|(at, place)| {
        let mut steps = steps.iter();
        steps.any(|step| step.stalls(at, place, waits))
    });
    let stalls: Vec<bool> = stalls.collect();
    for step in steps {
        watch.take(step);
        watch.check();
    }

    // In the end everything has ended, and one version answers every request.
    watch.clock = watch.latest + Duration::from_secs(1_000_000);
    watch.check();
    for (at, stalls) in stalls.into_iter().enumerate() {
        let deployments = watch.world.deployments(PLACES[at].endpoint);
        if !stalls {
            assert!(deployments.iter().all(|d| d.state.has_ended()));
        } else if behaviour.second_deploy == SecondDeploy::CancelsFirst {
            let mut before_last = deployments.iter().rev().skip(1);
            assert!(before_last.all(|d| d.state.has_ended()));
        }
        for _ in 0..8 {
            watch.chat(at);
        }
    }
}

/// A world, and what has been seen of it.
struct Watch {
    world: World,
    /// What the machine's clock says; it may be set back.
    clock: Duration,
    /// The latest that it said.
    latest: Duration,
    behaviour: Behaviour,
    /// The latest time in any answer.
    seen: u64,
    seen_at: [Seen; PLACES.len()],
    /// How each deployment ended, by its id.
    ended: BTreeMap<String, DeploymentState>,
    /// When each deployment was made, by its id.
    created: BTreeMap<String, u64>,
}

/// What has been seen of a place.
#[derive(Clone, Debug, Default)]
struct Seen {
    versions: BTreeSet<u64>,
    highest_id: u64,
    done: BTreeSet<u64>,
    updated: u64,
    /// When that was.
    looked: u64,
    states: Vec<(String, DeploymentState)>,
}

impl Watch {
    fn new(behaviour: Behaviour, versions: u64) -> Self {
        let world = World::new(&seed(versions), behaviour, Timings::default(), STARTED);
        Self {
            world: world.expect("a world"),
            clock: Duration::ZERO,
            latest: Duration::ZERO,
            behaviour,
            seen: 0,
            seen_at: Default::default(),
            ended: BTreeMap::new(),
            created: BTreeMap::new(),
        }
    }

    /// The same request to the same world has the same answer and makes the same world, also on
    /// a machine whose clock was not set back. What is refused, and what only reads, changes
    /// nothing.
    fn apply(&mut self, request: &Request) -> Result<Answer, Refusal> {
        self.latest = self.latest.max(self.clock);
        let before = self.truth();
        let mut twin = self.world.clone();
        let answer = self.world.apply(request, self.clock);
        assert_eq!(answer, twin.apply(request, self.latest));
        assert_eq!(format!("{:?}", self.world), format!("{twin:?}"));
        if let Err(refusal) = &answer {
            assert!((400..504).contains(&refusal.status()), "{refusal}");
            let kept = self.behaviour.taken_alias == TakenAlias::RefusedAfter
                && matches!(refusal.status(), 400 | 409);
            if !kept {
                assert_eq!(self.truth(), before, "{refusal}");
            }
        }
        answer
    }

    fn truth(&mut self) -> Snapshot {
        self.world.advance_to(self.clock);
        self.world.snapshot()
    }

    fn request(at: usize, operation: Operation, version: &str, body: Value) -> Request {
        let place = &PLACES[at];
        Request::new(operation, place.management_key)
            .org(place.org)
            .architecture(place.architecture)
            .endpoint(place.endpoint)
            .version(version)
            .body(body)
    }

    fn manage(
        &mut self,
        at: usize,
        operation: Operation,
        version: &str,
        body: Value,
    ) -> Result<Value, Refusal> {
        let request = Self::request(at, operation, version, body);
        self.apply(&request).map(|answer| answer.body())
    }

    /// The answer to a request that changes nothing.
    fn read(&mut self, at: usize, operation: Operation, version: &str) -> Result<Value, Refusal> {
        let request = Self::request(at, operation, version, Value::Null);
        self.latest = self.latest.max(self.clock);
        let answer = self.world.apply(&request, self.clock);
        answer.map(|answer| answer.body())
    }

    /// The versions of a place alone.
    fn versions(&self, at: usize) -> Vec<VersionTruth> {
        let place = &PLACES[at];
        let mut versions = self.world.versions(place.architecture);
        versions.retain(|version| version.org == place.org);
        versions
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(seconds) => self.clock += Duration::from_secs(seconds),
            Step::Back(seconds) => {
                self.clock = self.clock.saturating_sub(Duration::from_secs(seconds));
            }
            Step::Upload(at, upload) => self.upload(at, &upload),
            Step::SetAliases(at, version, list) => self.set_aliases(at, &version, &list),
            Step::Delete(at, version) => {
                // Whatever it did shows in the checks.
                let _ = self.manage(at, Operation::DeleteModelVersion, &version, Value::Null);
            }
            Step::Deploy(at, version) => self.deploy(at, &version),
            Step::Chat(at) => self.chat(at),
            Step::PlanSync(at, outcome) => {
                assert!(self.world.plan_sync(PLACES[at].architecture, outcome));
            }
            Step::PlanRollout(at, outcome) => {
                assert!(self.world.plan_rollout(PLACES[at].endpoint, outcome));
            }
            Step::Plan(plan) => self.world.set_plan(&plan).expect("names that are there"),
            Step::Other(request) => {
                let _ = self.apply(&request);
            }
        }
    }

    /// One that is right makes the version that it describes, unless an alias is taken.
    fn upload(&mut self, at: usize, upload: &Upload) {
        self.world.advance_to(self.clock);
        let before = self.versions(at);
        let aliases = upload.aliases();
        let taken = before
            .iter()
            .any(|version| version.aliases.iter().any(|alias| aliases.contains(alias)));
        let body = upload.body(&PLACES[at]);
        let answer = self.manage(at, Operation::UploadModelVersion, "", body);
        let after = self.versions(at);
        let made = after.iter().find(|version| !before.contains(version));
        match answer {
            Ok(answer) => {
                assert!(upload.is_right() && !taken, "{upload:?}");
                let made = made.expect("a version");
                assert_eq!(answer["name"], PLACES[at].version(&made.id.to_string()));
                assert_eq!(made.weight_uri, upload.weight_uri);
                assert_eq!(made.aliases, aliases);
                assert_eq!(made.fingerprint_suffix, upload.suffix);
                assert_eq!(after.len(), before.len() + 1);
            }
            Err(refusal) => {
                assert!(upload.is_right() || refusal.status() == 422, "{refusal}");
                let whole = upload.aliases.is_some() && upload.suffix.is_some();
                assert!(taken || !(upload.is_right() && whole), "{refusal}");
                assert!(made.is_none_or(|made| taken && made.aliases.is_empty()));
            }
        }
    }

    /// The whole list is replaced, or nothing is.
    fn set_aliases(&mut self, at: usize, reference: &str, list: &[String]) {
        self.world.advance_to(self.clock);
        let before = self.versions(at);
        let body = json!({ "version_aliases": list });
        let answer = self.manage(at, Operation::UpdateModelVersionAliases, reference, body);
        let Ok(answer) = answer else { return };
        let list = each_once(list);
        assert!(list.iter().all(|alias| is_alias(alias)), "{list:?}");
        let named = |id: u64| answer["name"] == PLACES[at].version(&id.to_string());
        let mut expected = before;
        for version in &mut expected {
            if named(version.id) {
                version.aliases.clone_from(&list);
            } else {
                let own = version.aliases.iter();
                assert!(own.clone().all(|alias| !list.contains(alias)), "taken");
            }
        }
        assert_eq!(self.versions(at), expected);
    }

    /// One that is accepted waits for those before it, or ends them.
    fn deploy(&mut self, at: usize, version: &str) {
        let place = &PLACES[at];
        self.world.advance_to(self.clock);
        let before = self.world.deployments(place.endpoint);
        let body = json!({ "model": place.version(version) });
        let accepted = self.manage(at, Operation::DeployModel, "", body);
        let mut expected = before.clone();
        if let Ok(answer) = &accepted {
            self.see(&answer["response"]["created"]);
            for deployment in expected.iter_mut().filter(|d| !d.state.has_ended()) {
                assert_ne!(self.behaviour.second_deploy, SecondDeploy::Refused);
                if self.behaviour.second_deploy == SecondDeploy::CancelsFirst {
                    deployment.state = DeploymentState::Cancelled;
                    deployment.replicas_updated = 0;
                }
            }
        }
        let after = self.world.deployments(place.endpoint);
        assert_eq!(after[..before.len()], expected);
        assert_eq!(after.len() - before.len(), usize::from(accepted.is_ok()));
        if accepted.is_ok() {
            let state = after.last().map(|deployment| deployment.state);
            assert_eq!(state, Some(DeploymentState::NotStarted));
        }
    }

    /// The version that answers serves or is being rolled out.
    fn chat(&mut self, at: usize) {
        let place = &PLACES[at];
        let messages = json!([{ "role": "user", "content": "Hello!" }]);
        let request = Request::new(Operation::ChatCompletions, place.inference_key)
            .body(json!({ "model": place.endpoint, "messages": messages }));
        let answer = self.apply(&request).map(|answer| answer.body());
        let serving = self.world.serving(place.endpoint);
        let rolling = self.rolling(at).map(|deployment| deployment.version);
        let candidates: Vec<_> = serving.into_iter().chain(rolling).collect();
        match answer {
            Ok(answer) => {
                let content = &answer["choices"][0]["message"]["content"];
                let own = candidates.iter().any(|id| {
                    let name = place.version(&id.to_string());
                    *content == format!("Simulated answer from {name}.")
                });
                assert!(own, "{content}, not of {candidates:?}");
                self.see(&answer["created"]);
            }
            Err(refusal) => {
                assert_eq!(refusal.status(), 503);
                assert_eq!(serving, None);
            }
        }
    }

    fn rolling(&self, at: usize) -> Option<DeploymentTruth> {
        let deployments = self.world.deployments(PLACES[at].endpoint);
        deployments
            .into_iter()
            .find(|d| d.replicas_updated > 0 && !d.state.has_ended())
    }

    /// Of what happens now no time is before one that has been seen.
    fn see(&mut self, time: &Value) {
        let time = time.as_u64().expect("a time");
        assert!(time >= self.seen, "time went back");
        self.seen = time;
    }
}
