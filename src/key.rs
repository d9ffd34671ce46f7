//! API keys: what one looks like, where one comes from, and how it stays out of every text.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderValue;
use memchr::memmem::Finder;

use crate::base_url::BaseUrl;
use crate::error::{Error, Result, printable};

/// The name of the variable that holds the Management API key.
pub(crate) const MANAGEMENT_KEY_VARIABLE: &str = "CEREBRAS_MANAGEMENT_API_KEY";
/// The name of the variable that names a file with the Management API key.
pub(crate) const MANAGEMENT_KEY_FILE_VARIABLE: &str = "CEREBRAS_MANAGEMENT_API_KEY_FILE";
/// The name of the variable that holds the inference key.
pub(crate) const INFERENCE_KEY_VARIABLE: &str = "CEREBRAS_API_KEY";

/// The keys that the simulator accepts. They are public, so no other host may ever get them.
const SIMULATED: [&str; 2] = ["simulated-management-key", "simulated-inference-key"];

/// An API key: for the Management API, or for inference. It is shown nowhere: where an answer
/// repeats the key that it was asked with, there is `[key]` in its place before anything reads the
/// answer, also where JSON writes it with escapes. In a good answer a key of fewer than 16
/// characters stays: it may be a word of the answer.
///
/// White space around it is cut, since a file ends with a newline. Refused are an empty key, one
/// with white space or control characters inside, one pasted with its `Bearer ` or in quotes.
///
/// ```
/// use cerebras_management::ApiKey;
///
/// let key = ApiKey::new("csk-0123456789\n")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(…)");
/// assert!(ApiKey::new("Bearer csk-0123456789").is_err());
/// # Ok::<(), cerebras_management::Error>(())
/// ```
#[derive(Clone)]
pub struct ApiKey {
    /// `Bearer …`, marked sensitive: its `Debug` shows nothing either.
    header: HeaderValue,
    /// Looks for the key in answers.
    finder: Arc<Finder<'static>>,
}

const BEARER: &str = "Bearer ";

impl ApiKey {
    /// Takes a key as it was pasted or read from a file.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the position and the remedy, and
    /// without the key.
    pub fn new(key: impl AsRef<str>) -> Result<Self> {
        let key = key.as_ref().trim();
        check(key)?;
        let mut header = HeaderValue::from_str(&format!("{BEARER}{key}"))
            .map_err(|_| Error::invalid("API key: it cannot be sent as a header"))?;
        header.set_sensitive(true);
        let finder = Arc::new(Finder::new(key).into_owned());
        Ok(Self { header, finder })
    }

    /// Whether a text holds the key, each character as it is.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).is_some()
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    fn is_simulated(&self) -> bool {
        SIMULATED.contains(&self.secret())
    }

    /// Refuses to send one of the simulator's keys, which are public, to another host.
    pub(crate) fn check_host(&self, base: &BaseUrl) -> Result<()> {
        if !self.is_simulated() || base.is_loopback() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the API key is the simulator's, and {base} is not a simulator on this machine"
        ))
        .remedy_is("use a key of your own"))
    }

    /// The key itself, without `Bearer `.
    pub(crate) fn secret(&self) -> &str {
        // It was made from a checked ASCII string, so it always is one again.
        self.header.to_str().map_or("", |h| &h[BEARER.len()..])
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header
    }
}

impl Eq for ApiKey {}

fn check(key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(Error::invalid("API key: it is empty").remedy_is(WHERE));
    }
    if key
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("bearer"))
        && key[6..].starts_with(char::is_whitespace)
    {
        return Err(
            Error::invalid("API key: byte 0: it starts with \"Bearer \"")
                .remedy_is("give the key alone; \"Bearer \" is added when it is sent"),
        );
    }
    for (at, c) in key.char_indices() {
        let wrong = match c {
            '"' | '\'' | '`' => "a quotation mark",
            '\r' | '\n' => "a line break",
            c if c.is_whitespace() => "white space",
            '!'..='~' => continue,
            c if c.is_control() => "a control character",
            _ => "a character that is not ASCII",
        };
        return Err(
            Error::invalid(format!("API key: byte {at}: it contains {wrong}"))
                .remedy_is("paste the key alone, without quotes, spaces or a second line"),
        );
    }
    Ok(())
}

const WHERE: &str = "keys are on the API keys page at https://cloud.cerebras.ai, those of the \
                     Management API under \"Management API keys\"";

impl TryFrom<&str> for ApiKey {
    type Error = Error;

