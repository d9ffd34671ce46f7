//! Going on with an operation from its handle.

use crate::client::Client;
use crate::endpoints::{Deployment, Endpoint};
use crate::error::{Error, Result, printable};
use crate::handle::{Handle, Subject};
use crate::operation::Operation;
use crate::versions::ModelVersion;

/// What [`Client::resume`] makes of a [`Handle`].
#[derive(Debug)]
#[must_use = "call `wait` on what is in it"]
pub enum Resumed {
    /// An upload, whose end is a synced version.
    Upload(Operation<ModelVersion>),
    /// A rollout, whose end is a complete deployment.
    Rollout(Operation<Deployment>),
}

impl Client {
    /// Goes on with an operation that was begun elsewhere. Nothing is sent; its wait has a
    /// deadline of its own.
    ///
    /// ```no_run
    /// use cerebras_management::{Client, Handle, Resumed};
    ///
    /// # async fn run(printed: &str) -> cerebras_management::Result<()> {
    /// let handle: Handle = printed.parse()?;
    /// match Client::from_env()?.resume(&handle)? {
    ///     Resumed::Upload(upload) => println!("{} is synced", upload.wait().await?.name()),
    ///     Resumed::Rollout(rollout) => println!("{} serves", rollout.wait().await?.model),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the handle is of a service at
    /// another address than this client's.
    pub fn resume(&self, handle: &Handle) -> Result<Resumed> {
        if handle.base_url() != self.base_url() {
            return Err(Error::invalid(format!(
                "the handle is of {}, and the client of {}",
                printable(handle.base_url()),
                self.base_url()
            ))
            .remedy_is("build the client with the handle's base URL, if you trust it"));
        }
        Ok(match handle.of.clone() {
            Subject::Upload { version } => Resumed::Upload(Operation::resumed_sync(self, version)),
            Subject::Rollout {
                endpoint,
                deployment,
                version,
                created,
            } => {
                let endpoint = Endpoint::new(self.clone(), endpoint);
                let rollout = Operation::resumed_rollout(endpoint, deployment, version, created);
                Resumed::Rollout(rollout)
            }
        })
    }
}
