//! The client: where every call begins.

mod builder;
mod environment;

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard};

use crate::error::Result;
use crate::names::OrgName;
use crate::poll::{Feed, Feeds, View};
use crate::raw;
use crate::retry::Op;
use crate::transport::{Attempts, Generated, Transport, Unread};

pub use builder::ClientBuilder;
pub(crate) use environment::ORG as ORG_VARIABLE;

/// A client of the Management API. Cloning it is cheap, and the clones share connections.
///
/// ```no_run
/// use cerebras_management::Client;
///
/// # async fn run() -> cerebras_management::Result<()> {
/// let client = Client::from_env()?;
/// for architecture in client.org("my-org")?.architectures().await? {
///     println!("{architecture}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    org: Option<OrgName>,
    /// Where waits meet that can share their polls.
    feeds: Arc<Feeds>,
    /// Held by each edit of aliases, so that those of one client and its clones do not overtake
    /// each other.
    alias_edits: Arc<Mutex<()>>,
}

impl Client {
    /// Builds a client from the environment.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `CEREBRAS_MANAGEMENT_API_KEY` | the Management API key, or |
    /// | `CEREBRAS_MANAGEMENT_API_KEY_FILE` | a file that holds it, read again when the key is refused |
    /// | `CEREBRAS_ORG_NAME` | the default organization, for [`default_org`](Client::default_org) |
    /// | `CEREBRAS_MANAGEMENT_BASE_URL` | `https://api.cerebras.ai` unless set |
    /// | `CEREBRAS_API_KEY` | the inference key, for [`Endpoint::chat`](crate::Endpoint::chat) only |
    ///
    /// Proxies (`HTTPS_PROXY`, `NO_PROXY`) and `SSL_CERT_FILE` hold too. The certificates to trust are
    /// read once in a process, with the first https connection. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names the variable and the remedy.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// Collects the settings of a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The address that requests go to, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.transport.base.as_str()
    }

    /// Runs one operation of the generated client, repeated as the retry policy says.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        op: Op,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<T>> {
        self.call_as(Attempts::ByPolicy, op, method)
    }

    /// The same for who may own the retrying, as a wait does.
    pub(crate) fn call_as<T: DeserializeOwned>(
        &self,
        attempts: Attempts,
        op: Op,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<T>> {
        self.transport.call(op, attempts, method)
    }

    /// The same with one attempt.
    pub(crate) fn call_once<T: DeserializeOwned>(
        &self,
        op: Op,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<T>> {
        self.call_as(Attempts::One, op, method)
    }

    /// The same with one attempt, and without reading the answer.
    pub(crate) fn fetch<T>(
        &self,
        op: Op,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<Unread>> {
        self.transport.fetch(op, method)
    }

    /// What the waits for one thing share, by its name. A poll makes one attempt, and one more
    /// when its key has been rotated; each of them may have to wait for the key.
    pub(crate) fn feed<V: View>(&self, of: &impl ToString) -> Arc<Feed<V>> {
        let limit = self.transport.request_timeout.saturating_mul(4);
        self.feeds.feed(of.to_string(), limit)
    }

    pub(crate) fn org_name(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }

    /// Waits until no other edit of aliases by this client or its clones goes on.
    pub(crate) async fn alias_edit(&self) -> MutexGuard<'_, ()> {
        self.alias_edits.lock().await
    }

    pub(crate) fn transport(&self) -> &Arc<Transport> {
        &self.transport
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("org", &self.org)
            .finish_non_exhaustive()
    }
}
