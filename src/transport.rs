//! One call of one operation: attempts, and what each of them told.
//!
//! Every request of this crate goes out in [`Transport::send`]. The generated client makes the
//! requests and has the types of the answers, and no more: it would lose the status of an answer
//! that does not parse, and never read the body of a refusal. So its hook takes the request that
//! a generated method has made, and the method is gone by the time that the request is sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::Method;
use http::header::{AUTHORIZATION, HeaderName};
use progenitor_client::{ClientHooks, OperationInfo, ResponseValue};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use tracing::Level;

use crate::answer::{self, Answer, Terms};
use crate::base_url::BaseUrl;
use crate::echo::hidden_in;
use crate::error::{Answered, Error, ErrorKind, Result};
use crate::key::{ApiKey, KeySource};
use crate::observed::Observer;
use crate::raw;
use crate::retry::{Budget, Op, RetryPolicy};
use crate::time::after;

/// The connection pool, the keys, and the limits that hold for every request.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) base: BaseUrl,
    pub(crate) management: KeySource,
    pub(crate) inference: Option<KeySource>,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    /// For one attempt, the key's source included.
    pub(crate) request_timeout: Duration,
    /// For all attempts of a call and the pauses between them.
    pub(crate) call_timeout: Duration,
    /// The most that is read of an answer's body, in bytes.
    pub(crate) body_limit: usize,
    /// What gets the writes in the place of the service, if anything.
    pub(crate) dry_run: Option<DryRun>,
    /// Who is shown each answer, if anybody.
    pub(crate) observer: Option<Observer>,
}

/// Takes a write that is not to be sent; it has no key in it.
pub(crate) struct DryRun(pub(crate) Box<dyn Fn(&reqwest::Request) + Send + Sync>);

impl std::fmt::Debug for DryRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DryRun(…)")
    }
}

/// The generated client may send it unasked; the service documents no such header.
static UNASKED: HeaderName = HeaderName::from_static("api-version");

/// Whether a call repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempts {
    /// As the retry policy says.
    ByPolicy,
    /// Once: the caller owns the retrying, as a wait does.
    One,
}

/// What a generated method would give, had it sent its request.
pub(crate) type Generated<T> = std::result::Result<ResponseValue<T>, raw::Error<()>>;

impl Transport {
    /// Sends what a generated method makes, as often as the policy allows, and reads the answer.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        op: Op,
        attempts: Attempts,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<T>> {
        let make = move || self.made_by(&method);
        self.repeat(op, attempts, &self.management, make, Unread::read)
    }

    /// The same with one attempt, and without reading the answer.
    pub(crate) fn fetch<T>(
        &self,
        op: Op,
        method: impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> impl Future<Output = Result<Unread>> {
        let make = move || self.made_by(&method);
        self.repeat(op, Attempts::One, &self.management, make, Ok)
    }

    /// The request that a generated method makes: there is nothing before the hook that the method
    /// would wait for.
    fn made_by<T>(
        &self,
        method: &impl AsyncFn(&raw::Client) -> Generated<T>,
    ) -> Result<reqwest::Request> {
        let client = raw::Client {
            baseurl: self.base.as_str().to_owned(),
            client: self.http.clone(),
            inner: Outbox::default(),
        };
        let signal = method(&client).now_or_never();
        client.inner.take().ok_or_else(|| match signal {
            Some(Err(raw::Error::CommunicationError(error))) => answer::not_exchanged(error),
            Some(Err(signal)) => Error::invalid(signal.to_string()),
            Some(Ok(_)) | None => Error::invalid("the generated method has made no request"),
        })
    }

    /// Posts to a route that is not in the Management API, with the inference key.
    pub(crate) async fn post_inference<T: DeserializeOwned>(
        &self,
        op: Op,
        path: &str,
        body: &(impl serde::Serialize + Sync),
    ) -> Result<T> {
        let key = self.inference.as_ref().ok_or_else(|| {
            Error::invalid("no inference key").remedy_is(format!(
                "set {} or ClientBuilder::inference_key; it is not the management key",
                crate::key::INFERENCE_KEY_VARIABLE
            ))
        })?;
        let url = format!("{}{path}", self.base);
        let make = || {
            let request = self.http.post(&url).json(body).build();
            request.map_err(answer::not_exchanged)
        };
        self.repeat(op, Attempts::ByPolicy, key, make, Unread::read)
            .await
    }

    async fn repeat<T>(
        &self,
        op: Op,
        attempts: Attempts,
        keys: &KeySource,
        make: impl Fn() -> Result<reqwest::Request>,
        read: impl Fn(Unread) -> Result<T>,
    ) -> Result<T> {
        let deadline = after(Instant::now(), self.call_timeout);
        let until = || deadline.min(after(Instant::now(), self.request_timeout));
        let during = |error: Error| error.during(op.id, op.is_write());
        let mut key = self.key(keys, None, &until).await.map_err(during)?;
        let mut may_ask_again = keys.can_change();
        let mut attempt = 0;
        // What a success puts back into the budget.
        let mut tokens = 1;
        loop {
            attempt += 1;
            let sent = match make() {
                Ok(request) => self.attempt(op, &key, until(), request).await,
                Err(error) => Err(error),
            };
            let error = match sent.and_then(&read) {
                Ok(value) => {
                    self.budget.put_back(tokens);
                    return Ok(value);
                }
                Err(error) => during(error).after_attempts(attempt),
            };
            // A key may be rotated while a client lives. A 401 was not processed, so that trying
            // once more with a new key is safe for writes too.
            if error.kind() == ErrorKind::Unauthorized && may_ask_again {
                may_ask_again = false;
                let fresh = self.key(keys, Some(&key), &until).await;
                let fresh = fresh.map_err(|error| during(error).after_attempts(attempt))?;
                if fresh == key {
                    return Err(error);
                }
                key = fresh;
                continue;
            }
            let pause = match attempts {
                Attempts::One => None,
                Attempts::ByPolicy => self.retry.pause_after(op, attempt, &error),
            };
            let Some(pause) = pause.filter(|pause| after(Instant::now(), *pause) < deadline) else {
                return Err(error);
            };
            let Some(taken) = self.budget.take(&error) else {
                return Err(error);
            };
            tokens = taken;
            tracing::debug!(operation = op.id, attempt, ?pause, %error, "sent again after a pause");
            tokio::time::sleep(pause).await;
        }
    }

    /// One attempt. Its request is no part of the future, which is small for that.
    fn attempt<'a>(
        &'a self,
        op: Op,
        key: &'a ApiKey,
        until: Instant,
        request: reqwest::Request,
    ) -> impl Future<Output = Result<Unread>> {
        let terms = Terms {
            base: self.base.as_str(),
            until,
            body_limit: self.body_limit,
            key,
            observer: self.observer.as_ref().map(|it| (it, op.id)),
            deletes: request.method() == Method::DELETE,
        };
        // Nothing is made for a log that nobody keeps.
        let line = tracing::enabled!(Level::DEBUG).then(|| {
            let path = hidden(request.url().path().as_bytes(), key);
            (request.method().clone(), path, Instant::now())
        });
        let sent = self.send(op, key, request);
        async move {
            let result = answer::exchange(sent?, &terms).await;
            if let Some((method, path, started)) = line {
                log(op, key, &result, &method, &path, started.elapsed());
            }
            Ok(Unread {
                answer: result?,
                key: key.clone(),
            })
        }
    }

