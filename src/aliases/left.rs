//! What a move of an alias that failed has left.

use std::time::Duration;

use super::intent::MoveIntent;

/// What a move of an alias has left when it failed: which version the alias names, and how long
/// it named none. It comes with the error: [`Error::alias_move`](crate::Error::alias_move).
///
/// ```no_run
/// # async fn run(model: cerebras_management::Model) -> cerebras_management::Result<()> {
/// use cerebras_management::AliasNames;
///
/// if let Err(error) = model.move_alias("production", 2_u64).await {
///     match error.alias_move() {
///         Some(left) if left.names == AliasNames::Nothing || left.in_doubt => {
///             eprintln!("to go on: {}", left.intent);
///         }
///         _ => eprintln!("the alias is on a version"),
///     }
///     return Err(error);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoveLeft {
    /// What the move was to do, for [`Client::resume_move`](crate::Client::resume_move).
    pub intent: MoveIntent,
    /// What the alias names, as it was seen last.
    pub names: AliasNames,
    /// How long it named no version, at most: from just before it was taken away until it was
    /// seen on a version again, or else until the move ended. None when the move did not take it
    /// away.
    pub without_alias: Option<Duration>,
    /// Whether an answer was lost, so that a write may come late and change what the alias names.
    pub in_doubt: bool,
}

/// What an alias names after a move that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AliasNames {
    /// The version that had it: [`MoveIntent::from`]. It was put back, or had stayed there.
    Source,
    /// The version it was moved to: [`MoveIntent::to`]. The move was done; what failed is the
    /// reading back, or one of the two lists reads otherwise than it was written.
    Target,
    /// Another version, by its full name: somebody else has moved it there.
    Other(String),
    /// No version.
    Nothing,
    /// Not known, since looking failed.
    Unknown,
}
