use cerebras_management_simulator::{
    FaultPlan, PlannedRollout, PlannedSync, Request, RolloutOutcome, SyncOutcome,
};
use serde_json::{Value, json};

use super::Place;

/// What may happen. Numbers of places are those of [`PLACES`](super::PLACES).
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Seconds pass.
    Wait(u64),
    /// The clock is set back, and goes on from there.
    Back(u64),
    Upload(usize, Upload),
    SetAliases(usize, String, Vec<String>),
    Delete(usize, String),
    Deploy(usize, String),
    Chat(usize),
    PlanSync(usize, SyncOutcome),
    PlanRollout(usize, RolloutOutcome),
    /// Syncs and rollouts of a plan, in place of those planned before.
    Plan(FaultPlan),
    /// Anything at all.
    Other(Request),
}

impl Step {
    /// Whether deployments to a place may never end because of it.
    pub(crate) fn stalls(&self, place: usize, place_names: &Place, waits_for_sync: bool) -> bool {
        let rollout = |outcome: &_| matches!(outcome, RolloutOutcome::Stalls { .. });
        let sync = |outcome: &_| waits_for_sync && *outcome == SyncOutcome::Stalls;
        let of = |name: &Option<String>, own| name.as_ref().is_none_or(|name| name == own);
        match self {
            Self::PlanRollout(at, outcome) => *at == place && rollout(outcome),
            // A sync is planned for an architecture, in whichever org.
            Self::PlanSync(_, outcome) => sync(outcome),
            Self::Plan(plan) => {
                let own = |p: &PlannedRollout| of(&p.endpoint, place_names.endpoint);
                let rollouts = &plan.rollouts;
                let stalls = |p: &PlannedSync| {
                    of(&p.architecture, place_names.architecture) && sync(&p.outcome)
                };
                rollouts.iter().any(|p| own(p) && rollout(&p.outcome))
                    || plan.syncs.iter().any(stalls)
            }
            _ => false,
        }
    }
}

/// What an upload says of a version; right or wrong.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) weight_uri: String,
    pub(crate) aliases: Option<Vec<String>>,
    pub(crate) suffix: Option<String>,
}

impl Upload {
    pub(crate) fn body(&self, place: &Place) -> Value {
        let mut model = json!({ "weight_uri": self.weight_uri });
        if let Some(aliases) = &self.aliases {
            model["version_aliases"] = json!(aliases);
        }
        if let Some(suffix) = &self.suffix {
            model["system_fingerprint_suffix"] = json!(suffix);
        }
        json!({ "model_arch_id": place.architecture, "model": model })
    }

    /// The aliases, each once.
    pub(crate) fn aliases(&self) -> Vec<String> {
        each_once(self.aliases.as_deref().unwrap_or_default())
    }

    pub(crate) fn is_right(&self) -> bool {
        let bucket = self.weight_uri.strip_prefix("s3://");
        bucket.is_some_and(|bucket| !bucket.is_empty() && !bucket.starts_with('/'))
            && self.aliases().iter().all(|alias| is_alias(alias))
    }
}

pub(crate) fn each_once(aliases: &[String]) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for alias in aliases {
        if !once.contains(alias) {
            once.push(alias.clone());
        }
    }
    once
}

/// The published pattern, `^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$`, character by character.
pub(crate) fn is_alias(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    let last = all.len().wrapping_sub(1);
    let fits = |(at, c): (usize, &char)| match c {
        'a'..='z' => true,
        '0'..='9' => at > 0,
        'A'..='Z' | '-' => at > 0 && at < last,
        _ => false,
    };
    (2..=128).contains(&all.len()) && all.iter().enumerate().all(fits)
}
