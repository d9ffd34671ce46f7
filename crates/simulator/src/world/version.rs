use std::sync::Arc;

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

/// There may be a great many: each is small, and shares its aliases with the map of who holds
/// them.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) weight_uri: Box<str>,
    pub(super) aliases: Box<[Arc<str>]>,
    pub(super) fingerprint_suffix: Option<Box<str>>,
    /// When it can be found.
    pub(super) found: Moment,
    pub(super) sync: Sync,
}

/// A sync; none is one that was over before the start.
#[derive(Clone, Debug)]
pub(super) struct Sync(Option<Box<Accepted>>);

/// A sync, decided when the upload was accepted.
#[derive(Clone, Debug)]
struct Accepted {
    starts: Moment,
    /// None for never.
    ends: Option<Moment>,
    outcome: SyncOutcome,
}

/// What the service says of a sync.
pub(super) struct SyncReport<'a> {
    pub(super) done: bool,
    pub(super) status: Option<&'a str>,
}

impl Sync {
    pub(super) fn accepted(now: Moment, outcome: SyncOutcome, settings: &Settings) -> Self {
        let starts = now.saturating_add(settings.timings.sync_queued);
        let ends = match outcome {
            SyncOutcome::Stalls => None,
            _ => Some(starts.saturating_add(settings.timings.sync)),
        };
        Self(Some(Box::new(Accepted {
            starts,
            ends,
            outcome,
        })))
    }

    /// The sync of a version that was synced before the start.
    pub(super) fn over() -> Self {
        Self(None)
    }

    pub(super) fn state(&self, now: Moment) -> SyncState {
        let Some(sync) = &self.0 else {
            return SyncState::Synced;
        };
        let ended = sync.ends.is_some_and(|end| end <= now);
        match sync.outcome {
            SyncOutcome::Succeeds if ended => SyncState::Synced,
            _ if ended => SyncState::Failed,
            _ if sync.starts <= now => SyncState::InProgress,
            _ => SyncState::Queued,
        }
    }

    /// When it ends; none for never.
    pub(super) fn ends(&self) -> Option<Moment> {
        match &self.0 {
            Some(sync) => sync.ends,
            None => Some(Moment::ZERO),
        }
    }

    pub(super) fn succeeds(&self) -> bool {
        let sync = self.0.as_ref();
        sync.is_none_or(|sync| sync.outcome == SyncOutcome::Succeeds)
    }

    pub(super) fn report(&self, now: Moment, settings: &Settings) -> SyncReport<'_> {
        let (done, status) = match self.state(now) {
            SyncState::Queued => (false, Some("queued")),
            SyncState::InProgress => (false, Some("in_progress")),
            SyncState::Synced => self.report_success(now, settings),
            SyncState::Failed => match self.0.as_ref().map(|sync| &sync.outcome) {
                Some(SyncOutcome::Ends { status }) => (true, Some(status.as_str())),
                _ => (true, Some("failed")),
            },
        };
        SyncReport { done, status }
    }

    fn report_success(&self, now: Moment, settings: &Settings) -> (bool, Option<&'static str>) {
        let end = self.0.as_ref().and_then(|sync| sync.ends);
        let settled = end.is_none_or(|end| end.saturating_add(settings.timings.lag) <= now);
        match settings.behaviour.done_signal {
            DoneSignal::UnknownStatus => (true, Some("ready")),
            DoneSignal::NoStatus => (true, None),
            DoneSignal::DoneFirst if !settled => (true, Some("in_progress")),
            DoneSignal::StatusFirst if !settled => (false, Some("done")),
            _ => (true, Some("done")),
        }
    }
}
