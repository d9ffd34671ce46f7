//! The file of a lock: read, and written whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use cerebras_management_preflight::Lock;

use crate::failure::{Failure, Result};

/// The lock that a file holds.
pub(super) fn read(file: &Path) -> Result<Lock> {
    let next = "name a file that `cbm preflight … --lock FILE` has written";
    let text = super::read(file).map_err(|failure| failure.next(next))?;
    Lock::from_json(&text).map_err(|why| super::unusable(file, why).next(next))
}

/// Refuses to write over what is no lock: it may be one of the weights.
pub(super) fn check_place(file: &Path) -> Result<()> {
    let why = match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => error.to_string(),
        Ok(bytes) => match String::from_utf8(bytes) {
            Err(_) => "it is there already, and is no lock: it is no UTF-8".to_owned(),
            Ok(text) => match Lock::from_json(&text) {
                Ok(_) => return Ok(()),
                Err(why) => format!("it is there already, and cannot be replaced: {why}"),
            },
        },
    };
    let failure = Failure::usage(format!("--lock {} is not written", file.display())).why(why);
    Err(failure.next("name a new file, or a lock to be written anew"))
}

/// Writes a lock where none is or another one was.
pub(super) fn write(file: &Path, lock: &Lock) -> Result<()> {
    check_place(file)?;
    replace(file, &lock.to_json()).map_err(|error| {
        Failure::usage(format!("{} cannot be written", file.display())).why(error.to_string())
    })
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let name = file.file_name().ok_or(ErrorKind::InvalidInput)?;
    let beside = file.with_file_name(format!(
        ".{}.{}.new",
        name.to_string_lossy(),
        std::process::id()
    ));
    let written = File::create_new(&beside).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&beside, file));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}
