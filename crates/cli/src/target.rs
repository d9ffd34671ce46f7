//! A version as it is typed: its full name, or short.

use std::str::FromStr;

use cerebras_management::names::{ModelArchitectureId, ModelVersionName, OrgName, VersionRef};

use crate::failure::{Failure, Result};

/// `orgs/my-org/models/gpt-oss-120b/versions/3`, `gpt-oss-120b@3`, `gpt-oss-120b@production`; and
/// where an endpoint tells the architecture, `3` or `production` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionArg {
    Full(ModelVersionName),
    Short(ModelArchitectureId, VersionRef),
    /// Of whichever architecture it is about.
    Bare(VersionRef),
}

impl FromStr for VersionArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Without a colon, so that a `Display` of its own can follow.
        let wrong = |error: &dyn std::fmt::Display| error.to_string();
        if text.contains('/') {
            let name: Result<ModelVersionName, _> = text.parse();
            return name
                .map(Self::Full)
                .map_err(|error| format!("{error}; or write it short: gpt-oss-120b@3"));
        }
        match text.split_once('@') {
            Some((architecture, version)) => Ok(Self::Short(
                architecture.parse().map_err(|error| wrong(&error))?,
                version.parse().map_err(|error| wrong(&error))?,
            )),
            None => text
                .parse()
                .map(Self::Bare)
                .map_err(|error| match with_an_at(text) {
                    Some(meant) => format!(
                        "an architecture and its version have an @ between them; try \"{meant}\""
                    ),
                    None => wrong(&error),
                }),
        }
    }
}

/// What is meant by `gpt-oss-120b:2`.
fn with_an_at(text: &str) -> Option<String> {
    let (architecture, version) = text.split_once(':')?;
    architecture.parse::<ModelArchitectureId>().ok()?;
    version.parse::<VersionRef>().ok()?;
    Some(format!("{architecture}@{version}"))
}

impl VersionArg {
    /// The full name; `org` is asked for where the text has none.
    pub(crate) fn name(&self, org: impl FnOnce() -> Result<OrgName>) -> Result<ModelVersionName> {
        match self {
            Self::Full(name) => Ok(name.clone()),
            Self::Short(architecture, version) => Ok(ModelVersionName::new(
                org()?,
                architecture.clone(),
                version.clone(),
            )),
            Self::Bare(version) => Err(Failure::usage(format!(
                "version \"{version}\" is of no architecture"
            ))
            .why("versions are counted, and aliases given, for each architecture")
            .next(format!(
                "write ARCHITECTURE@{version}, such as gpt-oss-120b@{version}; `cbm archs` lists \
                 the architectures"
            ))),
        }
    }
}

impl std::fmt::Display for VersionArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Full(name) => name.fmt(f),
            Self::Short(architecture, version) => write!(f, "{architecture}@{version}"),
            Self::Bare(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(typed: &VersionArg) -> Result<ModelVersionName> {
        typed.name(|| Ok("my-org".parse().expect("a name")))
    }

    #[test]
    fn a_version_is_typed_in_full_or_short() {
        for (text, full) in [
            ("orgs/o/models/a/versions/3", "orgs/o/models/a/versions/3"),
            (
                "gpt-oss-120b@3",
                "orgs/my-org/models/gpt-oss-120b/versions/3",
            ),
            (
                "gpt-oss-120b@production",
                "orgs/my-org/models/gpt-oss-120b/versions/production",
            ),
        ] {
            let typed: VersionArg = text.parse().expect(text);
            assert_eq!(typed.to_string(), text);
            assert_eq!(name(&typed).expect("a name").to_string(), full);
        }
        let bare: VersionArg = "production".parse().expect("an alias");
        assert_eq!(
            name(&bare).expect_err("no architecture").message(),
            "version \"production\" is of no architecture: versions are counted, and aliases \
             given, for each architecture"
        );
    }

    #[test]
    fn what_is_no_version_says_why() {
        for (text, says) in [
            (
                "gpt-oss-120b@Production",
                "alias \"Production\": byte 0: expected a lower-case letter, found 'P'; try \
                 \"production\"",
            ),
            (
                "gpt-oss-120b:2",
                "an architecture and its version have an @ between them; try \"gpt-oss-120b@2\"",
            ),
            (
                "orgs/my-org/gpt-oss-120b@3",
                "model version name \"orgs/my-org/gpt-oss-120b@3\": byte 12: expected \
                 \"models/\", found \"gpt-oss-120b@3\"; the form is \
                 orgs/<org>/models/<architecture>/versions/<version>; or write it short: \
                 gpt-oss-120b@3",
            ),
        ] {
            assert_eq!(text.parse::<VersionArg>().expect_err(text), says);
        }
    }
}
