//! Which syncs and rollouts go wrong: by name, by number and by chance.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, DeploymentState, FaultPlan, MANAGEMENT_KEY, Operation, PlannedRollout, PlannedSync,
    Request, RolloutOutcome, SeedOrg, SeedWorld, Simulator, SyncOutcome, SyncState, Timings, World,
};
use common::{ENDPOINT, Rig};
use serde_json::json;

/// Uploads one after another to the architectures, and says which end badly.
fn failed(world: &mut World, architectures: &[&str]) -> Vec<bool> {
    for (n, architecture) in architectures.iter().enumerate() {
        let model = json!({ "weight_uri": format!("s3://b/{n}") });
        let request = Request::new(Operation::UploadModelVersion, MANAGEMENT_KEY)
            .org("my-org")
            .body(json!({ "model_arch_id": architecture, "model": model }));
        world.apply(&request, Duration::ZERO).expect("an upload");
    }
    world.advance_to(Duration::from_secs(3600));
    let mut all = [
        world.versions("gpt-oss-120b"),
        world.versions("llama3.1-8b"),
    ]
    .concat();
    all.sort_by_key(|version| version.weight_uri[7..].parse::<u64>().expect("a number"));
    all.iter().map(|v| v.sync == SyncState::Failed).collect()
}

fn world(plan: &FaultPlan) -> World {
    let seed = SeedWorld::default();
    let world = World::new(&seed, Behaviour::default(), Timings::default(), 0);
    let mut world = world.expect("the default world");
    world.set_plan(plan).expect("a plan for it");
    world
}

#[tokio::test]
async fn the_second_rollout_fails() {
    let plan = FaultPlan::parse(
        "[[rollout]]\nendpoint = \"my-org-gpt-oss-120b\"\n\
         outcome = { rolls_back = { replicas = 1 } }\nafter = 1\ntimes = 1\n",
    )
    .expect("a plan");
    let rolls_back = RolloutOutcome::RollsBack { replicas: 1 };
    let second = PlannedRollout::of(ENDPOINT, rolls_back).nth(2);
    assert_eq!(plan, FaultPlan::new().planned_rollout(second));

    let rig = Rig::with(Simulator::builder().faults(plan)).await;
    rig.upload("s3://b/1").await;
    rig.simulator.advance(Duration::from_secs(1000));
    for _ in 0..3 {
        rig.deploy("1").await.ok();
        rig.simulator.advance(Duration::from_secs(1000));
    }
    let states = rig.simulator.deployments(ENDPOINT);
    let states: Vec<_> = states.into_iter().map(|d| d.state).collect();
    assert_eq!(
        states,
        [
            DeploymentState::Complete,
            DeploymentState::RolledBack,
            DeploymentState::Complete,
        ]
    );
    assert_eq!(rig.simulator.faults(), FaultPlan::new());
}

/// By its id, or by the alias that the deploy names.
#[tokio::test]
async fn the_rollouts_of_one_version_fail() {
    let errors = RolloutOutcome::Errors { replicas: 0 };
    let of = |version: &str| PlannedRollout::of(ENDPOINT, errors.clone()).version(version);
    let plan = FaultPlan::new().planned_rollout(of("2").times(2));
    let text = "[[rollout]]\nendpoint = \"my-org-gpt-oss-120b\"\nversion = \"2\"\ntimes = 2\n\
                outcome = { errors = { replicas = 0 } }\n";
    assert_eq!(FaultPlan::parse(text).expect("a plan"), plan);
    let plan = plan.planned_rollout(of("stable"));
    let rig = Rig::with(Simulator::builder().faults(plan)).await;
    for _ in 0..2 {
        rig.upload("s3://b/w").await;
    }
    for (id, names) in [(1, vec!["stable", "run-1"]), (2, vec!["run-2"])] {
        let path = format!("orgs/my-org/models/gpt-oss-120b/versions/{id}");
        let aliases = json!({ "version_aliases": names });
        rig.patch(&path, &aliases).await.ok();
    }
    for reference in ["1", "2", "run-1", "run-2", "stable"] {
        rig.deploy(reference).await.ok();
        rig.simulator.advance(Duration::from_secs(1000));
    }
    let states = rig.simulator.deployments(ENDPOINT).into_iter();
    let failed = states.map(|deployment| deployment.state == DeploymentState::Error);
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed, [false, true, false, true, true]);
}

