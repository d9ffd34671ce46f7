//! Following what the service has accepted, to its end or no further than its handle.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cerebras_management::status::Phase;
use cerebras_management::{
    Change, Deployment, Error, ErrorKind, ModelVersion, Operation, RolloutProgress, SyncProgress,
    Tracked,
};
use clap::Args;
use serde::Serialize;
use tokio::sync::Notify;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::record::{
    DeploymentRecord, Event, EventError, OperationRecord, ReplicasRecord, VersionRecord, obtained,
    short,
};
use crate::output::time::rfc3339;
use crate::output::{Output, Record};

/// After how long without anything new that is said.
const QUIET: Duration = Duration::from_mins(10);

/// How long to wait, or that it should not be waited at all.
#[derive(Args, Clone, Debug)]
pub(crate) struct Waiting {
    /// Do not wait for the end: print the handle, for `cbm wait`
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    limit: Limit,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Limit {
    /// How long to wait at most, such as 90s, 45m or 3h; what was begun goes on afterwards
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it is no time at all; `--no-wait` does not wait".to_owned()),
        Ok(duration) => Ok(duration),
        Err(_) => Err("expected a number with a unit, such as 90s, 45m or 3h".to_owned()),
    }
}

/// What is followed: a sync or a rollout.
pub(crate) trait Followed: Tracked {
    type Record: Record + for<'a> From<&'a Self>;

    /// What a person reads: "sync of …".
    fn title(operation: &Operation<Self>) -> String;
    fn version(operation: &Operation<Self>) -> String;
    fn endpoint(operation: &Operation<Self>) -> Option<String>;
    fn replicas(progress: &Self::Progress) -> Option<ReplicasRecord>;
    /// Whether it shows that it has ended well, which is told as the end.
    fn is_good(progress: &Self::Progress) -> bool;
    /// What a person reads when it has ended well.
    const ENDED: &'static str;
}

impl Followed for ModelVersion {
    type Record = VersionRecord;

    fn title(operation: &Operation<Self>) -> String {
        format!("sync of {}", short(operation.name()))
    }

    fn version(operation: &Operation<Self>) -> String {
        operation.name().to_string()
    }

    fn endpoint(_: &Operation<Self>) -> Option<String> {
        None
    }

    fn replicas(_: &SyncProgress) -> Option<ReplicasRecord> {
        None
    }

    fn is_good(progress: &SyncProgress) -> bool {
        let status = progress.status.as_ref();
        status.map_or(progress.done, |it| it.phase() == Phase::Succeeded)
    }

    const ENDED: &'static str = "done";
}

impl Followed for Deployment {
    type Record = DeploymentRecord;

    fn title(operation: &Operation<Self>) -> String {
        let endpoint = Self::endpoint(operation).unwrap_or_default();
        format!("rollout of {} to {endpoint}", short(operation.version()))
    }

    fn version(operation: &Operation<Self>) -> String {
        operation.version().to_string()
    }

    fn endpoint(operation: &Operation<Self>) -> Option<String> {
        operation.handle().endpoint().map(ToString::to_string)
    }

    fn replicas(progress: &RolloutProgress) -> Option<ReplicasRecord> {
        progress.replicas.map(ReplicasRecord::from)
    }

    fn is_good(progress: &RolloutProgress) -> bool {
        let state = progress.state.as_ref();
        state.is_some_and(|it| it.phase() == Phase::Succeeded)
    }

    const ENDED: &'static str = "complete, it serves";
}

/// Waits for the end and prints what there is then; or prints the handle.
pub(crate) async fn follow<T: Followed>(
    context: &Context,
    operation: &Operation<T>,
    waiting: &Waiting,
) -> Result<()> {
    if waiting.no_wait {
        return accepted(context, operation);
    }
    to_the_end(context, operation, &waiting.limit).await
}

fn accepted<T: Followed>(context: &Context, operation: &Operation<T>) -> Result<()> {
    let handle = operation.handle();
    let record = OperationRecord {
        handle: handle.to_string(),
        version: T::version(operation),
        endpoint: T::endpoint(operation),
        status: operation.accepted_as().to_string(),
        obtained: obtained(operation.obtained()),
    };
    let printed = context.out.text(&record.handle, &record);
    printed.map_err(|failure| failure.with_handle(&handle))
}

