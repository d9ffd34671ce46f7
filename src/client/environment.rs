//! Settings from the environment.

use std::ffi::OsString;
use std::path::PathBuf;

use super::builder::ClientBuilder;
use crate::base_url::BaseUrl;
use crate::error::{Error, Result};
use crate::key::{
    ApiKey, INFERENCE_KEY_VARIABLE, KeyFile, MANAGEMENT_KEY_FILE_VARIABLE, MANAGEMENT_KEY_VARIABLE,
};

pub(crate) const ORG: &str = "CEREBRAS_ORG_NAME";
const BASE_URL: &str = "CEREBRAS_MANAGEMENT_BASE_URL";
use crate::names::OrgName;

/// Reads the settings through `variable`, so that tests need not touch the process.
pub(super) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<ClientBuilder> {
    let text = |name: &str| match variable(name).map(OsString::into_string) {
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(Error::invalid(format!("{name}: its value is not UTF-8"))
            .remedy_is("set it to plain text")),
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
            builder = builder.key(key_in(MANAGEMENT_KEY_VARIABLE, &key)?);
        }
        (None, Some(file)) => {
            let file = KeyFile(PathBuf::from(file));
            let key = file.read().map_err(about(MANAGEMENT_KEY_FILE_VARIABLE))?;
            builder = builder.key_file(file, key);
        }
        (None, None) => {}
    }
    // A job that has no such secret often has the variable all the same, empty.
    if let Some(key) = text(INFERENCE_KEY_VARIABLE)?.filter(|key| !key.trim().is_empty()) {
        builder = builder.inference_key(key_in(INFERENCE_KEY_VARIABLE, &key)?);
    }
    if let Some(org) = text(ORG)? {
        let org: OrgName = org.parse().map_err(Error::from).map_err(about(ORG))?;
        builder = builder.org(org);
    }
    if let Some(url) = text(BASE_URL)? {
        // Whether plain http may be used is for `build` to say.
        BaseUrl::parse(&url, true).map_err(about(BASE_URL))?;
        builder = builder.base_url(url);
    }
    Ok(builder)
}

fn key_in(variable: &'static str, key: &str) -> Result<ApiKey> {
    ApiKey::new(key).map_err(about(variable))
}

fn about(variable: &'static str) -> impl Fn(Error) -> Error {
    move |error| error.about(variable)
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
    fn an_empty_inference_key_is_none() {
        let variables = [
            ("CEREBRAS_MANAGEMENT_API_KEY", "csk-1"),
            ("CEREBRAS_API_KEY", " "),
        ];
        assert!(build(&variables).is_ok());
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
                "CEREBRAS_MANAGEMENT_API_KEY: API key: it is empty; keys are on the API keys page \
                 at https://cloud.cerebras.ai, those of the Management API under \"Management API \
                 keys\"",
            ),
            (
                vec![key, ("CEREBRAS_MANAGEMENT_API_KEY_FILE", "/key")],
                "CEREBRAS_MANAGEMENT_API_KEY and CEREBRAS_MANAGEMENT_API_KEY_FILE are both set; \
                 unset one of them",
            ),
            (
                vec![("CEREBRAS_MANAGEMENT_API_KEY_FILE", "/no/such/key")],
                "CEREBRAS_MANAGEMENT_API_KEY_FILE: the key file cannot be read: No such file or \
                 directory (os error 2); it takes the path of a file; a key itself goes in \
                 CEREBRAS_MANAGEMENT_API_KEY",
            ),
            (
                vec![key, ("CEREBRAS_ORG_NAME", "")],
                "CEREBRAS_ORG_NAME: organization name \"\": byte 0: expected a name, found nothing; \
                 if it comes from a variable, check that the variable is set",
            ),
            (
                vec![key, ("CEREBRAS_MANAGEMENT_BASE_URL", "csk-secret")],
                "CEREBRAS_MANAGEMENT_BASE_URL: base URL: relative URL without a base; give a whole \
                 address, such as https://api.cerebras.ai",
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
