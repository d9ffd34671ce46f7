use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

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
/// // From now on everything else is rate-limited.
/// let limited = FaultAction::Status { status: 429, retry_after: Some("7".into()) };
/// simulator.inject(Fault::on_any(limited));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fault {
    /// The operation it hits; any, and requests for none, unless set.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// How many such requests pass first. 0 unless set.
    #[serde(default)]
    pub after: u64,
    /// How many requests it hits then; all unless set.
    #[serde(default)]
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
            after: 0,
            times: None,
            action,
        }
    }

    /// Lets that many requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
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

    /// Whether it hits a request for this operation. It counts those that it lets pass.
    fn hits(&mut self, operation: Option<Operation>) -> bool {
        if self.operation.is_some() && self.operation != operation {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(times) => {
                *times -= 1;
                true
            }
        }
    }
}

/// What a [`Fault`] does to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultAction {
    /// Handled, and answered this much later. The client may give up before.
    Delay {
        /// How much, in real milliseconds, whatever the speed of the clock.
        milliseconds: u64,
    },
    /// Not handled. Answered with a status and `{"detail": "…"}`.
    Status {
        /// The status; 500 when this is none that HTTP knows.
        status: u16,
        /// The `Retry-After` header: seconds, or a date.
        retry_after: Option<String>,
    },
    /// Not handled. Answered with anything at all: a page from the edge, JSON of another shape.
    Answer {
        /// The status; 500 when this is none that HTTP knows.
        status: u16,
        /// The `Content-Type` header.
        content_type: String,
        /// The body.
        body: String,
    },
    /// Not handled: the connection closes.
    Close,
    /// Handled, and then the connection closes with no answer.
    LoseAnswer,
    /// Handled, and the connection closes in the middle of the answer's body.
    CutBody,
}

/// The faults that were set, in their order: the first that hits a request has it.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn hit(&self, operation: Option<Operation>) -> Option<FaultAction> {
        let mut faults = self.lock();
        let hit = faults
            .iter_mut()
            .find_map(|fault| fault.hits(operation).then_some(fault));
        hit.map(|fault| fault.action.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Option<Operation> = Some(Operation::GetEndpoint);
    const LIST: Option<Operation> = Some(Operation::ListEndpoints);

    #[test]
    fn faults_are_for_the_requests_they_name() {
        let faults = Faults::default();
        let close = Fault::on(Operation::GetEndpoint, FaultAction::Close);
        faults.add(close.after(1).times(2));
        let hits =
            [GET, LIST, GET, None, GET, GET].map(|operation| faults.hit(operation).is_some());
        assert_eq!(hits, [false, false, true, false, true, false]);
    }

    #[test]
    fn the_first_to_hit_has_the_request() {
        let faults = Faults::default();
        faults.add(Fault::on_any(FaultAction::Close).once());
        faults.add(Fault::on(Operation::GetEndpoint, FaultAction::LoseAnswer).once());
        faults.add(Fault::on_any(FaultAction::CutBody));
        let hits = [GET, GET, GET, None].map(|operation| faults.hit(operation));
        let expected = [
            FaultAction::Close,
            FaultAction::LoseAnswer,
            FaultAction::CutBody,
            FaultAction::CutBody,
        ];
        assert_eq!(hits, expected.map(Some));
        faults.clear();
        assert_eq!(faults.hit(GET), None);
    }

    #[test]
    fn a_fault_is_data() {
        let json = r#"{"operation":"deploy_model","action":{"status":{"status":503}}}"#;
        let read: Fault = serde_json::from_str(json).expect("a fault");
        let action = FaultAction::Status {
            status: 503,
            retry_after: None,
        };
        assert_eq!(read, Fault::on(Operation::DeployModel, action));
        let json = r#"{"action":"close","operation":"deploy"}"#;
        assert!(serde_json::from_str::<Fault>(json).is_err());
        let json = r#"{"action":"close","nth":2}"#;
        assert!(serde_json::from_str::<Fault>(json).is_err());
    }
}
