//! Waits that share their requests, beside as many loops that each ask for themselves.
//!
//! Both poll at the same pace. The service is another process, so that the processor time, the
//! memory and the delays are those of the client alone.

mod service;

use std::time::{Duration, Instant};

use cerebras_management::{Client, ModelVersion, Operation, Schedule, Version};
use cerebras_management_simulator::{DEFAULT_ORG, MANAGEMENT_KEY};
use futures_util::FutureExt;
use rustix::time::{ClockId, clock_gettime};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::report::{self, Table};
use crate::sample::Sample;
use crate::simulator::ARCHITECTURE;
use crate::{ALLOCATOR, Failure};

use service::{Service, unix_now};
pub(crate) use service::{Syncs, serve};

/// The interval of the shared waits, before chance shortens it.
const INTERVAL: Duration = Duration::from_secs(1);
/// What chance leaves of it on average: the interval of the loops.
const MEAN_INTERVAL: Duration = Duration::from_millis(950);

/// Until all have begun, and have asked a few times.
const WARM_UP: Duration = Duration::from_secs(4);
/// How long requests and processor time are counted.
const RUN: Duration = Duration::from_secs(20);

/// How many ends are noticed at least, for the delays.
const ENDS: u32 = 100;
/// In how many seconds the first of them comes, and how much later the last.
const FIRST_END: f64 = 5.0;
const SPREAD: f64 = 10.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Shared,
    Loops,
}

/// What so many waits cost that go on.
struct Cost {
    requests_a_minute: f64,
    cpu_seconds_a_minute: f64,
    bytes_a_waiter: f64,
}

pub(crate) async fn run(counts: Vec<u32>) -> Result<(), Failure> {
    let mut costs = Table::new(
        "Waits for N uploads, and N loops",
        &[
            "N",
            "way",
            "requests a minute",
            "requests an interval",
            "delay, median, ms",
            "delay, p99, ms",
            "CPU, s a minute",
            "bytes a waiter",
        ],
    );
    let mut ratios = Table::new(
        "What the loops take of what the shared waits take",
        &["N", "requests", "CPU", "bytes a waiter"],
    );
    for count in counts {
        let mut of_both = Vec::new();
        for way in [Way::Shared, Way::Loops] {
            let cost = going_on(way, count).await?;
            let delays = delays(way, count).await?;
            costs.row([
                count.to_string(),
                match way {
                    Way::Shared => "shared".to_owned(),
                    Way::Loops => "loops".to_owned(),
                },
                format!("{:.0}", cost.requests_a_minute),
                format!(
                    "{:.2}",
                    cost.requests_a_minute / 60.0 * MEAN_INTERVAL.as_secs_f64()
                ),
                format!("{:.0}", delays.median()),
                format!("{:.0}", delays.quantile(0.99)),
                format!("{:.3}", cost.cpu_seconds_a_minute),
                format!("{:.0}", cost.bytes_a_waiter),
            ]);
            of_both.push(cost);
        }
        if let [shared, loops] = of_both.as_slice() {
            ratios.row([
                count.to_string(),
                format!("{:.1}", loops.requests_a_minute / shared.requests_a_minute),
                format!(
                    "{:.1}",
                    loops.cpu_seconds_a_minute / shared.cpu_seconds_a_minute
                ),
                format!("{:.1}", loops.bytes_a_waiter / shared.bytes_a_waiter),
            ]);
        }
    }
    report::write("wait", &[costs, ratios])
}

