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

    /// A path of one test alone; what is there goes with the value.
    struct Place(PathBuf);

    impl Place {
        fn named(name: &str) -> Self {
            let name = format!("csk-{name}-{}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn with(name: &str, text: &str) -> Self {
            let place = Self::named(name);
            place.write(text);
            place
        }

        fn write(&self, text: &str) {
            std::fs::write(&self.0, text).expect("to write");
        }

        fn build(&self, more: &[(&str, &str)]) -> Result<crate::Client> {
            let path = self.0.to_str().expect("UTF-8");
            let file = ("CEREBRAS_MANAGEMENT_API_KEY_FILE", path);
            build(&[&[file], more].concat())
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            // It may be gone already, as some of these tests want it.
            let _ = std::fs::remove_file(&self.0).or_else(|_| std::fs::remove_dir(&self.0));
        }
    }

    fn key(text: &str) -> ApiKey {
        ApiKey::new(text).expect("a key")
    }

    /// The key that a client sends, after one that the service has refused.
    async fn key_of(client: &crate::Client, refused: Option<&ApiKey>) -> Result<ApiKey> {
        client.transport().management.key(refused).await
    }

    const NO_OTHER: &str = "the API key was refused, and the key provider gave no other: the key \
                            file is gone, or is no regular file, and cannot be read again";

    #[tokio::test]
    async fn a_key_file_is_read_when_the_client_is_built_and_its_key_kept() {
        let file = Place::with("kept", "csk-1\n");
        let client = file.build(&[]).expect("a client");
        std::fs::remove_file(&file.0).expect("to delete it");
        assert_eq!(key_of(&client, None).await.expect("a key"), key("csk-1"));
        let error = key_of(&client, Some(&key("csk-1")))
            .await
            .expect_err("gone");
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert_eq!(error.to_string(), NO_OTHER);
    }

    #[tokio::test]
    async fn a_key_file_is_read_again_when_its_key_is_refused() {
        let file = Place::with("rotated", "csk-1\n");
        let client = file.build(&[]).expect("a client");
        file.write("csk-2\n");
        assert_eq!(key_of(&client, None).await.expect("a key"), key("csk-1"));
        let again = key_of(&client, Some(&key("csk-1"))).await;
        assert_eq!(again.expect("a key"), key("csk-2"));
        assert_eq!(key_of(&client, None).await.expect("a key"), key("csk-2"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_pipe_gives_its_key_once_and_is_not_waited_for_again() {
        let pipe = Place::named("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe.0).status();
        assert!(made.expect("mkfifo").success());
        let path = pipe.0.clone();
        let writer = std::thread::spawn(move || std::fs::write(path, "csk-1\n"));
        let client = pipe.build(&[]).expect("a client");
        writer.join().expect("no panic").expect("to write");
        assert_eq!(key_of(&client, None).await.expect("a key"), key("csk-1"));

        // Reading it again would block its thread, so that no timer of this one could help.
        let (told, answer) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let refused = key("csk-1");
            let mut asked = std::pin::pin!(key_of(&client, Some(&refused)));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            told.send(
                asked
                    .as_mut()
                    .poll(&mut cx)
                    .map_err(|error| error.to_string()),
            )
        });
        let answer = answer.recv_timeout(std::time::Duration::from_secs(10));
        let answer = answer.expect("an answer at once");
        assert_eq!(answer, std::task::Poll::Ready(Err(NO_OTHER.to_owned())));
    }

    #[test]
    fn a_key_file_that_gives_no_key_is_told_without_its_path() {
        let file = "CEREBRAS_MANAGEMENT_API_KEY_FILE: ";
        let remedy =
            "it takes the path of a file; a key itself goes in CEREBRAS_MANAGEMENT_API_KEY";
        let folder = Place::named("folder");
        std::fs::create_dir(&folder.0).expect("to make it");
        for (place, says) in [
            (
                Place::with("empty", "\n"),
                "API key: it is empty; keys are on the API keys page at \
                 https://cloud.cerebras.ai, those of the Management API under \"Management API \
                 keys\""
                    .to_owned(),
            ),
            (
                Place::with("two-lines", "csk-1\ncsk-2\n"),
                "API key: byte 5: it contains a line break; paste the key alone, without quotes, \
                 spaces or a second line"
                    .to_owned(),
            ),
            (
                folder,
                format!("the key file cannot be read: Is a directory (os error 21); {remedy}"),
            ),
            (
                Place::named("missing"),
                format!(
                    "the key file cannot be read: No such file or directory (os error 2); {remedy}"
                ),
            ),
        ] {
            let error = place.build(&[]).expect_err(&says);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), format!("{file}{says}"));
            let path = place.0.to_str().expect("UTF-8");
            assert!(!format!("{error:?}").contains(path), "{error:?}");
        }
    }

    #[test]
    fn the_key_of_a_file_is_not_taken_for_inference_too() {
        let file = Place::with("twice", "csk-1\n");
        let error = file.build(&[("CEREBRAS_API_KEY", "csk-1")]);
        assert_eq!(
            error.expect_err("one key").to_string(),
            "the management key and the inference key are the same; they are two keys: \
             CEREBRAS_MANAGEMENT_API_KEY is found under \"Management API keys\" at \
             https://cloud.cerebras.ai, CEREBRAS_API_KEY is an API key for inference"
        );
        assert!(file.build(&[("CEREBRAS_API_KEY", "csk-2")]).is_ok());
    }

    #[test]
    fn the_simulators_key_in_a_file_goes_to_no_other_host() {
        let file = Place::with("simulated", "simulated-management-key\n");
        let error = file.build(&[]).expect_err("another host");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let local = ("CEREBRAS_MANAGEMENT_BASE_URL", "http://127.0.0.1:1");
        assert!(file.build(&[local]).is_ok());
    }
}
