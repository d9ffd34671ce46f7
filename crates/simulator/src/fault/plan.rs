use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::file::Source;
use crate::{FileError, RolloutOutcome, SyncOutcome};

/// Everything that is to go wrong, as data: code, TOML or JSON.
///
/// ```
/// use cerebras_management_simulator::{Fault, FaultAction, FaultPlan, Operation, RolloutOutcome};
///
/// let plan = FaultPlan::new()
///     .fault(Fault::on(Operation::DeployModel, FaultAction::LoseAnswer).once())
///     .rollout("my-org-gpt-oss-120b", RolloutOutcome::Stalls { replicas: 2 });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultPlan {
    /// What the draws of [`Fault::probability`] start from: the same seed, the same draws. 0
    /// unless set.
    pub seed: u64,
    /// The faults. The first that hits a request has it.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// How syncs go.
    #[serde(rename = "sync")]
    pub syncs: Vec<PlannedSync>,
    /// How rollouts go.
    #[serde(rename = "rollout")]
    pub rollouts: Vec<PlannedRollout>,
}

impl FaultPlan {
    /// A plan in which nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a fault file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or for the reasons of [`FaultPlan::parse`]. The error names
    /// the file and the line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Source::read(path.as_ref())?.parse()
    }

    /// Reads the text of a fault file.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cerebras_management_simulator::{Fault, FaultAction, FaultPlan, Operation};
    ///
    /// let plan = FaultPlan::parse(
    ///     r#"
    ///     [[fault]]
    ///     operation = "deploy_model"
    ///     times = 1
    ///     action = "lose_answer"
    ///     "#,
    /// )?;
    /// let lost = Fault::on(Operation::DeployModel, FaultAction::LoseAnswer).once();
    /// assert_eq!(plan, FaultPlan::new().fault(lost));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it is no TOML, and when something in it is unknown or of the wrong kind. The error
    /// names the line, and the file as `fault file`.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        Source::new("fault file", text).parse()
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Plans how the next upload under an architecture will sync.
    #[must_use]
    pub fn sync(mut self, architecture: impl Into<String>, outcome: SyncOutcome) -> Self {
        self.syncs.push(PlannedSync {
            architecture: architecture.into(),
            outcome,
            times: 1,
        });
        self
    }

    /// Plans how the rollout of the next deployment to an endpoint will go.
    #[must_use]
    pub fn rollout(mut self, endpoint: impl Into<String>, outcome: RolloutOutcome) -> Self {
        self.rollouts.push(PlannedRollout {
            endpoint: endpoint.into(),
            outcome,
            times: 1,
        });
        self
    }
}

/// How the next syncs under an architecture go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlannedSync {
    /// The architecture, in whichever org.
    pub architecture: String,
    /// How they go.
    pub outcome: SyncOutcome,
    /// How many uploads it is for. 1 unless set.
    #[serde(default = "once")]
    pub times: u64,
}

/// How the next rollouts at an endpoint go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlannedRollout {
    /// The endpoint.
    pub endpoint: String,
    /// How they go.
    pub outcome: RolloutOutcome,
    /// How many deployments it is for. 1 unless set.
    #[serde(default = "once")]
    pub times: u64,
}

fn once() -> u64 {
    1
}
