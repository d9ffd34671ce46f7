//! The headers of all shards, a few at a time and within bounded memory.

use std::ops::{ControlFlow, RangeInclusive};

use futures_util::{TryStreamExt as _, stream};
use tokio::sync::Semaphore;

use crate::{
    header::{self, Fault, Tensor},
    source::Source,
    store::{Error, Object},
};

/// Reads at a time.
const IN_FLIGHT: usize = 16;

/// What a first read takes where nothing tells how long the header is, in bytes: headers of a file of a
/// few gigabytes have 10 to 70 KB.
const FIRST: u64 = 128 << 10;

/// The least and the most that a first read takes where the index tells, in bytes.
const FIRST_TOLD: RangeInclusive<u64> = (4 << 10)..=(1 << 20);

/// What the entry of a tensor takes beside its name: its type, three sizes and two offsets of a file of
/// terabytes, and what JSON has between them.
const ENTRY: u64 = 120;

/// A long header is read in pieces, since a store may hold what it reads twice.
const PIECE: u64 = 4 << 20;

/// All long headers that are in memory have together at most as many kilobytes as one may have.
const LONG: u32 = 97_657;

/// A shard whose header is to be read.
#[derive(Debug)]
pub(crate) struct Shard<'o> {
    pub(crate) object: &'o Object,
    /// How long the names of its tensors are together, and how many there are, where an index tells.
    pub(crate) names: Option<(u64, u64)>,
}

impl Shard<'_> {
    /// So much is read first: in nearly all cases all that is needed.
    fn first(&self) -> u64 {
        let estimate = self.names.map_or(FIRST, |(bytes, count)| {
            let estimate = 1024 + bytes + count.saturating_mul(ENTRY);
            estimate.clamp(*FIRST_TOLD.start(), *FIRST_TOLD.end())
        });
        estimate.min(self.object.size)
    }
}

/// What was read of a shard.
pub(crate) enum Told<'a> {
    Header(&'a [Tensor<'a>], Vec<Fault>),
    /// It has none.
    Nothing(Fault),
    Failed(Error),
}

/// Reads the header of each shard, and hands on what it tells, with the number of the shard, in the order in
/// which they come, until enough is told.
pub(crate) async fn read(
    source: &Source<'_>,
    shards: &[Shard<'_>],
    take: &(impl Fn(u32, Told<'_>) -> ControlFlow<()> + Sync),
) {
    let long = &Semaphore::new(LONG as usize);
    let reads = (0..).zip(shards).map(Ok);
    let read = stream::iter(reads).try_for_each_concurrent(IN_FLIGHT, |(n, shard)| async move {
        let taken = match one(source, shard, long, &|told| take(n, told)).await {
            Ok(taken) => taken,
            Err(error) => take(n, Told::Failed(error)),
        };
        match taken {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(()),
        }
    });
    // Whoever takes them knows why it has had enough.
    let _ = read.await;
}

async fn one(
    source: &Source<'_>,
    shard: &Shard<'_>,
    long: &Semaphore,
    take: &(impl Fn(Told<'_>) -> ControlFlow<()> + Sync),
) -> Result<ControlFlow<()>, Error> {
    let Object { size, .. } = *shard.object;
    let beginning = source.read(shard.object, 0..shard.first()).await?;
    let length = match header::length(&beginning, size) {
        Ok(length) => length,
        Err(fault) => return Ok(take(Told::Nothing(fault))),
    };
    let end = header::PREFIX + length;
    let data = size - end;
    let tell = |json: &[u8]| {
        let (tensors, faults) = header::read(json, data);
        take(Told::Header(&tensors, faults))
    };
    let after_prefix = beginning.slice(usize::try_from(header::PREFIX).unwrap_or_default()..);
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    if let Some(json) = after_prefix.get(..whole) {
        return Ok(tell(json));
    }
    let permits = u32::try_from(length / 1024 + 1).unwrap_or(LONG).min(LONG);
    // It is never closed.
    let _permit = long.acquire_many(permits).await.ok();
    let mut json = Vec::with_capacity(whole);
    json.extend_from_slice(&after_prefix);
    drop((beginning, after_prefix));
    while json.len() < whole {
        let from = header::PREFIX + json.len() as u64;
        let piece = source
            .read(shard.object, from..end.min(from + PIECE))
            .await?;
        json.extend_from_slice(&piece);
    }
    Ok(tell(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_header_gets_all_there_is_for_long_ones() {
        assert_eq!(u64::from(LONG), header::LARGEST / 1024 + 1);
    }
}
