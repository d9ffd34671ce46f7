//! What holds of the state machine after any requests, at any times, under any behaviour. The
//! property test and the fuzz target of the repository share it.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cerebras_management_simulator::{
    Answer, Behaviour, DeploymentState, DeploymentTruth, INFERENCE_KEY, IdReuse, MANAGEMENT_KEY,
    NewVersion, Operation, Refusal, Request, RolloutOutcome, SecondDeploy, SeedVersion, SeedWorld,
    SyncOutcome, SyncState, Timings, UnsyncedDeploy, World,
};
use serde_json::{Value, json};

pub(crate) const ARCHITECTURE: &str = "gpt-oss-120b";
pub(crate) const ENDPOINT: &str = "my-org-gpt-oss-120b";
pub(crate) const ALIASES: [&str; 3] = ["production", "canary", "v1-stable"];
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

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(u64),
    Upload(Vec<&'static str>),
    SetAliases(&'static str, Vec<&'static str>),
    Delete(&'static str),
    Deploy(&'static str),
    Chat,
    PlanSync(SyncOutcome),
    PlanRollout(RolloutOutcome),
    /// Anything at all, but for uploads: their URIs are to be unique.
    Other(Request),
}

/// Takes the steps one by one, and checks after each; then lets everything end.
pub(crate) fn run(behaviour: Behaviour, versions: u64, steps: Vec<Step>) {
    let mut watch = Watch::new(behaviour, versions);
    let waits = behaviour.unsynced_deploy == UnsyncedDeploy::Waits;
    let stalls = steps.iter().any(|step| match step {
        Step::PlanRollout(outcome) => matches!(outcome, RolloutOutcome::Stalls { .. }),
        Step::PlanSync(outcome) => waits && *outcome == SyncOutcome::Stalls,
        _ => false,
    });
    for step in steps {
        watch.take(step);
        watch.check();
    }

    // In the end everything has ended, and one version answers every request.
    watch.now += Duration::from_secs(1_000_000);
    watch.check();
    let deployments = watch.world.deployments(ENDPOINT);
    if !stalls {
        assert!(deployments.iter().all(|d| d.state.has_ended()));
    } else if behaviour.second_deploy == SecondDeploy::CancelsFirst {
        let mut before_last = deployments.iter().rev().skip(1);
        assert!(before_last.all(|d| d.state.has_ended()));
    }
    for _ in 0..8 {
        watch.chat();
    }
    let (answered, updated) = (&watch.answered, &watch.updated);
    assert!(answered.is_sorted(), "time went back: {answered:?}");
    assert!(updated.is_sorted(), "time went back: {updated:?}");
}

/// A world, and what has been seen of it.
struct Watch {
    world: World,
    now: Duration,
    behaviour: Behaviour,
    highest_id: u64,
    /// The URI of each upload is unique, so it tells versions apart even if ids do not.
    uploads: u64,
    done: BTreeSet<String>,
    ended: BTreeMap<String, DeploymentState>,
    answered: Vec<u64>,
    updated: Vec<u64>,
    states: Vec<(String, DeploymentState)>,
}

impl Watch {
    fn new(behaviour: Behaviour, versions: u64) -> Self {
        let mut seed = SeedWorld::default();
        for n in 0..versions {
            let version = SeedVersion::new(ARCHITECTURE, format!("s3://seed/{n}"));
            seed.orgs[0].versions.push(version);
        }
        let world = World::new(&seed, behaviour, Timings::default(), 1_736_700_000);
        Self {
            world: world.expect("the default world"),
            now: Duration::ZERO,
            behaviour,
            highest_id: versions,
            uploads: 0,
            done: BTreeSet::new(),
            ended: BTreeMap::new(),
            answered: Vec::new(),
            updated: Vec::new(),
            states: Vec::new(),
        }
    }

    fn apply(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let answer = self.world.apply(request, self.now);
        if let Err(refusal) = &answer {
            assert!((400..504).contains(&refusal.status()), "{refusal}");
        }
        answer
    }

    fn manage(&mut self, operation: Operation, version: &str, body: Value) -> Option<Value> {
        let request = Request::new(operation, MANAGEMENT_KEY)
            .org("my-org")
            .architecture(ARCHITECTURE)
            .endpoint(ENDPOINT)
            .version(version)
            .body(body);
        self.apply(&request).ok().map(|answer| answer.body())
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait(seconds) => self.now += Duration::from_secs(seconds),
            Step::Upload(aliases) => self.upload(&aliases),
            Step::SetAliases(version, list) => {
                let body = json!({ "version_aliases": list });
                self.manage(Operation::UpdateModelVersionAliases, version, body);
            }
            Step::Delete(version) => {
                self.manage(Operation::DeleteModelVersion, version, Value::Null);
            }
            Step::Deploy(version) => {
                let model = format!("orgs/my-org/models/{ARCHITECTURE}/versions/{version}");
                self.deploy(&json!({ "model": model }));
            }
            Step::Chat => self.chat(),
            Step::PlanSync(outcome) => assert!(self.world.plan_sync(ARCHITECTURE, outcome)),
            Step::PlanRollout(outcome) => assert!(self.world.plan_rollout(ENDPOINT, outcome)),
            Step::Other(request) => {
                // What it did, if it did anything, shows in the checks.
                let _ = self.apply(&request);
            }
        }
    }

    fn upload(&mut self, aliases: &[&str]) {
        self.uploads += 1;
        let model = json!({
            "weight_uri": format!("s3://bucket/{}", self.uploads),
            "version_aliases": aliases
        });
        let body = json!({ "model_arch_id": ARCHITECTURE, "model": model });
        let Some(answer) = self.manage(Operation::UploadModelVersion, "", body) else {
            return;
        };
        let name = answer["name"].as_str().expect("a name");
        let id = name.rsplit('/').next().and_then(|id| id.parse().ok());
        let id: u64 = id.expect("an integer id");
        if self.behaviour.id_reuse == IdReuse::Never {
            assert!(id > self.highest_id, "{id} after {}", self.highest_id);
        }
        self.highest_id = id.max(self.highest_id);
    }

    /// One that is accepted waits for those before it, or ends them.
    fn deploy(&mut self, body: &Value) {
        self.world.advance_to(self.now);
        let before = self.world.deployments(ENDPOINT);
        let accepted = self.manage(Operation::DeployModel, "", body.clone());
        let mut expected = before.clone();
        if accepted.is_some() {
            for deployment in expected.iter_mut().filter(|d| !d.state.has_ended()) {
                assert_ne!(self.behaviour.second_deploy, SecondDeploy::Refused);
                if self.behaviour.second_deploy == SecondDeploy::CancelsFirst {
                    deployment.state = DeploymentState::Cancelled;
                    deployment.replicas_updated = 0;
                }
            }
        }
        let after = self.world.deployments(ENDPOINT);
        assert_eq!(after[..before.len()], expected);
        assert_eq!(after.len() - before.len(), usize::from(accepted.is_some()));
    }

    /// The version that answers serves or is being rolled out.
    fn chat(&mut self) {
        let messages = json!([{ "role": "user", "content": "Hello!" }]);
        let request = Request::new(Operation::ChatCompletions, INFERENCE_KEY)
            .body(json!({ "model": ENDPOINT, "messages": messages }));
        let answer = self.apply(&request).map(|answer| answer.body());
        let serving = self.world.serving(ENDPOINT);
        let rolling = self.rolling().map(|deployment| deployment.version);
        let candidates: Vec<_> = serving.into_iter().chain(rolling).collect();
        match answer {
            Ok(answer) => {
                let content = &answer["choices"][0]["message"]["content"];
                let own = candidates.iter().any(|id| {
                    *content
                        == format!(
                            "Simulated answer from orgs/my-org/models/{ARCHITECTURE}/versions/{id}."
                        )
                });
                assert!(own, "{content}, not of {candidates:?}");
                self.answered
                    .push(answer["created"].as_u64().expect("a time"));
            }
            Err(refusal) => {
                assert_eq!(refusal.status(), 503);
                assert_eq!(serving, None);
            }
        }
    }

    fn rolling(&self) -> Option<DeploymentTruth> {
        let deployments = self.world.deployments(ENDPOINT);
        deployments
            .into_iter()
            .find(|d| d.replicas_updated > 0 && !d.state.has_ended())
    }

    fn check(&mut self) {
        self.world.advance_to(self.now);
        self.check_aliases();
        self.check_versions();
        self.check_deployments();
        let endpoint = self.manage(Operation::GetEndpoint, "", Value::Null);
        let endpoint = endpoint.expect("the endpoint");
        let updated = endpoint["updated"].as_u64().expect("a time");
        let deployments = self.world.deployments(ENDPOINT);
        let states: Vec<_> = deployments.into_iter().map(|d| (d.id, d.state)).collect();
        // It is updated when a deployment comes or changes state, and not otherwise.
        if states == self.states {
            assert_eq!(self.updated.last().copied().unwrap_or(updated), updated);
        }
        self.states = states;
        self.updated.push(updated);
    }

    /// An alias names at most one version, and that version by every path.
    fn check_aliases(&mut self) {
        let mut holders = BTreeMap::new();
        for version in self.world.versions(ARCHITECTURE) {
            for alias in version.aliases {
                let other = holders.insert(alias, version.id);
                assert_eq!(other, None, "an alias of two versions");
            }
        }
        let at_once = self.behaviour.new_version == NewVersion::AtOnce;
        for alias in ALIASES {
            let found = self.manage(Operation::GetModelVersion, alias, Value::Null);
            if at_once || found.is_some() {
                assert_eq!(found.is_some(), holders.contains_key(alias), "{alias}");
            }
        }
        for (alias, id) in holders {
            let by_alias = self.manage(Operation::GetModelVersion, &alias, Value::Null);
            let by_id = self.manage(Operation::GetModelVersion, &id.to_string(), Value::Null);
            assert!(by_alias.is_some() || !at_once);
            assert_eq!(by_alias, by_id);
        }
    }

    /// What is done stays done.
    fn check_versions(&mut self) {
        let list = self.manage(Operation::ListModelVersions, "", Value::Null);
        let list = list.expect("a list")["model_versions"].clone();
        let list = list.as_array().expect("an array").clone();
        let truth = self.world.versions(ARCHITECTURE);
        if self.behaviour.new_version == NewVersion::AtOnce {
            assert_eq!(list.len(), truth.len());
        }
        for shown in &list {
            let name = shown["name"].as_str().expect("a name");
            let own = |id: u64| name == format!("orgs/my-org/models/{ARCHITECTURE}/versions/{id}");
            let truth = truth.iter().find(|truth| own(truth.id));
            let truth = truth.expect("what is listed is there");
            let done = shown["done"] == true;
            if done {
                self.done.insert(truth.weight_uri.clone());
                assert!(
                    truth.sync >= SyncState::Synced,
                    "done, but {:?}",
                    truth.sync
                );
            }
            assert_eq!(done, self.done.contains(&truth.weight_uri));
        }
    }

    /// Each deployment ends once; what serves is the newest that is complete.
    fn check_deployments(&mut self) {
        let deployments = self.world.deployments(ENDPOINT);
        let mut unfinished = false;
        let mut complete = None;
        for deployment in &deployments {
            if deployment.state.has_ended() {
                assert!(!unfinished, "one ended before the one in front of it");
                let id = deployment.id.clone();
                let first = *self.ended.entry(id).or_insert(deployment.state);
                assert_eq!(deployment.state, first, "ended twice");
            } else {
                assert!(!self.ended.contains_key(&deployment.id), "began again");
                let started = deployment.state != DeploymentState::NotStarted;
                assert!(!(started && unfinished), "two at once");
                unfinished = true;
            }
            if deployment.state == DeploymentState::Complete {
                complete = Some(deployment.version);
            }
            assert!(deployment.replicas_updated <= deployment.replicas);
        }
        assert_eq!(self.world.serving(ENDPOINT), complete);
    }
}
