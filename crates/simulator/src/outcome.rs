use serde::{Deserialize, Serialize};

/// How the sync of an upload from S3 goes.
///
/// Planned with [`Simulator::plan_sync`](crate::Simulator::plan_sync).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SyncOutcome {
    /// Queued, in progress, done.
    #[default]
    Succeeds,
    /// Queued, in progress, then `done: true` with the status `failed`.
    Fails,
    /// Queued, then in progress for ever.
    Stalls,
    /// Queued, in progress, then `done: true` with a status of your own; the version cannot be
    /// deployed.
    Ends {
        /// The status, such as `cancelled`. A plan with `done` is refused: that is a good end.
        status: String,
    },
}

/// How the rollout of a deployment goes.
///
/// Planned with [`Simulator::plan_rollout`](crate::Simulator::plan_rollout). Replica numbers
/// beyond what the endpoint has are cut to the last replica.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RolloutOutcome {
    /// Not started, in progress, complete.
    #[default]
    Completes,
    /// In progress, rolling back, rolled back: the old version goes on serving.
    RollsBack {
        /// How many replicas run the new version when it breaks.
        replicas: u32,
    },
    /// In progress, then `error`: the old version goes on serving.
    Errors {
        /// How many replicas run the new version when it breaks.
        replicas: u32,
    },
    /// In progress for ever. Deployments queued behind it never start.
    Stalls {
        /// How many replicas run the new version.
        replicas: u32,
    },
}
