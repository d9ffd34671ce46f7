//! Any requests, at any times, under any behaviour: nothing panics, and the invariants of the
//! simulator's own property test hold.
#![no_main]

#[path = "../../crates/simulator/tests/watch/mod.rs"]
mod watch;

use cerebras_management_simulator::{
    Behaviour, FaultPlan, INFERENCE_KEY, MANAGEMENT_KEY, PlannedRollout, PlannedSync, Request,
    RolloutOutcome, SyncOutcome,
};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

use watch::{ALIASES, OPERATIONS, PLACES, REFERENCES, Step, Upload};

fuzz_target!(|input: Input| watch::run(input.behaviour, input.versions, input.steps));

#[derive(Debug)]
struct Input {
    behaviour: Behaviour,
    versions: u64,
    steps: Vec<Step>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let behaviour = behaviour(bytes)?;
        let versions = bytes.int_in_range(0..=3)?;
        let mut steps = Vec::new();
        while !bytes.is_empty() && steps.len() < 100 {
            steps.push(step(bytes)?);
        }
        Ok(Self {
            behaviour,
            versions,
            steps,
        })
    }
}

fn behaviour(bytes: &mut Unstructured<'_>) -> Result<Behaviour> {
    let mut behaviour = Behaviour::default();
    for switch in Behaviour::SWITCHES {
        let value = bytes.choose(switch.values)?;
        behaviour
            .set(switch.name, value)
            .expect("a switch and its value");
    }
    Ok(behaviour)
}

fn step(bytes: &mut Unstructured<'_>) -> Result<Step> {
    Ok(match bytes.int_in_range(0..=10)? {
        0 => Step::Wait(bytes.int_in_range(0..=150)?),
        1 => Step::Upload(place(bytes)?, upload(bytes)?),
        2 => Step::SetAliases(place(bytes)?, reference(bytes)?, aliases(bytes)?),
        3 => Step::Delete(place(bytes)?, reference(bytes)?),
        4 => Step::Deploy(place(bytes)?, reference(bytes)?),
        5 => Step::Chat(place(bytes)?),
        6 => Step::PlanSync(place(bytes)?, sync(bytes)?),
        7 => Step::PlanRollout(place(bytes)?, rollout(bytes)?),
        8 => Step::Back(bytes.int_in_range(0..=300)?),
        9 => Step::Plan(plan(bytes)?),
        _ => Step::Other(request(bytes)?),
    })
}

fn place(bytes: &mut Unstructured<'_>) -> Result<usize> {
    bytes.choose_index(PLACES.len())
}

fn reference(bytes: &mut Unstructured<'_>) -> Result<String> {
    text(bytes, &REFERENCES)
}

fn aliases(bytes: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let count = bytes.int_in_range(0..=3)?;
    (0..count).map(|_| text(bytes, &ALIASES)).collect()
}

fn upload(bytes: &mut Unstructured<'_>) -> Result<Upload> {
    const URIS: [&str; 4] = ["s3://b/1", "s3://b//2/", "s3://", "s3:///k"];
    Ok(Upload {
        weight_uri: text(bytes, &URIS)?,
        aliases: if bytes.arbitrary()? {
            Some(aliases(bytes)?)
        } else {
            None
        },
        suffix: bytes.arbitrary()?,
    })
}

/// Syncs and rollouts, by name, by number and by chance.
fn plan(bytes: &mut Unstructured<'_>) -> Result<FaultPlan> {
    let mut plan = FaultPlan::new().seed(bytes.arbitrary()?);
    for _ in 0..bytes.int_in_range(0..=2)? {
        let mut planned = PlannedSync::of_any(sync(bytes)?);
        if bytes.arbitrary()? {
            planned.architecture = Some(PLACES[place(bytes)?].architecture.to_owned());
        }
        (planned.after, planned.probability, planned.times) = turns(bytes)?;
        plan = plan.planned_sync(planned);
    }
    for _ in 0..bytes.int_in_range(0..=2)? {
        let mut planned = PlannedRollout::of_any(rollout(bytes)?);
        if bytes.arbitrary()? {
            planned.endpoint = Some(PLACES[place(bytes)?].endpoint.to_owned());
        }
        (planned.after, planned.probability, planned.times) = turns(bytes)?;
        plan = plan.planned_rollout(planned);
    }
    Ok(plan)
}

