//! Full names of model versions.

use std::fmt;
use std::str::FromStr;

use super::error::{Found, NameError};
use super::{ModelArchitectureId, OrgName, VersionRef};

const PART: &str = "model version name";

/// The full name of a model version, such as
/// `orgs/my-org/models/gpt-oss-120b/versions/1`.
///
/// # Grammar
///
/// Published, except for the grammar of [`OrgName`] and [`ModelArchitectureId`]:
///
/// ```text
/// model-version-name = "orgs/" org-name
///                      "/models/" model-architecture-id
///                      "/versions/" version-ref
/// ```
///
/// # Examples
///
/// ```
/// use cerebras_management::names::{ModelVersionName, VersionId};
///
/// let name: ModelVersionName = "orgs/my-org/models/gpt-oss-120b/versions/1".parse()?;
/// assert_eq!(name.org().as_str(), "my-org");
/// assert_eq!(name.architecture().as_str(), "gpt-oss-120b");
/// assert_eq!(name.version().as_id(), Some(VersionId::try_from(1)?));
/// assert_eq!(name.to_string(), "orgs/my-org/models/gpt-oss-120b/versions/1");
///
/// let error = "orgs/my-org/models/gpt-oss-120b/versions/prod_eu"
///     .parse::<ModelVersionName>()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"model version name "orgs/my-org/models/gpt-oss-120b/versions/prod_eu": alias: byte 45: expected an ASCII letter, a digit or '-', found '_'; try "prod-eu""#,
/// );
/// # Ok::<(), cerebras_management::names::NameError>(())
/// ```
///
/// # Errors
///
/// Parsing fails with a [`NameError`] for anything outside of the grammar. The error shows the
/// whole name; its [`part`](NameError::part) is the part of it that is wrong, and its
/// [`position`](NameError::position) counts from the start of the whole name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelVersionName {
    org: OrgName,
    architecture: ModelArchitectureId,
    version: VersionRef,
}

impl ModelVersionName {
    /// Puts a full name together from its parts.
    ///
    /// ```
    /// use cerebras_management::names::{ModelVersionName, VersionId};
    ///
    /// let name = ModelVersionName::new(
    ///     "my-org".parse()?,
    ///     "gpt-oss-120b".parse()?,
    ///     VersionId::try_from(1)?,
    /// );
    /// assert_eq!(name.to_string(), "orgs/my-org/models/gpt-oss-120b/versions/1");
    /// # Ok::<(), cerebras_management::names::NameError>(())
    /// ```
    pub fn new(
        org: OrgName,
        architecture: ModelArchitectureId,
        version: impl Into<VersionRef>,
    ) -> Self {
        Self {
            org,
            architecture,
            version: version.into(),
        }
    }

    /// The organization that owns the version.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// The model architecture that the version is a variant of.
    #[must_use]
    pub fn architecture(&self) -> &ModelArchitectureId {
        &self.architecture
    }

    /// The version itself, as the name has it: by number or by alias.
    #[must_use]
    pub fn version(&self) -> &VersionRef {
        &self.version
    }
}

impl FromStr for ModelVersionName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        parse(text).map_err(|error| error.confirm(|proposal| parse(proposal).is_ok()))
    }
}

fn parse(text: &str) -> Result<ModelVersionName, NameError> {
    if text.is_empty() {
        return Err(NameError::empty(PART, "\"orgs/\""));
    }
    let mut rest = Rest { text, position: 0 };
    rest.literal("orgs/")?;
    let org = rest.name("organization name", "a name")?;
    rest.literal("/models/")?;
    let architecture = rest.name("model architecture", "a name")?;
    rest.literal("/versions/")?;
    let version = rest.name("version", "a version number or an alias")?;
    rest.end()?;
    Ok(ModelVersionName {
        org,
        architecture,
        version,
    })
}

/// What of the whole text is still to be read.
struct Rest<'a> {
    text: &'a str,
    position: usize,
}

impl Rest<'_> {
    /// Steps over `literal`, which starts with the slash that ends the segment before it,
    /// except at the very start.
    fn literal(&mut self, literal: &str) -> Result<(), NameError> {
        let rest = &self.text[self.position..];
        if rest.starts_with(literal) {
            self.position += literal.len();
            return Ok(());
        }
        let segment = rest.strip_prefix('/').filter(|_| literal.starts_with('/'));
        let (position, literal, rest) = match segment {
            Some(rest) => (self.position + 1, &literal[1..], rest),
            None => (self.position, literal, rest),
        };
        let end = rest.find('/').map_or(rest.len(), |slash| slash + 1);
        let found = match &rest[..end] {
            _ if position == 0 && self.text.contains("://") => Found::Words("a URL"),
            "" | "/" => Found::Here,
            segment => Found::Piece(segment),
        };
        Err(self.error(PART, position, &format!("\"{literal}\""), &found))
    }

    /// Reads a name, up to the next slash.
    fn name<T: FromStr<Err = NameError>>(
        &mut self,
        part: &'static str,
        expected: &str,
    ) -> Result<T, NameError> {
        let rest = &self.text[self.position..];
        let segment = &rest[..rest.find('/').unwrap_or(rest.len())];
        if segment.is_empty() {
            return Err(self
                .error(part, self.position, expected, &Found::Here)
                .within(PART, self.text, 0));
        }
        let name = segment
            .parse()
            .map_err(|error: NameError| error.within(PART, self.text, self.position))?;
        self.position += segment.len();
        Ok(name)
    }

    fn end(&self) -> Result<(), NameError> {
        if self.position == self.text.len() {
            Ok(())
        } else {
            Err(self.error(PART, self.position, "the end", &Found::Here))
        }
    }

    fn error(
        &self,
        part: &'static str,
        position: usize,
        expected: &str,
        found: &Found<'_>,
    ) -> NameError {
        NameError::new(part, self.text, position, expected, found)
            .remedy("the form is orgs/<org>/models/<architecture>/versions/<version>")
            .propose(nearest(self.text))
    }
}

/// The name inside of a URL, or without slashes around it.
fn nearest(text: &str) -> Option<&str> {
    let start = if text.starts_with("orgs/") {
        0
    } else {
        text.find("/orgs/")? + 1
    };
    let name = text[start..].split(['?', '#']).next()?;
    Some(name.trim_end_matches('/'))
}

impl fmt::Display for ModelVersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            org,
            architecture,
            version,
        } = self;
        if f.width().is_some() || f.precision().is_some() {
            return f.pad(&format!(
                "orgs/{org}/models/{architecture}/versions/{version}"
            ));
        }
        for part in [
            "orgs/",
            org.as_str(),
            "/models/",
            architecture.as_str(),
            "/versions/",
        ] {
            f.write_str(part)?;
        }
        version.fmt(f)
    }
}

impl fmt::Debug for ModelVersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ModelVersionName")
            .field(&self.to_string())
            .finish()
    }
}

text_conversions!(ModelVersionName);
deserialize_from_text!(ModelVersionName, "the full name of a model version");
