//! What goes wrong between a client and the service.

mod action;
mod active;
mod bucket;
mod check;
mod outcomes;
mod plan;
mod planned;
mod retry_after;
mod target;
mod turns;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

pub use action::FaultAction;
pub(crate) use active::{Faults, Hit};
pub use check::BadPlan;
pub(crate) use outcomes::Outcomes;
pub use plan::FaultPlan;
pub use planned::{PlannedRollout, PlannedSync};
pub use retry_after::RetryAfter;
pub(crate) use target::Target;
pub(crate) use turns::Kind;

use crate::Operation;

/// Something that goes wrong between a client and the service: which requests it hits, and
/// what happens to them.
///
/// What goes wrong inside the service, such as a rollout that fails, is not a fault but an
/// outcome: see [`RolloutOutcome`](crate::RolloutOutcome).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cerebras_management_simulator::{Fault, FaultAction, Operation, Simulator};
///
/// let simulator = Simulator::start().await?;
/// // The second and third deploy are accepted, and the client never learns of it.
/// let lost = Fault::on(Operation::DeployModel, FaultAction::LoseAnswer).after(1).times(2);
/// simulator.inject(lost);
/// // From now on a tenth of everything else is rate-limited.
/// let limited = FaultAction::Status { status: 429, retry_after: Some(7.into()) };
/// simulator.inject(Fault::on_any(limited).probability(0.1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// The operation it hits; any, and requests for none, unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The org that a request must name, in its path or body; any, or none, unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The model architecture that a request must name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The version that a request must name, as it names it: an id or an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The endpoint that a request must name; for inference, its `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How many such requests pass first, those that another fault hits among them. 0 unless set.
    #[serde(default)]
    pub after: u64,
    /// How likely each such request is hit then, from 0 to 1; all are unless set. The draws
    /// follow from the plan's seed.
    #[serde(
        default,
        deserialize_with = "probability",
        skip_serializing_if = "Option::is_none"
    )]
    pub probability: Option<f64>,
    /// How many requests it hits at most; any number unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens to them.
    pub action: FaultAction,
}

impl Fault {
    /// A fault that hits every request for an operation.
    #[must_use]
    pub fn on(operation: Operation, action: FaultAction) -> Self {
        Self {
            operation: Some(operation),
            ..Self::on_any(action)
        }
    }

    /// A fault that hits every request.
    #[must_use]
    pub fn on_any(action: FaultAction) -> Self {
        Self {
            operation: None,
            org: None,
            architecture: None,
            version: None,
            endpoint: None,
            after: 0,
            probability: None,
            times: None,
            action,
        }
    }

    /// Hits only requests that name this org.
    #[must_use]
    pub fn org(mut self, name: impl Into<String>) -> Self {
        self.org = Some(name.into());
        self
    }

    /// Hits only requests that name this model architecture.
    #[must_use]
    pub fn architecture(mut self, id: impl Into<String>) -> Self {
        self.architecture = Some(id.into());
        self
    }

    /// Hits only requests that name this version, by this id or alias.
    #[must_use]
    pub fn version(mut self, reference: impl Into<String>) -> Self {
        self.version = Some(reference.into());
        self
    }

    /// Hits only requests that name this endpoint.
    #[must_use]
    pub fn endpoint(mut self, id: impl Into<String>) -> Self {
        self.endpoint = Some(id.into());
        self
    }

    /// Lets that many requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// Hits the nth request, counted from 1, and no other.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.after(n.saturating_sub(1)).once()
    }

    /// Hits each request with this probability, from 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Hits no more than that many requests.
    #[must_use]
    pub fn times(mut self, requests: u64) -> Self {
        self.times = Some(requests);
        self
    }

    /// Hits one request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Whether a request is one of those it is for.
    fn matches(&self, target: &Target<'_>) -> bool {
        let named = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        (self.operation.is_none() || self.operation == target.operation)
            && named(&self.org, target.org)
            && named(&self.architecture, target.architecture)
            && named(&self.version, target.version)
            && named(&self.endpoint, target.endpoint)
    }
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let probability = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&probability) {
        Ok(Some(probability))
    } else {
        let message = format!("expected a probability from 0 to 1, not {probability}");
        Err(D::Error::custom(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_data() {
        let json = r#"{"operation":"deploy_model","action":{"status":{"status":503}}}"#;
        let read: Fault = serde_json::from_str(json).expect("a fault");
        let action = FaultAction::Status {
            status: 503,
            retry_after: None,
        };
        assert_eq!(read, Fault::on(Operation::DeployModel, action));
        let written =
            r#"{"operation":"deploy_model","after":0,"action":{"status":{"status":503}}}"#;
        assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
    }

    #[test]
    fn a_fault_that_is_wrong_is_refused() {
        for (json, expected) in [
            (
                r#"{"action":"close","operation":"deploy"}"#,
                "unknown variant `deploy`",
            ),
            (r#"{"action":"close","nth":2}"#, "unknown field `nth`"),
            (
                r#"{"action":{"status":{"code":2}}}"#,
                "unknown field `code`",
            ),
            (
                r#"{"action":"close","probability":1.5}"#,
                "from 0 to 1, not 1.5",
            ),
            (r#"{"operation":"deploy_model"}"#, "missing field `action`"),
        ] {
            let error = serde_json::from_str::<Fault>(json).expect_err(json);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn retry_after_is_seconds_a_date_or_a_text() {
        for (json, expected) in [
            ("7", RetryAfter::Seconds(7)),
            (r#"{"date_in":30}"#, RetryAfter::DateIn { date_in: 30 }),
            (r#""soon""#, RetryAfter::Text("soon".into())),
        ] {
            let read: RetryAfter = serde_json::from_str(json).expect(json);
            assert_eq!(read, expected);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), json);
        }
        let error = serde_json::from_str::<RetryAfter>("-1").expect_err("no time");
        let expected = "expected a number of seconds, { date_in = seconds }, or the header's text";
        assert_eq!(error.to_string(), expected);
    }
}
