//! A write whose answer was lost, written down, and how it is settled.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::client::Client;
use crate::endpoints::Endpoint;
use crate::error::{Error, ErrorKind, Result, printable};
use crate::handle::{HandleError, read_word, word};
use crate::names::{
    EndpointId, ModelArchitectureId, ModelVersionName, OrgName, VersionAlias, WeightUri,
};
use crate::resume::Resumed;
use crate::versions::Model;

/// A write whose answer was lost, and of which nothing has been seen yet: all that is needed to
/// look again later, with [`Client::settle`].
///
/// It comes with an [`Ambiguous`](crate::ErrorKind::Ambiguous) error, from
/// [`Error::pending`](crate::Error::pending). Its text is one shell word, such as
/// `cbm1,pending-upload,org=…`; it is the same in serde. It holds no secret.
///
/// ```no_run
/// use cerebras_management::{Client, ErrorKind, Pending};
///
/// # async fn run(client: Client, model: cerebras_management::Model) -> cerebras_management::Result<()> {
/// match model.upload("s3://my-bucket/run-42").await {
///     Ok(upload) => println!("{} is being made", upload.name()),
///     Err(error) => match error.pending() {
///         Some(pending) => println!("settle it later: {pending}"),
///         None => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub(crate) of: Doubt,
    pub(crate) base: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Upload(PendingUpload),
    Deploy(PendingDeploy),
}

/// What an upload that may have happened is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingUpload {
    pub(crate) org: OrgName,
    pub(crate) architecture: ModelArchitectureId,
    pub(crate) weights: WeightUri,
    pub(crate) suffix: Option<String>,
    /// Those that it was to have, but for the key.
    pub(crate) aliases: Vec<VersionAlias>,
    /// The alias that it alone carries.
    pub(crate) key: Option<VersionAlias>,
    /// The highest id there was before it was sent, if that was looked at.
    pub(crate) after: Option<u64>,
}

/// What a deployment that may have been made is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingDeploy {
    pub(crate) endpoint: EndpointId,
    pub(crate) version: ModelVersionName,
    /// The deployments of this version that there were before it was sent, if that was looked at.
    pub(crate) known: Option<Vec<String>>,
}

/// What a look for a write whose answer was lost has shown.
pub(crate) enum Seen<T> {
    /// What the write has made.
    Ours(T),
    /// Nothing of it.
    Nothing(&'static str),
    /// What may be of it, in words.
    Unclear(String),
}

impl<T> Seen<T> {
    /// What was seen, for the line of an error.
    pub(crate) fn told(result: &Result<Self>) -> String {
        match result {
            Ok(Self::Ours(_)) => String::new(),
            Ok(Self::Nothing(what)) => (*what).to_owned(),
            Ok(Self::Unclear(what)) => what.clone(),
            Err(error) => format!("looking for it failed: {}", error.brief()),
        }
    }

    fn settled(self, subject: impl fmt::Display) -> Result<Option<T>> {
        match self {
            Self::Ours(found) => Ok(Some(found)),
            Self::Nothing(_) => Ok(None),
            Self::Unclear(what) => Err(Error::new(ErrorKind::Ambiguous, what)
                .about(subject)
                .remedy_is("look at what there is, and keep what is right")),
        }
    }
}

/// Up to five names, for the line of an error.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<_> = names.take(SHOWN).map(printable).collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Pending {
    /// The base URL of the service that the write was sent to. It is compared with the client's
    /// when the write is settled, and never used.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }
}

