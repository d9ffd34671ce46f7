use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Fault, PlannedRollout, PlannedSync};
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
    /// What the draws of every `probability` start from: the same seed, the same draws. 0 unless
    /// set.
    pub seed: u64,
    /// The faults. The first that hits a request has it.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
    /// How syncs go. The first that is for a sync has it; one that none is for succeeds.
    #[serde(rename = "sync")]
    pub syncs: Vec<PlannedSync>,
    /// How rollouts go. The first that is for a rollout has it; one that none is for completes.
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
        Self::from_source(&Source::read(path.as_ref())?)
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
    /// When it is no TOML, when something in it is unknown or of the wrong kind, and when a fault
    /// could hit nothing, as one for `get_endpoint` with an `org`. The error names the line, and the file as `fault file`.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        Self::from_source(&Source::new("fault file", text))
    }

    pub(crate) fn from_source(source: &Source) -> Result<Self, FileError> {
        let plan: Self = source.parse()?;
        plan.check_itself()
            .map_err(|bad| source.error_at(&bad.place, &bad.message))?;
        Ok(plan)
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
    pub fn sync(self, architecture: impl Into<String>, outcome: SyncOutcome) -> Self {
        self.planned_sync(PlannedSync::of(architecture, outcome).once())
    }

    /// Plans how some of the uploads will sync.
    #[must_use]
    pub fn planned_sync(mut self, planned: PlannedSync) -> Self {
        self.syncs.push(planned);
        self
    }

    /// Plans how the rollout of the next deployment to an endpoint will go.
    #[must_use]
    pub fn rollout(self, endpoint: impl Into<String>, outcome: RolloutOutcome) -> Self {
        self.planned_rollout(PlannedRollout::of(endpoint, outcome).once())
    }

    /// Plans how the rollouts of some of the deployments will go.
    #[must_use]
    pub fn planned_rollout(mut self, planned: PlannedRollout) -> Self {
        self.rollouts.push(planned);
        self
    }
}
