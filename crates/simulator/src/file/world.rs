use std::path::Path;
use std::time::Duration;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{FileError, Source, pieces};
use crate::world::check_seed;
use crate::{Behaviour, Builder, SeedOrg, SeedWorld, Timings};

/// What a simulator starts with, as a TOML file. Everything may be left out.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cerebras_management_simulator::{Builder, SecondDeploy, WorldFile};
///
/// let file = WorldFile::parse(
///     r#"
///     speed = 60
///
///     [behaviour]
///     second_deploy = "refused"
///
///     [timings]
///     sync = 600
///
///     [[org]]
///     name = "acme"
///     architectures = ["llama3.1-8b"]
///
///     [[org.endpoint]]
///     id = "acme-llama"
///     architecture = "llama3.1-8b"
///     "#,
/// )?;
/// assert_eq!(file.behaviour.second_deploy, SecondDeploy::Refused);
/// let builder = Builder::from(file);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WorldFile {
    /// How many simulated seconds pass in a real one. With 0 the clock stands still, and only
    /// [`Simulator::advance`](crate::Simulator::advance) and `POST /_simulator/advance` move it.
    #[serde(deserialize_with = "speed", skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// The wall time at the start, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// How many requests the journal keeps: see [`Builder::journal_limit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal_limit: Option<usize>,
    /// The switches.
    pub behaviour: Behaviour,
    /// How long things take, in simulated seconds.
    pub timings: Timings,
    /// The orgs. The default world when there are none.
    #[serde(rename = "org")]
    pub orgs: Vec<SeedOrg>,
}

/// From how many bytes on a file is read in pieces.
const LARGE: usize = 1 << 20;

impl WorldFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or for the reasons of [`WorldFile::parse`]. The error names
    /// the file and the line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Self::from_source(&Source::read(path.as_ref())?)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// When it is no TOML, when something in it is unknown or of the wrong kind, and when the
    /// world that it describes contradicts itself. The error names the line, and the file as
    /// `world file`.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        Self::from_source(&Source::new("world file", text))
    }

    fn from_source(source: &Source) -> Result<Self, FileError> {
        let text = source.text();
        let large = (text.len() > LARGE).then(|| pieces::parse(text)).flatten();
        let file = large.map_or_else(|| source.parse(), Ok)?;
        if !file.orgs.is_empty() {
            check_seed(&file.orgs).map_err(|bad| source.error_at(&bad.place, &bad.message))?;
        }
        Ok(file)
    }
}

impl From<WorldFile> for Builder {
    fn from(file: WorldFile) -> Self {
        let world = match file.orgs {
            orgs if orgs.is_empty() => SeedWorld::default(),
            orgs => SeedWorld { orgs },
        };
        let mut builder = Self::new()
            .world(world)
            .behaviour(file.behaviour)
            .timings(file.timings);
        builder = match file.speed {
            Some(0.0) => builder.manual_clock(),
            Some(speed) => builder.speed(speed),
            None => builder,
        };
        if let Some(limit) = file.journal_limit {
            builder = builder.journal_limit(limit);
        }
        match file.started {
            Some(started) => builder.started(started),
            None => builder,
        }
    }
}

fn speed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let speed = f64::deserialize(deserializer)?;
    // What is not finite is no duration either.
    match Duration::try_from_secs_f64(speed) {
        Ok(_) => Ok(Some(speed)),
        Err(_) => Err(D::Error::custom(format!(
            "expected a speed of 0 or more, such as 60, not {speed}"
        ))),
    }
}
