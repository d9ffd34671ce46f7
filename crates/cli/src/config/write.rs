//! Writing a profile into the file, beside what is there.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use super::file::ConfigFile;
use super::key::Secret;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// A profile to be.
#[derive(Debug)]
pub(crate) struct NewProfile {
    pub(crate) name: String,
    pub(crate) org: String,
    pub(crate) base_url: Option<String>,
    pub(crate) key: Secret,
    pub(crate) inference_key: Option<Secret>,
}

/// The file with the profiles, to be written.
#[derive(Debug)]
pub(crate) struct Profiles {
    path: PathBuf,
    document: DocumentMut,
}

impl Profiles {
    /// Reads what is there; no file is as good as an empty one.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        // What cannot be used as it is gets no better by another profile.
        ConfigFile::read(&path, false)?;
        // A link stays one.
        let path = path.canonicalize().unwrap_or(path);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| not_written(&path, &error))?,
        };
        let document = text.parse().map_err(|_| {
            Failure::usage(format!("{}: the profiles cannot be read", path.display()))
        })?;
        Ok(Self { path, document })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tables()
            .is_some_and(|tables| tables.contains_key(name))
    }

    fn tables(&self) -> Option<&dyn toml_edit::TableLike> {
        self.document.get("profile").and_then(Item::as_table_like)
    }

    /// Puts a profile there, in the place of one of its name.
    pub(crate) fn put(mut self, new: &NewProfile) -> Result<()> {
        self.keep_the_default(&new.name);
        let mut table = Table::new();
        table["org"] = value(&new.org);
        if let Some(url) = &new.base_url {
            table["base_url"] = value(url);
        }
        table["key"] = value(new.key.reveal());
        if let Some(key) = &new.inference_key {
            table["inference_key"] = value(key.reveal());
        }
        let profiles = self.document.entry("profile").or_insert_with(|| {
            let mut profiles = Table::new();
            profiles.set_implicit(true);
            Item::Table(profiles)
        });
        if let Some(profiles) = profiles.as_table_like_mut() {
            profiles.insert(&new.name, Item::Table(table));
        }
        replace(&self.path, &self.document.to_string())
            .map_err(|error| not_written(&self.path, &error))
    }

    /// The only profile needs not be named. It stays the one that is used when another comes.
    fn keep_the_default(&mut self, new: &str) {
        let only = self.tables().filter(|tables| tables.len() == 1);
        let only = only.and_then(|tables| tables.iter().next().map(|(name, _)| name.to_owned()));
        if let Some(only) = only.filter(|only| only != new)
            && !self.document.contains_key("default")
        {
            self.document.insert("default", value(only));
        }
    }
}

/// Writes all of it or nothing, for its owner alone.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&beside, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    let folder = path.parent().unwrap_or(path).display();
    let next = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("free space where {folder} is, and run it again")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!(
            "make {folder} writable for you, or name another file with CBM_CONFIG, and run it again"
        ),
        _ => "name another file with CBM_CONFIG, and run it again".to_owned(),
    };
    Failure::new(
        Exit::Usage,
        "invalid_input",
        format!("{} cannot be written", path.display()),
    )
    .why(format!("{error}; what was there is as it was"))
    .next(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_folder_of_others_are_told_apart() {
        let of = |kind: ErrorKind| {
            let failure = not_written(Path::new("/etc/cbm/it.toml"), &kind.into());
            format!("{failure:?}")
        };
        assert!(of(ErrorKind::StorageFull).contains("free space where /etc/cbm is"));
        assert!(of(ErrorKind::PermissionDenied).contains("make /etc/cbm writable for you"));
    }
}
