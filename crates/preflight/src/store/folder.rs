//! Weights in a folder of this machine.

use std::{
    io::{ErrorKind as Io, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::{
    fs,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};

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
        let mut objects = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let mut entries = fs::read_dir(&folder)
                .await
                .map_err(|error| failed("list", &folder, error))?;
            while let Some(entry) = entries
                .next_entry()
                .await
                .map_err(|error| failed("list", &folder, error))?
            {
                let path = entry.path();
                let kind = entry
                    .file_type()
                    .await
                    .map_err(|error| failed("stat", &path, error))?;
                if kind.is_dir() {
                    folders.push(path);
                    continue;
                }
                // Links to files are followed: hubs keep their snapshots as links into a store of blobs.
                // Links to folders could go round in circles, and a pipe would be waited for.
                let found = fs::metadata(&path)
                    .await
                    .map_err(|error| failed("stat", &path, error))?;
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
        let failed = |error| failed("read", &path, error);
        let mut file = fs::File::open(&path).await.map_err(failed)?;
        file.seek(SeekFrom::Start(range.start))
            .await
            .map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start))
            .read_to_end(&mut bytes)
            .await
            .map_err(failed)?;
        Ok(bytes.into())
    }

    pub(super) async fn pin(&self, key: &str) -> Result<Pin, Error> {
        let path = self.root.join(key);
        let found = fs::metadata(&path)
            .await
            .map_err(|error| failed("stat", &path, error))?;
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

fn failed(call: &'static str, path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        Io::NotFound | Io::NotADirectory => ErrorKind::NotFound,
        Io::PermissionDenied => ErrorKind::AccessDenied,
        _ => ErrorKind::Other,
    };
    Error::new(kind, call, path.display().to_string(), error.to_string()).with_source(error)
}
