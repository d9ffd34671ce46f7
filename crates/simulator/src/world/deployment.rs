use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::{RolloutOutcome, Timings};

/// How far a deployment really is, whatever the service reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeploymentState {
    /// Queued.
    NotStarted,
    /// Replicas are being updated.
    InProgress,
    /// Something broke; updated replicas return to the old version.
    RollingBack,
    /// Ended: the old version serves.
    RolledBack,
    /// Ended: this version serves, until a later deployment completes.
    Complete,
    /// Ended: the old version serves.
    Error,
    /// Ended before it was complete, by another deployment: the old version serves.
    Cancelled,
}

impl DeploymentState {
    /// Whether the deployment is over.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(
            self,
            Self::NotStarted | Self::InProgress | Self::RollingBack
        )
    }
}

#[derive(Clone, Debug)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) version: u64,
    /// The version as the caller named it.
    pub(super) reference: String,
    pub(super) fingerprint_suffix: Option<String>,
    pub(super) created: Moment,
    pub(super) rollout: Rollout,
}

/// A rollout, decided when the deployment was accepted: what happens when.
#[derive(Clone, Debug)]
pub(super) struct Rollout {
    replicas: u32,
    /// How many replicas the rollout updates at most.
    reach: u32,
    /// How long all replicas take.
    length: Duration,
    /// None when a rollout that never ends is in front.
    begins: Option<Moment>,
    breaks: Option<Moment>,
    ends: Option<Moment>,
    ending: DeploymentState,
}

impl Rollout {
    /// A rollout that leaves the queue at `free`, or never.
    pub(super) fn planned(
        outcome: &RolloutOutcome,
        replicas: u32,
        free: Option<Moment>,
        timings: &Timings,
    ) -> Self {
        let begins = free.map(|free| free.saturating_add(timings.rollout_queued));
        // What breaks or stalls does so while the replica after these is being updated.
        let reach = match outcome {
            RolloutOutcome::Completes => replicas,
            RolloutOutcome::RollsBack { replicas: k }
            | RolloutOutcome::Errors { replicas: k }
            | RolloutOutcome::Stalls { replicas: k } => (*k).min(replicas - 1),
        };
        let end_of_replica = |k: u32| {
            let after = timings.rollout / replicas * k;
            begins.map(|begins| begins.saturating_add(after))
        };
        let complete = begins.map(|begins| begins.saturating_add(timings.rollout));
        let (breaks, ends, ending) = match outcome {
            RolloutOutcome::Completes => (None, complete, DeploymentState::Complete),
            RolloutOutcome::RollsBack { .. } => {
                let breaks = end_of_replica(reach + 1);
                let ends = breaks.map(|breaks| breaks.saturating_add(timings.rollback));
                (breaks, ends, DeploymentState::RolledBack)
            }
            RolloutOutcome::Errors { .. } => {
                (None, end_of_replica(reach + 1), DeploymentState::Error)
            }
            RolloutOutcome::Stalls { .. } => (None, None, DeploymentState::Error),
        };
        Self {
            replicas,
            reach,
            length: timings.rollout,
            begins,
            breaks,
            ends,
            ending,
        }
    }

    /// The rollout of what was complete before the start.
    pub(super) fn over(replicas: u32) -> Self {
        let start = Some(Moment::ZERO);
        Self {
            replicas,
            reach: replicas,
            length: Duration::ZERO,
            begins: start,
            breaks: None,
            ends: start,
            ending: DeploymentState::Complete,
        }
    }

    /// Ends it now, unless it has ended.
    pub(super) fn cancel(&mut self, now: Moment) {
        if !self.state(now).has_ended() {
            self.begins = self.begins.filter(|begins| *begins <= now);
            self.breaks = self.breaks.filter(|breaks| *breaks <= now);
            self.ends = Some(now);
            self.ending = DeploymentState::Cancelled;
        }
    }

    pub(super) fn ends(&self) -> Option<Moment> {
        self.ends
    }

    pub(super) fn state(&self, now: Moment) -> DeploymentState {
        let reached = |moment: Option<Moment>| moment.is_some_and(|moment| moment <= now);
        if reached(self.ends) {
            self.ending
        } else if reached(self.breaks) {
            DeploymentState::RollingBack
        } else if reached(self.begins) {
            DeploymentState::InProgress
        } else {
            DeploymentState::NotStarted
        }
    }

    /// How many replicas run the new version because of this rollout.
    pub(super) fn updated(&self, now: Moment) -> u32 {
        let since = |moment: Option<Moment>| now.saturating_sub(moment.unwrap_or(now));
        match self.state(now) {
            DeploymentState::Complete => self.replicas,
            DeploymentState::InProgress => {
                share(since(self.begins), self.length, self.replicas).min(self.reach)
            }
            DeploymentState::RollingBack => {
                let breaks = self.breaks.unwrap_or(now);
                let rollback = self.ends.unwrap_or(now).saturating_sub(breaks);
                self.reach - share(since(self.breaks), rollback, self.reach).min(self.reach)
            }
            _ => 0,
        }
    }

