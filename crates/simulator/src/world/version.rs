use serde::{Deserialize, Serialize};

use super::{Moment, Settings};
use crate::{DoneSignal, SyncOutcome};

/// How far the sync of a version really is, whatever the service reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncState {
    /// Not started.
    Queued,
    /// Started, not ended.
    InProgress,
    /// Ended well: the version can be deployed.
    Synced,
    /// Ended badly.
    Failed,
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) weight_uri: String,
    pub(super) aliases: Vec<String>,
    pub(super) fingerprint_suffix: Option<String>,
    /// When it can be found.
    pub(super) found: Moment,
    pub(super) sync: Sync,
}

/// A sync, decided when the upload was accepted.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    starts: Moment,
    ends: Ends,
    outcome: SyncOutcome,
}

#[derive(Clone, Copy, Debug)]
enum Ends {
    BeforeTheStart,
    At(Moment),
    Never,
}

/// What the service says of a sync.
pub(super) struct SyncReport {
    pub(super) done: bool,
    pub(super) status: Option<String>,
}

impl Sync {
    pub(super) fn accepted(now: Moment, outcome: SyncOutcome, settings: &Settings) -> Self {
        let starts = now.saturating_add(settings.timings.sync_queued);
        let ends = match outcome {
            SyncOutcome::Stalls => Ends::Never,
            _ => Ends::At(starts.saturating_add(settings.timings.sync)),
        };
        Self {
            starts,
            ends,
            outcome,
        }
    }

    /// The sync of a version that was synced before the start.
    pub(super) fn over() -> Self {
        Self {
            starts: Moment::ZERO,
            ends: Ends::BeforeTheStart,
            outcome: SyncOutcome::Succeeds,
        }
    }

    pub(super) fn state(&self, now: Moment) -> SyncState {
        let ended = match self.ends {
            Ends::BeforeTheStart => true,
            Ends::At(end) => end <= now,
            Ends::Never => false,
        };
        match self.outcome {
            SyncOutcome::Succeeds if ended => SyncState::Synced,
            _ if ended => SyncState::Failed,
            _ if self.starts <= now => SyncState::InProgress,
            _ => SyncState::Queued,
        }
    }

    /// When it ends; none for never.
    pub(super) fn ends(&self) -> Option<Moment> {
        match self.ends {
            Ends::BeforeTheStart => Some(Moment::ZERO),
            Ends::At(end) => Some(end),
            Ends::Never => None,
        }
    }

    pub(super) fn succeeds(&self) -> bool {
        self.outcome == SyncOutcome::Succeeds
    }

    pub(super) fn report(&self, now: Moment, settings: &Settings) -> SyncReport {
        let (done, status) = match self.state(now) {
            SyncState::Queued => (false, Some("queued")),
            SyncState::InProgress => (false, Some("in_progress")),
            SyncState::Synced => self.report_success(now, settings),
            SyncState::Failed => match &self.outcome {
                SyncOutcome::Ends { status } => (true, Some(status.as_str())),
                _ => (true, Some("failed")),
            },
        };
        SyncReport {
            done,
            status: status.map(str::to_owned),
        }
    }

    fn report_success(&self, now: Moment, settings: &Settings) -> (bool, Option<&'static str>) {
        let settled = match self.ends {
            Ends::At(end) => end.saturating_add(settings.timings.lag) <= now,
            Ends::BeforeTheStart | Ends::Never => true,
        };
        match settings.behaviour.done_signal {
            DoneSignal::UnknownStatus => (true, Some("ready")),
            DoneSignal::NoStatus => (true, None),
            DoneSignal::DoneFirst if !settled => (true, Some("in_progress")),
            DoneSignal::StatusFirst if !settled => (false, Some("done")),
            _ => (true, Some("done")),
        }
    }
}
