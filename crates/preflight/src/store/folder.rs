//! Weights in a folder of this machine.

use std::{
    fs::{self, File},
    io::{self, ErrorKind as Io, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Error, ErrorKind, Listing, Object, Pin};

/// A folder on this machine, whose files are the objects.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    /// Files in it that are none of the weights.
    left_out: Vec<PathBuf>,
}

/// What an entry of a folder is.
enum Found {
    Folder,
    File(Object),
}

impl Folder {
    /// The folder at a path. It is looked at when it is first listed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            left_out: Vec::new(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves a file out, if it is in the folder: it is none of the weights.
    #[must_use]
    pub fn without(mut self, file: &Path) -> Self {
        let parent = match file.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if let (Ok(root), Ok(parent), Some(name)) = (
            self.root.canonicalize(),
            parent.canonicalize(),
            file.file_name(),
        ) && let Ok(below) = parent.join(name).strip_prefix(root)
        {
            self.left_out.push(self.root.join(below));
        }
        self
    }

    pub(super) async fn list(&self) -> Result<Listing, Error> {
        let folder = self.clone();
        aside("list", &self.root, move || folder.walk()).await
    }

    fn walk(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            match fs::read_dir(&folder) {
                Ok(entries) => self.walk_entries(&folder, entries, &mut folders, &mut listing),
                Err(error) if folder == self.root => return Err(self.unlisted(error)),
                Err(error) => listing.fault(self.key(&folder), failed("list", &folder, error)),
            }
        }
        listing.objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(listing)
    }

    fn walk_entries(
        &self,
        folder: &Path,
        entries: fs::ReadDir,
        folders: &mut Vec<PathBuf>,
        listing: &mut Listing,
    ) {
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    listing.fault(self.key(folder), failed("list", folder, error));
                    // What is wrong with a listing may be so for each of its entries without an end.
                    return;
                }
            };
            let path = entry.path();
            if self.left_out.contains(&path) {
                continue;
            }
            match self.stat(&entry, &path) {
                Ok(Found::Folder) if entry.file_type().is_ok_and(|it| it.is_dir()) => {
                    folders.push(path);
                }
                // Links to folders could go round in circles.
                Ok(Found::Folder) => {}
                Ok(Found::File(object)) => listing.objects.push(object),
                Err(error) => listing.fault(self.key(&path), error),
            }
        }
    }

    /// What an entry is. Links to files are followed: hubs keep their snapshots as links into a store of
    /// blobs.
    fn stat(&self, entry: &fs::DirEntry, path: &Path) -> Result<Found, Error> {
        let no_key = |what: &str, remedy: &str| {
            let object = path.display().to_string();
            Err(Error::new(ErrorKind::Other, "stat", object, what).with_remedy(remedy))
        };
        if entry.file_name().to_str().is_none() {
            let what = "its name is no UTF-8, which each key in a bucket is";
            return no_key(what, "give it another name, or leave it out");
        }
        let found = fs::metadata(path).map_err(|error| {
            let dangling = error.kind() == Io::NotFound && path.is_symlink();
            let error = failed("stat", path, error);
            if dangling {
                error.with_remedy("it is a link to what is not there: put the file in its place, or delete the link")
            } else {
                error
            }
        })?;
        if found.is_dir() {
            return Ok(Found::Folder);
        }
        if !found.is_file() {
            // A pipe would be waited for.
            let what = "it is a pipe, a socket or a device, and no file";
            return no_key(what, "put the file itself in its place, or leave it out");
        }
        Ok(Found::File(Object {
            key: self.key(path),
            size: found.len(),
            modified: found.modified().ok(),
            etag: None,
            archived: false,
        }))
    }

    /// Why the folder itself cannot be listed.
    fn unlisted(&self, error: io::Error) -> Error {
        let error = failed("list", &self.root, error);
        if self.root.is_file() {
            return error.with_remedy("give the folder that the file is in");
        }
        error
    }

    pub(super) async fn read(&self, key: &str, range: Range<u64>) -> Result<Bytes, Error> {
        let path = self.root.join(key);
        let of = path.clone();
        let read = move || {
            let mut bytes = Vec::new();
            match read_range(&path, range, &mut bytes) {
                Ok(()) => Ok(bytes.into()),
                Err(error) => Err(failed("read", &path, error)),
            }
        };
        aside("read", &of, read).await
    }

    pub(super) async fn pin(&self, key: &str) -> Result<Pin, Error> {
        let path = self.root.join(key);
        let of = path.clone();
        let stat = move || fs::metadata(&path).map_err(|error| failed("stat", &path, error));
        let found = aside("stat", &of, stat).await?;
        Ok(Pin {
            size: found.len(),
            etag: None,
            version_id: None,
        })
    }

    /// The path below the root, with slashes.
    fn key(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        below
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/")
    }
}

fn read_range(path: &Path, range: Range<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut file = File::open(path)?;
    // However much is asked for, there is no more than this.
    let there = file
        .metadata()?
        .len()
        .min(range.end)
        .saturating_sub(range.start);
    bytes.reserve_exact(usize::try_from(there).unwrap_or_default());
    file.seek(SeekFrom::Start(range.start))?;
    file.take(there).read_to_end(bytes)?;
    Ok(())
}

/// Does what waits for a disk where nothing else waits for it.
async fn aside<T: Send + 'static>(
    call: &'static str,
    path: &Path,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(work).await;
    // The runtime is ending.
    done.unwrap_or_else(|error| Err(failed(call, path, error.into())))
}

fn failed(call: &'static str, path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        Io::NotFound | Io::NotADirectory => ErrorKind::NotFound,
        Io::PermissionDenied => ErrorKind::AccessDenied,
        _ => ErrorKind::Other,
    };
    Error::new(kind, call, path.display().to_string(), error.to_string()).with_source(error)
}
