//! `config.json`: which model the weights are of, and its sizes.

use serde_json::{Map, Value};

use crate::{
    Check,
    header::Dtype,
    json,
    layout::Files,
    report::Found,
    source::{Source, judge},
    store::Error,
};

/// The largest `config.json` that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// A model's configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    top: Map<String, Value>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// What keeps it from being one.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(text) {
            Ok(Value::Object(top)) => Ok(Self { top }),
            Ok(other) => Err(format!("it is {}, and has to be an object", kind(&other))),
            Err(error) => Err(format!("it cannot be read as JSON: {error}")),
        }
    }

    /// The configuration among the files, where there is one that can be read.
    pub(crate) async fn read(
        source: &Source<'_>,
        files: &Files<'_>,
        found: &mut Found,
    ) -> Result<Option<Self>, Error> {
        const KEY: &str = "config.json";
        let Some(object) = files.get(KEY).filter(|it| !it.archived) else {
            return Ok(None);
        };
        let remedy =
            "copy it from the model that the training began with, or save the whole model anew";
        if object.size > LARGEST {
            let what = format!(
                "it has {} bytes, and is read up to {}",
                object.size, LARGEST
            );
            found.add(Check::BadConfig, KEY, what, remedy);
            return Ok(None);
        }
        let bytes = match source.read(object, 0..object.size).await {
            Ok(bytes) => bytes,
            Err(error) => {
                judge(error, KEY, found)?;
                return Ok(None);
            }
        };
        let mut config = Self::parse(&bytes);
        if config.is_err()
            && let Some(strict) = json::without_infinities(&String::from_utf8_lossy(&bytes))
            && let Ok(read) = Self::parse(strict.as_bytes())
        {
            let (what, remedy) = json::INFINITIES;
            found.add(Check::NotStrictJson, KEY, what, remedy);
            config = Ok(read);
        }
        Ok(config
            .map_err(|what| found.add(Check::BadConfig, KEY, what, remedy))
            .ok())
    }

    /// The part about the language model, where a model with several parts has one.
    fn text(&self) -> Option<&Map<String, Value>> {
        self.top.get("text_config")?.as_object()
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let inner = self.text().and_then(|text| text.get(name));
        inner
            .or_else(|| self.top.get(name))
            .filter(|it| !it.is_null())
    }

    /// A size of the language model.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.as_u64()
    }

    /// Whether the output layer is the embedding.
    pub(crate) fn tied(&self) -> Tied {
        let flag = |part: &Map<String, Value>| part.get("tie_word_embeddings")?.as_bool();
        match (flag(&self.top), self.text().and_then(flag)) {
            (Some(top), Some(text)) if top != text => Tied::Conflict,
            (Some(true), _) | (_, Some(true)) => Tied::Yes,
            (Some(false), _) | (_, Some(false)) => Tied::No,
            (None, None) => Tied::Untold,
        }
    }

    /// The class that it names, where that is none that writes text: it need not have an output layer.
    pub(crate) fn without_output(&self) -> Option<&str> {
        const WRITES: [&str; 3] = ["ForCausalLM", "ForConditionalGeneration", "LMHeadModel"];
        let classes = self.top.get("architectures")?.as_array()?;
        let classes = || classes.iter().filter_map(Value::as_str);
        let writes = classes().any(|class| WRITES.iter().any(|end| class.ends_with(end)));
        classes().next().filter(|_| !writes)
    }

    /// The model types that it names: of the whole, and of the language model in it.
    pub(crate) fn model_types(&self) -> Vec<&str> {
        let parts = [Some(&self.top), self.text()];
        let types = parts.into_iter().flatten();
        types
            .filter_map(|part| part.get("model_type")?.as_str())
            .collect()
    }

    /// The type of numbers that it names.
    pub(crate) fn dtype(&self) -> Option<(&str, Dtype)> {
        let word = self.value("dtype").or_else(|| self.value("torch_dtype"))?;
        let word = word.as_str()?;
        let dtype = match word.trim_start_matches("torch.") {
            "bfloat16" => Dtype::Bf16,
            "float16" | "half" => Dtype::F16,
            "float32" | "float" => Dtype::F32,
            "float64" | "double" => Dtype::F64,
            _ => return None,
        };
        Some((word, dtype))
    }

    /// How the weights are quantised, if they are: the method's name, empty where none is told.
    pub(crate) fn quantised(&self) -> Option<&str> {
        let how = self.value("quantization_config")?.as_object()?;
        let method = how.get("quant_method").and_then(Value::as_str);
        Some(method.unwrap_or_default())
    }

    /// Whether they are quantised in a way that may give tensors and modules names of its own.
    pub(crate) fn names_unknown(&self) -> bool {
        const KNOWN: [&str; 8] = [
            "awq",
            "bitsandbytes",
            "compressed-tensors",
            "fbgemm_fp8",
            "fp8",
            "gptq",
            "modelopt",
            "mxfp4",
        ];
        self.quantised()
            .is_some_and(|method| !KNOWN.contains(&method))
    }

    /// Whether a matrix of floats may be a packed one: bitsandbytes packs into any type that it is told.
    pub(crate) fn packs_floats(&self) -> bool {
        self.names_unknown() || self.quantised() == Some("bitsandbytes")
    }
}

/// Whether a model's output layer is its embedding, by its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tied {
    Yes,
    No,
    /// It does not say.
    Untold,
    /// Of the whole it says otherwise than of the language model in it.
    Conflict,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(value: &Value) -> Config {
        Config::parse(value.to_string().as_bytes()).expect("an object")
    }

    #[test]
    fn the_language_model_of_several_parts_is_the_one_that_counts() {
        let config = config(&serde_json::json!({
            "model_type": "llama4", "hidden_size": null, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
            "text_config": {"model_type": "llama4_text", "hidden_size": 64, "tie_word_embeddings": true},
        }));
        assert_eq!(config.number("hidden_size"), Some(64));
        assert_eq!(config.model_types(), ["llama4", "llama4_text"]);
        assert_eq!(config.tied(), Tied::Conflict);
        assert_eq!(config.dtype(), Some(("bfloat16", Dtype::Bf16)));
        assert_eq!(config.quantised(), None);
    }

    #[test]
    fn what_is_no_configuration_says_why() {
        let wrong = |text: &str| Config::parse(text.as_bytes()).expect_err("no configuration");
        assert_eq!(wrong("[]"), "it is an array, and has to be an object");
        assert!(wrong("").starts_with("it cannot be read as JSON: EOF"));
    }
}
