//! The address of the service: checked once, when the client is built.

use std::fmt;

use reqwest::Url;

use crate::error::{Error, Result, printable};

pub(crate) const DEFAULT: &str = "https://api.cerebras.ai";

/// An `https` address, or a loopback one, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    loopback: bool,
    https: bool,
}

impl BaseUrl {
    /// Plain http to another host is taken only with `insecure`.
    pub(crate) fn parse(given: &str, insecure: bool) -> Result<Self> {
        let url = Url::parse(given).map_err(|source| {
            // What has no scheme may be a key, put in the wrong place.
            let shown = if given.contains("://") {
                format!(" \"{}\"", shown(given))
            } else {
                String::new()
            };
            Error::invalid(format!("base URL{shown}: {source}"))
                .remedy_is(format!("give a whole address, such as {DEFAULT}"))
        })?;
        let refuse = |at: usize, what: &str, remedy: &str| {
            let what = format!("base URL \"{}\": byte {at}: {what}", shown(given));
            Err(Error::invalid(what).remedy_is(remedy.to_owned()))
        };
        let after_scheme = given.find("://").map_or(0, |at| at + "://".len());
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return refuse(0, "expected the scheme https", "write https://…"),
        };
        let Some(host) = url.host() else {
            return refuse(after_scheme, "it names no host", "write https://<host>");
        };
        let loopback = is_loopback(&host.to_string());
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                after_scheme,
                "it contains a user name or a password",
                "take them out; the key is sent as a header",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse(
                given.find(['?', '#']).unwrap_or_default(),
                "it contains a query or a fragment",
                "give the address up to the path only",
            );
        }
        if !https && !loopback && !insecure {
            return refuse(
                0,
                "plain http would send the key unencrypted",
                "use https, or allow it by name with ClientBuilder::allow_insecure_http",
            );
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let version_path = match url.path().trim_end_matches('/') {
            "/v1" => Some("/v1"),
            path if path.ends_with("/management/v1") => Some("/management/v1"),
            _ => None,
        };
        if let Some(tail) = version_path {
            return refuse(
                given.rfind(tail).unwrap_or_default(),
                &format!("it ends with {tail}, which each request adds itself"),
                &format!("give {}", text.trim_end_matches(tail)),
            );
        }
        Ok(Self {
            text,
            loopback,
            https,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }
}

/// A base URL may hold a password by mistake: what is before an `@` is not repeated, nor is a
/// query.
fn shown(given: &str) -> String {
    let given = given.split(['?', '#']).next().unwrap_or_default();
    match (given.find("://"), given.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            printable(&format!("{}…{}", &given[..scheme + 3], &given[at..]))
        }
        (_, Some(at)) => printable(&format!("…{}", &given[at..])),
        _ => printable(given),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        // A name under it may be looked up elsewhere, whatever RFC 6761 asks of resolvers.
        Err(_) => bare == "localhost",
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_is_kept_and_the_slash_at_the_end_is_not() {
        for (given, kept) in [
            ("https://api.cerebras.ai", "https://api.cerebras.ai"),
            ("https://api.cerebras.ai/", "https://api.cerebras.ai"),
            (
                "https://gate.example/cerebras/",
                "https://gate.example/cerebras",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
            ("http://localhost:1", "http://localhost:1"),
        ] {
            let url = BaseUrl::parse(given, false).expect(given);
            assert_eq!(url.as_str(), kept);
        }
    }

    #[test]
    fn a_wrong_address_is_refused_with_the_remedy() {
        for (given, says) in [
            (
                "http://example.com",
                "base URL \"http://example.com\": byte 0: plain http would send the key unencrypted; \
                 use https, or allow it by name with ClientBuilder::allow_insecure_http",
            ),
            (
                "http://gate.localhost:1",
                "base URL \"http://gate.localhost:1\": byte 0: plain http would send the key \
                 unencrypted; use https, or allow it by name with \
                 ClientBuilder::allow_insecure_http",
            ),
            (
                "https://me:s3cr3t@example.com",
                "base URL \"https://…@example.com\": byte 8: it contains a user name or a password; \
                 take them out; the key is sent as a header",
            ),
            (
                "https://example.com/?key=s3cr3t",
                "base URL \"https://example.com/\": byte 20: it contains a query or a fragment; \
                 give the address up to the path only",
            ),
            (
                "https://api.cerebras.ai/management/v1/",
                "base URL \"https://api.cerebras.ai/management/v1/\": byte 23: it ends with \
                 /management/v1, which each request adds itself; give https://api.cerebras.ai",
            ),
            (
                "ftp://example.com",
                "base URL \"ftp://example.com\": byte 0: expected the scheme https; write https://…",
            ),
            (
                "api.cerebras.ai",
                "base URL: relative URL without a base; \
                 give a whole address, such as https://api.cerebras.ai",
            ),
        ] {
            let error = BaseUrl::parse(given, false).expect_err(given);
            assert_eq!(error.to_string(), says);
        }
    }

    #[test]
    fn plain_http_elsewhere_is_taken_when_asked_for_by_name() {
        assert!(BaseUrl::parse("http://gate.internal", true).is_ok());
    }
}
