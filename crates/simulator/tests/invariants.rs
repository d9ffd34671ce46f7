//! What holds of the state machine after any requests, at any times, under any behaviour.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cerebras_management_simulator::{
    Answer, Behaviour, DeploymentState, DeploymentTruth, INFERENCE_KEY, IdReuse, MANAGEMENT_KEY,
    Operation, Refusal, Request, RolloutOutcome, SecondDeploy, SeedVersion, SeedWorld, SyncOutcome,
    SyncState, Timings, World,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const ARCHITECTURE: &str = "gpt-oss-120b";
const ENDPOINT: &str = "my-org-gpt-oss-120b";

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Upload(Vec<&'static str>),
    SetAliases(&'static str, Vec<&'static str>),
    Delete(&'static str),
    Deploy(&'static str),
    Chat,
    PlanSync(SyncOutcome),
    PlanRollout(RolloutOutcome),
}

fn aliases() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(vec!["production", "canary", "v1-stable"]), 0..3)
}

fn reference() -> impl Strategy<Value = &'static str> {
    select(vec![
        "1",
        "2",
        "3",
        "4",
        "production",
        "canary",
        "v1-stable",
        "007",
    ])
}

fn rollout() -> impl Strategy<Value = RolloutOutcome> {
    let replicas = 0..6_u32;
    prop_oneof![
        Just(RolloutOutcome::Completes),
        replicas
            .clone()
            .prop_map(|replicas| RolloutOutcome::RollsBack { replicas }),
        replicas
            .clone()
            .prop_map(|replicas| RolloutOutcome::Errors { replicas }),
        replicas.prop_map(|replicas| RolloutOutcome::Stalls { replicas }),
    ]
}

fn sync() -> impl Strategy<Value = SyncOutcome> {
    let status = "cancelled".to_owned();
    select(vec![
        SyncOutcome::Succeeds,
        SyncOutcome::Fails,
        SyncOutcome::Stalls,
        SyncOutcome::Ends { status },
    ])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..8_u64).prop_map(Step::Wait),
        3 => (0..150_u64).prop_map(Step::Wait),
        3 => aliases().prop_map(Step::Upload),
        2 => (reference(), aliases()).prop_map(|(of, list)| Step::SetAliases(of, list)),
        1 => reference().prop_map(Step::Delete),
        4 => reference().prop_map(Step::Deploy),
        3 => Just(Step::Chat),
        1 => sync().prop_map(Step::PlanSync),
        2 => rollout().prop_map(Step::PlanRollout),
    ]
}

/// Any value of each switch.
fn behaviour() -> impl Strategy<Value = Behaviour> {
    let choices: Vec<_> = Behaviour::SWITCHES
        .iter()
        .map(|s| select(s.values))
        .collect();
    choices.prop_map(|values| {
        let mut behaviour = Behaviour::default();
        for (switch, value) in Behaviour::SWITCHES.iter().zip(values) {
            behaviour
                .set(switch.name, value)
                .expect("a switch and its value");
        }
        behaviour
    })
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
        for alias in ["production", "canary", "v1-stable"] {
            let found = self.manage(Operation::GetModelVersion, alias, Value::Null);
            assert_eq!(found.is_some(), holders.contains_key(alias), "{alias}");
        }
        for (alias, id) in holders {
            let by_alias = self.manage(Operation::GetModelVersion, &alias, Value::Null);
            let by_id = self.manage(Operation::GetModelVersion, &id.to_string(), Value::Null);
            assert!(by_alias.is_some());
            assert_eq!(by_alias, by_id);
        }
    }

    /// What is done stays done.
    fn check_versions(&mut self) {
        let list = self.manage(Operation::ListModelVersions, "", Value::Null);
        let list = list.expect("a list")["model_versions"].clone();
        let list = list.as_array().expect("an array").clone();
        let truth = self.world.versions(ARCHITECTURE);
        assert_eq!(list.len(), truth.len());
        for (shown, truth) in list.iter().zip(truth) {
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold(
        behaviour in behaviour(),
        versions in 0..3_u64,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut watch = Watch::new(behaviour, versions);
        let stalls = steps.iter().any(|step| {
            matches!(step, Step::PlanRollout(RolloutOutcome::Stalls { .. }))
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
            prop_assert!(deployments.iter().all(|d| d.state.has_ended()));
        } else if behaviour.second_deploy == SecondDeploy::CancelsFirst {
            let before_last = deployments.iter().rev().skip(1);
            prop_assert!(before_last.clone().all(|d| d.state.has_ended()));
        }
        for _ in 0..8 {
            watch.chat();
        }
        prop_assert!(watch.answered.is_sorted(), "time went back: {:?}", watch.answered);
        prop_assert!(watch.updated.is_sorted(), "time went back: {:?}", watch.updated);
    }
}
