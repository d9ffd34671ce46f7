//! What the service tells of a model version.

use crate::error::{Error, ErrorKind, Result, printable};
use crate::explain::other_than_asked;
use crate::names::{ModelArchitectureId, ModelVersionName, OrgName, VersionId, VersionRef};
use crate::raw::types as raw;
use crate::status::SyncStatus;

/// A model version as the service described it, at one moment.
///
/// Everything is as it came: aliases and URIs are not checked again, and an unknown sync status
/// is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelVersion {
    name: String,
    parsed: Option<ModelVersionName>,
    done: bool,
    weight_uri: Option<String>,
    /// None when the service does not say.
    aliases: Option<Vec<String>>,
    sync_status: Option<SyncStatus>,
    fingerprint_suffix: Option<String>,
}

impl ModelVersion {
    /// The full name, `orgs/<org>/models/<architecture>/versions/<id>`, as the service sent it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, parsed. It is none only in a list, for a name that does not have the published
    /// form.
    #[must_use]
    pub fn parsed_name(&self) -> Option<&ModelVersionName> {
        self.parsed.as_ref()
    }

    /// The integer id. It is none only where [`parsed_name`](Self::parsed_name) is.
    #[must_use]
    pub fn id(&self) -> Option<VersionId> {
        self.parsed.as_ref()?.version().as_id()
    }

    /// Whether the service says that the upload operation is complete. That is not yet success:
    /// see [`sync_status`](Self::sync_status).
    #[must_use]
    pub fn done(&self) -> bool {
        self.done
    }

    /// The aliases that name this version; none of them too when the service does not say.
    #[must_use]
    pub fn aliases(&self) -> &[String] {
        self.told_aliases().unwrap_or_default()
    }

    /// The aliases, if the service says which.
    pub(crate) fn told_aliases(&self) -> Option<&[String]> {
        self.aliases.as_deref()
    }

    /// How far the copy from S3 has come, if the service says so.
    #[must_use]
    pub fn sync_status(&self) -> Option<&SyncStatus> {
        self.sync_status.as_ref()
    }

    /// Where the weights came from.
    #[must_use]
    pub fn weight_uri(&self) -> Option<&str> {
        self.weight_uri.as_deref()
    }

    /// What is added to the `system_fingerprint` of inference answers, if anything.
    #[must_use]
    pub fn fingerprint_suffix(&self) -> Option<&str> {
        self.fingerprint_suffix.as_deref()
    }

    /// Checks that this is the version that was asked for, and that its id is known.
    pub(crate) fn answers(self, asked: &ModelVersionName) -> Result<Self> {
        let checked = self.listed_under(asked.org(), asked.architecture())?;
        match (checked.id(), asked.version()) {
            (None, _) => Err(no_id(&checked.name)),
            (Some(id), VersionRef::Id(wanted)) if id != *wanted => {
                Err(other_than_asked("version", &checked.name, asked))
            }
            _ => Ok(checked),
        }
    }

    /// Checks that it belongs to an organization and an architecture, as far as its name tells.
    pub(crate) fn listed_under(
        self,
        org: &OrgName,
        architecture: &ModelArchitectureId,
    ) -> Result<Self> {
        match &self.parsed {
            Some(name) if name.org() != org => {
                Err(other_than_asked("organization", name.org(), org))
            }
            Some(name) if name.architecture() != architecture => Err(other_than_asked(
                "architecture",
                name.architecture(),
                architecture,
            )),
            _ => Ok(self),
        }
    }

    /// One of that architecture, as is likely: then almost all of its name is known already.
    pub(crate) fn under(
        answer: raw::ModelVersion,
        org: &OrgName,
        architecture: &ModelArchitectureId,
    ) -> Self {
        let name = &answer.name;
        let parsed = version_under(name, org, architecture).or_else(|| name.parse().ok());
        Self::with_name(parsed, answer)
    }

    fn with_name(parsed: Option<ModelVersionName>, answer: raw::ModelVersion) -> Self {
        let version = Self::new(parsed, answer.name, answer.done);
        match answer.response {
            Some(status) => Self {
                weight_uri: status.customer_s3_uri,
                aliases: status.version_aliases,
                sync_status: status.sync_status,
                fingerprint_suffix: status.system_fingerprint_suffix,
                ..version
            },
            None => version,
        }
    }

    fn new(parsed: Option<ModelVersionName>, name: String, done: bool) -> Self {
        Self {
            parsed,
            name,
            done,
            weight_uri: None,
            aliases: None,
            sync_status: None,
            fingerprint_suffix: None,
        }
    }
}

/// The name of a version of that architecture; none for any other text.
fn version_under(
    name: &str,
    org: &OrgName,
    architecture: &ModelArchitectureId,
) -> Option<ModelVersionName> {
    let rest = name.strip_prefix("orgs/")?.strip_prefix(org.as_str())?;
    let rest = rest.strip_prefix("/models/")?;
    let rest = rest.strip_prefix(architecture.as_str())?;
    let version: VersionRef = rest.strip_prefix("/versions/")?.parse().ok()?;
    let (org, architecture) = (org.clone(), architecture.clone());
    Some(ModelVersionName::new(org, architecture, version))
}

/// The error of an answer whose name holds no integer id.
pub(crate) fn no_id(name: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the answer names the version \"{}\", which is not \
             orgs/<org>/models/<architecture>/versions/<integer>",
            printable(name)
        ),
    )
    .sent(crate::Sent::Yes)
}

impl From<raw::ModelVersion> for ModelVersion {
    fn from(answer: raw::ModelVersion) -> Self {
        Self::with_name(answer.name.parse().ok(), answer)
    }
}

impl From<raw::ModelVersionUploadResponse> for ModelVersion {
    fn from(answer: raw::ModelVersionUploadResponse) -> Self {
        let version = Self::new(answer.name.parse().ok(), answer.name, answer.done);
        match answer.response {
            Some(data) => Self {
                weight_uri: data.customer_s3_uri,
                aliases: data.version_aliases,
                sync_status: data.sync_status,
                ..version
            },
            None => version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_mostly_known_is_parsed_as_any() {
        let org: OrgName = "my-org".parse().expect("a name");
        let architecture: ModelArchitectureId = "gpt-oss-120b".parse().expect("an id");
        for name in [
            "orgs/my-org/models/gpt-oss-120b/versions/7",
            "orgs/my-org/models/gpt-oss-120b/versions/production",
            "orgs/my-org/models/gpt-oss-120b/versions/007",
            "orgs/my-org/models/gpt-oss-120b/versions/",
            "orgs/my-org/models/gpt-oss-120b/versions/7/8",
            "orgs/my-org/models/gpt-oss-120b2/versions/7",
            "orgs/my-org-2/models/gpt-oss-120b/versions/7",
            "orgs/other/models/llama3.1-8b/versions/7",
            "my-org/gpt-oss-120b/7",
            "",
        ] {
            let answer = serde_json::json!({ "name": name, "done": true });
            let answer: raw::ModelVersion = serde_json::from_value(answer).expect("a version");
            let known = ModelVersion::under(answer.clone(), &org, &architecture);
            assert_eq!(known, ModelVersion::from(answer), "{name}");
        }
    }
}
