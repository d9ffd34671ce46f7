//! Waiting for several operations at once.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::join_all;

use crate::error::Result;
use crate::operation::{Tracked, Wait};

/// Waits for the end of all, and gives the results in the order asked for. One that fails does
/// not end the others.
///
/// Waits for versions of one architecture, or for deployments to one endpoint, share their
/// requests, however many they are.
///
/// ```no_run
/// use cerebras_management::{Operation, wait_all};
///
/// # async fn run(model: cerebras_management::Model) -> cerebras_management::Result<()> {
/// let mut uploads = Vec::new();
/// for run in ["run-42", "run-43"] {
///     uploads.push(model.upload(format!("s3://my-bucket/{run}")).alias(run).await?);
/// }
/// for version in wait_all(uploads.iter().map(Operation::wait)).await {
///     println!("{}", version?.name());
/// }
/// # Ok(())
/// # }
/// ```
pub async fn wait_all<T: Tracked>(waits: impl IntoIterator<Item = Wait<T>>) -> Vec<Result<T>> {
    join_all(waits).await
}

/// The wait that has ended first, and the others; see [`first_of`].
#[derive(Debug)]
#[non_exhaustive]
pub struct First<T: Tracked> {
    /// Its place in the order asked for, from 0.
    pub index: usize,
    /// How it has ended.
    pub result: Result<T>,
    /// The others, in their order. They go on where they are when they are awaited.
    pub rest: Vec<Wait<T>>,
}

/// Waits until one of several ends, well or not. None of none.
///
/// Of those that are found to have ended at the same moment it is the one that was named first.
///
/// ```no_run
/// use cerebras_management::{Operation, first_of};
/// # use cerebras_management::{ModelVersion, Result};
///
/// # async fn run(uploads: Vec<Operation<ModelVersion>>) -> Result<()> {
/// let mut waits: Vec<_> = uploads.iter().map(Operation::wait).collect();
/// while let Some(first) = first_of(waits).await {
///     println!("{} is ready", first.result?.name());
///     waits = first.rest;
/// }
/// # Ok(())
/// # }
/// ```
pub async fn first_of<T: Tracked>(waits: impl IntoIterator<Item = Wait<T>>) -> Option<First<T>> {
    let mut rest: Vec<Wait<T>> = waits.into_iter().collect();
    if rest.is_empty() {
        return None;
    }
    let (index, result) = poll_fn(|cx| {
        for (index, wait) in rest.iter_mut().enumerate() {
            if let Poll::Ready(result) = Pin::new(wait).poll(cx) {
                return Poll::Ready((index, result));
            }
        }
        Poll::Pending
    })
    .await;
    // It has ended, and must not be polled again.
    drop(rest.remove(index));
    Some(First {
        index,
        result,
        rest,
    })
}
