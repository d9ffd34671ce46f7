//! Settings from the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use super::key::{KeyFrom, Secret};
use crate::failure::{Failure, Result};

const KEY: &str = "CEREBRAS_MANAGEMENT_API_KEY";
const KEY_FILE: &str = "CEREBRAS_MANAGEMENT_API_KEY_FILE";
const INFERENCE_KEY: &str = "CEREBRAS_API_KEY";
pub(super) const ORG: &str = "CEREBRAS_ORG_NAME";
pub(super) const BASE_URL: &str = "CEREBRAS_MANAGEMENT_BASE_URL";

/// The variable with the key that this setting of a profile gives.
pub(super) fn key_variable(place: &str) -> &'static str {
    if place.starts_with("inference") {
        INFERENCE_KEY
    } else {
        KEY
    }
}

/// What the variables say.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) key: Option<KeyFrom>,
    pub(super) inference_key: Option<KeyFrom>,
    pub(super) org: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) config: Option<PathBuf>,
}

impl Environment {
    /// Reads them through `variable`, so that tests need not touch the process.
    pub(super) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let text = |name: &str| match variable(name).map(OsString::into_string) {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(Failure::usage(format!("{name}: its value is not UTF-8"))
                .next(format!("set {name} to plain text"))),
            None => Ok(None),
        };
        let key = match (text(KEY)?, variable(KEY_FILE)) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!("{KEY} and {KEY_FILE} are both set"))
                    .next("unset one of them"));
            }
            (Some(key), None) => Some(KeyFrom::Value(KEY.to_owned(), Secret::new(key))),
            (None, Some(file)) => Some(KeyFrom::File(KEY_FILE.to_owned(), file.into())),
            (None, None) => None,
        };
        // A job that has no such secret often has the variable all the same, empty.
        let inference_key = text(INFERENCE_KEY)?.filter(|key| !key.trim().is_empty());
        Ok(Self {
            key,
            inference_key: inference_key
                .map(|key| KeyFrom::Value(INFERENCE_KEY.to_owned(), Secret::new(key))),
            org: text(ORG)?,
            base_url: text(BASE_URL)?,
            profile: text("CBM_PROFILE")?.filter(|name| !name.is_empty()),
            config: variable("CBM_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        })
    }
}
