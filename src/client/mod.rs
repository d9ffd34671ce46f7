//! The client: where every call begins.

mod builder;
mod environment;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::names::OrgName;
use crate::raw;
use crate::retry::Op;
use crate::transport::{Attempts, Generated, Transport};

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
    /// Proxies (`HTTPS_PROXY`, `NO_PROXY`) and `SSL_CERT_FILE` hold too. Nothing is sent.
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
    pub(crate) async fn call<T, F, Fut>(&self, op: Op, method: F) -> Result<T>
    where
        F: Fn(raw::Client) -> Fut,
        Fut: Future<Output = Generated<T>>,
    {
        self.transport.call(op, Attempts::ByPolicy, method).await
    }

    /// Runs it once: for a wait, which does its own retrying.
    pub(crate) async fn call_once<T, F, Fut>(&self, op: Op, method: F) -> Result<T>
    where
        F: Fn(raw::Client) -> Fut,
        Fut: Future<Output = Generated<T>>,
    {
        self.transport.call(op, Attempts::One, method).await
    }

    pub(crate) fn org_name(&self) -> Option<&OrgName> {
        self.org.as_ref()
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