pub(crate) async fn to_the_end<T: Followed>(
    context: &Context,
    operation: &Operation<T>,
    limit: &Limit,
) -> Result<()> {
    let handle = operation.handle();
    context.interrupt.waiting(&handle);
    let line = context.progress.line(&T::title(operation));
    let told = Told {
        out: context.out,
        handle: handle.to_string(),
        version: T::version(operation),
        endpoint: T::endpoint(operation),
    };
    let (shown, events) = (line.clone(), told.clone());
    let unread = Arc::new(Notify::new());
    let closed = Arc::clone(&unread);
    let mut first = true;
    let wait = operation
        .wait()
        .stall_after(QUIET)
        .on_change(move |change| {
            let (kind, progress) = match change {
                Change::Progress(progress) if first => ("accepted", progress),
                Change::Progress(progress) => ("progress", progress),
                Change::Stalled { progress, .. } => ("stalled", progress),
                _ => return,
            };
            first = false;
            let replicas = T::replicas(progress);
            let part = replicas.map(|it| (it.updated, it.total));
            if !T::is_good(progress) {
                shown.change(&change.to_string(), part);
            }
            let told =
                events.event::<T::Record>(kind, Some(&progress.to_string()), replicas, None, None);
            if told.is_err() {
                closed.notify_one();
            }
        });
    let wait = match limit.timeout {
        Some(timeout) => wait.deadline(timeout),
        None => wait,
    };
    let ended = tokio::select! {
        biased;
        // The wait goes with its reader; what was begun has not ended.
        () = unread.notified() => {
            line.clear();
            return Err(context.interrupt.by("nobody reads standard output any more"));
        }
        ended = wait => ended,
    };
    line.clear();
    context.interrupt.over();
    match ended {
        Ok(value) => {
            line.done(T::ENDED);
            let record = T::Record::from(&value);
            match context.out.format {
                crate::output::Format::Ndjson => {
                    told.event("done", None, None, Some(&record), None)
                }
                _ => context.out.one(&record),
            }
        }
        Err(error) => {
            let failure = failure(error, &T::title(operation));
            let why = EventError {
                kind: failure.kind(),
                message: failure.message(),
            };
            let event = match failure.exit() {
                Exit::Failed | Exit::Superseded => "failed",
                _ => "unfinished",
            };
            // That nobody reads it does not make it another failure.
            let _ = told.event::<T::Record>(event, None, None, None, Some(why));
            Err(failure)
        }
    }
}

/// What the events of one operation have in common.
#[derive(Clone)]
struct Told {
    out: Output,
    handle: String,
    version: String,
    endpoint: Option<String>,
}

impl Told {
    fn event<R: Serialize>(
        &self,
        event: &'static str,
        status: Option<&str>,
        replicas: Option<ReplicasRecord>,
        result: Option<&R>,
        error: Option<EventError<'_>>,
    ) -> Result<()> {
        self.out.event(&Event {
            event,
            time: rfc3339(SystemTime::now()),
            handle: &self.handle,
            version: &self.version,
            endpoint: self.endpoint.as_deref(),
            status,
            replicas,
            result,
            error,
        })
    }
}

fn failure(error: Error, title: &str) -> Failure {
    let what = match error.kind() {
        ErrorKind::OperationFailed => format!("{title} failed"),
        ErrorKind::Superseded => format!("{title} was superseded"),
        ErrorKind::Deadline => format!("{title} has not ended in time"),
        ErrorKind::Ambiguous => format!("{title} ended, and it is unclear how"),
        _ => format!("{title} cannot be followed any more"),
    };
    let handle = error.handle().cloned();
    let ended = matches!(
        error.kind(),
        ErrorKind::OperationFailed | ErrorKind::Superseded | ErrorKind::Ambiguous
    );
    let endpoint = handle
        .as_ref()
        .and_then(|handle| handle.endpoint().cloned());
    let failure = Failure::of(error, what);
    match (endpoint, handle) {
        (Some(endpoint), Some(handle)) if ended => {
            let look = format!("`cbm status {endpoint}` shows what serves now");
            if failure.exit() != Exit::Failed {
                return failure.next(look);
            }
            let version = handle.version();
            failure.next(format!(
                "{look}; `cbm deploy {version} {endpoint}` tries again"
            ))
        }
        (None, Some(handle)) if ended => failure.next(format!(
            "check the weights and what the bucket allows; then `cbm versions delete {} \
             --even-if-aliased`, and upload again",
            handle.version()
        )),
        (_, Some(handle)) if failure.exit() != Exit::Deadline => {
            failure.then(&format!("`cbm wait {handle}` goes on waiting"))
        }
        _ => failure,
    }
}