fn turns(bytes: &mut Unstructured<'_>) -> Result<(u64, Option<f64>, Option<u64>)> {
    let percent: Option<u8> = bytes.arbitrary()?;
    let probability = percent.map(|percent| f64::from(percent % 101) / 100.0);
    Ok((bytes.int_in_range(0..=3)?, probability, bytes.arbitrary()?))
}

fn sync(bytes: &mut Unstructured<'_>) -> Result<SyncOutcome> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => SyncOutcome::Succeeds,
        1 => SyncOutcome::Fails,
        2 => SyncOutcome::Stalls,
        _ => SyncOutcome::Ends {
            status: bytes.arbitrary()?,
        },
    })
}

fn rollout(bytes: &mut Unstructured<'_>) -> Result<RolloutOutcome> {
    let replicas = bytes.arbitrary()?;
    Ok(match bytes.int_in_range(0..=3)? {
        0 => RolloutOutcome::Completes,
        1 => RolloutOutcome::RollsBack { replicas },
        2 => RolloutOutcome::Errors { replicas },
        _ => RolloutOutcome::Stalls { replicas },
    })
}

/// A request for any operation, with any names, key and body.
fn request(bytes: &mut Unstructured<'_>) -> Result<Request> {
    let operation = *bytes.choose(&OPERATIONS)?;
    let own = PLACES[place(bytes)?];
    let keys = [
        own.management_key,
        own.inference_key,
        MANAGEMENT_KEY,
        INFERENCE_KEY,
    ];
    let request = Request::new(operation, text(bytes, &keys)?)
        .org(text(bytes, &[own.org])?)
        .architecture(text(bytes, &[own.architecture])?)
        .version(text(bytes, &REFERENCES)?)
        .endpoint(text(bytes, &[own.endpoint])?);
    Ok(request.body(json(bytes, 4)?))
}

/// One of the usual, mostly, or anything.
fn text(bytes: &mut Unstructured<'_>, usual: &[&str]) -> Result<String> {
    if bytes.ratio(7, 8)? {
        Ok((*bytes.choose(usual)?).to_owned())
    } else {
        bytes.arbitrary()
    }
}

fn json(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    const NAMES: [&str; 8] = [
        "model",
        "model_arch_id",
        "weight_uri",
        "version_aliases",
        "system_fingerprint_suffix",
        "messages",
        "role",
        "stream",
    ];
    const TEXTS: [&str; 10] = [
        "my-org-gpt-oss-120b",
        "other-org-gpt-oss-120b",
        "gpt-oss-120b",
        "user",
        "production",
        "s3://b/w",
        "orgs/my-org/models/gpt-oss-120b/versions/1",
        "orgs/other-org/models/gpt-oss-120b/versions/canary",
        "orgs/my-org/models/llama3.1-8b/versions/1",
        "orgs//models//versions/",
    ];
    let kinds = if depth == 0 { 3 } else { 5 };
    Ok(match bytes.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => bytes.arbitrary::<bool>()?.into(),
        2 => bytes.arbitrary::<i64>()?.into(),
        3 => text(bytes, &TEXTS)?.into(),
        4 => {
            let count = bytes.int_in_range(0..=3)?;
            let items: Result<Vec<_>> = (0..count).map(|_| json(bytes, depth - 1)).collect();
            items?.into()
        }
        _ => {
            let count = bytes.int_in_range(0..=4)?;
            let fields: Result<Map<_, _>> = (0..count)
                .map(|_| Ok((text(bytes, &NAMES)?, json(bytes, depth - 1)?)))
                .collect();
            fields?.into()
        }
    })
}
