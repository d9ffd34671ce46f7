//! What holds of the state machine after any requests, at any times, under any behaviour.

mod strategies;
mod watch;

use cerebras_management_simulator::{
    Behaviour, INFERENCE_KEY, MANAGEMENT_KEY, Operation, Request, RolloutOutcome, SyncOutcome,
};
use proptest::prelude::*;
use proptest::sample::select;

use strategies::json_value;
use watch::{ALIASES, ARCHITECTURE, ENDPOINT, REFERENCES, Step};

fn aliases() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(ALIASES.to_vec()), 0..3)
}

fn reference() -> impl Strategy<Value = &'static str> {
    select(REFERENCES.to_vec())
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
        1 => other().prop_map(Step::Other),
    ]
}

/// A request for any operation but an upload, with names that are there or not and any body.
fn other() -> impl Strategy<Value = Request> {
    let operation = select(vec![
        Operation::ListModelArchitectures,
        Operation::ListModelVersions,
        Operation::GetModelVersion,
        Operation::UpdateModelVersionAliases,
        Operation::DeleteModelVersion,
        Operation::ListEndpoints,
        Operation::GetEndpoint,
        Operation::DeployModel,
        Operation::ChatCompletions,
    ]);
    let key = select(vec![MANAGEMENT_KEY, INFERENCE_KEY, "another-key"]);
    let org = select(vec!["my-org", "other-org", ""]);
    let architecture = select(vec![ARCHITECTURE, "llama3.1-8b", "none"]);
    let endpoint = select(vec![ENDPOINT, "my-org-llama3.1-8b", ".."]);
    let path = (org, architecture, reference(), endpoint);
    (operation, key, path, json_value()).prop_map(|(operation, key, path, body)| {
        let (org, architecture, version, endpoint) = path;
        Request::new(operation, key)
            .org(org)
            .architecture(architecture)
            .version(version)
            .endpoint(endpoint)
            .body(body)
    })
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold(
        behaviour in behaviour(),
        versions in 0..3_u64,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        watch::run(behaviour, versions, steps);
    }
}
