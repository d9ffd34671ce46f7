//! An operation, written down: to go on waiting in another process, or on another machine.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::names::{EndpointId, ModelVersionName};
use crate::printable::printable;

/// What a text of this form begins with. A later form will have another number.
const FORM: &str = "cbm1";

/// What needs no escape: it is read by every shell as it is, and is no separator here.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'+');

/// An operation, written down. It holds names and integers, no alias and no secret.
///
/// As a text it is one word for every shell, so that a job can print it and the next one go on:
///
/// ```
/// use cerebras_management::Handle;
///
/// let text = "cbm1,upload,version=orgs/my-org/models/gpt-oss-120b/versions/3,\
///             base=https://api.cerebras.ai";
/// let handle: Handle = text.parse()?;
/// assert_eq!(handle.to_string(), text);
/// assert_eq!(handle.base_url(), "https://api.cerebras.ai");
///
/// let error = "cbm1,upload".parse::<Handle>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"handle "cbm1,upload": it has no "version="; give it whole, as it was printed"#
/// );
/// # Ok::<(), cerebras_management::HandleError>(())
/// ```
///
/// A handle written by one version of this crate is read by all later ones. With serde it is
/// the same text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    pub(crate) of: Subject,
    pub(crate) base: String,
}

/// What the handle is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Upload {
        /// With its integer id.
        version: ModelVersionName,
    },
    Rollout {
        endpoint: EndpointId,
        deployment: String,
        /// With its integer id.
        version: ModelVersionName,
        /// In Unix seconds, if the service has said it.
        created: Option<u64>,
    },
}

impl Handle {
    /// The address of the service that the operation is at. It is compared with the client's
    /// when the operation is resumed, and never used: a handle cannot send a key elsewhere.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The version that is uploaded or deployed, with its integer id.
    #[must_use]
    pub fn version(&self) -> &ModelVersionName {
        match &self.of {
            Subject::Upload { version } | Subject::Rollout { version, .. } => version,
        }
    }

    /// The deployment's UUID, if it is of a rollout.
    #[must_use]
    pub fn deployment_id(&self) -> Option<&str> {
        match &self.of {
            Subject::Upload { .. } => None,
            Subject::Rollout { deployment, .. } => Some(deployment),
        }
    }

    /// The endpoint, if it is of a rollout.
    #[must_use]
    pub fn endpoint(&self) -> Option<&EndpointId> {
        match &self.of {
            Subject::Upload { .. } => None,
            Subject::Rollout { endpoint, .. } => Some(endpoint),
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = ("base", &self.base as &dyn fmt::Display);
        f.pad(&match &self.of {
            Subject::Upload { version } => word("upload", &[("version", version), base]),
            Subject::Rollout {
                endpoint,
                deployment,
                version,
                created,
            } => {
                let mut fields: Vec<(&str, &dyn fmt::Display)> = vec![
                    ("endpoint", endpoint),
                    ("deployment", deployment),
                    ("version", version),
                ];
                fields.extend(created.iter().map(|at| ("created", at as _)));
                fields.push(base);
                word("rollout", &fields)
            }
        })
    }
}

/// One word for every shell: the form, a kind, and fields by name.
pub(crate) fn word(kind: &str, fields: &[(&str, &dyn fmt::Display)]) -> String {
    let mut text = format!("{FORM},{kind}");
    for (name, value) in fields {
        let value = value.to_string();
        text.extend([",", name, "="]);
        text.extend(utf8_percent_encode(&value, PLAIN));
    }
    text
}

impl FromStr for Handle {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        read(text.trim()).map_err(|what| HandleError::new("handle", text, &what))
    }
}

/// A text that is no [`Handle`], or no [`MoveIntent`](crate::MoveIntent). Its `Display` is one
/// line that says what is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandleError {
    part: &'static str,
    text: String,
    what: String,
}

impl HandleError {
    pub(crate) fn new(part: &'static str, text: &str, what: &str) -> Self {
        Self {
            part,
            text: printable(text),
            what: printable(what),
        }
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, text, what } = self;
        write!(
            f,
            "{part} \"{text}\": {what}; give it whole, as it was printed"
        )
    }
}

impl std::error::Error for HandleError {}

/// The kind of a word, and its fields.
pub(crate) fn read_word(text: &str) -> Result<(&str, Fields<'_>), String> {
    let mut parts = text.split(',');
    match parts.next() {
        Some(FORM) => {}
        Some(other) if other.starts_with("cbm") => {
            return Err(format!(
                "its form \"{other}\" is not known here; a newer version may have written it"
            ));
        }
        _ => return Err(format!("it does not begin with \"{FORM},\"")),
    }
    let kind = parts.next().unwrap_or_default();
    let mut fields = BTreeMap::new();
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("\"{part}\" is no name=value"))?;
        let value = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| format!("{name} is not UTF-8"))?;
        if fields.insert(name, value.into_owned()).is_some() {
            return Err(format!("\"{name}=\" is there twice"));
        }
    }
    Ok((kind, Fields(fields)))
}