    /// What broke, from when it did.
    pub(super) fn error(&self, now: Moment) -> Option<String> {
        let broke = matches!(
            self.state(now),
            DeploymentState::RollingBack | DeploymentState::RolledBack | DeploymentState::Error
        );
        let (replica, replicas) = (self.reach + 1, self.replicas);
        broke.then(|| format!("Replica {replica} of {replicas} did not become ready"))
    }

    /// When it last changed state; none when it has not yet.
    pub(super) fn changed(&self, now: Moment) -> Option<Moment> {
        let changes = [self.begins, self.breaks, self.ends];
        changes.into_iter().flatten().filter(|at| *at <= now).max()
    }

    pub(super) fn replicas(&self) -> u32 {
        self.replicas
    }
}

/// How many of `parts` are over when `elapsed` of `whole` is.
fn share(elapsed: Duration, whole: Duration, parts: u32) -> u32 {
    if whole.is_zero() {
        return parts;
    }
    let over = elapsed.as_nanos().saturating_mul(parts.into()) / whole.as_nanos();
    u32::try_from(over).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: u64) -> Moment {
        Duration::from_secs(s)
    }

    fn planned(outcome: &RolloutOutcome) -> Rollout {
        Rollout::planned(outcome, 4, Some(Moment::ZERO), &Timings::default())
    }

    /// The state and the updated replicas each time either changes, with the second.
    fn history(rollout: &Rollout) -> Vec<(u64, DeploymentState, u32)> {
        let all = (0..200).map(|s| {
            let now = seconds(s);
            (s, rollout.state(now), rollout.updated(now))
        });
        let mut changes: Vec<_> = all.collect();
        changes.dedup_by_key(|(_, state, updated)| (*state, *updated));
        changes
    }

    #[test]
    fn a_rollout_completes_replica_by_replica() {
        assert_eq!(
            history(&planned(&RolloutOutcome::Completes)),
            [
                (0, DeploymentState::NotStarted, 0),
                (5, DeploymentState::InProgress, 0),
                (28, DeploymentState::InProgress, 1),
                (50, DeploymentState::InProgress, 2),
                (73, DeploymentState::InProgress, 3),
                (95, DeploymentState::Complete, 4),
            ]
        );
    }

    #[test]
    fn a_rollout_rolls_back_replica_by_replica() {
        assert_eq!(
            history(&planned(&RolloutOutcome::RollsBack { replicas: 2 })),
            [
                (0, DeploymentState::NotStarted, 0),
                (5, DeploymentState::InProgress, 0),
                (28, DeploymentState::InProgress, 1),
                (50, DeploymentState::InProgress, 2),
                (73, DeploymentState::RollingBack, 2),
                (88, DeploymentState::RollingBack, 1),
                (103, DeploymentState::RolledBack, 0),
            ]
        );
    }

    #[test]
    fn a_rollout_breaks_before_its_last_replica_is_done() {
        let history = history(&planned(&RolloutOutcome::Errors { replicas: 99 }));
        assert_eq!(
            history[4..],
            [
                (73, DeploymentState::InProgress, 3),
                (95, DeploymentState::Error, 0),
            ]
        );
    }

    /// What would have happened later does not show as a change.
    #[test]
    fn a_cancelled_rollout_changes_no_more() {
        for (cancelled, in_progress_at) in [(2, None), (60, Some(5))] {
            let mut rollout = planned(&RolloutOutcome::RollsBack { replicas: 2 });
            rollout.cancel(seconds(cancelled));
            let mut changes: Vec<_> = (0..200).map(|s| rollout.changed(seconds(s))).collect();
            changes.dedup();
            let expected = [None, in_progress_at.map(seconds), Some(seconds(cancelled))];
            let mut expected = expected.to_vec();
            expected.dedup();
            assert_eq!(changes, expected);
            rollout.cancel(seconds(150));
            assert_eq!(rollout.state(seconds(199)), DeploymentState::Cancelled);
            assert_eq!(rollout.ends(), Some(seconds(cancelled)));
        }
    }

    #[test]
    fn a_rollout_behind_one_that_never_ends_never_begins() {
        let timings = Timings::default();
        let rollout = Rollout::planned(&RolloutOutcome::Completes, 4, None, &timings);
        assert_eq!(rollout.state(Moment::MAX), DeploymentState::NotStarted);
        assert_eq!(rollout.ends(), None);
    }
}
