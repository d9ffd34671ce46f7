use std::time::Duration;

/// How long things take, in simulated time.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management_simulator::Timings;
///
/// let slow_sync = Timings { sync: Duration::from_secs(3600), ..Timings::default() };
/// assert_eq!(slow_sync.rollout, Duration::from_secs(90));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// From the upload to the start of its sync. 5 s.
    pub sync_queued: Duration,
    /// From the start of a sync to its end. 120 s.
    pub sync: Duration,
    /// From the deploy request, or the end of the deployment before it, to the start of the
    /// rollout. 5 s.
    pub rollout_queued: Duration,
    /// From the start of a rollout to its end. 90 s.
    pub rollout: Duration,
    /// From `rolling_back` to `rolled_back`. 30 s.
    pub rollback: Duration,
    /// How far apart two things are that a switch of [`Behaviour`](crate::Behaviour) makes
    /// disagree for a while. 10 s.
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
