use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use crate::clock::unix_now;
use crate::file::Source;
use crate::http::bind;
use crate::journal::Journal;
use crate::{
    Behaviour, Clock, FaultPlan, FileError, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld,
    Simulator, Timings, World, WorldFile,
};

/// Collects what a simulator starts with.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use cerebras_management_simulator::{SeedOrg, SeedVersion, Simulator};
///
/// let simulator = Simulator::builder()
///     .speed(60.0)
///     .version("my-org", SeedVersion::new("gpt-oss-120b", "s3://b/w").alias("production"))
///     .org(SeedOrg::new("other-org").keys("other-management-key", "other-inference-key"))
///     .start()
///     .await?;
/// assert_eq!(simulator.versions("gpt-oss-120b")[0].aliases, ["production"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing runs until `start`"]
pub struct Builder {
    address: IpAddr,
    port: u16,
    speed: Speed,
    started: Option<u64>,
    behaviour: Behaviour,
    timings: Timings,
    world: SeedWorld,
    orphans: Vec<String>,
    faults: FaultPlan,
    /// Where the faults came from.
    fault_file: Option<Source>,
    journal_limit: usize,
}

#[derive(Clone, Copy, Debug)]
enum Speed {
    Factor(f64),
    Manual,
}

impl Builder {
    /// The start of a manual clock unless set: that of the published examples.
    const MANUAL_START: u64 = 1_736_700_000;

    pub(crate) fn new() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            speed: Speed::Factor(1.0),
            started: None,
            behaviour: Behaviour::default(),
            timings: Timings::default(),
            world: SeedWorld::default(),
            orphans: Vec::new(),
            faults: FaultPlan::new(),
            fault_file: None,
            journal_limit: Journal::LIMIT,
        }
    }

    /// The port on 127.0.0.1. Any free one unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to listen on, for containers. The keys are public: anyone who can reach the
    /// address can use the simulator. 127.0.0.1 unless set.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// How many simulated seconds pass in a real one. 1 unless set.
    pub fn speed(mut self, factor: f64) -> Self {
        self.speed = Speed::Factor(factor);
        self
    }

    /// Stops the clock: only [`Simulator::advance`] moves it.
    pub fn manual_clock(mut self) -> Self {
        self.speed = Speed::Manual;
        self
    }

    /// The wall time at the start, in Unix seconds. The present unless set; with a manual
    /// clock, that of the published examples, so that every run is the same.
    pub fn started(mut self, unix_seconds: u64) -> Self {
        self.started = Some(unix_seconds);
        self
    }

    /// How the service behaves where the published pages leave it open.
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// How long things take, in simulated time.
    pub fn timings(mut self, timings: Timings) -> Self {
        self.timings = timings;
        self
    }

    /// Replaces the whole world.
    pub fn world(mut self, world: SeedWorld) -> Self {
        self.world = world;
        self
    }

    /// Adds an org.
    pub fn org(mut self, org: SeedOrg) -> Self {
        self.world.orgs.push(org);
        self
    }

    /// Adds a model architecture to an org.
    pub fn architecture(self, org: &str, id: impl Into<String>) -> Self {
        self.in_org(org, |org| org.architectures.push(id.into()))
    }

    /// Adds a synced version to an org.
    pub fn version(self, org: &str, version: SeedVersion) -> Self {
        self.in_org(org, |org| org.versions.push(version))
    }

    /// Adds an endpoint to an org, or replaces the one with its id.
    pub fn endpoint(self, org: &str, endpoint: SeedEndpoint) -> Self {
        self.in_org(org, |org| {
            org.endpoints.retain(|other| other.id != endpoint.id);
            org.endpoints.push(endpoint);
        })
    }

    fn in_org(mut self, name: &str, change: impl FnOnce(&mut SeedOrg)) -> Self {
        match self.world.orgs.iter_mut().find(|org| org.name == name) {
            Some(org) => change(org),
            None => self.orphans.push(name.into()),
        }
        self
    }

    /// What goes wrong, from the start.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = plan;
        self.fault_file = None;
        self
    }

    /// How many requests [`Simulator::journal`] keeps, the oldest of which go first. 10,000 unless
    /// set. [`Simulator::count`] counts them all.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cerebras_management_simulator::Simulator;
    ///
    /// let simulator = Simulator::builder().journal_limit(1).start().await?;
    /// for path in ["/a", "/b", "/c"] {
    ///     reqwest::get(simulator.base_url() + path).await?;
    /// }
    /// assert_eq!(simulator.journal()[0].path, "/c");
    /// assert_eq!(simulator.journal_dropped(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn journal_limit(mut self, requests: usize) -> Self {
        self.journal_limit = requests;
        self
    }

    /// Takes world, behaviour and timings from a file, and speed, start and the journal's limit
    /// where the file has them. What was set before is replaced.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is wrong: the error names the file and the line.
    pub fn world_file(mut self, path: impl AsRef<Path>) -> Result<Self, FileError> {
        let file = WorldFile::read(path)?;
        let (speed, started, journal_limit) = (file.speed, file.started, file.journal_limit);
        let from_file = Self::from(file);
        self.world = from_file.world;
        self.orphans.clear();
        self.behaviour = from_file.behaviour;
        self.timings = from_file.timings;
        if speed.is_some() {
            self.speed = from_file.speed;
        }
        self.started = started.or(self.started);
        self.journal_limit = journal_limit.unwrap_or(self.journal_limit);
        Ok(self)
    }

    /// Takes what goes wrong from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is wrong: the error names the file and the line. What it
    /// says is compared with the world in [`Builder::start`].
    pub fn fault_file(mut self, path: impl AsRef<Path>) -> Result<Self, FileError> {
        let source = Source::read(path.as_ref())?;
        self.faults = FaultPlan::from_source(&source)?;
        self.fault_file = Some(source);
        Ok(self)
    }

    /// Starts the simulator on the current Tokio runtime. When this returns it answers.
    ///
    /// # Errors
    ///
    /// Of the kind `InvalidInput` when what was collected contradicts itself, naming what; of
    /// the kind `AddrInUse` when the port is in use.
    pub async fn start(self) -> io::Result<Simulator> {
        let clock = self.clock()?;
        if let Some(org) = self.orphans.first() {
            let message = format!("something was added to the org {org:?}, which does not exist");
            return Err(invalid(&message));
        }
        let started = self.started.unwrap_or_else(|| {
            if clock.is_manual() {
                Self::MANUAL_START
            } else {
                unix_now()
            }
        });
        let world = World::of(self.world, self.behaviour, self.timings, started);
        let world = world.map_err(|bad| invalid(&bad))?;
        self.faults
            .check(&world)
            .map_err(|bad| match &self.fault_file {
                Some(source) => invalid(&source.error_at(&bad.place, &bad.message)),
                None => invalid(&bad),
            })?;
        let listener = bind(self.address, self.port).await?;
        Simulator::serve(
            listener,
            clock,
            world,
            self.faults,
            Journal::new(self.journal_limit),
        )
    }

    fn clock(&self) -> io::Result<Clock> {
        match self.speed {
            Speed::Manual => Ok(Clock::manual()),
            Speed::Factor(factor) if factor.is_finite() && factor > 0.0 => Ok(Clock::real(factor)),
            Speed::Factor(factor) => Err(invalid(&format!(
                "the speed {factor} is not a positive number"
            ))),
        }
    }
}

fn invalid(error: &impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.to_string())
}
