use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::http::{Server, Service, app};
use crate::journal::Journal;
use crate::{
    BadPlan, Builder, Clock, DeploymentTruth, Entry, Fault, FaultPlan, Operation, RolloutOutcome,
    Snapshot, SyncOutcome, VersionTruth, World,
};

/// A running simulator, and the handle to it. It ends when this is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use cerebras_management_simulator::{DEFAULT_ENDPOINTS, Simulator};
///
/// let simulator = Simulator::builder().manual_clock().start().await?;
/// simulator.fail_next_rollout(DEFAULT_ENDPOINTS[0])?;
/// simulator.advance(Duration::from_secs(60));
/// assert_eq!(simulator.serving(DEFAULT_ENDPOINTS[0]), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Simulator {
    service: Arc<Service>,
    server: Server,
    address: SocketAddr,
}

impl Simulator {
    /// Starts one with the default world, at the speed of real time, on a free port.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Collects what to start with.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The plan has been checked.
    pub(crate) fn serve(
        listener: TcpListener,
        clock: Clock,
        world: World,
        faults: FaultPlan,
        journal: Journal,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (service, gate) = Service::new(clock, world, journal);
        service.set_plan(faults).map_err(io::Error::other)?;
        let service = Arc::new(service);
        let server = Server::spawn(listener, address, Arc::clone(&service), gate);
        Ok(Self {
            service,
            server,
            address,
        })
    }

    /// The base URL for a client, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The same service as a router, to call without a connection or to serve elsewhere.
    pub fn app(&self) -> Router {
        app(Arc::clone(&self.service))
    }

    /// Ends it, and waits until its port is free. Dropping it does the same without waiting.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Moves the clock forward. A clock that runs jumps ahead and runs on.
    pub fn advance(&self, by: Duration) {
        self.service.clock.advance(by);
    }

    /// The simulated time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.service.clock.now()
    }

    /// Plans how the next upload under an architecture will sync. Plans made one after another
    /// are for one upload after another.
    ///
    /// # Errors
    ///
    /// When there is no such architecture.
    pub fn plan_sync(&self, architecture: &str, outcome: SyncOutcome) -> Result<(), UnknownName> {
        let found = self
            .service
            .with_world(|world, _| world.plan_sync(architecture, outcome));
        known(found, "architecture", architecture)
    }

    /// Plans how the rollout of the next deployment to an endpoint will go. Plans made one after
    /// another are for one deployment after another.
    ///
    /// # Errors
    ///
    /// When there is no such endpoint.
    pub fn plan_rollout(&self, endpoint: &str, outcome: RolloutOutcome) -> Result<(), UnknownName> {
        let found = self
            .service
            .with_world(|world, _| world.plan_rollout(endpoint, outcome));
        known(found, "endpoint", endpoint)
    }

    /// Has the sync of the next upload under an architecture end with `failed`.
    ///
    /// # Errors
    ///
    /// When there is no such architecture.
    pub fn fail_next_sync(&self, architecture: &str) -> Result<(), UnknownName> {
        self.plan_sync(architecture, SyncOutcome::Fails)
    }

    /// Has the rollout of the next deployment to an endpoint break on its second replica and
    /// roll back.
    ///
    /// # Errors
    ///
    /// When there is no such endpoint.
    pub fn fail_next_rollout(&self, endpoint: &str) -> Result<(), UnknownName> {
        self.plan_rollout(endpoint, RolloutOutcome::RollsBack { replicas: 1 })
    }

    /// Adds a fault, as it is: [`Simulator::set_faults`] says when one could hit nothing. The first
    /// added that hits a request has it.
    pub fn inject(&self, fault: Fault) {
        self.service.faults.add(fault, self.now());
    }

    /// Removes every fault. What is planned for syncs and rollouts stays.
    pub fn clear_faults(&self) {
        self.service.faults.set(0, Vec::new(), self.now());
    }

    /// Replaces everything that is to go wrong: faults, and what is planned for syncs and
    /// rollouts.
    ///
    /// # Errors
    ///
    /// When the plan names an org, architecture or endpoint that is not there, or has a fault that
    /// could hit nothing or not be done. Nothing has changed then.
    pub fn set_faults(&self, plan: FaultPlan) -> Result<(), BadPlan> {
        self.service.set_plan(plan)
    }

    /// What is still to go wrong: the faults that can still hit, with what is left of their
    /// counts, and the plans that have not come to pass.
    #[must_use]
    pub fn faults(&self) -> FaultPlan {
        self.service.plan()
    }

    /// Closes every connection and has new ones refused, as if the service were not running.
    /// When this returns it is so.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cerebras_management_simulator::Simulator;
    ///
    /// let simulator = Simulator::start().await?;
    /// simulator.refuse_connections().await;
    /// assert!(reqwest::get(simulator.base_url()).await.unwrap_err().is_connect());
    /// simulator.accept_connections().await;
    /// assert!(reqwest::get(simulator.base_url()).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refuse_connections(&self) {
        self.service.gate.close(None).await;
    }

    /// Accepts connections again, on the same port. When this returns it is so.
    pub async fn accept_connections(&self) {
        self.service.gate.open().await;
    }

    /// The last requests, oldest first, and what was done to each: 10,000, unless
    /// [`Builder::journal_limit`] says otherwise.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.service.journal.read().requests
    }

    /// How many requests the journal has given up for newer ones: with none it is complete, as
    /// far back as the start or the last [`Simulator::clear_journal`].
    #[must_use]
    pub fn journal_dropped(&self) -> u64 {
        self.service.journal.dropped()
    }

    /// Forgets the requests so far, and their counts.
    pub fn clear_journal(&self) {
        self.service.journal.clear();
    }

    /// How many requests for an operation there were, whether or not the journal still has
    /// them.
    #[must_use]
    pub fn count(&self, operation: Operation) -> u64 {
        self.service.journal.count(operation)
    }

    /// The truth, whatever the API says: the version that an endpoint serves. None when it
    /// serves nothing or does not exist.
    #[must_use]
    pub fn serving(&self, endpoint: &str) -> Option<u64> {
        self.service.with_world(|world, _| world.serving(endpoint))
    }

    /// The truth, whatever the API says: the versions under an architecture.
    #[must_use]
    pub fn versions(&self, architecture: &str) -> Vec<VersionTruth> {
        self.service
            .with_world(|world, _| world.versions(architecture))
    }

    /// The truth, whatever the API says: every deployment that an endpoint accepted, oldest
    /// first.
    #[must_use]
    pub fn deployments(&self, endpoint: &str) -> Vec<DeploymentTruth> {
        self.service
            .with_world(|world, _| world.deployments(endpoint))
    }

    /// The truth about everything, whatever the API says.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.service.with_world(|world, _| world.snapshot())
    }
}

/// A name that nothing in the simulated world has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    kind: &'static str,
    name: String,
}

fn known(found: bool, kind: &'static str, name: &str) -> Result<(), UnknownName> {
    if found {
        return Ok(());
    }
    let name = name.into();
    Err(UnknownName { kind, name })
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the simulated world has no {} {:?}",
            self.kind, self.name
        )
    }
}

impl std::error::Error for UnknownName {}