impl Client {
    /// Looks once what has become of a write whose answer was lost. Nothing is written.
    ///
    /// None is told when nothing of it is there: it was lost on its way to the service, or the
    /// network still holds it. How long it may do so is not known; the requests of this crate are
    /// given up by their sender after 30 s, so look again after some minutes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the write was sent to another
    /// address than this client's; [`Ambiguous`](crate::ErrorKind::Ambiguous), with what was
    /// seen, when it cannot be told which one it is; [`Conflict`](crate::ErrorKind::Conflict)
    /// when another upload has the idempotency key. What a read can end in.
    pub async fn settle(&self, pending: &Pending) -> Result<Option<Resumed>> {
        if pending.base != self.base_url() {
            return Err(Error::invalid(format!(
                "the pending write is of {}, and the client of {}",
                printable(&pending.base),
                self.base_url()
            ))
            .remedy_is("build the client with its base URL, if you trust it"));
        }
        match &pending.of {
            Doubt::Upload(upload) => {
                let (org, architecture) = (upload.org.clone(), upload.architecture.clone());
                let model = Model::new(self.clone(), org, architecture);
                let found = model.settle(upload).await?.settled(upload)?;
                Ok(found.map(Resumed::Upload))
            }
            Doubt::Deploy(deploy) => {
                let endpoint = Endpoint::new(self.clone(), deploy.endpoint.clone());
                let found = endpoint.settle(deploy).await?.settled(deploy)?;
                Ok(found.map(Resumed::Rollout))
            }
        }
    }
}

/// What an error about it begins with.
impl fmt::Display for PendingUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            weights,
            architecture,
            org,
            ..
        } = self;
        write!(
            f,
            "upload of {weights} for {architecture} of organization {org}"
        )
    }
}

/// What an error about it begins with.
impl fmt::Display for PendingDeploy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deployment of {} to {}", self.version, self.endpoint)
    }
}

/// Between the ids of deployments, which are UUIDs, and between aliases.
const BETWEEN: char = '+';

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields: Vec<(&str, &dyn fmt::Display)> = Vec::new();
        let (known, aliases);
        let kind = match &self.of {
            Doubt::Upload(upload) => {
                fields.push(("org", &upload.org));
                fields.push(("architecture", &upload.architecture));
                fields.push(("weights", &upload.weights));
                fields.extend(upload.suffix.iter().map(|suffix| ("suffix", suffix as _)));
                aliases = together(&upload.aliases);
                if !aliases.is_empty() {
                    fields.push(("aliases", &aliases));
                }
                fields.extend(upload.key.iter().map(|key| ("key", key as _)));
                fields.extend(upload.after.iter().map(|id| ("after", id as _)));
                UPLOAD
            }
            Doubt::Deploy(deploy) => {
                fields.push(("endpoint", &deploy.endpoint));
                fields.push(("version", &deploy.version));
                // One that could not be read again would count as new.
                let whole = |ids: &&Vec<String>| !ids.iter().any(|id| id.contains(BETWEEN));
                known = deploy.known.as_ref().filter(whole).map(|ids| together(ids));
                fields.extend(known.iter().map(|ids| ("known", ids as _)));
                DEPLOY
            }
        };
        fields.push(("base", &self.base));
        f.pad(&word(kind, &fields))
    }
}

fn together<T: fmt::Display>(all: &[T]) -> String {
    let all: Vec<_> = all.iter().map(T::to_string).collect();
    all.join(&BETWEEN.to_string())
}

fn apart(text: Option<&str>) -> impl Iterator<Item = &str> {
    let all = text.unwrap_or_default().split(BETWEEN);
    all.filter(|one| !one.is_empty())
}

const UPLOAD: &str = "pending-upload";
const DEPLOY: &str = "pending-deploy";

impl FromStr for Pending {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        read(text.trim()).map_err(|what| HandleError::new("pending write", text, &what))
    }
}

