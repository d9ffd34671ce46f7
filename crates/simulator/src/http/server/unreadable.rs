use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::exchange::Phase;
use crate::Refusal;
use crate::http::Service;
use crate::http::incoming::READ_LIMIT;
use crate::journal::Entry;

/// The longest URI that hyper takes, in bytes.
const LONGEST_URI: usize = u16::MAX as usize - 1;
/// How long a client that is refused may go on sending.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came in place of a request that can be routed.
#[derive(Debug)]
pub(super) struct Unreadable {
    status: StatusCode,
    reason: &'static str,
}

impl Unreadable {
    /// What hyper could not read, if that is why it gave up and nobody has been told.
    ///
    /// `rest` is what it had read of the request, unless it had got beyond the head.
    pub(super) fn new(error: &hyper::Error, rest: &[u8], phase: Phase) -> Option<Self> {
        let untold = match phase {
            Phase::Refused => true,
            // Of these hyper says nothing to the client. A connection that ends with nothing on it
            // has ended well.
            Phase::Between => !rest.is_empty(),
            Phase::Answering | Phase::Ending => false,
        };
        untold.then(|| Self::from(error, rest))
    }

    fn from(error: &hyper::Error, rest: &[u8]) -> Self {
        let (status, reason) = if error.is_parse_too_large() {
            too_large(rest)
        } else if error.is_timeout() {
            let reason = "The headers took too long to arrive";
            (StatusCode::REQUEST_TIMEOUT, reason)
        } else if error.is_parse_version_h2() {
            let reason = "HTTP/2 is not served here: use HTTP/1.1";
            (StatusCode::BAD_REQUEST, reason)
        } else if error.is_parse() {
            (StatusCode::BAD_REQUEST, "Invalid HTTP request")
        } else {
            let reason = "The connection ended before the headers did";
            (StatusCode::BAD_REQUEST, reason)
        };
        Self { status, reason }
    }

    /// Answers in the service's shape, and closes the connection.
    pub(super) async fn refuse<S>(self, mut stream: S, service: &Service)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { status, reason } = self;
        service.journal.record(|| Entry {
            at: service.clock.now(),
            method: String::new(),
            path: String::new(),
            query: None,
            body: None,
            operation: None,
            status: Some(status.as_u16()),
            handled: true,
            fault: None,
            unreadable: Some(reason.to_owned()),
        });
        let refusal = service.in_shape(Refusal::detail(status.as_u16(), reason));
        let body = refusal.body().to_string();
        let length = body.len();
        let date = httpdate::fmt_http_date(SystemTime::now());
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\ndate: {date}\r\n\r\n{body}"
        );
        let answered = async {
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            // A client that is still sending when the connection closes never sees the answer.
            let mut sent = (&mut stream).take(READ_LIMIT as u64);
            tokio::io::copy(&mut sent, &mut tokio::io::sink()).await
        };
        // A client that has gone away has nothing more to hear.
        let _ = timeout(PATIENCE, answered).await;
    }
}

/// Which part of the request it is that is too large.
fn too_large(rest: &[u8]) -> (StatusCode, &'static str) {
    if rest.is_empty() {
        // The length that the head gives is noticed when the head has been read.
        return (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    }
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(rest);
    let uri = line.split(|byte| *byte == b' ').nth(1);
    if uri.is_some_and(|uri| uri.len() > LONGEST_URI) {
        return (StatusCode::URI_TOO_LONG, "URI too long");
    }
    let reason = "Too many headers, or too long ones";
    (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, reason)
}
