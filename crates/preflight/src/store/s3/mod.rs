//! Weights under a prefix of a bucket.

use std::{fmt, future::Future, sync::Arc, sync::OnceLock};

use aws_sdk_s3::{
    Client,
    config::{Region, http::HttpResponse},
    error::{ProvideErrorMetadata, SdkError},
    types::RequestPayer,
};

use super::Error;

mod failure;
mod list;
mod read;
mod settings;

pub use settings::S3Settings;

/// A prefix of a bucket.
///
/// Clones share the client, and what it has learnt of the bucket's region.
#[derive(Clone)]
pub struct S3 {
    reach: Arc<Reach>,
    bucket: String,
    /// Empty, or ends in a slash.
    prefix: String,
    pays: bool,
}

/// The clients that reach the bucket.
struct Reach {
    first: InRegion,
    /// Where the bucket said that it is, when that was elsewhere.
    moved: OnceLock<InRegion>,
}

struct InRegion {
    client: Client,
    region: String,
}

impl S3 {
    /// The objects of a bucket below a prefix, which ends in a slash whether it is given one or not. An
    /// empty prefix is the whole bucket.
    ///
    /// Settings are read here; the bucket is first asked when it is listed.
    pub async fn open(
        settings: &S3Settings,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
    ) -> Self {
        let mut opened = Self::new(settings.client().await, bucket, prefix);
        opened.pays = settings.request_payer;
        opened
    }

    /// The same by a client of one's own.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let region = client.config().region().map(ToString::to_string);
        let region = region.unwrap_or_default();
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        let first = InRegion { client, region };
        let moved = OnceLock::new();
        Self {
            reach: Arc::new(Reach { first, moved }),
            bucket: bucket.into(),
            prefix,
            pays: false,
        }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What all keys begin with: empty, or ends in a slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The region that is asked.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.reach.now().region
    }

    /// The region that was asked first, when the bucket turned out to be in another: worth a word, since
    /// every first request is lost by it.
    #[must_use]
    pub fn was_asked_in(&self) -> Option<&str> {
        let moved = self.reach.moved.get();
        moved.map(|_| self.reach.first.region.as_str())
    }

    /// `s3://bucket/key`, where the key is below the prefix.
    fn place(&self, key: &str) -> String {
        format!("s3://{}/{}{key}", self.bucket, self.prefix)
    }

    pub(crate) fn payer(&self) -> Option<RequestPayer> {
        self.pays.then_some(RequestPayer::Requester)
    }

    /// Makes a call, and makes it once more in the bucket's region, should that be another.
    pub(crate) async fn call<T, E, F>(
        &self,
        call: &'static str,
        place: &str,
        ask: impl Fn(&Client) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let now = self.reach.now();
        // The SDK's futures are of some kilobytes each.
        let error = match Box::pin(ask(&now.client)).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let there = failure::region_of(&error).and_then(|region| self.reach.go(now, &region));
        let error = match there {
            None => error,
            Some(there) => match Box::pin(ask(&there.client)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            },
        };
        Err(failure::told(call, place, self.pays, error))
    }
}

impl Reach {
    fn now(&self) -> &InRegion {
        self.moved.get().unwrap_or(&self.first)
    }

    /// A client in this region, when one that has asked elsewhere was told of it. A bucket is followed to
    /// one region and no further.
    fn go(&self, from: &InRegion, region: &str) -> Option<&InRegion> {
        if from.region == region {
            return None;
        }
        let moved = self.moved.get_or_init(|| {
            let config = self.first.client.config().to_builder();
            let config = config.region(Region::new(region.to_owned())).build();
            InRegion {
                client: Client::from_conf(config),
                region: region.to_owned(),
            }
        });
        (moved.region == region).then_some(moved)
    }
}

/// The client is left out: what it holds of credentials is nobody's.
impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("region", &self.region())
            .finish_non_exhaustive()
    }
}
