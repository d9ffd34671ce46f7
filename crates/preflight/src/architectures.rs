//! What is known of each architecture: the model types that it can be, and their sizes.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::{Check, config::Config, header::quoted, report::Found};

/// What is known of architectures. The [`Default`] is what this project knows, in `architectures.toml`.
///
/// ```
/// use cerebras_management_preflight::Architectures;
///
/// let mine = Architectures::parse(
///     r#"
///     [[architecture]]
///     ids = ["my-model"]
///     model_types = ["llama"]
///     sizes = { hidden_size = 64 }
///     source = "my own"
///     known = "written down here"
///     "#,
/// )?;
/// assert!(mine.knows("my-model") && !mine.knows("gpt-oss-120b"));
/// # Ok::<_, String>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architectures {
    architecture: Vec<Architecture>,
}

/// One row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Architecture {
    /// The names that the service has for it.
    pub(crate) ids: Vec<String>,
    /// What `model_type` in config.json can be.
    pub(crate) model_types: Vec<String>,
    /// Numbers in config.json that are so for every such model.
    #[serde(default)]
    pub(crate) sizes: BTreeMap<String, u64>,
    /// How its published weights are quantised, if they are.
    pub(crate) quantised: Option<String>,
    /// Where this was read.
    pub(crate) source: String,
    /// How sure it is.
    pub(crate) known: String,
}

impl Architectures {
    /// Reads a table of one's own.
    ///
    /// # Errors
    ///
    /// What keeps the text from being one, with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|it| *it == b'\n').count() + 1;
            format!("line {line}: {}", error.message())
        })?;
        for row in &table.architecture {
            let name = row.ids.first().map_or("", String::as_str);
            for (field, empty) in [
                ("ids", row.ids.is_empty()),
                ("model_types", row.model_types.is_empty()),
                ("source", row.source.is_empty()),
                ("known", row.known.is_empty()),
            ] {
                if empty {
                    return Err(format!("architecture {name:?}: {field} is empty"));
                }
            }
        }
        Ok(table)
    }

    /// Whether there is a row for an architecture.
    #[must_use]
    pub fn knows(&self, architecture: &str) -> bool {
        self.of(architecture).is_some()
    }

    /// The names of all architectures that are known.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let rows = self.architecture.iter();
        rows.flat_map(|row| row.ids.iter().map(String::as_str))
    }

    pub(crate) fn of(&self, architecture: &str) -> Option<&Architecture> {
        let mut rows = self.architecture.iter();
        rows.find(|row| row.ids.iter().any(|id| id == architecture))
    }

    /// What a configuration has to be for the architecture of this name.
    pub(crate) fn check(&self, id: Option<&str>, config: Option<&Config>, found: &mut Found) {
        let row = id.map(|id| (id, self.of(id)));
        let row = match row {
            Some((id, None)) => {
                let what = format!(
                    "nothing is known of architecture {}: model type and sizes are not compared",
                    quoted(id)
                );
                let remedy =
                    "check its spelling; `cbm archs` lists those that the organization may use";
                found.add(Check::UnknownArchitecture, "", what, remedy);
                None
            }
            Some((id, Some(row))) => Some((id, row)),
            None => {
                found.not_checked(Check::ModelType, "no architecture was given");
                None
            }
        };
        let Some(config) = config else { return };
        if let Some(method) = config.quantised()
            && row.is_none_or(|(_, row)| row.quantised.as_deref() != Some(method))
        {
            let method = if method.is_empty() {
                "no name".to_owned()
            } else {
                quoted(method)
            };
            let what = format!("it has a quantization_config, of method {method}");
            let remedy =
                "ask whether the service takes it, or save the weights as they were trained";
            found.add(Check::Quantised, "config.json", what, remedy);
        }
        let Some((id, row)) = row else { return };
        let types = config.model_types();
        let known = row.model_types.join(" or ");
        if !types
            .iter()
            .any(|it| row.model_types.iter().any(|known| known == it))
        {
            let what = match types.first() {
                Some(it) => format!("model_type is {}, and {id} is {known}", quoted(it)),
                None => format!("it names no model_type, and {id} is {known}"),
            };
            let remedy =
                "give the architecture that the model is of, or weights of that architecture";
            found.add(Check::ModelType, "config.json", what, remedy);
            // Its sizes are another model's.
            return;
        }
        let mut wrong = Vec::new();
        for (name, expected) in &row.sizes {
            let Some(has) = config.number(name).filter(|has| has != expected) else {
                continue;
            };
            let told = format!("{name} is {has}, and that of {id} is {expected}");
            if name == "vocab_size" {
                let remedy = "keep the vocabulary of the base model, or ask whether the service takes another";
                found.add(Check::ArchitectureVocabulary, "config.json", told, remedy);
            } else {
                wrong.push(told);
            }
        }
        if !wrong.is_empty() {
            let remedy = "give the architecture of this size, or weights of that size";
            found.add(
                Check::ArchitectureShape,
                "config.json",
                wrong.join("; "),
                remedy,
            );
        }
    }
}

impl Default for Architectures {
    fn default() -> Self {
        static OURS: LazyLock<Architectures> = LazyLock::new(|| {
            let ours = Architectures::parse(include_str!("../architectures.toml"));
            // A test reads it.
            ours.unwrap_or(Architectures {
                architecture: Vec::new(),
            })
        });
        OURS.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_table_is_whole_and_names_each_architecture_once() {
        let table = Architectures::parse(include_str!("../architectures.toml")).expect("a table");
        let mut ids: Vec<_> = table.ids().collect();
        assert!(ids.contains(&"gpt-oss-120b") && ids.contains(&"llama3.1-8b"));
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{ids:?}");
    }

    #[test]
    fn a_row_without_a_source_is_refused() {
        let row = "[[architecture]]\nids = [\"a\"]\nmodel_types = [\"b\"]\nsource = \"\"\nknown = \"x\"\n";
        let error = Architectures::parse(row).expect_err("no source");
        assert_eq!(error, "architecture \"a\": source is empty");
        let error = Architectures::parse("\n[[architecture]]\nids = 3\n").expect_err("no names");
        assert_eq!(
            error,
            "line 3: invalid type: integer `3`, expected a sequence"
        );
    }
}
