//! Where weights are: what can be asked of a bucket's prefix and of a folder alike.

use std::{ops::Range, time::SystemTime};

use bytes::Bytes;

mod error;
mod folder;
mod s3;

pub use error::{Error, ErrorKind};
pub use folder::Folder;
pub use s3::{S3, S3Settings};

/// A prefix of a bucket, or a folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Store {
    /// A folder on this machine.
    Folder(Folder),
    /// A prefix of a bucket.
    S3(S3),
}

/// What a listing tells of an object, without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// Its key below the prefix: `model.safetensors`, `sub/config.json`.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written, where that is told.
    pub modified: Option<SystemTime>,
    /// Its entity tag without quotes, where that is told.
    pub etag: Option<String>,
    /// Whether it lies in an archive and must be restored before it can be read.
    pub archived: bool,
}

/// A listing, and what in it could not be looked at.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) objects: Vec<Object>,
    /// By the key below the prefix.
    pub(crate) faults: Vec<(String, Error)>,
}

impl Listing {
    fn fault(&mut self, key: String, error: Error) {
        self.faults.push((key, error));
    }
}

/// A multipart upload that was begun and neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfinished {
    /// The key below the prefix that it would write.
    pub key: String,
    /// When it was begun, where that is told.
    pub begun: Option<SystemTime>,
}

/// What pins an object to the bytes that it has now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// Bytes.
    pub size: u64,
    /// Its entity tag without quotes, where the store has one.
    pub etag: Option<String>,
    /// Its version id, where the bucket keeps versions.
    pub version_id: Option<String>,
}

impl Store {
    /// Where it is, as a person writes it: `s3://bucket/prefix` or a path.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.root().display().to_string(),
            Self::S3(s3) => {
                let place = format!("s3://{}/{}", s3.bucket(), s3.prefix());
                place.trim_end_matches('/').to_owned()
            }
        }
    }

    /// Every object below the prefix, in the order of their keys.
    ///
    /// A key is without the prefix. A folder marker, an object whose key is the prefix itself or ends in a
    /// slash, is listed as what it is, an object.
    ///
    /// # Errors
    ///
    /// When the place cannot be listed, or in a folder one of the files or folders in it.
    pub async fn list(&self) -> Result<Vec<Object>, Error> {
        let listing = self.list_all().await?;
        match listing.faults.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(listing.objects),
        }
    }

    /// The same, and at which keys there is something that cannot be listed.
    pub(crate) async fn list_all(&self) -> Result<Listing, Error> {
        match self {
            Self::Folder(folder) => folder.list().await,
            Self::S3(s3) => Ok(Listing {
                objects: s3.list().await?,
                faults: Vec::new(),
            }),
        }
    }

    /// These bytes of an object: fewer than asked for only where it ends before, none where it ends before
    /// the first.
    pub async fn read(&self, key: &str, range: Range<u64>) -> Result<Bytes, Error> {
        match self {
            Self::Folder(folder) => folder.read(key, range).await,
            Self::S3(s3) => s3.read(key, None, range).await,
        }
    }

    /// These bytes of an object that was listed, as [`Store::read`] reads them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Changed`] when it is no longer what was listed, where its entity tag tells.
    pub async fn read_listed(&self, object: &Object, range: Range<u64>) -> Result<Bytes, Error> {
        match self {
            Self::Folder(folder) => folder.read(&object.key, range).await,
            Self::S3(s3) => s3.read(&object.key, object.etag.as_deref(), range).await,
        }
    }

    /// The multipart uploads under the prefix that are not finished; `None` where that cannot be asked.
    pub async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>, Error> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::S3(s3) => s3.unfinished().await,
        }
    }

    /// What pins an object.
    pub async fn pin(&self, key: &str) -> Result<Pin, Error> {
        match self {
            Self::Folder(folder) => folder.pin(key).await,
            Self::S3(s3) => s3.pin(key).await,
        }
    }
}
