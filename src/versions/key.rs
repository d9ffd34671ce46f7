//! The alias by which an upload is found again.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Model;
use crate::error::{Error, Result, printable};
use crate::names::{IDEMPOTENCY_PREFIX, VersionAlias, WeightUri};

/// How many bytes of the hash an alias holds.
const BYTES: usize = 16;

/// The alias that one upload alone carries: the same for the same organization, architecture,
/// place of the weights and nonce, in every process and in every version of this crate.
pub(super) fn alias(model: &Model, weights: &WeightUri, nonce: &str) -> Result<VersionAlias> {
    // None of the first three can hold the byte that ends it.
    let mut hash = Sha256::new();
    for part in [
        "upload",
        model.org.as_str(),
        model.architecture.as_str(),
        weights.as_str().trim_end_matches('/'),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(nonce);
    let mut text = String::from(IDEMPOTENCY_PREFIX);
    for byte in &hash.finalize()[..BYTES] {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text.parse()?)
}

pub(super) fn check_nonce(nonce: &str) -> Result<()> {
    let wrong = if nonce.trim().is_empty() {
        "it is empty".to_owned()
    } else if let Some(at) = nonce.find(char::is_control) {
        // The line end of a file would make another upload of the same one.
        format!("byte {at}: it contains a control character")
    } else {
        return Ok(());
    };
    let shown = printable(nonce);
    Err(
        Error::invalid(format!("idempotency nonce \"{shown}\": {wrong}"))
            .remedy_is("give what names this one upload, such as the id of the CI job"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Client;

    fn of(architecture: &str, weights: &str, nonce: &str) -> String {
        let client = Client::builder().key("k").build().expect("a client");
        let org = client.org("my-org").expect("an org");
        let model = org.model(architecture).expect("an architecture");
        let weights = weights.parse().expect("a URI");
        alias(&model, &weights, nonce)
            .expect("an alias")
            .to_string()
    }

    /// A process that crashed must find its upload with every later version of this crate. The
    /// expected value is that of
    /// `printf 'upload\0my-org\0gpt-oss-120b\0s3://my-bucket/run-42\0ci-7' | sha256sum`.
    #[test]
    fn it_never_changes() {
        assert_eq!(
            of("gpt-oss-120b", "s3://my-bucket/run-42", "ci-7"),
            "idem-00fe165e31ff543c258234512ea79c3a"
        );
    }

    #[test]
    fn a_nonce_is_one_line_of_text() {
        for (nonce, wrong) in [
            ("", "\"\": it is empty"),
            (" \n", "\"\": it is empty"),
            (
                "ci-7\n",
                "\"ci-7\": byte 4: it contains a control character",
            ),
            (
                "ci\0-7",
                "\"ci -7\": byte 2: it contains a control character",
            ),
        ] {
            let error = check_nonce(nonce).expect_err(nonce);
            assert_eq!(
                error.to_string(),
                format!(
                    "idempotency nonce {wrong}; give what names this one upload, such as the id \
                     of the CI job"
                )
            );
        }
        assert!(check_nonce("ci 7 \u{e9}").is_ok());
    }

    #[test]
    fn it_depends_on_all_that_it_is_of_and_not_on_a_slash_at_the_end() {
        let ours = of("a", "s3://my-bucket/run-42", "ci-7");
        assert_eq!(of("a", "s3://my-bucket/run-42/", "ci-7"), ours);
        assert_ne!(of("b", "s3://my-bucket/run-42", "ci-7"), ours);
        assert_ne!(of("a", "s3://my-bucket/run-43", "ci-7"), ours);
        assert_ne!(of("a", "s3://my-bucket/run-42", "ci-8"), ours);
    }
}
