//! From what came back over the wire to an answer, or to the error that it stands for.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::echo::{HIDDEN, hidden_in, hidden_in_good};
use crate::error::{Answered, Details, Error, ErrorKind, Result, Sent, printable};
use crate::key::ApiKey;
use crate::observed::Observer;

/// The most that is read of a refusal's body: enough for any field errors.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// A good answer, read to its end. Where it repeats the key, its body holds `[key]`.
pub(crate) struct Answer {
    status: u16,
    /// They may hold the key.
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// What an error or a log tells of it.
    pub(crate) fn head(&self, key: &ApiKey) -> Answered {
        read_head(&self.headers, self.status, key)
    }
}

/// What one exchange is bound by.
pub(crate) struct Terms<'a> {
    /// For the remedies of errors.
    pub(crate) base: &'a str,
    /// When all of it must be over.
    pub(crate) until: Instant,
    /// The most that is read of a good answer's body, in bytes.
    pub(crate) body_limit: usize,
    /// Should the answer repeat it, then nothing that is made of the answer does.
    pub(crate) key: &'a ApiKey,
    /// Who is shown the answer, and which operation it answers.
    pub(crate) observer: Option<(&'a Observer, &'static str)>,
    /// An empty answer to a delete says all there is to say.
    pub(crate) deletes: bool,
}

/// Waits for the answer to a request that is sent, and reads it.
pub(crate) async fn exchange(
    sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
    terms: &Terms<'_>,
) -> Result<Answer> {
    let Terms { until, key, .. } = *terms;
    let started = Instant::now();
    let late = |head: Option<Answered>| {
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "no whole answer within {:.1} s",
                started.elapsed().as_secs_f64()
            ),
        )
        .sent(Sent::Maybe);
        match head {
            Some(head) => error.answered(head),
            None => error,
        }
    };

    let mut alarm = pin!(sleep_until(until));
    let mut response = before(alarm.as_mut(), pin!(sent))
        .await
        .ok_or_else(|| late(None))?
        .map_err(not_exchanged)?;

    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let head = || read_head(&headers, status, key);
    let observed = terms
        .observer
        .map(|(observer, operation)| observer.head(operation, status, &headers, key));
    let observe = |body: &dyn Fn() -> Bytes| {
        if let Some(observed) = observed {
            observed.with(body());
        }
    };
    let good = response.status().is_success();
    let page = is_page(&headers);
    let limit = if good {
        terms.body_limit
    } else {
        REFUSAL_LIMIT
    };
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if good && announced > limit {
        return Err(too_large(head(), limit));
    }
    let (body, cut) = match before(alarm, pin!(read_body(&mut response, limit))).await {
        Some(Body::Whole(bytes)) => (bytes, false),
        Some(Body::Over(_)) if good => return Err(too_large(head(), limit)),
        // A refusal is told by its status, so that what there is of its body will do.
        Some(Body::Over(part)) => (part, true),
        Some(Body::Cut(_, part)) if !good => (part, true),
        Some(Body::Cut(cause, _)) => return Err(cut_short(head(), &cause)),
        None if good => return Err(late(Some(head()))),
        None => (Bytes::new(), true),
    };

    let page = page || starts_like_a_page(&body);
    if !good {
        let body = hidden_in(&body, key, cut);
        observe(&|| Bytes::copy_from_slice(&body));
        let target = location(&headers, key);
        return Err(refused(head(), &body, page, target.as_deref(), terms.base));
    }
    if page {
        let shown = &body[..body.len().min(REFUSAL_LIMIT)];
        let cut = shown.len() < body.len();
        let body = hidden_in(shown, key, cut);
        observe(&|| Bytes::copy_from_slice(&body));
        return Err(blocked(head(), &body));
    }
    let body = hidden_in_good(body, key);
    observe(&|| body.clone());
    let body = if terms.deletes && body.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        body
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// What a future gives before that moment; one alarm serves several, one after the other.
async fn before<T>(
    mut alarm: Pin<&mut Sleep>,
    mut future: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => alarm.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// The error of a request that got no answer at all.
pub(crate) fn not_exchanged(error: reqwest::Error) -> Error {
    #[cfg(feature = "rustls")]
    if let Some(none) = crate::tls::NoRoots::within(&error) {
        return Error::new(ErrorKind::InvalidInput, none.to_string())
            .sent(Sent::No)
            .remedy_is(
                "install the package ca-certificates, or set SSL_CERT_FILE to a file with the \
                 certificates to trust, in PEM",
            )
            .caused_by(error.without_url());
    }
    let cause = root_cause(&error);
    let (kind, sent, what) = if error.is_builder() {
        (
            ErrorKind::InvalidInput,
            Sent::No,
            "the request could not be made",
        )
    } else if error.is_connect() && error.is_timeout() {
        (ErrorKind::Timeout, Sent::No, "no connection in time")
    } else if error.is_connect() && cause.starts_with("tunnel error") {
        (
            ErrorKind::Transport,
            Sent::No,
            "no connection through the proxy",
        )
    } else if error.is_connect() {
        (ErrorKind::Transport, Sent::No, "no connection")
    } else if error.is_timeout() {
        (ErrorKind::Timeout, Sent::Maybe, "no whole answer in time")
    } else {
        (
            ErrorKind::Transport,
            Sent::Maybe,
            "the connection broke before an answer came",
        )
    };
    let made = Error::new(kind, format!("{what}: {cause}"))
        .sent(sent)
        .caused_by(error.without_url());
    match sent {
        Sent::No if kind != ErrorKind::InvalidInput => made.remedy_is(
            "check the base URL, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
        ),
        _ => made,
    }
}

/// The error of a good answer whose body is not what the API publishes.
pub(crate) fn unreadable(
    head: Answered,
    body: &[u8],
    source: serde_json::Error,
    key: &ApiKey,
) -> Error {
    // The parser quotes what it could not take, however long that is.
    let told = source.to_string();
    let why = printable(&told.replace(key.secret(), HIDDEN));
    // More than this is not looked at by an error. A short key is still in a good answer.
    let shown = &body[..body.len().min(REFUSAL_LIMIT)];
    let error = Error::new(
        ErrorKind::Decode,
        format!("the answer is not what the published API answers: {why}"),
    )
    .answered(head)
    .with_body(&hidden_in(shown, key, shown.len() < body.len()))
    .accepted();
    if told.contains(key.secret()) {
        error
    } else {
        error.caused_by(source)
    }
}

fn read_head(headers: &HeaderMap, status: u16, key: &ApiKey) -> Answered {
    let text = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        let hidden = key
            .is_in(value.as_bytes())
            .then(|| value.replace(key.secret(), HIDDEN));
        (!value.is_empty()).then(|| printable(hidden.as_deref().unwrap_or(value)))
    };
    Answered {
        status,
        request_id: text("x-request-id").or_else(|| text("request-id")),
        ray_id: text("cf-ray"),
        retry_after: headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value.to_str().ok()?, said_at(headers))),
    }
}

