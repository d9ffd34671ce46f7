//! The settings of a client, checked when it is built.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use crate::base_url::{self, BaseUrl};
use crate::error::{Error, Result, printable};
use crate::key::{
    ApiKey, INFERENCE_KEY_VARIABLE, KeyFile, KeyProvider, KeySource, MANAGEMENT_KEY_FILE_VARIABLE,
    MANAGEMENT_KEY_VARIABLE,
};
use crate::names::{NameError, OrgName};
use crate::observed::{Observer, RawAnswer};
use crate::retry::{Budget, RetryPolicy};
use crate::time::FAR;
use crate::transport::{DryRun, Transport};

/// Collects the settings of a [`Client`]. The first thing wrong with them is the error of
/// [`build`](ClientBuilder::build).
///
/// ```
/// use std::time::Duration;
/// use cerebras_management::Client;
///
/// let client = Client::builder()
///     .key("csk-0123456789")
///     .org("my-org")
///     .request_timeout(Duration::from_secs(10))
///     .build()?;
/// assert_eq!(client.base_url(), "https://api.cerebras.ai");
/// # Ok::<(), cerebras_management::Error>(())
/// ```
#[must_use = "call `build` to get a client"]
pub struct ClientBuilder {
    management: Option<Result<KeySource>>,
    inference: Option<Result<KeySource>>,
    base: String,
    insecure: bool,
    org: Option<Result<OrgName>>,
    connect_timeout: Duration,
    request_timeout: Duration,
    call_timeout: Duration,
    response_limit: usize,
    retry: RetryPolicy,
    agent_suffix: Option<String>,
    http: Option<reqwest::ClientBuilder>,
    dry_run: Option<DryRun>,
    observer: Option<Observer>,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            management: None,
            inference: None,
            base: base_url::DEFAULT.to_owned(),
            insecure: false,
            org: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(120),
            response_limit: 32 * 1024 * 1024,
            retry: RetryPolicy::default(),
            agent_suffix: None,
            http: None,
            dry_run: None,
            observer: None,
        }
    }

    /// Settings from the environment, to be changed further; see [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names the variable and the remedy.
    pub fn from_env() -> Result<Self> {
        super::environment::read(|name| std::env::var_os(name))
    }

    /// The Management API key.
    pub fn key(mut self, key: impl TryInto<ApiKey, Error: Into<Error>>) -> Self {
        self.management = Some(key.try_into().map(KeySource::Fixed).map_err(Into::into));
        self
    }

    /// Where to ask for the Management API key, when it may change while the client lives.
    pub fn key_provider(mut self, provider: impl KeyProvider) -> Self {
        self.management = Some(Ok(KeySource::provider(provider, None)));
        self
    }

    /// A file with the Management API key, and the key that was read from it just now.
    pub(super) fn key_file(mut self, file: KeyFile, key: ApiKey) -> Self {
        self.management = Some(Ok(KeySource::provider(file, Some(key))));
        self
    }

    /// The inference key, which only [`Endpoint::chat`](crate::Endpoint::chat) uses. It is not
    /// the management key.
    pub fn inference_key(mut self, key: impl TryInto<ApiKey, Error: Into<Error>>) -> Self {
        self.inference = Some(key.try_into().map(KeySource::Fixed).map_err(Into::into));
        self
    }

    /// Where to ask for the inference key, when it may change while the client lives.
    pub fn inference_key_provider(mut self, provider: impl KeyProvider) -> Self {
        self.inference = Some(Ok(KeySource::provider(provider, None)));
        self
    }

    /// The address of the service: `https://api.cerebras.ai` by default. A path prefix is kept.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = url.into();
        self
    }

    /// Takes a plain `http` address on another host, which sends the key unencrypted. Loopback
    /// addresses need no such leave.
    pub fn allow_insecure_http(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// The organization of [`Client::default_org`].
    pub fn org(mut self, name: impl TryInto<OrgName, Error: Into<NameError>>) -> Self {
        let name = name.try_into().map_err(Into::into);
        self.org = Some(name.map_err(Error::from));
        self
    }

    /// How long a connection may take, name lookup and TLS included: 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, until the last byte of its answer: 30 s by default.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long one request may take with all its attempts and the pauses between them: 120 s by
    /// default.
    ///
    /// A method that sends several requests gives each of them this time for itself. An upload, a
    /// deployment, an edit, a delete and a move read before they write and look after a lost
    /// answer; there, no repeat of a write and no further look after it begins once this time has
    /// passed since that write was first sent or, of a deployment, since its answer was lost. To
    /// bound all of it, put a `tokio::time::timeout` around it, and read what the method says of a
    /// future that is dropped.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// The largest body of an answer that is read, in bytes: 32 MiB by default.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// How often, and how soon, a failed request is sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What is added to the user agent `cerebras-management/<version>`, such as the name and the
    /// version of your program.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.agent_suffix = Some(suffix.into());
        self
    }

    /// Builds on an HTTP client of your own, for its proxies, certificates or resolver.
    ///
    /// Redirects, retries, timeouts, the user agent and the log of what goes over a connection are
    /// this crate's to set: they are applied last, so that a redirect cannot take the key
    /// elsewhere, nothing is sent twice, and no log shows the key.
    pub fn http(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Some(builder);
        self
    }

    /// Sends no write. Each is handed to `show` in its place, without the key, and then fails as
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput); what is read before it is read.
    ///
    /// ```no_run
    /// # async fn run() -> cerebras_management::Result<()> {
    /// use cerebras_management::ClientBuilder;
    ///
    /// let client = ClientBuilder::from_env()?
    ///     .dry_run(|request| println!("{} {}", request.method(), request.url()))
    ///     .build()?;
    /// let not_sent = client.endpoint("my-org-gpt-oss-120b")?.deploy("production").await;
    /// # let _ = not_sent;
    /// # Ok(())
    /// # }
    /// ```
    pub fn dry_run(mut self, show: impl Fn(&reqwest::Request) + Send + Sync + 'static) -> Self {
        self.dry_run = Some(DryRun(Box::new(show)));
        self
    }

    /// Shows each answer to `see` as it came, good or not, before anything is made of it: for fields
    /// and headers that no page names. It is called once for each attempt that was answered with a
    /// whole body, and the client waits for it.
    ///
    /// ```no_run
    /// # async fn run() -> cerebras_management::Result<()> {
    /// use cerebras_management::ClientBuilder;
    ///
    /// let client = ClientBuilder::from_env()?
    ///     .on_answer(|answer| eprintln!("{} {:?}", answer.status(), answer.header_names()))
    ///     .build()?;
    /// client.default_org()?.endpoints().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_answer(mut self, see: impl Fn(&RawAnswer) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer(Box::new(see)));
        self
    }

    /// Checks the settings and builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) that names what is wrong, and the remedy.
    pub fn build(self) -> Result<Client> {
        let base = BaseUrl::parse(&self.base, self.insecure)?;
        if base.is_https() && self.http.is_none() && cfg!(not(feature = "rustls")) {
            return Err(
                Error::invalid(format!("base URL \"{base}\": this build has no TLS")).remedy_is(
                    "enable the feature `rustls`, or give ClientBuilder::http a client with TLS",
                ),
            );
        }
        let management = self.management.ok_or_else(|| {
            Error::invalid("no Management API key").remedy_is(format!(
                "set {MANAGEMENT_KEY_VARIABLE}, or {MANAGEMENT_KEY_FILE_VARIABLE}, or \
                 ClientBuilder::key; a key is found under \"Management API keys\" at \
                 https://cloud.cerebras.ai"
            ))
        })??;
        let inference = self.inference.transpose()?;
        check_keys(&base, &management, inference.as_ref())?;
        for (name, timeout) in [
            ("connect timeout", self.connect_timeout),
            ("request timeout", self.request_timeout),
            ("call timeout", self.call_timeout),
        ] {
            if timeout.is_zero() {
                return Err(Error::invalid(format!("{name}: it is zero"))
                    .remedy_is("give it the seconds that a request may take"));
            }
        }
        // The transport keeps the time of an attempt, which covers the key's source too. A client of
        // the caller's own has these behind it, in the place of those that it may have.
        let backstop = self.request_timeout.saturating_add(Duration::from_secs(1));
        let backstop = backstop.min(FAR);
        // A proxy cannot reach this machine's loopback, and would get the key in clear text.
        let http = match self.http {
            Some(given) => given.timeout(backstop).read_timeout(backstop),
            None if base.is_loopback() => own_http()?.no_proxy(),
            None => own_http()?,
        };
        let http = http
            .user_agent(agent(self.agent_suffix.as_deref())?)
            .redirect(reqwest::redirect::Policy::none())
            // Where it may retry, it keeps a copy of each request, even of those it never repeats.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .referer(false)
            // It would write the key to the log, with all else that goes over the connection.
            .connection_verbose(false)
            .connect_timeout(self.connect_timeout.min(FAR))
            .build()
            .map_err(|source| {
                Error::invalid(format!("the HTTP client could not be built: {source}"))
                    .caused_by(source)
            })?;
        Ok(Client {
            transport: Arc::new(Transport {
                http,
                base,
                management,
                inference,
                budget: Budget::full(&self.retry),
                retry: self.retry,
                request_timeout: self.request_timeout,
                call_timeout: self.call_timeout,
                body_limit: self.response_limit,
                dry_run: self.dry_run,
                observer: self.observer,
            }),
            org: self.org.transpose()?,
            feeds: Arc::default(),
            alias_edits: Arc::default(),
        })
    }
}