fn read(text: &str) -> Result<Pending, String> {
    let (kind, fields) = read_word(text)?;
    let of = match kind {
        UPLOAD => Doubt::Upload(PendingUpload {
            org: fields.parse("org")?,
            architecture: fields.parse("architecture")?,
            weights: fields.parse("weights")?,
            suffix: fields
                .has("suffix")
                .then(|| fields.text("suffix").map(str::to_owned))
                .transpose()?,
            aliases: apart(fields.get("aliases"))
                .map(|alias| alias.parse().map_err(|error| format!("aliases: {error}")))
                .collect::<Result<_, _>>()?,
            key: fields.has("key").then(|| fields.parse("key")).transpose()?,
            after: fields
                .has("after")
                .then(|| fields.parse("after"))
                .transpose()?,
        }),
        DEPLOY => Doubt::Deploy(PendingDeploy {
            endpoint: fields.parse("endpoint")?,
            version: fields.version("version")?,
            known: fields
                .get("known")
                .map(|ids| apart(Some(ids)).map(str::to_owned).collect()),
        }),
        other => return Err(format!("\"{other}\" is neither {UPLOAD} nor {DEPLOY}")),
    };
    let base = fields.text("base")?.to_owned();
    Ok(Pending { of, base })
}

impl Serialize for Pending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPLOADS: [&str; 2] = [
        "cbm1,pending-upload,org=my-org,architecture=gpt-oss-120b,weights=s3://my-bucket/run-42,\
         suffix=run%2042,aliases=run-42+v1,key=idem-0123,after=7,base=https://api.cerebras.ai",
        "cbm1,pending-upload,org=my-org,architecture=gpt-oss-120b,weights=s3://my-bucket/run-42,\
         base=https://api.cerebras.ai",
    ];
    const DEPLOYS: [&str; 3] = [
        "cbm1,pending-deploy,endpoint=e,version=orgs/o/models/a/versions/3,known=d-1+d-2,\
         base=https://api.cerebras.ai",
        "cbm1,pending-deploy,endpoint=e,version=orgs/o/models/a/versions/3,known=,\
         base=https://api.cerebras.ai",
        "cbm1,pending-deploy,endpoint=e,version=orgs/o/models/a/versions/3,\
         base=https://api.cerebras.ai",
    ];

    #[test]
    fn what_was_written_is_read_again() {
        for text in UPLOADS.into_iter().chain(DEPLOYS) {
            let pending: Pending = text.parse().expect(text);
            assert_eq!(pending.to_string(), text);
            let json = serde_json::to_string(&pending).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Pending>(&json).expect("the same"),
                pending
            );
        }
    }

    #[test]
    fn whether_anything_was_known_is_not_lost() {
        let known = DEPLOYS.map(|text| match text.parse::<Pending>().expect(text).of {
            Doubt::Deploy(deploy) => deploy.known.map(|ids| ids.len()),
            Doubt::Upload(_) => panic!("it is a deployment"),
        });
        assert_eq!(known, [Some(2), Some(0), None]);
    }

    #[test]
    fn what_was_known_is_written_whole_or_not_at_all() {
        let mut pending: Pending = DEPLOYS[0].parse().expect("a pending write");
        let Doubt::Deploy(deploy) = &mut pending.of else {
            panic!("it is a deployment");
        };
        deploy.known = Some(vec!["d-1".to_owned(), "odd+id".to_owned()]);
        assert_eq!(pending.to_string(), DEPLOYS[2]);
    }

    #[test]
    fn a_broken_one_says_what_is_wrong() {
        for (text, says) in [
            (
                "cbm1,upload,version=x",
                "\"upload\" is neither pending-upload nor pending-deploy",
            ),
            ("cbm1,pending-upload,org=o", "it has no \"architecture=\""),
            ("deployment-3", "it does not begin with \"cbm1,\""),
            (
                "cbm1,pending-upload,org=o,architecture=a,weights=s3://my-bucket/w,aliases=a1+B",
                "aliases: alias \"B\": byte 0: expected a lower-case letter, found 'B'; an \
                 alias looks like \"production\" or \"run-42\"",
            ),
            (
                "cbm1,pending-deploy,endpoint=e,version=orgs/o/models/a/versions/production",
                "its version is an alias, which can move",
            ),
        ] {
            let error = text.parse::<Pending>().expect_err(text).to_string();
            assert_eq!(
                error,
                format!("pending write \"{text}\": {says}; give it whole, as it was printed")
            );
        }
    }
}
