use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long things take, in simulated time. Written as numbers of seconds.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management_simulator::Timings;
///
/// let slow_sync = Timings { sync: Duration::from_secs(3600), ..Timings::default() };
/// assert_eq!(slow_sync.rollout, Duration::from_secs(90));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timings {
    /// From the upload to the start of its sync. 5 s.
    #[serde(with = "crate::seconds")]
    pub sync_queued: Duration,
    /// From the start of a sync to its end. 120 s.
    #[serde(with = "crate::seconds")]
    pub sync: Duration,
    /// From the deploy request, or the end of the deployment before it, to the start of the
    /// rollout. 5 s.
    #[serde(with = "crate::seconds")]
    pub rollout_queued: Duration,
    /// From the start of a rollout to its end. 90 s.
    #[serde(with = "crate::seconds")]
    pub rollout: Duration,
    /// From `rolling_back` to `rolled_back`. 30 s.
    #[serde(with = "crate::seconds")]
    pub rollback: Duration,
    /// How far apart two things are that a switch of [`Behaviour`](crate::Behaviour) makes
    /// disagree for a while. 10 s.
    #[serde(with = "crate::seconds")]
    pub lag: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            sync_queued: Duration::from_secs(5),
            sync: Duration::from_secs(120),
            rollout_queued: Duration::from_secs(5),
            rollout: Duration::from_secs(90),
            rollback: Duration::from_secs(30),
            lag: Duration::from_secs(10),
        }
    }
}
