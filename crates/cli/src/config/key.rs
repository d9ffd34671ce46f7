//! A key, and where it comes from.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
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
                Self::File(place, path) => read(place, path),
                Self::Command(place, line) => run(place, line).await,
            }
        })
    }
}

type Given = Result<ApiKey, Box<dyn StdError + Send + Sync>>;

/// The path is in no error: it may be a key, put in the wrong place.
fn read(place: &str, path: &PathBuf) -> Given {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{place}: the file cannot be read: {error}"))?;
    ApiKey::new(text).map_err(|error| format!("{place}: {error}").into())
}

/// Runs a line of the shell; its standard output is the key. What it says on standard error, such
/// as a question for a passphrase, a person sees.
async fn run(place: &str, line: &str) -> Given {
    let output = shell(line)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("{place} cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("{place} ended with {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout).map_err(|_| format!("{place} gave no text"))?;
    ApiKey::new(text).map_err(|error| format!("{place}: {error}").into())
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