/// What they take while nothing ends.
async fn going_on(way: Way, count: u32) -> Result<Cost, Failure> {
    let service = Service::start(Syncs {
        count,
        first: 86_400.0,
        spread: 0.0,
    })?;
    let syncs = Sync::begin(&client(&service)?, 1..=count).await?;
    let mut tasks = Vec::with_capacity(syncs.len());
    let before = ALLOCATOR.allocated();
    for (index, sync) in (0..).zip(&syncs) {
        tasks.push(sync.wait(way, index, count));
    }
    sleep(WARM_UP).await;

    let requests = service.requests().await?;
    let (began, cpu) = (Instant::now(), cpu_time()?);
    sleep(RUN).await;
    let (ran, cpu) = (began.elapsed(), cpu_time()?.saturating_sub(cpu));
    let requests = service.requests().await? - requests;
    let held = least_allocated().await.saturating_sub(before);
    if tasks.iter().any(JoinHandle::is_finished) {
        return Err("a wait has ended, and should not have".into());
    }
    for task in &tasks {
        task.abort();
    }

    let minutes = ran.as_secs_f64() / 60.0;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (requests, held) = (requests as f64, held as f64);
    Ok(Cost {
        requests_a_minute: requests / minutes,
        cpu_seconds_a_minute: cpu.as_secs_f64() / minutes,
        bytes_a_waiter: held / f64::from(count),
    })
}

/// From the end of each sync to the moment at which the wait has it, in milliseconds. Where few
/// wait together, several such groups wait side by side, each with a client of its own.
async fn delays(way: Way, count: u32) -> Result<Sample, Failure> {
    let all = count.max(ENDS);
    let service = Service::start(Syncs {
        count: all,
        first: FIRST_END,
        spread: SPREAD,
    })?;
    let mut waiting = Vec::new();
    for first in (1..=all).step_by(count as usize) {
        let group = first..=(first + count - 1).min(all);
        let syncs = Sync::begin(&client(&service)?, group.clone()).await?;
        for (id, sync) in group.zip(&syncs) {
            let end = service.ends[id as usize - 1];
            if unix_now() >= end {
                return Err(format!("upload {id} has ended before the wait for it began").into());
            }
            waiting.push((sync.wait(way, id - first, count), end));
        }
    }
    let mut delays = Sample::default();
    for (task, end) in waiting {
        let noticed = task.await??;
        delays.push(noticed.saturating_sub(end).as_secs_f64() * 1000.0);
    }
    Ok(delays)
}

/// A client of its own: nothing is shared beyond it.
fn client(service: &Service) -> Result<Client, Failure> {
    let client = Client::builder().key(MANAGEMENT_KEY);
    Ok(client.base_url(&service.url).build()?)
}

/// An upload that goes on.
struct Sync {
    version: Version,
    operation: Operation<ModelVersion>,
}

impl Sync {
    async fn begin(client: &Client, ids: impl Iterator<Item = u32>) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for id in ids {
            let name = format!("orgs/{DEFAULT_ORG}/models/{ARCHITECTURE}/versions/{id}");
            let version = client.version(name)?;
            let operation = version.track().await?;
            all.push(Self { version, operation });
        }
        Ok(all)
    }

    /// Waits for the end in a task of its own, which gives the moment at which it has it. The
    /// loops begin at moments spread over an interval.
    fn wait(&self, way: Way, index: u32, count: u32) -> Task {
        match way {
            Way::Shared => {
                let schedule = Schedule::default().floor(INTERVAL).ceiling(INTERVAL);
                let wait = self.operation.wait().schedule(schedule);
                tokio::spawn(wait.map(|ended| ended.map(|_| unix_now())))
            }
            Way::Loops => tokio::spawn(look_alone(
                self.version.clone(),
                MEAN_INTERVAL * index / count,
            )),
        }
    }
}

type Task = JoinHandle<cerebras_management::Result<Duration>>;

/// What one would write without an operation to wait for.
async fn look_alone(version: Version, offset: Duration) -> cerebras_management::Result<Duration> {
    sleep(offset).await;
    while !version.get().await?.done() {
        sleep(MEAN_INTERVAL).await;
    }
    Ok(unix_now())
}

/// The processor time of this process so far, of all its threads.
fn cpu_time() -> Result<Duration, Failure> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

/// The fewest bytes on the heap within the next second: those that are held between the requests.
async fn least_allocated() -> usize {
    let mut least = usize::MAX;
    for _ in 0..500 {
        least = least.min(ALLOCATOR.allocated());
        sleep(Duration::from_millis(2)).await;
    }
    least
}
