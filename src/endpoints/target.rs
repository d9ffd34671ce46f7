//! What can be deployed.

use crate::names::{ModelVersionName, NameError, VersionAlias, VersionId, VersionRef};
use crate::versions::{ModelVersion, Version};

/// What [`Endpoint::deploy`](crate::Endpoint::deploy) takes: made from a version that was read
/// or uploaded, from a full name, or from an id or alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployTarget(pub(super) Target);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A version with its organization and architecture.
    Named(ModelVersionName),
    /// A version of the endpoint's own organization and architecture.
    Own(VersionRef),
}

impl From<ModelVersionName> for DeployTarget {
    fn from(name: ModelVersionName) -> Self {
        Self(Target::Named(name))
    }
}

impl From<&ModelVersionName> for DeployTarget {
    fn from(name: &ModelVersionName) -> Self {
        name.clone().into()
    }
}

impl From<&Version> for DeployTarget {
    fn from(version: &Version) -> Self {
        version.name().into()
    }
}

impl From<Version> for DeployTarget {
    fn from(version: Version) -> Self {
        version.name().into()
    }
}

impl From<VersionRef> for DeployTarget {
    fn from(version: VersionRef) -> Self {
        Self(Target::Own(version))
    }
}

impl From<&VersionRef> for DeployTarget {
    fn from(version: &VersionRef) -> Self {
        version.clone().into()
    }
}

impl TryFrom<u64> for DeployTarget {
    type Error = NameError;

    fn try_from(id: u64) -> Result<Self, NameError> {
        Ok(VersionRef::try_from(id)?.into())
    }
}

impl From<VersionId> for DeployTarget {
    fn from(id: VersionId) -> Self {
        VersionRef::from(id).into()
    }
}

impl From<VersionAlias> for DeployTarget {
    fn from(alias: VersionAlias) -> Self {
        VersionRef::from(alias).into()
    }
}

impl From<&VersionAlias> for DeployTarget {
    fn from(alias: &VersionAlias) -> Self {
        alias.clone().into()
    }
}

impl TryFrom<ModelVersion> for DeployTarget {
    type Error = NameError;

    fn try_from(version: ModelVersion) -> Result<Self, NameError> {
        (&version).try_into()
    }
}

impl TryFrom<&ModelVersion> for DeployTarget {
    type Error = NameError;

    /// Fails only for a version from a list whose name does not have the published form.
    fn try_from(version: &ModelVersion) -> Result<Self, NameError> {
        match version.parsed_name() {
            Some(name) => Ok(name.into()),
            None => Ok(version.name().parse::<ModelVersionName>()?.into()),
        }
    }
}

impl TryFrom<&str> for DeployTarget {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        // An alias has no slash, so that a text with one is meant as a full name.
        if text.contains('/') {
            Ok(text.parse::<ModelVersionName>()?.into())
        } else {
            Ok(text.parse::<VersionRef>()?.into())
        }
    }
}

impl TryFrom<&String> for DeployTarget {
    type Error = NameError;

    fn try_from(text: &String) -> Result<Self, NameError> {
        text.as_str().try_into()
    }
}

impl TryFrom<String> for DeployTarget {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.as_str().try_into()
    }
}