/// When an answer was made, by the clock that its other dates are of. Ours may be wrong, or be
/// set while we wait.
fn said_at(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    date.and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now)
}

/// `Retry-After` as seconds or as an HTTP date; a date that has passed is now.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

enum Body {
    Whole(Bytes),
    Over(Bytes),
    Cut(String, Bytes),
}

/// Reads up to `limit` bytes, counted as they come, so that a huge answer is never held.
/// So much room is made at once for a body that announces its length, in bytes: more would be to
/// trust in what may not come.
const ANNOUNCED: u64 = 1024 * 1024;

async fn read_body(response: &mut reqwest::Response, limit: usize) -> Body {
    let announced = response.content_length().unwrap_or(0).min(ANNOUNCED);
    let announced = usize::try_from(announced).unwrap_or(0);
    // Most answers are one chunk, which needs no copy.
    let mut only = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        let read = |only: Bytes, whole: BytesMut| {
            if only.is_empty() {
                whole.freeze()
            } else {
                only
            }
        };
        let mut chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Body::Whole(read(only, whole)),
            Err(error) => return Body::Cut(root_cause(&error), read(only, whole)),
        };
        let so_far = only.len() + whole.len();
        let over = so_far + chunk.len() > limit;
        chunk.truncate(limit - so_far);
        if so_far == 0 {
            only = chunk;
        } else {
            if whole.is_empty() {
                whole.reserve(announced.max(so_far + chunk.len()));
                whole.extend_from_slice(&std::mem::take(&mut only));
            }
            whole.extend_from_slice(&chunk);
        }
        if over {
            return Body::Over(read(only, whole));
        }
    }
}

const PAGE: &str = "text/html";

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim_start().get(..PAGE.len()))
        .is_some_and(|start| start.eq_ignore_ascii_case(PAGE))
}