    /// Every request goes out here.
    fn send(
        &self,
        op: Op,
        key: &ApiKey,
        mut request: reqwest::Request,
    ) -> Result<impl Future<Output = reqwest::Result<reqwest::Response>> + use<>> {
        let headers = request.headers_mut();
        headers.remove(&UNASKED);
        if let Some(DryRun(show)) = self.dry_run.as_ref().filter(|_| op.is_write()) {
            show(&request);
            return Err(Error::invalid("not sent: the client is for a dry run"));
        }
        // Before the key is in it.
        if tracing::enabled!(Level::DEBUG) {
            log_request(op, key, &request);
        }
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, key.header().clone());
        Ok(self.http.execute(request))
    }

    async fn key(
        &self,
        keys: &KeySource,
        refused: Option<&ApiKey>,
        until: impl Fn() -> Instant,
    ) -> Result<ApiKey> {
        if let KeySource::Fixed(key) = keys {
            // It was looked at when the client was built.
            return Ok(key.clone());
        }
        let key = timeout_at(until(), keys.key(refused)).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, "the key provider gave no key in time")
        })??;
        key.check_host(&self.base)?;
        Ok(key)
    }
}

/// Where a generated method's hook leaves the request that it has made.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Option<reqwest::Request>>);

/// The client that is generated can be cloned; each has a place of its own.
impl Clone for Outbox {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Option<reqwest::Request>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<reqwest::Request> {
        self.lock().take()
    }
}

impl ClientHooks<Outbox> for raw::Client {
    /// Takes the request. The generated method gets no answer: nobody goes on with it.
    async fn exec(
        &self,
        request: reqwest::Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        *self.inner.lock() = Some(request);
        std::future::pending().await
    }
}

/// A good answer, as it came.
pub(crate) struct Unread {
    answer: Answer,
    /// The key that it was asked with.
    key: ApiKey,
}

impl Unread {
    /// What it says; an error where that is not what the API publishes.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T> {
        let body = &self.answer.body;
        serde_json::from_slice(body).map_err(|source| {
            answer::unreadable(self.answer.head(&self.key), body, source, &self.key)
        })
    }

    pub(crate) fn into_body(self) -> Bytes {
        self.answer.body
    }
}

/// What is about to be sent: of a write with its body, which is the caller's own.
fn log_request(op: Op, key: &ApiKey, request: &reqwest::Request) {
    let url = request.url();
    let service = url.origin().ascii_serialization();
    let (operation, method) = (op.id, request.method());
    let path = hidden(url.path().as_bytes(), key);
    let body = request.body().filter(|_| op.is_write());
    let body = body.and_then(|it| it.as_bytes());
    let body = body.map(|it| tracing::field::display(hidden(it, key)));
    tracing::debug!(operation, %method, service, path, body, "is sent");
}

/// For a log: as somebody who mistakes a key for a name may have given it.
fn hidden(text: &[u8], key: &ApiKey) -> String {
    String::from_utf8_lossy(&hidden_in(text, key, false)).into_owned()
}

fn log(
    op: Op,
    key: &ApiKey,
    result: &Result<Answer>,
    method: &Method,
    path: &str,
    elapsed: Duration,
) {
    let operation = op.id;
    match result {
        Ok(answer) => {
            let Answered {
                status, request_id, ..
            } = answer.head(key);
            tracing::debug!(operation, %method, path, status, request_id, ?elapsed, "answered");
        }
        Err(error) => tracing::debug!(operation, %method, path, %error, ?elapsed, "failed"),
    }
}
