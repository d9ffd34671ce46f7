//! What was looked at, to be held against what is there later.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::SystemTime,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::{
    Report, Store,
    store::{Error, ErrorKind, Object},
};

/// Every object below a place, as it was when a [`Report`] was made.
///
/// Of an object in a bucket it keeps the size, the entity tag, and the version id where the bucket has
/// versions: other bytes have another tag. Of a file it keeps the size and the time of the last change, as
/// rsync goes by: a file that was changed and given its old time back is not told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The version of this form.
    version: u32,
    /// Where the objects are.
    place: String,
    objects: BTreeMap<String, Locked>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    /// Bytes.
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    /// Nanoseconds since 1970, of a file alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified_ns: Option<u64>,
}

/// What a lock of every version has.
#[derive(Deserialize)]
struct Form {
    version: u32,
}

/// The one form there is so far.
const VERSION: u32 = 1;

/// Questions at a time.
const IN_FLIGHT: usize = 16;

impl Lock {
    /// Pins what a report is about: of a bucket each object is asked for once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Changed`] when an object is no longer the one that was looked at, and those of the store.
    pub async fn of(store: &Store, report: &Report) -> Result<Self, Error> {
        let pins = stream::iter(report.listed.iter().map(|object| pin(store, object)));
        let objects = pins.buffer_unordered(IN_FLIGHT).try_collect().await?;
        Ok(Self {
            version: VERSION,
            place: report.place.clone(),
            objects,
        })
    }

    /// Reads what [`Lock::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// When it is no lock, or one of a later version.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let no_lock = |error| format!("it is no lock: {error}");
        // A later version may have more fields, and is told by its number all the same.
        let Form { version } = serde_json::from_str(text).map_err(no_lock)?;
        if version != VERSION {
            return Err(format!(
                "it is a lock of version {version}, and this reads version {VERSION}"
            ));
        }
        serde_json::from_str(text).map_err(no_lock)
    }

    /// The lock as JSON, each object in lines of its own and in the order of the keys.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts and numbers alone: it cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Where the objects were.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// How many objects there were.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.objects.len()
    }

    /// What is otherwise in a later lock, in the order of the keys. The place may be another: a copy of the
    /// same objects is compared as the objects are.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let keys: BTreeSet<&String> = self.objects.keys().chain(now.objects.keys()).collect();
        let changes = keys.into_iter().filter_map(|key| {
            let what = match (self.objects.get(key), now.objects.get(key)) {
                (Some(then), Some(now)) => then.change(now)?,
                (Some(_), None) => "it is gone".to_owned(),
                (None, Some(now)) => format!("it is new, with {} bytes", now.size),
                (None, None) => return None,
            };
            Some(Change {
                object: key.clone(),
                what,
            })
        });
        changes.collect()
    }
}

impl Locked {
    fn change(&self, now: &Self) -> Option<String> {
        let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        let times = self.modified_ns.zip(now.modified_ns);
        if self.size != now.size {
            Some(format!("it has {} bytes, and had {}", now.size, self.size))
        } else if differ(&self.etag, &now.etag) {
            Some("its content is another, by its entity tag".to_owned())
        } else if differ(&self.version_id, &now.version_id) {
            Some("it was written again, with the same entity tag".to_owned())
        } else if times.is_some_and(|(then, now)| then != now) {
            Some("it was written again since, with the same size".to_owned())
        } else {
            None
        }
    }
}

/// An object that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Its key below the place.
    pub object: String,
    /// What is otherwise.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.what)
    }
}

async fn pin(store: &Store, object: &Object) -> Result<(String, Locked), Error> {
    let key = object.key.clone();
    if let Store::Folder(_) = store {
        let locked = Locked {
            size: object.size,
            etag: None,
            version_id: None,
            modified_ns: object.modified.and_then(nanoseconds),
        };
        return Ok((key, locked));
    }
    let pin = store.pin(&key).await?;
    let other_tag = object.etag.is_some() && pin.etag.is_some() && object.etag != pin.etag;
    if pin.size != object.size || other_tag {
        let what = "it is no longer the one that was looked at";
        return Err(Error::new(ErrorKind::Changed, "HeadObject", key, what));
    }
    let locked = Locked {
        size: pin.size,
        etag: pin.etag,
        version_id: pin.version_id,
        modified_ns: None,
    };
    Ok((key, locked))
}

fn nanoseconds(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(objects: &str) -> Lock {
        let text = format!(r#"{{"version": 1, "place": "s3://b/run", "objects": {{{objects}}}}}"#);
        Lock::from_json(&text).expect("a lock")
    }

    #[test]
    fn what_is_otherwise_is_told_object_by_object() {
        let then = lock(
            r#""a": {"size": 1, "etag": "x"}, "b": {"size": 1, "etag": "x", "version_id": "1"},
               "c": {"size": 1}, "d": {"size": 1}, "f": {"size": 1, "modified_ns": 5}"#,
        );
        let now = lock(
            r#""a": {"size": 1, "etag": "y"}, "b": {"size": 1, "etag": "x", "version_id": "2"},
               "c": {"size": 2}, "e": {"size": 3}, "f": {"size": 1, "modified_ns": 6}"#,
        );
        let changes: Vec<_> = then.changes(&now).iter().map(ToString::to_string).collect();
        assert_eq!(
            changes,
            [
                "a: its content is another, by its entity tag",
                "b: it was written again, with the same entity tag",
                "c: it has 2 bytes, and had 1",
                "d: it is gone",
                "e: it is new, with 3 bytes",
                "f: it was written again since, with the same size",
            ]
        );
        assert_eq!(then.changes(&then), []);
        assert_eq!(Lock::from_json(&then.to_json()), Ok(then));
    }

    #[test]
    fn a_lock_of_a_later_version_is_refused() {
        for later in [
            r#"{"version": 2, "place": "", "objects": {}}"#,
            r#"{"version": 2, "place": "", "objects": [], "more": 1}"#,
        ] {
            let refused = Lock::from_json(later).expect_err("a later version");
            assert_eq!(
                refused,
                "it is a lock of version 2, and this reads version 1"
            );
        }
    }
}
