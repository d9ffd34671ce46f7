use serde::{Deserialize, Serialize};

use super::probability;
use crate::{RolloutOutcome, SyncOutcome};

/// How some of the syncs go.
///
/// ```
/// use cerebras_management_simulator::{FaultPlan, PlannedSync, SyncOutcome};
///
/// // The third upload under an architecture fails; of all uploads, a tenth never ends.
/// let plan = FaultPlan::new()
///     .seed(7)
///     .planned_sync(PlannedSync::of("gpt-oss-120b", SyncOutcome::Fails).nth(3))
///     .planned_sync(PlannedSync::of_any(SyncOutcome::Stalls).probability(0.1));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlannedSync {
    /// The architecture; any unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The org; any unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// How they go.
    pub outcome: SyncOutcome,
    /// How many such uploads pass first, those that another entry is for among them. 0 unless
    /// set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after: u64,
    /// How likely it is for each upload then, from 0 to 1. The draws follow from the plan's
    /// seed.
    #[serde(
        default,
        deserialize_with = "probability",
        skip_serializing_if = "Option::is_none"
    )]
    pub probability: Option<f64>,
    /// How many uploads it is for at most. Unless set 1, and any number with a probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// How some of the rollouts go.
///
/// ```
/// use cerebras_management_simulator::{FaultPlan, PlannedRollout, RolloutOutcome};
///
/// // The second rollout at an endpoint breaks on its first replica.
/// let breaks = RolloutOutcome::RollsBack { replicas: 0 };
/// let plan = FaultPlan::new()
///     .planned_rollout(PlannedRollout::of("my-org-gpt-oss-120b", breaks).nth(2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlannedRollout {
    /// The endpoint; any unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The version, by its id or as the request names it; any unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How they go.
    pub outcome: RolloutOutcome,
    /// How many such deployments pass first, those that another entry is for among them. 0
    /// unless set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after: u64,
    /// How likely it is for each deployment then, from 0 to 1. The draws follow from the plan's
    /// seed.
    #[serde(
        default,
        deserialize_with = "probability",
        skip_serializing_if = "Option::is_none"
    )]
    pub probability: Option<f64>,
    /// How many deployments it is for at most. Unless set 1, and any number with a probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What the two have in common: the name of the field that says what it is for, and the words of
/// their documentation differ.
macro_rules! planned {
    ($planned:ident, $outcome:ident, $of:ident, $at:literal, $only:ident, $whose:literal, $things:literal) => {
        impl $planned {
            #[doc = concat!("For the ", $things, " of one ", $at, ".")]
            #[must_use]
            pub fn of($of: impl Into<String>, outcome: $outcome) -> Self {
                Self {
                    $of: Some($of.into()),
                    ..Self::of_any(outcome)
                }
            }

            #[doc = concat!("For the ", $things, " of every ", $at, ".")]
            #[must_use]
            pub fn of_any(outcome: $outcome) -> Self {
                Self {
                    $of: None,
                    $only: None,
                    outcome,
                    after: 0,
                    probability: None,
                    times: None,
                }
            }

            #[doc = concat!("Of these only for the ", $things, " of one ", $whose, ".")]
            #[must_use]
            pub fn $only(mut self, $only: impl Into<String>) -> Self {
                self.$only = Some($only.into());
                self
            }

            #[doc = concat!("Lets that many ", $things, " pass first.")]
            #[must_use]
            pub fn after(mut self, count: u64) -> Self {
                self.after = count;
                self
            }

            #[doc = concat!("For the nth of the ", $things, ", counted from 1, and no other.")]
            #[must_use]
            pub fn nth(self, n: u64) -> Self {
                self.after(n.saturating_sub(1)).once()
            }

            #[doc = concat!("For each of the ", $things, " with this probability, from 0 to 1.")]
            #[must_use]
            pub fn probability(mut self, probability: f64) -> Self {
                self.probability = Some(probability);
                self
            }

            #[doc = concat!("For no more than that many ", $things, ".")]
            #[must_use]
            pub fn times(mut self, count: u64) -> Self {
                self.times = Some(count);
                self
            }

            #[doc = concat!("For one of the ", $things, ".")]
            #[must_use]
            pub fn once(self) -> Self {
                self.times(1)
            }
        }
    };
}

planned!(
    PlannedSync,
    SyncOutcome,
    architecture,
    "architecture",
    org,
    "org",
    "uploads"
);
planned!(
    PlannedRollout,
    RolloutOutcome,
    endpoint,
    "endpoint",
    version,
    "version, by its id or as the request names it",
    "deployments"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_data() {
        let json = r#"{"endpoint":"e","outcome":{"stalls":{"replicas":2}},"after":1,"times":1}"#;
        let read: PlannedRollout = serde_json::from_str(json).expect("a plan");
        let stalls = RolloutOutcome::Stalls { replicas: 2 };
        assert_eq!(read, PlannedRollout::of("e", stalls).nth(2));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), json);

        let json = r#"{"outcome":"fails","probability":0.1}"#;
        let read: PlannedSync = serde_json::from_str(json).expect("a plan");
        assert_eq!(
            read,
            PlannedSync::of_any(SyncOutcome::Fails).probability(0.1)
        );
        assert_eq!(serde_json::to_string(&read).expect("JSON"), json);
    }

    #[test]
    fn a_plan_that_is_wrong_is_refused() {
        for (json, expected) in [
            (r#"{"outcome":"fails","nth":2}"#, "unknown field `nth`"),
            (r#"{"outcome":"breaks"}"#, "unknown variant `breaks`"),
            (
                r#"{"outcome":"fails","probability":-0.5}"#,
                "from 0 to 1, not -0.5",
            ),
            (r#"{"architecture":"a"}"#, "missing field `outcome`"),
        ] {
            let error = serde_json::from_str::<PlannedSync>(json).expect_err(json);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
