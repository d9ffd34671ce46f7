//! The client: where every call begins.

mod builder;
mod environment;

use std::fmt;
use std::sync::Arc;

use crate::endpoints::Endpoint;
use crate::error::{Error, Result};
use crate::names::{EndpointId, NameError, OrgName};
use crate::org::Org;
use crate::raw;
use crate::retry::Op;
use crate::transport::{Attempts, Generated, Transport};

pub use builder::ClientBuilder;

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
    /// | `CEREBRAS_API_KEY` | the inference key, for [`Endpoint::chat`] only |
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

    /// An organization, by the name found under `Management API keys` on the API keys page; it
    /// is not the organization's id. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a name that no path can hold.
    pub fn org(&self, name: impl TryInto<OrgName, Error: Into<NameError>>) -> Result<Org> {
        let name = name.try_into().map_err(Into::into)?;
        Ok(Org::new(self.clone(), name))
    }

    /// The organization that the client was built with: [`ClientBuilder::org`], or
    /// `CEREBRAS_ORG_NAME`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is none.
    pub fn default_org(&self) -> Result<Org> {
        let name = self.org.clone().ok_or_else(|| {
            Error::invalid("the client has no default organization").remedy_is(format!(
                "set {}, or name one with Client::org",
                environment::ORG
            ))
        })?;
        Ok(Org::new(self.clone(), name))
    }

    /// An endpoint, by the id that inference requests use as `model`. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that no path can hold.
    pub fn endpoint(
        &self,
        id: impl TryInto<EndpointId, Error: Into<NameError>>,
    ) -> Result<Endpoint> {
        let id = id.try_into().map_err(Into::into)?;
        Ok(Endpoint::new(self.clone(), id))
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