    fn try_from(key: &str) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<String> for ApiKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<&String> for ApiKey {
    type Error = Error;

    fn try_from(key: &String) -> Result<Self> {
        Self::new(key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What asking a [`KeyProvider`] gives: a key, or why there is none.
pub type KeyFuture<'a> =
    Pin<Box<dyn Future<Output = Result<ApiKey, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Where a key comes from, when it may change while the client lives: a secret store, a file
/// that is rotated.
///
/// It is asked before the first request, and once more whenever the service refuses the key it
/// gave (401); the key is kept in between. Each asking is covered by the time that the request
/// may take.
///
/// Any function that gives such a future is a provider:
///
/// ```
/// use cerebras_management::{ApiKey, Client, KeyFuture};
///
/// fn from_the_vault() -> KeyFuture<'static> {
///     Box::pin(async { Ok(ApiKey::new("csk-0123456789")?) })
/// }
/// let client = Client::builder().key_provider(from_the_vault).build()?;
/// # Ok::<(), cerebras_management::Error>(())
/// ```
pub trait KeyProvider: Send + Sync + 'static {
    /// Reads the key anew.
    fn key(&self) -> KeyFuture<'_>;
}

impl<F> KeyProvider for F
where
    F: Fn() -> KeyFuture<'static> + Send + Sync + 'static,
{
    fn key(&self) -> KeyFuture<'_> {
        self()
    }
}

/// A provider that reads a file when it is asked, so that a rotated key is found.
pub(crate) struct KeyFile(pub(crate) std::path::PathBuf);

impl KeyProvider for KeyFile {
    fn key(&self) -> KeyFuture<'_> {
        // What is no file, such as a pipe, gave its key once and would now block for ever.
        let again = self.0.metadata().is_ok_and(|metadata| metadata.is_file());
        let key = if again {
            self.read().map_err(Into::into)
        } else {
            Err("the key file is gone, or is no regular file, and cannot be read again".into())
        };
        // A key file is a few bytes: reading it here is quicker than a thread would be.
        Box::pin(std::future::ready(key))
    }
}

impl KeyFile {
    /// Reads it. The path is in no error: it may be a key, put in the wrong variable.
    pub(crate) fn read(&self) -> Result<ApiKey> {
        let text = std::fs::read_to_string(&self.0).map_err(|source| {
            Error::invalid(format!("the key file cannot be read: {source}"))
                .remedy_is(format!(
                    "it takes the path of a file; a key itself goes in {MANAGEMENT_KEY_VARIABLE}"
                ))
                .caused_by(source)
        })?;
        ApiKey::new(text)
    }
}

/// A key, or where to ask for one.
pub(crate) enum KeySource {
    Fixed(ApiKey),
    Provider {
        provider: Box<dyn KeyProvider>,
        last: std::sync::Mutex<Option<ApiKey>>,
    },
}

impl KeySource {
    /// `first` is a key that the provider has given already.
    pub(crate) fn provider(provider: impl KeyProvider, first: Option<ApiKey>) -> Self {
        Self::Provider {
            provider: Box::new(provider),
            last: std::sync::Mutex::new(first),
        }
    }

    /// The key that is known without asking.
    pub(crate) fn known(&self) -> Option<ApiKey> {
        match self {
            Self::Fixed(key) => Some(key.clone()),
            Self::Provider { last, .. } => lock(last).clone(),
        }
    }

    /// The key to send. `refused` is one that the service has just refused: if it is still the
    /// one that is kept, the provider is asked again.
    pub(crate) async fn key(&self, refused: Option<&ApiKey>) -> Result<ApiKey> {
        match self {
            Self::Fixed(key) => Ok(key.clone()),
            Self::Provider { provider, last } => {
                let kept = lock(last).clone();
                if let Some(kept) = kept.filter(|kept| Some(kept) != refused) {
                    return Ok(kept);
                }
                let key = provider.key().await.map_err(|source| {
                    let why = printable(&source.to_string());
                    let what = match refused {
                        None => format!("the key provider gave no key: {why}"),
                        Some(_) => format!(
                            "the API key was refused, and the key provider gave no other: {why}"
                        ),
                    };
                    Error::new(crate::ErrorKind::Unauthorized, what).caused_by(source)
                })?;
                *lock(last) = Some(key.clone());
                Ok(key)
            }
        }
    }

    pub(crate) fn can_change(&self) -> bool {
        matches!(self, Self::Provider { .. })
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "KeySource::Fixed(…)",
            Self::Provider { .. } => "KeySource::Provider(…)",
        })
    }
}

/// Locks although another thread may have panicked: what is kept here is a whole value, always.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newline_of_a_file_is_cut() {
        let key = ApiKey::new("csk-1\r\n").expect("a key");
        assert_eq!(key.secret(), "csk-1");
    }

    #[test]
    fn its_header_is_marked_so_that_nobody_shows_it() {
        let key = ApiKey::new("csk-1").expect("a key");
        assert!(key.header().is_sensitive());
        assert_eq!(format!("{:?}", key.header()), "Sensitive");
        assert!(key.clone().header().clone().is_sensitive());
    }

    #[test]
    fn a_key_pasted_wrong_is_refused_with_the_remedy_and_not_shown() {
        for (pasted, says) in [
            ("", "API key: it is empty; keys are on the API keys page"),
            ("\n", "API key: it is empty; keys are on the API keys page"),
            (
                "Bearer s3cr3t",
                "API key: byte 0: it starts with \"Bearer \"; give the key alone",
            ),
            (
                "bearer\ts3cr3t",
                "API key: byte 0: it starts with \"Bearer \"; give the key alone",
            ),
            (
                "\"s3cr3t\"",
                "API key: byte 0: it contains a quotation mark; paste the key alone",
            ),
            (
                "s3cr3t\nnext",
                "API key: byte 6: it contains a line break; paste the key alone",
            ),
            (
                "s3cr3t next",
                "API key: byte 6: it contains white space; paste the key alone",
            ),
            (
                "s3cr3t\0",
                "API key: byte 6: it contains a control character; paste",
            ),
            (
                "s3cr3té",
                "API key: byte 6: it contains a character that is not ASCII; paste",
            ),
        ] {
            let error = ApiKey::new(pasted).expect_err(pasted);
            assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with(says), "{error}");
            assert!(
                !format!("{error} {error:?}").contains("s3cr3t"),
                "{error:?}"
            );
        }
    }
}