#[cfg(feature = "rustls")]
fn own_http() -> Result<reqwest::ClientBuilder> {
    let tls = crate::tls::config().map_err(|source| {
        Error::invalid(format!("TLS could not be set up: {source}")).caused_by(source)
    })?;
    Ok(reqwest::ClientBuilder::new().tls_backend_preconfigured(tls))
}

#[cfg(not(feature = "rustls"))]
#[expect(clippy::unnecessary_wraps, reason = "TLS may not be set up")]
fn own_http() -> Result<reqwest::ClientBuilder> {
    Ok(reqwest::ClientBuilder::new())
}

fn check_keys(base: &BaseUrl, management: &KeySource, inference: Option<&KeySource>) -> Result<()> {
    let (management, inference) = (management.known(), inference.and_then(KeySource::known));
    if management.is_some() && management == inference {
        return Err(
            Error::invalid("the management key and the inference key are the same").remedy_is(
                format!(
                    "they are two keys: {MANAGEMENT_KEY_VARIABLE} is found under \"Management API \
                     keys\" at https://cloud.cerebras.ai, {INFERENCE_KEY_VARIABLE} is an API key \
                     for inference"
                ),
            ),
        );
    }
    let known = management.into_iter().chain(inference);
    known.into_iter().try_for_each(|key| key.check_host(base))
}

fn agent(suffix: Option<&str>) -> Result<String> {
    let own = concat!("cerebras-management/", env!("CARGO_PKG_VERSION"));
    let Some(suffix) = suffix else {
        return Ok(own.to_owned());
    };
    if let Some(at) = suffix.find(|c: char| !matches!(c, ' '..='~')) {
        return Err(Error::invalid(format!(
            "user agent suffix \"{}\": byte {at}: expected printable ASCII",
            printable(suffix)
        ))
        .remedy_is("give it as <name>/<version>"));
    }
    Ok(format!("{own} {suffix}"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