#[test]
fn the_syncs_of_one_org_fail() {
    let text = "[[sync]]\norg = \"acme\"\noutcome = \"fails\"\n";
    let plan = FaultPlan::parse(text).expect("a plan");
    let fails = PlannedSync::of_any(SyncOutcome::Fails).org("acme");
    assert_eq!(plan, FaultPlan::new().planned_sync(fails));
    let acme = SeedOrg::new("acme").architecture("gpt-oss-120b");
    let seed = SeedWorld::default().org(acme);
    let world = World::new(&seed, Behaviour::default(), Timings::default(), 0);
    let mut world = world.expect("a world");
    world.set_plan(&plan).expect("a plan for it");
    for org in ["my-org", "acme", "acme"] {
        let request = Request::new(Operation::UploadModelVersion, MANAGEMENT_KEY).org(org);
        let model = json!({ "weight_uri": "s3://b/w" });
        let body = json!({ "model_arch_id": "gpt-oss-120b", "model": model });
        let answer = world.apply(&request.body(body), Duration::ZERO);
        answer.expect("an upload");
    }
    world.advance_to(Duration::from_secs(3600));
    let syncs = world.versions("gpt-oss-120b").into_iter();
    let syncs: Vec<_> = syncs.map(|version| (version.org, version.sync)).collect();
    let of = |org: &str, sync| (org.to_owned(), sync);
    assert_eq!(
        syncs,
        [
            of("acme", SyncState::Failed),
            of("acme", SyncState::Synced),
            of("my-org", SyncState::Synced),
        ]
    );
    // An org that is not there would match nothing.
    let plan = FaultPlan::parse(&text.replace("acme", "acne")).expect("a plan");
    let error = world.set_plan(&plan).expect_err("no such org").to_string();
    let expected = "sync[0].org: the world has no org \"acne\"; expected one of: acme, my-org";
    assert_eq!(error, expected);
}

#[test]
fn a_tenth_of_all_syncs_fails() {
    let text = "seed = 7\n[[sync]]\noutcome = \"fails\"\nprobability = 0.1\n";
    let plan = FaultPlan::parse(text).expect("a plan");
    let tenth = PlannedSync::of_any(SyncOutcome::Fails).probability(0.1);
    let same = FaultPlan::new().seed(7).planned_sync(tenth);
    assert_eq!(plan, same);

    let both = ["gpt-oss-120b", "llama3.1-8b"].repeat(250);
    let failures = failed(&mut world(&plan), &both);
    assert_eq!(failures, failed(&mut world(&same), &both));
    assert_ne!(failures, failed(&mut world(&same.seed(8)), &both));
    let count = failures.iter().filter(|failed| **failed).count();
    assert!((30..70).contains(&count), "{count} of 500");
}

/// What a world is like says what its next draw is: a copy goes the same way.
#[test]
fn a_copy_of_a_world_draws_alike() {
    let half = PlannedSync::of("gpt-oss-120b", SyncOutcome::Fails).probability(0.5);
    let mut world = world(&FaultPlan::new().planned_sync(half));
    failed(&mut world, &["gpt-oss-120b"; 10]);
    let mut copy = world.clone();
    let more = ["gpt-oss-120b"; 100];
    assert_eq!(failed(&mut world, &more), failed(&mut copy, &more));
}

#[test]
fn an_entry_counts_what_is_its_own() {
    let plan = FaultPlan::new()
        .planned_sync(PlannedSync::of("llama3.1-8b", SyncOutcome::Fails).nth(2))
        .planned_sync(PlannedSync::of_any(SyncOutcome::Fails).nth(1));
    let uploads = ["gpt-oss-120b", "llama3.1-8b", "gpt-oss-120b", "llama3.1-8b"];
    let failures = failed(&mut world(&plan), &uploads);
    assert_eq!(failures, [true, false, false, true]);
}

/// Neither code nor a file can ask for more than all.
#[tokio::test]
async fn a_probability_is_no_more_than_1() {
    let completes = PlannedRollout::of_any(RolloutOutcome::Completes).probability(1.5);
    let plan = FaultPlan::new().planned_rollout(completes);
    let started = Simulator::builder().faults(plan).start().await;
    assert_eq!(
        started.expect_err("no probability").to_string(),
        "rollout[0].probability: expected a probability from 0 to 1, not 1.5"
    );
    let text = "[[sync]]\noutcome = \"fails\"\n\nprobability = 2.0\n";
    assert_eq!(
        FaultPlan::parse(text)
            .expect_err("no probability")
            .to_string(),
        "fault file:4: expected a probability from 0 to 1, not 2"
    );
}
