//! Any requests, at any times, under any behaviour: nothing panics, and the invariants of the
//! simulator's own property test hold.
#![no_main]

#[path = "../../crates/simulator/tests/watch/mod.rs"]
mod watch;

use cerebras_management_simulator::{
    Behaviour, INFERENCE_KEY, MANAGEMENT_KEY, Operation, Request, RolloutOutcome, SyncOutcome,
};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

use watch::{ALIASES, ARCHITECTURE, ENDPOINT, REFERENCES, Step};

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
    Ok(match bytes.int_in_range(0..=8)? {
        0 => Step::Wait(bytes.int_in_range(0..=150)?),
        1 => Step::Upload(aliases(bytes)?),
        2 => Step::SetAliases(reference(bytes)?, aliases(bytes)?),
        3 => Step::Delete(reference(bytes)?),
        4 => Step::Deploy(reference(bytes)?),
        5 => Step::Chat,
        6 => Step::PlanSync(sync(bytes)?),
        7 => Step::PlanRollout(rollout(bytes)?),
        _ => Step::Other(request(bytes)?),
    })
}

fn reference(bytes: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(bytes.choose(&REFERENCES)?)
}

fn aliases(bytes: &mut Unstructured<'_>) -> Result<Vec<&'static str>> {
    let count = bytes.int_in_range(0..=2)?;
    (0..count).map(|_| Ok(*bytes.choose(&ALIASES)?)).collect()
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

/// A request for any operation but an upload, with any names, key and body.
fn request(bytes: &mut Unstructured<'_>) -> Result<Request> {
    let operation = *bytes.choose(&[
        Operation::ListModelArchitectures,
        Operation::ListModelVersions,
        Operation::GetModelVersion,
        Operation::UpdateModelVersionAliases,
        Operation::DeleteModelVersion,
        Operation::ListEndpoints,
        Operation::GetEndpoint,
        Operation::DeployModel,
        Operation::ChatCompletions,
    ])?;
    let key = text(bytes, &[MANAGEMENT_KEY, INFERENCE_KEY])?;
    let request = Request::new(operation, key)
        .org(text(bytes, &["my-org", "other-org"])?)
        .architecture(text(bytes, &[ARCHITECTURE, "llama3.1-8b"])?)
        .version(text(bytes, &REFERENCES)?)
        .endpoint(text(bytes, &[ENDPOINT, "my-org-llama3.1-8b"])?);
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
    const NAMES: [&str; 6] = [
        "model",
        "messages",
        "role",
        "stream",
        "version_aliases",
        "model_arch_id",
    ];
    const TEXTS: [&str; 7] = [
        ENDPOINT,
        "user",
        "production",
        "orgs/my-org/models/gpt-oss-120b/versions/1",
        "orgs/my-org/models/gpt-oss-120b/versions/canary",
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
