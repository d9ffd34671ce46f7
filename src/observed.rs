//! Answers as they came, for who wants more of them than what is published.

use bytes::Bytes;
use http::header::HeaderMap;

use crate::key::ApiKey;

/// An answer as it came, before anything was made of it; see
/// [`ClientBuilder::on_answer`](crate::ClientBuilder::on_answer).
///
/// It has what the other types of this crate leave out: fields that no page names, the status of a
/// success, the names of headers. The key that the request had is taken out of it.
#[derive(Clone)]
pub struct RawAnswer {
    operation: &'static str,
    status: u16,
    header_names: Vec<String>,
    body: Bytes,
}

impl RawAnswer {
    /// The operation it answers, by its short id such as `get_endpoint`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The HTTP status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The names of its headers, in lower case, in the order that they came in. What they say is
    /// left out.
    #[must_use]
    pub fn header_names(&self) -> &[String] {
        &self.header_names
    }

    /// The body: of a success as far as [`response_limit`](crate::ClientBuilder::response_limit)
    /// allows, of any other answer as far as 64 KiB.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Texts of the service are not for a log as they are.
impl std::fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawAnswer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Who is shown each answer.
pub(crate) struct Observer(pub(crate) Box<dyn Fn(&RawAnswer) + Send + Sync>);

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer(…)")
    }
}

/// An answer whose body is still to come.
pub(crate) struct Head<'a> {
    observer: &'a Observer,
    answer: RawAnswer,
}

impl Observer {
    pub(crate) fn head(
        &self,
        operation: &'static str,
        status: u16,
        headers: &HeaderMap,
        key: &ApiKey,
    ) -> Head<'_> {
        let secret = key.secret().to_ascii_lowercase();
        let names = headers.keys().map(|name| name.as_str().to_owned());
        Head {
            observer: self,
            answer: RawAnswer {
                operation,
                status,
                header_names: names.filter(|name| !name.contains(&secret)).collect(),
                body: Bytes::new(),
            },
        }
    }
}

impl Head<'_> {
    /// Shows it, with a body that the key has been taken out of.
    pub(crate) fn with(mut self, body: Bytes) {
        self.answer.body = body;
        (self.observer.0)(&self.answer);
    }
}
