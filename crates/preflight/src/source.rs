//! A store, with what was asked of it counted.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

use crate::{
    Check, Store,
    report::Found,
    store::{Error, ErrorKind, Listing, Object, Unfinished},
};

#[derive(Debug)]
pub(crate) struct Source<'s> {
    store: &'s Store,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl<'s> Source<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self {
            store,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) async fn list(&self) -> Result<Listing, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Box::pin(self.store.list_all()).await
    }

    pub(crate) async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>, Error> {
        if !matches!(self.store, Store::Folder(_)) {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(self.store.unfinished()).await
    }

    /// All of these bytes of an object, which its listed size says are there.
    pub(crate) async fn read(&self, object: &Object, range: Range<u64>) -> Result<Bytes, Error> {
        let length = range.end - range.start;
        if length == 0 {
            return Ok(Bytes::new());
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        // A request of the SDK takes kilobytes, and many futures hold one.
        let bytes = Box::pin(self.store.read_listed(object, range)).await?;
        let got = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes.fetch_add(got, Ordering::Relaxed);
        if got != length {
            let what = format!("{got} bytes came where {length} were asked for");
            return Err(Error::new(ErrorKind::Changed, "read", &object.key, what));
        }
        Ok(bytes)
    }
}

/// What a fault at an object says of it, or the fault where it says nothing: where nothing answers, or
/// nobody is known.
pub(crate) fn judge(error: Error, object: &str, found: &mut Found) -> Result<(), Box<Error>> {
    let (check, remedy) = match error.kind() {
        ErrorKind::NotFound => (
            Check::NotFound,
            "check the name, and that the upload to it has ended",
        ),
        ErrorKind::AccessDenied => (
            Check::AccessDenied,
            "let these credentials list and read the place, and check the service's access with `cbm bucket check`",
        ),
        ErrorKind::OtherRegion => (Check::OtherRegion, "set AWS_REGION to the bucket's region"),
        ErrorKind::Archived => (Check::Archived, RESTORE),
        ErrorKind::Changed => (
            Check::Changed,
            "wait until nothing writes there any more, and run it again",
        ),
        ErrorKind::Other => (
            Check::Unreadable,
            "read the message; a copy to another place may help",
        ),
        ErrorKind::Credentials | ErrorKind::Throttled | ErrorKind::Unreachable => {
            return Err(Box::new(error));
        }
    };
    let what = format!(
        "{} of {}: {}",
        error.call(),
        error.object(),
        error.message()
    );
    found.add(check, object, what, error.remedy().unwrap_or(remedy));
    Ok(())
}

impl From<Box<Error>> for Error {
    fn from(error: Box<Error>) -> Self {
        *error
    }
}

pub(crate) const RESTORE: &str =
    "restore it, or copy it to a storage class that can be read at once, such as STANDARD";
