//! Weights in a folder of this machine.

use std::{
    fs::{self, File},
    io::{self, ErrorKind as Io, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Error, ErrorKind, Object, Pin};

/// A folder on this machine, whose files are the objects.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at a path. It is looked at when it is first listed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) async fn list(&self) -> Result<Vec<Object>, Error> {
        let folder = self.clone();
        aside("list", &self.root, move || folder.walk()).await
    }

    fn walk(&self) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let unlisted = |error| failed("list", &folder, error);
            for entry in fs::read_dir(&folder).map_err(unlisted)? {
                let entry = entry.map_err(unlisted)?;
                let path = entry.path();
                let unknown = |error| failed("stat", &path, error);
                if entry.file_type().map_err(unknown)?.is_dir() {
                    folders.push(path);
                    continue;
                }
                // Links to files are followed: hubs keep their snapshots as links into a store of blobs.
                // Links to folders could go round in circles, and a pipe would be waited for.
                let found = fs::metadata(&path).map_err(unknown)?;
                if found.is_file() {
                    objects.push(Object {
                        key: self.key(&path),
                        size: found.len(),
                        modified: found.modified().ok(),
                        etag: None,
                        archived: false,
                    });
                }
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
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
