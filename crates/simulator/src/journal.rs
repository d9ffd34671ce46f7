use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FaultAction, Operation};

/// One request that reached the simulator, and what was done to it. It holds no header, so no key;
/// the request's own is taken out of the query and the body too, unless it has less than 8 bytes,
/// and so is the value of whatever a query calls a key.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cerebras_management_simulator::{INFERENCE_KEY, Simulator};
///
/// let simulator = Simulator::start().await?;
/// let url = format!("{}/v1/chat/completions", simulator.base_url());
/// let request = reqwest::Client::new().post(url).bearer_auth(INFERENCE_KEY);
/// request.json(&serde_json::json!({ "model": "m" })).send().await?;
/// let journal = simulator.journal();
/// assert_eq!(journal[0].body.as_deref(), Some(r#"{"model":"m"}"#));
/// assert_eq!(journal[0].json().unwrap()["model"], "m");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// When, in simulated time since the start; written as a number of seconds.
    #[serde(with = "crate::seconds")]
    pub at: Duration,
    /// The method, as in `GET`.
    pub method: String,
    /// The path as it was sent, still percent-encoded, without the query.
    pub path: String,
    /// What comes after the `?`, as it was sent, as far as 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The body of a request for an operation that takes one, as text, as far as 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The route; none when the path or the method is not one of the service's.
    pub operation: Option<Operation>,
    /// The status of the answer; none when a fault kept the answer back.
    pub status: Option<u16>,
    /// Whether the service handled the request, be it with a refusal; false when a fault kept it
    /// from that.
    pub handled: bool,
    /// The fault that hit the request.
    pub fault: Option<FaultAction>,
    /// Why it could not be read as a request of HTTP/1.1, if it could not. The method and the path
    /// are empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

impl Entry {
    /// The body as JSON, if it is JSON and was kept as a whole.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }
}

/// The last requests, oldest first, and how many there ever were of each operation.
#[derive(Debug)]
pub(crate) struct Journal {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    counts: BTreeMap<Operation, u64>,
    dropped: u64,
}

/// What a journal has at one moment.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) requests: Vec<Entry>,
    counts: BTreeMap<Operation, u64>,
    limit: usize,
    dropped: u64,
}

impl Journal {
    /// How many entries are kept unless said otherwise: a simulator may run for weeks under steady
    /// traffic. At 4 KiB for each body and query that is 80 MB at the very most, and a few MB with
    /// the bodies that there really are.
    pub(crate) const LIMIT: usize = 10_000;

    /// A journal of so many entries. The oldest go first.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: Mutex::default(),
        }
    }

    /// The entry is made under the lock, so that the times in the journal do not go back.
    pub(crate) fn record(&self, entry: impl FnOnce() -> Entry) {
        let mut kept = self.lock();
        let entry = entry();
        if let Some(operation) = entry.operation {
            *kept.counts.entry(operation).or_default() += 1;
        }
        kept.entries.push_back(entry);
        if kept.entries.len() > self.limit {
            kept.entries.pop_front();
            kept.dropped += 1;
        }
    }

    pub(crate) fn read(&self) -> Record {
        let kept = self.lock();
        Record {
            requests: kept.entries.iter().cloned().collect(),
            counts: kept.counts.clone(),
            limit: self.limit,
            dropped: kept.dropped,
        }
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    /// The last entries, newest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Entry> {
        self.lock()
            .entries
            .iter()
            .rev()
            .take(count)
            .cloned()
            .collect()
    }

    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.lock().counts.get(&operation).copied().unwrap_or(0)
    }

    /// How many entries were given up for newer ones.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