fn read(text: &str) -> Result<Handle, String> {
    let (kind, fields) = read_word(text)?;
    let version = fields.version("version")?;
    let of = match kind {
        "upload" => Subject::Upload { version },
        "rollout" => Subject::Rollout {
            endpoint: fields.parse("endpoint")?,
            deployment: fields.text("deployment")?.to_owned(),
            version,
            created: fields
                .has("created")
                .then(|| fields.parse("created"))
                .transpose()?,
        },
        other => return Err(format!("\"{other}\" is neither upload nor rollout")),
    };
    let base = fields.text("base")?.to_owned();
    Ok(Handle { of, base })
}

/// Fields by name. Those that are not asked for are left to later versions.
pub(crate) struct Fields<'a>(BTreeMap<&'a str, String>);

impl Fields<'_> {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A version by its integer id.
    pub(crate) fn version(&self, name: &str) -> Result<ModelVersionName, String> {
        let version: ModelVersionName = self.parse(name)?;
        match version.version().as_id() {
            Some(_) => Ok(version),
            None => Err(format!("its {name} is an alias, which can move")),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, String> {
        match self.0.get(name).map(String::as_str) {
            Some("") => Err(format!("its \"{name}=\" is empty")),
            Some(value) => Ok(value),
            None => Err(format!("it has no \"{name}=\"")),
        }
    }

    pub(crate) fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, String> {
        self.text(name)?
            .parse()
            .map_err(|error: T::Err| format!("{name}: {error}"))
    }
}

impl Serialize for Handle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLLOUT: &str = "cbm1,rollout,endpoint=my-org-gpt-oss-120b,\
        deployment=550e8400-e29b-41d4-a716-446655440000,\
        version=orgs/my-org/models/gpt-oss-120b/versions/3,created=1736700000,\
        base=https://api.cerebras.ai";

    #[test]
    fn what_was_written_is_read_again() {
        let handle: Handle = ROLLOUT.parse().expect("a handle");
        assert_eq!(handle.to_string(), ROLLOUT);
        assert_eq!(
            handle.endpoint().map(EndpointId::as_str),
            Some("my-org-gpt-oss-120b")
        );
        let json = serde_json::to_string(&handle).expect("JSON");
        assert_eq!(json, format!("\"{ROLLOUT}\""));
        assert_eq!(
            serde_json::from_str::<Handle>(&json).expect("a handle"),
            handle
        );
    }

    #[test]
    fn it_is_one_word_whatever_the_names_are() {
        let handle = Handle {
            of: Subject::Rollout {
                endpoint: "it's,a=$(name)&é".parse().expect("an endpoint id"),
                deployment: "a b;c|d%".to_owned(),
                version: "orgs/o*/models/a`b/versions/3".parse().expect("a name"),
                created: None,
            },
            base: "http://[::1]:8080/x".to_owned(),
        };
        let text = handle.to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@+,=%".contains(c);
        assert!(text.chars().all(plain), "{text}");
        assert_eq!(text.parse::<Handle>().expect("a handle"), handle);
    }

    #[test]
    fn a_broken_one_says_what_is_wrong() {
        let end = "; give it whole, as it was printed";
        for (text, says) in [
            ("", "it does not begin with \"cbm1,\""),
            ("deployment-3", "it does not begin with \"cbm1,\""),
            (
                "cbm2,upload",
                "its form \"cbm2\" is not known here; a newer version may have written it",
            ),
            ("cbm1,rollout", "it has no \"version=\""),
            (
                "cbm1,copy,version=orgs/o/models/a/versions/3,base=https://b",
                "\"copy\" is neither upload nor rollout",
            ),
            (
                "cbm1,upload,version=orgs/o/models/a/versions/production,base=https://b",
                "its version is an alias, which can move",
            ),
            (
                "cbm1,upload,version=orgs/o/models/a/versions/3",
                "it has no \"base=\"",
            ),
            (
                "cbm1,rollout,version=orgs/o/models/a/versions/3,endpoint=e,deployment=,base=https://b",
                "its \"deployment=\" is empty",
            ),
            ("cbm1,upload,version", "\"version\" is no name=value"),
            ("cbm1,upload,base=a,base=b", "\"base=\" is there twice"),
            ("cbm1,upload,version=%ff", "version is not UTF-8"),
        ] {
            let error = text.parse::<Handle>().expect_err(text);
            assert_eq!(error.to_string(), format!("handle \"{text}\": {says}{end}"));
        }
    }

    #[test]
    fn a_field_of_a_later_version_is_no_hindrance() {
        let text = "cbm1,upload,version=orgs/o/models/a/versions/3,base=https://b,nonce=7";
        assert!(text.parse::<Handle>().is_ok());
    }
}