fn starts_like_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Where a redirect points, as far as the host: its path and query may hold a secret.
fn location(headers: &HeaderMap, key: &ApiKey) -> Option<String> {
    let value = headers.get(LOCATION)?.to_str().ok()?;
    // A host is shown in lower case, however it was sent.
    if value
        .to_ascii_lowercase()
        .contains(&key.secret().to_ascii_lowercase())
    {
        return None;
    }
    let url = reqwest::Url::parse(value).ok()?;
    Some(printable(&url.origin().ascii_serialization()))
}

pub(crate) fn refused(
    head: Answered,
    body: &[u8],
    page: bool,
    target: Option<&str>,
    base: &str,
) -> Error {
    let (kind, what) = match head.status {
        401 | 403 | 429 if page => return blocked(head, body),
        300..=399 => (
            ErrorKind::Rejected,
            "the service answered with a redirect, which is not followed",
        ),
        401 => (ErrorKind::Unauthorized, "the API key was refused"),
        403 => (ErrorKind::PermissionDenied, "permission denied"),
        404 | 410 => (ErrorKind::NotFound, "not found"),
        409 | 412 => (ErrorKind::Conflict, "conflict"),
        429 => (ErrorKind::RateLimited, "too many requests"),
        408 | 500..=599 => (ErrorKind::Unavailable, "the service is unavailable"),
        _ => (ErrorKind::Rejected, "the request was refused"),
    };
    let sent = match kind {
        ErrorKind::Unavailable => Sent::Maybe,
        _ => Sent::Yes,
    };
    let error = Error::new(kind, what).with_body(body).sent(sent);
    let error = if page {
        error
    } else {
        error.with_details(Details::read(body))
    };
    let remedy = match kind {
        ErrorKind::Unauthorized => Some(
            "use a valid Management API key; it is not the inference key, and it is found under \
             \"Management API keys\" at https://cloud.cerebras.ai"
                .to_owned(),
        ),
        ErrorKind::PermissionDenied => Some(
            "check that the key belongs to this organization and that it has access to the \
             private preview"
                .to_owned(),
        ),
        ErrorKind::NotFound if page => Some(format!("check the base URL {base}")),
        ErrorKind::RateLimited => Some(match head.retry_after {
            Some(after) => format!("try again in {} s", after.as_secs().max(1)),
            None => "try again later, or with fewer requests at once".to_owned(),
        }),
        ErrorKind::Rejected if (300..400).contains(&head.status) => Some(match target {
            Some(target) => format!("the base URL is {base}, and it points to {target}"),
            None => format!("check the base URL {base}"),
        }),
        _ => None,
    };
    let error = error.answered(head);
    match remedy {
        Some(remedy) => error.remedy_is(remedy),
        None => error,
    }
}

fn blocked(head: Answered, body: &[u8]) -> Error {
    Error::new(
        ErrorKind::Blocked,
        "an HTML page came back, from something in front of the service",
    )
    .answered(head)
    .with_body(body)
    .sent(Sent::Maybe)
    .remedy_is("check the base URL and any proxy, and whether this network may reach the service")
}

fn too_large(head: Answered, limit: usize) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        format!("the answer is larger than the limit of {limit} bytes"),
    )
    .answered(head)
    .accepted()
    .remedy_is("raise ClientBuilder::response_limit")
}

fn cut_short(head: Answered, cause: &str) -> Error {
    Error::new(
        ErrorKind::Transport,
        format!("the answer was cut short: {cause}"),
    )
    .answered(head)
    .sent(Sent::Maybe)
}

/// What lies at the bottom of an error: "connection refused", not "error sending request".
fn root_cause(error: &dyn StdError) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    printable(&deepest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").expect("a date");
        for (value, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn a_date_to_retry_after_is_of_the_clock_that_dated_the_answer() {
        let hour = Duration::from_secs(3600);
        let now = SystemTime::now();
        let key = ApiKey::new("k").expect("a key");
        let asked = |date: Option<SystemTime>, after: SystemTime| {
            let mut headers = HeaderMap::new();
            let value = |time| httpdate::fmt_http_date(time).parse().expect("a header");
            if let Some(date) = date {
                headers.insert(DATE, value(date));
            }
            headers.insert(RETRY_AFTER, value(after));
            read_head(&headers, 429, &key).retry_after.expect("a pause")
        };
        let pause = Duration::from_secs(37);
        for theirs in [now - hour, now, now + hour] {
            assert_eq!(asked(Some(theirs), theirs + pause), pause);
            assert_eq!(asked(Some(theirs), theirs - pause), Duration::ZERO);
        }
        // An answer with no date is of now.
        let undated = asked(None, now + hour);
        assert!(undated.abs_diff(hour) < pause, "{undated:?}");
    }
}
