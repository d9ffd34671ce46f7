//! Settings from the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use super::builder::ClientBuilder;
use crate::error::{Error, Result};
use crate::key::{
    INFERENCE_KEY_VARIABLE, KeyFile, MANAGEMENT_KEY_FILE_VARIABLE, MANAGEMENT_KEY_VARIABLE,
};

pub(crate) const ORG: &str = "CEREBRAS_ORG_NAME";
const BASE_URL: &str = "CEREBRAS_MANAGEMENT_BASE_URL";

/// Reads the settings through `variable`, so that tests need not touch the process.
pub(super) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<ClientBuilder> {
    let text = |name: &str| match variable(name).map(OsString::into_string) {
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(Error::invalid(format!("{name}: its value is not UTF-8"))),
        None => Ok(None),
    };
    let mut builder = ClientBuilder::new();
    let key = text(MANAGEMENT_KEY_VARIABLE)?;
    let file = variable(MANAGEMENT_KEY_FILE_VARIABLE);
    match (key, file) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid(format!(
                "{MANAGEMENT_KEY_VARIABLE} and {MANAGEMENT_KEY_FILE_VARIABLE} are both set"
            ))
            .remedy_is("unset one of them"));
        }
        (Some(key), None) => {
            crate::ApiKey::new(&key).map_err(|error| error.about(MANAGEMENT_KEY_VARIABLE))?;
            builder = builder.key(key);
        }
        (None, Some(file)) => {
            let file = KeyFile(PathBuf::from(file));
            file.read()
                .map_err(|error| error.about(MANAGEMENT_KEY_FILE_VARIABLE))?;
            builder = builder.key_provider(file);
        }
        (None, None) => {}
    }
    if let Some(key) = text(INFERENCE_KEY_VARIABLE)? {
        crate::ApiKey::new(&key).map_err(|error| error.about(INFERENCE_KEY_VARIABLE))?;
        builder = builder.inference_key(key);
    }
    if let Some(org) = text(ORG)? {
        builder = builder.org(org);
    }
    if let Some(url) = text(BASE_URL)? {
        builder = builder.base_url(url);
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn build(variables: &[(&str, &str)]) -> Result<crate::Client> {
        read(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(value))
        })?
        .build()
    }

    #[test]
    fn all_that_is_set_is_used() {
        let client = build(&[
            ("CEREBRAS_MANAGEMENT_API_KEY", "csk-1\n"),
            ("CEREBRAS_API_KEY", "csk-2"),
            ("CEREBRAS_ORG_NAME", "my-org"),
            ("CEREBRAS_MANAGEMENT_BASE_URL", "http://127.0.0.1:1/x/"),
        ])
        .expect("a client");
        assert_eq!(client.base_url(), "http://127.0.0.1:1/x");
        assert_eq!(
            client.default_org().expect("an org").name().as_str(),
            "my-org"
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_its_variable() {
        let key = ("CEREBRAS_MANAGEMENT_API_KEY", "csk-1");
        for (variables, says) in [
            (
                vec![],
                "no Management API key; set CEREBRAS_MANAGEMENT_API_KEY, or \
                 CEREBRAS_MANAGEMENT_API_KEY_FILE, or ClientBuilder::key; a key is found under \
                 \"Management API keys\" at https://cloud.cerebras.ai",
            ),
            (
                vec![("CEREBRAS_MANAGEMENT_API_KEY", "\n")],
                "CEREBRAS_MANAGEMENT_API_KEY: API key: it is empty; a Management API key is \
                 found under \"Management API keys\" on the API keys page at \
                 https://cloud.cerebras.ai",
            ),
            (
                vec![key, ("CEREBRAS_MANAGEMENT_API_KEY_FILE", "/key")],
                "CEREBRAS_MANAGEMENT_API_KEY and CEREBRAS_MANAGEMENT_API_KEY_FILE are both set; \
                 unset one of them",
            ),
            (
                vec![("CEREBRAS_MANAGEMENT_API_KEY_FILE", "/no/such/key")],
                "CEREBRAS_MANAGEMENT_API_KEY_FILE: /no/such/key: No such file or directory \
                 (os error 2)",
            ),
            (
                vec![key, ("CEREBRAS_API_KEY", "csk-1")],
                "the management key and the inference key are the same; they are two keys: \
                 CEREBRAS_MANAGEMENT_API_KEY is found under \"Management API keys\" at \
                 https://cloud.cerebras.ai, CEREBRAS_API_KEY is an API key for inference",
            ),
            (
                vec![("CEREBRAS_MANAGEMENT_API_KEY", "simulated-management-key")],
                "the API key is the simulator's, and https://api.cerebras.ai is not a simulator \
                 on this machine; use a key of your own",
            ),
        ] {
            let error = build(&variables).expect_err(says);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), says);
        }
    }
}
