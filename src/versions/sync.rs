//! How the copy from S3 goes on, and when it has ended.

mod listed;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Version;
use super::data::{ModelVersion, no_id};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::{Handle, Subject};
use crate::names::ModelVersionName;
use crate::operation::{Operation, Tracked, private};
use crate::poll::{Feed, Look, Probe, Read};
use crate::status::{Phase, SyncStatus};
use crate::transport::Attempts;

use listed::Listed;

/// How long `done` may stand beside a status that says otherwise before it counts as an end.
const CONTRADICTION: Duration = Duration::from_secs(60);

/// How long a version that was just made may be unknown to a read.
const UNKNOWN: Duration = Duration::from_secs(60);

/// What is seen of an upload on its way.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SyncProgress {
    /// The sync status, if the service says one.
    pub status: Option<SyncStatus>,
    /// Whether the service calls the operation complete.
    pub done: bool,
}

impl fmt::Display for SyncProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.status, self.done) {
            (Some(status), done) => {
                let says_so = status.phase() == Phase::Succeeded;
                f.write_str(&crate::error::printable(status.as_str()))?;
                match (done, says_so) {
                    (true, false) => f.write_str(" (and yet done)"),
                    _ => Ok(()),
                }
            }
            (None, true) => f.write_str("done"),
            (None, false) => f.write_str("accepted"),
        }
    }
}

impl SyncProgress {
    fn of(version: &ModelVersion) -> Self {
        Self {
            status: version.sync_status().cloned(),
            done: version.done(),
        }
    }
}

/// What a version's `done` and sync status say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// A known success status, or `done` with no status at all.
    Ready,
    /// A known failure status.
    Failed,
    /// Not complete.
    Going,
    /// `done`, with a known status that says it goes on.
    Contradicted,
    /// `done`, with a status that nobody knows.
    Unclear,
}

impl Readiness {
    pub(crate) fn of(version: &ModelVersion) -> Self {
        let done = version.done();
        match version.sync_status() {
            None if done => Self::Ready,
            None => Self::Going,
            Some(status) => match status.phase() {
                Phase::Succeeded => Self::Ready,
                Phase::Failed => Self::Failed,
                Phase::InProgress if !done => Self::Going,
                Phase::InProgress if status.is_known() => Self::Contradicted,
                Phase::InProgress => Self::Unclear,
            },
        }
    }
}

impl Tracked for ModelVersion {
    type Progress = SyncProgress;
}

impl private::Tracked for ModelVersion {
    type Probe = SyncProbe;
    const DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

    fn handle(probe: &SyncProbe) -> Handle {
        Handle {
            of: Subject::Upload {
                version: probe.version.name().clone(),
            },
            base: probe.version.client().base_url().to_owned(),
        }
    }
}

impl Operation<ModelVersion> {
    /// The name of the version that is being made, with its integer id.
    #[must_use]
    pub fn name(&self) -> &ModelVersionName {
        self.probe().version.name()
    }

    /// Versions that this upload may have made beside [`name`](Operation::name), for somebody to
    /// delete: new, of the same content and without aliases. A service leaves one when it makes a
    /// version first and refuses the idempotency key then, which another request has taken.
    /// Nearly always empty; what is made or shown later is not among them.
    #[must_use]
    pub fn left_behind(&self) -> &[ModelVersionName] {
        self.left()
    }

    /// One that goes on from a handle. Nothing is known of it until the first poll.
    pub(crate) fn resumed_sync(client: &Client, name: ModelVersionName) -> Self {
        let known = SyncProgress {
            status: None,
            done: false,
        };
        let probe = SyncProbe::new(Version::new(client.clone(), name), known.clone());
        Self::unseen(probe, known)
    }

    pub(crate) fn of_sync(client: &Client, version: ModelVersion) -> Result<Self> {
        let progress = SyncProgress::of(&version);
        let Some(name) = version.parsed_name().filter(|_| version.id().is_some()) else {
            return Err(no_id(version.name()));
        };
        let probe = SyncProbe::new(Version::new(client.clone(), name.clone()), progress.clone());
        Ok(match Readiness::of(&version) {
            Readiness::Ready => Self::settled(probe, progress, version),
            _ => Self::accepted(probe, progress),
        })
    }
}

/// Reads one version, by its integer id.
#[derive(Clone, Debug)]
pub struct SyncProbe {
    version: Version,
    /// What was seen last.
    seen: SyncProgress,
    /// Whether a read has found it.
    found: bool,
    since: Instant,
    contradicted: Option<Instant>,
    /// The mark of the list that was looked into last, if it has shown that it goes on. The same
    /// list shows nothing else.
    going_in: Option<u64>,
}

impl SyncProbe {
    fn new(version: Version, seen: SyncProgress) -> Self {
        Self {
            version,
            seen,
            found: false,
            since: Instant::now(),
            contradicted: None,
            going_in: None,
        }
    }

