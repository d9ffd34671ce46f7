//! The file with the profiles: `cerebras/management.toml` in the platform's folder for settings.
//!
//! ```toml
//! default = "work"
//!
//! [profile.work]
//! org = "my-org"
//! key_command = "pass cerebras/management"
//! inference_key_file = "/run/secrets/cerebras"
//! ```

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use super::key::{KeyFrom, Secret};
use crate::failure::{Failure, Result};
use crate::nearest::nearest;

/// What is in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    /// The profile that is used unless one is named.
    default: Option<String>,
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
    #[serde(skip)]
    pub(super) warning: Option<String>,
}

/// One profile. Of each key there is at most one source.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) org: Option<String>,
    pub(super) base_url: Option<String>,
    key: Option<Secret>,
    key_file: Option<PathBuf>,
    key_command: Option<String>,
    inference_key: Option<Secret>,
    inference_key_file: Option<PathBuf>,
    inference_key_command: Option<String>,
}

/// `~/.config/cerebras/management.toml`, or where the platform has it.
pub(super) fn default_path() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(
        folders
            .config_dir()
            .join("cerebras")
            .join("management.toml"),
    )
}

impl ConfigFile {
    /// Reads it. That it is not there is an error only where it `must` be.
    pub(super) fn read(path: &Path, must: bool) -> Result<Self> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !must => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(
                    Failure::usage(format!("{shown}: the profiles cannot be read"))
                        .why(error.to_string())
                        .next("check the path and who may read it, or unset CBM_CONFIG"),
                );
            }
        };
        let mut file: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|at| text.get(..at.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            // What the parser says may hold the value of a key.
            Failure::usage(format!("{shown}:{line}: the profiles cannot be read"))
                .why(without_values(error.message()))
                .next("a profile is a table [profile.NAME] with org, base_url, key, key_file, key_command, inference_key, inference_key_file, inference_key_command")
        })?;
        for (name, profile) in &file.profile {
            profile.check(&format!("{shown}: profile {name:?}"))?;
        }
        if others_can_read(path) {
            file.warning = Some(format!(
                "{shown} can be read by others; `chmod 600 {shown}` mends it"
            ));
        }
        Ok(file)
    }

    /// The profile of a name, or the default one; an empty one where there is none at all.
    pub(super) fn profile(&self, named: Option<&str>, path: Option<&Path>) -> Result<Profile> {
        let Some(name) = named.or(self.default.as_deref()) else {
            return Ok(match self.profile.len() {
                1 => self.profile.values().next().cloned().unwrap_or_default(),
                _ => Profile::default(),
            });
        };
        self.profile.get(name).cloned().ok_or_else(|| {
            let path = path.map_or_else(String::new, |path| path.display().to_string());
            let there: Vec<_> = self.profile.keys().map(String::as_str).collect();
            let next = match nearest(name, there.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None if there.is_empty() => format!("write [profile.{name}] there"),
                None => format!("it has: {}", there.join(", ")),
            };
            Failure::usage(format!("no profile {name:?}"))
                .why(format!("{path} has none of that name"))
                .next(next)
        })
    }
}

impl Profile {
    pub(super) fn key(&self) -> Option<KeyFrom> {
        source(
            "key",
            self.key.as_ref(),
            self.key_file.as_ref(),
            self.key_command.as_ref(),
        )
    }

    pub(super) fn inference_key(&self) -> Option<KeyFrom> {
        source(
            "inference_key",
            self.inference_key.as_ref(),
            self.inference_key_file.as_ref(),
            self.inference_key_command.as_ref(),
        )
    }

    /// Of each key there may be one source.
    fn check(&self, place: &str) -> Result<()> {
        let management = [
            self.key.is_some(),
            self.key_file.is_some(),
            self.key_command.is_some(),
        ];
        let inference = [
            self.inference_key.is_some(),
            self.inference_key_file.is_some(),
            self.inference_key_command.is_some(),
        ];
        for (name, sources) in [("key", management), ("inference_key", inference)] {
            if sources.into_iter().filter(|given| *given).count() > 1 {
                return Err(
                    Failure::usage(format!("{place}: more than one source of {name}")).next(
                        format!("keep one of {name}, {name}_file and {name}_command"),
                    ),
                );
            }
        }
        Ok(())
    }
}

fn source(
    name: &str,
    value: Option<&Secret>,
    file: Option<&PathBuf>,
    command: Option<&String>,
) -> Option<KeyFrom> {
    let value = value.map(|key| KeyFrom::Value(format!("{name} of the profile"), key.clone()));
    let file =
        || file.map(|path| KeyFrom::File(format!("{name}_file of the profile"), path.clone()));
    let command = || command.map(|line| KeyFrom::Command(format!("{name}_command"), line.clone()));
    value.or_else(file).or_else(command)
}

/// The parser quotes the value that it could not take.
fn without_values(message: &str) -> String {
    match (message.starts_with("invalid"), message.rfind("expected ")) {
        (true, Some(at)) => message[at..].to_owned(),
        (true, None) => "a value is not of the right kind".to_owned(),
        (false, _) => message.to_owned(),
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}
