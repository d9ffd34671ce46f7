//! A key, and where it comes from.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cerebras_management::{ApiKey, ClientBuilder, KeyFuture, KeyProvider};
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Text that is in no output, not even in a debug one.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, to be written where its owner alone can read it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a key comes from, with the name of the setting that says so. A file and a command are
/// asked again when the service refuses what they gave.
#[derive(Clone, Debug)]
pub(crate) enum KeyFrom {
    Value(String, Secret),
    File(String, PathBuf),
    Command(String, String),
}

impl KeyFrom {
    pub(super) fn management(&self, builder: ClientBuilder) -> Result<ClientBuilder> {
        Ok(match self {
            Self::Value(place, key) => builder.key(checked(place, key)?),
            _ => builder.key_provider(self.clone()),
        })
    }

    pub(super) fn inference(&self, builder: ClientBuilder) -> Result<ClientBuilder> {
        Ok(match self {
            Self::Value(place, key) => builder.inference_key(checked(place, key)?),
            _ => builder.inference_key_provider(self.clone()),
        })
    }

    /// What to do where this is not `right`, such as "a valid Management API key".
    pub(super) fn mended(&self, right: &str) -> String {
        match self {
            Self::Value(place, _) => format!("set {place} to {right}"),
            Self::File(place, _) => format!("write {right} into the file that {place} names"),
            Self::Command(place, _) => format!("have {place} print {right}"),
        }
    }

    /// A text that is no key, and why.
    fn no_key(&self, error: &cerebras_management::Error) -> NoKey {
        let (why, next) = crate::advice::split(error);
        let mended = match self {
            Self::File(_, path) => shown(&at_home(path)),
            _ => None,
        };
        let mended = match mended {
            Some(shown) => format!("write the key alone into {shown}"),
            None => self.mended("the key alone"),
        };
        let next = next.map_or_else(|| mended.clone(), |next| format!("{mended}; {next}"));
        NoKey {
            why: format!("{}: {why}", self.place()),
            next,
        }
    }

    fn place(&self) -> &str {
        match self {
            Self::Value(place, _) | Self::File(place, _) | Self::Command(place, _) => place,
        }
    }
}

/// Why a file or a command has given no key, and what to do about it.
#[derive(Debug)]
pub(crate) struct NoKey {
    why: String,
    pub(crate) next: String,
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl StdError for NoKey {}

/// Whether a text is a key by its beginning, put where something else belongs.
pub(crate) fn looks_like_a_key(text: &str) -> bool {
    let start = text.trim_start().get(..4);
    start.is_some_and(|start| start.eq_ignore_ascii_case("csk-"))
}

fn checked(place: &str, key: &Secret) -> Result<ApiKey> {
    ApiKey::new(&key.0).map_err(|error| {
        let (why, next) = crate::advice::split(&error);
        let failure = Failure::new(
            Exit::Access,
            "unauthorized",
            format!("{place} holds no key"),
        );
        let failure = failure.why(why);
        match next {
            Some(next) => failure.next(next),
            None => failure,
        }
    })
}

impl KeyProvider for KeyFrom {
    fn key(&self) -> KeyFuture<'_> {
        Box::pin(async move {
            match self {
                Self::Value(_, key) => Ok(ApiKey::new(&key.0)?),
                Self::File(place, path) => {
                    let text = read(place, path)?;
                    Ok(ApiKey::new(text).map_err(|error| self.no_key(&error))?)
                }
                Self::Command(place, line) => {
                    let text = run(place, line).await?;
                    Ok(ApiKey::new(text).map_err(|error| self.no_key(&error))?)
                }
            }
        })
    }
}

fn read(place: &str, path: &Path) -> Result<String, NoKey> {
    let path = at_home(path);
    std::fs::read_to_string(&path).map_err(|error| match shown(&path) {
        Some(shown) => NoKey {
            why: format!("{place}: {shown} cannot be read: {error}"),
            next: format!("write the key into {shown}, or have {place} name the file that has it"),
        },
        None => NoKey {
            why: format!("{place}: the file cannot be read: {error}"),
            next: format!(
                "have {place} name a file, with its folder; a key itself is set with {}",
                value_of(place)
            ),
        },
    })
}

/// A path with the folder that `~/` stands for, as a shell has it.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// A path as it may be told: without a folder it could be a key, put in the wrong place.
fn shown(path: &Path) -> Option<String> {
    let has_folder = path.parent().is_some_and(|it| !it.as_os_str().is_empty());
    let text = path.display().to_string();
    (has_folder && !text.split(['/', '\\']).any(looks_like_a_key)).then_some(text)
}

/// The setting that holds a key itself, beside the one that says where it is.
fn value_of(place: &str) -> String {
    place.replacen("_FILE", "", 1).replacen("_file", "", 1)
}

/// Runs a line of the shell; its standard output is the key. What it says on standard error, such
/// as a question for a passphrase, a person sees.
async fn run(place: &str, line: &str) -> Result<String, NoKey> {
    let next = || {
        format!(
            "have {place} print the key and end with exit code 0; run the command by itself to \
             see that it does, or give the key in another way, such as {}",
            super::environment::key_variable(place)
        )
    };
    let failed = |why: String| NoKey { why, next: next() };
    // Not `output`, which would take standard error too.
    let child = shell(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn();
    let child = child.map_err(|error| failed(format!("{place} cannot be run: {error}")))?;
    let output = child.wait_with_output().await;
    let output = output.map_err(|error| failed(format!("{place} cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("{place} ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| failed(format!("{place} gave no text")))
}

#[cfg(not(windows))]
fn shell(line: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("cmd");
    command.args(["/C", line]);
    command
}
