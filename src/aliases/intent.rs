//! A move of an alias, written down before it begins.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::handle::{HandleError, read_word, word};
use crate::names::{ModelVersionName, VersionAlias};

/// What a move of an alias is to do, written down: to finish it, or to learn how it stands, after
/// the process that began it is gone.
///
/// It comes from [`MovePlan::intent`](crate::MovePlan::intent), before anything is written, and
/// [`Client::resume_move`](crate::Client::resume_move) goes on from it. It holds names and no
/// secret. As a text, and with serde, it is one word for every shell:
///
/// ```
/// use cerebras_management::MoveIntent;
///
/// let text = "cbm1,move,alias=production,from=orgs/my-org/models/gpt-oss-120b/versions/1,\
///             to=orgs/my-org/models/gpt-oss-120b/versions/2,base=https://api.cerebras.ai";
/// let intent: MoveIntent = text.parse()?;
/// assert_eq!(intent.to_string(), text);
/// assert_eq!(intent.alias().as_str(), "production");
///
/// let error = "cbm1,move,alias=production".parse::<MoveIntent>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"move "cbm1,move,alias=production": it has no "to="; give it whole, as it was printed"#
/// );
/// # Ok::<(), cerebras_management::HandleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MoveIntent {
    pub(super) alias: VersionAlias,
    /// With its integer id.
    pub(super) from: Option<ModelVersionName>,
    /// With its integer id.
    pub(super) to: ModelVersionName,
    pub(super) base: String,
}

impl MoveIntent {
    /// The alias.
    #[must_use]
    pub fn alias(&self) -> &VersionAlias {
        &self.alias
    }

    /// The version that the alias named, with its integer id; none when it named none.
    #[must_use]
    pub fn from(&self) -> Option<&ModelVersionName> {
        self.from.as_ref()
    }

    /// The version that the alias is to name, with its integer id.
    #[must_use]
    pub fn to(&self) -> &ModelVersionName {
        &self.to
    }

    /// The address of the service. It is compared with the client's, and never used.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }
}

impl fmt::Display for MoveIntent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields: Vec<(&str, &dyn fmt::Display)> = vec![("alias", &self.alias)];
        fields.extend(self.from.iter().map(|from| ("from", from as _)));
        fields.push(("to", &self.to));
        fields.push(("base", &self.base));
        f.pad(&word("move", &fields))
    }
}

impl FromStr for MoveIntent {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        read(text.trim()).map_err(|what| HandleError::new("move", text, &what))
    }
}

fn read(text: &str) -> Result<MoveIntent, String> {
    let (kind, fields) = read_word(text)?;
    if kind != "move" {
        return Err(format!("\"{kind}\" is no move"));
    }
    let to = fields.version("to")?;
    let from = fields
        .has("from")
        .then(|| fields.version("from"))
        .transpose()?;
    let elsewhere = |from: &ModelVersionName| {
        (from.org(), from.architecture()) != (to.org(), to.architecture())
    };
    if from.as_ref().is_some_and(elsewhere) {
        return Err("its versions are of two architectures".to_owned());
    }
    Ok(MoveIntent {
        alias: fields.parse("alias")?,
        from,
        to,
        base: fields.text("base")?.to_owned(),
    })
}

impl Serialize for MoveIntent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MoveIntent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        for text in [
            "cbm1,move,alias=production,from=orgs/o/models/a/versions/1,\
             to=orgs/o/models/a/versions/2,base=http://127.0.0.1:8080",
            "cbm1,move,alias=production,to=orgs/o%2A/models/a%2Cb/versions/2,base=http://b",
        ] {
            let intent: MoveIntent = text.parse().expect(text);
            assert_eq!(intent.to_string(), text);
            let json = serde_json::to_string(&intent).expect("JSON");
            assert_eq!(json, format!("\"{text}\""));
            let read = serde_json::from_str::<MoveIntent>(&json).expect("a move");
            assert_eq!(read, intent);
        }
    }

    #[test]
    fn a_broken_one_says_what_is_wrong() {
        let to = "to=orgs/o/models/a/versions/2";
        for (text, says) in [
            (String::new(), "it does not begin with \"cbm1,\""),
            ("cbm1,upload,base=b".to_owned(), "\"upload\" is no move"),
            (
                "cbm1,move,to=orgs/o/models/a/versions/production".to_owned(),
                "its to is an alias, which can move",
            ),
            (
                format!("cbm1,move,alias=x1,from=orgs/o/models/b/versions/1,{to}"),
                "its versions are of two architectures",
            ),
            (format!("cbm1,move,{to}"), "it has no \"alias=\""),
            (format!("cbm1,move,alias=x1,{to}"), "it has no \"base=\""),
        ] {
            let error = text.parse::<MoveIntent>().expect_err(&text);
            let end = "; give it whole, as it was printed";
            assert_eq!(error.to_string(), format!("move \"{text}\": {says}{end}"));
        }
    }
}
