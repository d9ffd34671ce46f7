//! What holds of the state machine after any requests, at any times, under any behaviour.

mod strategies;
mod watch;

use cerebras_management_simulator::{
    Behaviour, FaultPlan, INFERENCE_KEY, MANAGEMENT_KEY, PlannedRollout, PlannedSync, Request,
    RolloutOutcome, SyncOutcome,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use strategies::json_value;
use watch::{ALIASES, OPERATIONS, PLACES, REFERENCES, Step, Upload};

fn place() -> impl Strategy<Value = usize> {
    // Mostly the first, so that much happens there.
    prop_oneof![4 => Just(0), 1 => 0..PLACES.len()]
}

fn reference() -> impl Strategy<Value = String> {
    select(REFERENCES.to_vec()).prop_map(str::to_owned)
}

/// Mostly right.
fn aliases() -> impl Strategy<Value = Vec<String>> {
    let right = select(ALIASES.to_vec()).prop_map(str::to_owned);
    let edge = prop_oneof![
        (126..=129_usize).prop_map(|length| "a".repeat(length)),
        select(vec![
            "", "a", "a1", "1a", "A1", "a-", "-a", "aB", "aB1", "ä1", "a1\n"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9-]{1,4}",
        any::<String>(),
    ];
    prop::collection::vec(prop_oneof![8 => right, 1 => edge], 0..4)
}

fn upload() -> impl Strategy<Value = Upload> {
    let right = "s3://bucket/[a-c]{1,2}";
    let edge = prop_oneof![
        select(vec![
            "",
            "s3://",
            "s3://b",
            "s3:///k",
            "s3://b//k/",
            "S3://b/k",
            "https://b/k"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let weight_uri = prop_oneof![6 => right, 1 => edge];
    let suffix = prop_oneof![Just(String::new()), "run-[0-9]", any::<String>()];
    (weight_uri, option::of(aliases()), option::of(suffix)).prop_map(
        |(weight_uri, aliases, suffix)| Upload {
            weight_uri,
            aliases,
            suffix,
        },
    )
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

/// Syncs and rollouts, by name, by number and by chance.
fn plan() -> impl Strategy<Value = FaultPlan> {
    let turns = (0..3_u64, option::of(0.0..=1.0), option::of(0..3_u64));
    let architecture = place().prop_map(|at| PLACES[at].architecture.to_owned());
    let syncs = (option::of(architecture), sync(), turns.clone());
    let syncs = syncs.prop_map(|(architecture, outcome, (after, probability, times))| {
        let mut planned = PlannedSync::of_any(outcome).after(after);
        planned.architecture = architecture;
        planned.probability = probability;
        planned.times = times;
        planned
    });
    let endpoint = place().prop_map(|at| PLACES[at].endpoint.to_owned());
    let rollouts = (option::of(endpoint), rollout(), turns);
    let rollouts = rollouts.prop_map(|(endpoint, outcome, (after, probability, times))| {
        let mut planned = PlannedRollout::of_any(outcome).after(after);
        planned.endpoint = endpoint;
        planned.probability = probability;
        planned.times = times;
        planned
    });
    let syncs = prop::collection::vec(syncs, 0..3);
    let rollouts = prop::collection::vec(rollouts, 0..3);
    (any::<u64>(), syncs, rollouts).prop_map(|(seed, syncs, rollouts)| {
        let plan = FaultPlan::new().seed(seed);
        let plan = syncs.into_iter().fold(plan, FaultPlan::planned_sync);
        rollouts.into_iter().fold(plan, FaultPlan::planned_rollout)
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..8_u64).prop_map(Step::Wait),
        3 => (0..150_u64).prop_map(Step::Wait),
        1 => (0..300_u64).prop_map(Step::Back),
        3 => (place(), upload()).prop_map(|(at, upload)| Step::Upload(at, upload)),
        2 => (place(), reference(), aliases())
            .prop_map(|(at, version, list)| Step::SetAliases(at, version, list)),
        1 => (place(), reference()).prop_map(|(at, version)| Step::Delete(at, version)),
        4 => (place(), reference()).prop_map(|(at, version)| Step::Deploy(at, version)),
        3 => place().prop_map(Step::Chat),
        1 => (place(), sync()).prop_map(|(at, outcome)| Step::PlanSync(at, outcome)),
        2 => (place(), rollout()).prop_map(|(at, outcome)| Step::PlanRollout(at, outcome)),
        1 => plan().prop_map(Step::Plan),
        1 => other().prop_map(Step::Other),
    ]
}

/// A request for any operation, with names that are there or not and any body.
fn other() -> impl Strategy<Value = Request> {
    let operation = select(OPERATIONS.to_vec());
    let key = select(vec![
        MANAGEMENT_KEY,
        INFERENCE_KEY,
        PLACES[2].management_key,
        "another-key",
    ]);
    let org = select(vec!["my-org", "other-org", ""]);
    let architecture = select(vec!["gpt-oss-120b", "llama3.1-8b", "none"]);
    let endpoint = select(vec![
        PLACES[0].endpoint,
        PLACES[1].endpoint,
        PLACES[2].endpoint,
        "..",
    ]);
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