    pub(crate) fn judge(&mut self, version: &ModelVersion) -> Look<SyncProgress, ModelVersion> {
        let progress = SyncProgress::of(version);
        self.seen = progress.clone();
        let readiness = Readiness::of(version);
        if readiness == Readiness::Contradicted {
            let since = *self.contradicted.get_or_insert_with(Instant::now);
            // `done` may be set a moment before the status. It may not stay so.
            if since.elapsed() < CONTRADICTION {
                return Look::Going(progress);
            }
        } else {
            self.contradicted = None;
        }
        let why = match readiness {
            Readiness::Ready => return Look::Done(progress, version.clone()),
            Readiness::Going => return Look::Going(progress),
            Readiness::Failed => "the sync ended as",
            Readiness::Contradicted => "the service calls it done, and the sync status stays",
            Readiness::Unclear => "the service calls it done, with the unknown sync status",
        };
        let status = version.sync_status().map_or("", SyncStatus::as_str);
        let status = crate::error::printable(status);
        let error = Error::new(ErrorKind::OperationFailed, format!("{why} \"{status}\""))
            .about(self.subject())
            .sent(crate::Sent::Yes)
            .remedy_is(match readiness {
                Readiness::Failed => {
                    "the service gives no reason: check the weights and the access to the bucket, \
                     then upload again"
                }
                _ => "look at the version before using it; it is not known to be good",
            });
        Look::Ended(progress, error)
    }
}

impl Probe for SyncProbe {
    type Progress = SyncProgress;
    type Output = ModelVersion;
    type View = Listed;

    fn feed(&self) -> Arc<Feed<Listed>> {
        let name = self.version.name();
        let of = format!("{}/{}", name.org(), name.architecture());
        self.version.client().feed(&of)
    }

    fn read(&self) -> Read<Listed> {
        let model = self.version.model();
        Box::pin(async move {
            let body = model.unread_list().await?;
            Ok(Listed::new(model, body))
        })
    }

    fn see(&mut self, listed: &Listed) -> Option<Look<SyncProgress, ModelVersion>> {
        if self.going_in == Some(listed.mark()) {
            return Some(Look::Going(self.seen.clone()));
        }
        let id = self.version.name().version().as_id()?;
        let version = listed.version(id)?;
        self.found = true;
        let look = self.judge(version);
        let goes_on = matches!(look, Look::Going(_)) && self.contradicted.is_none();
        self.going_in = goes_on.then_some(listed.mark());
        Some(look)
    }

    async fn look(&mut self) -> Result<Look<SyncProgress, ModelVersion>> {
        self.going_in = None;
        match self.version.get_as(Attempts::One).await {
            Ok(version) => {
                self.found = true;
                Ok(self.judge(&version))
            }
            // A version that was just made may not be found at once.
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && !self.found
                    && self.since.elapsed() < UNKNOWN =>
            {
                Ok(Look::Going(self.seen.clone()))
            }
            Err(error) => Err(error),
        }
    }

    fn subject(&self) -> String {
        format!("upload of {}", self.version.name())
    }
}

#[cfg(test)]
mod random;

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn version(done: bool, status: Option<&str>) -> ModelVersion {
        let response = status.map(|status| serde_json::json!({ "sync_status": status }));
        let answer = serde_json::json!({
            "name": "orgs/o/models/a/versions/1", "done": done, "response": response,
        });
        let raw: crate::raw::types::ModelVersion =
            serde_json::from_value(answer).expect("a version");
        raw.into()
    }

    #[test]
    fn success_needs_a_known_status_or_done_with_none() {
        for (done, status, expected) in [
            (true, Some("done"), Readiness::Ready),
            (false, Some("done"), Readiness::Ready),
            (true, None, Readiness::Ready),
            (false, None, Readiness::Going),
            (false, Some("queued"), Readiness::Going),
            (false, Some("verifying"), Readiness::Going),
            (true, Some("verifying"), Readiness::Unclear),
            (true, Some("in_progress"), Readiness::Contradicted),
            (true, Some("failed"), Readiness::Failed),
            (false, Some("failed"), Readiness::Failed),
            (false, Some("error"), Readiness::Failed),
            (false, Some("cancelled"), Readiness::Failed),
        ] {
            assert_eq!(
                Readiness::of(&version(done, status)),
                expected,
                "done: {done}, status: {status:?}"
            );
        }
    }

    pub(super) fn probe() -> SyncProbe {
        let client = Client::builder().key("k").build().expect("a client");
        let name = "orgs/o/models/a/versions/1".parse().expect("a name");
        let seen = SyncProgress::of(&version(false, None));
        SyncProbe::new(Version::new(client, name), seen)
    }

    #[tokio::test(start_paused = true)]
    async fn a_contradiction_is_waited_out_for_a_minute_and_then_named() {
        let mut probe = probe();
        let contradicted = || version(true, Some("in_progress"));
        assert!(matches!(probe.judge(&contradicted()), Look::Going(_)));
        tokio::time::advance(Duration::from_secs(61)).await;
        let Look::Ended(progress, error) = probe.judge(&contradicted()) else {
            panic!("expected an end");
        };
        assert_eq!(progress.to_string(), "in_progress (and yet done)");
        assert_eq!(
            error.to_string(),
            "upload of orgs/o/models/a/versions/1: the service calls it done, and the sync status \
             stays \"in_progress\"; look at the version before using it; it is not known to be good"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_sync_passes_on_what_there_is() {
        let Look::Ended(_, error) = probe().judge(&version(false, Some("failed"))) else {
            panic!("expected an end");
        };
        assert_eq!(error.kind(), ErrorKind::OperationFailed);
        assert_eq!(
            error.to_string(),
            "upload of orgs/o/models/a/versions/1: the sync ended as \"failed\"; the service gives \
             no reason: check the weights and the access to the bucket, then upload again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn done_with_an_unknown_status_is_a_failure_that_names_it() {
        let Look::Ended(_, error) = probe().judge(&version(true, Some("archived"))) else {
            panic!("expected an end");
        };
        assert!(
            error
                .to_string()
                .contains("unknown sync status \"archived\""),
            "{error}"
        );
    }
}
