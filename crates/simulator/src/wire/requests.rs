use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{FieldError, Loc};
use crate::UploadRequires;

/// Body of `upload_model_version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadRequest {
    pub(crate) model_arch_id: String,
    pub(crate) weight_uri: String,
    pub(crate) version_aliases: Vec<String>,
    pub(crate) system_fingerprint_suffix: Option<String>,
}

impl UploadRequest {
    pub(crate) fn read(body: &Value, requires: UploadRequires) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let at = [Loc::from("body")];
        let fields = reader.object(body, &at, &["model_arch_id", "model"]);
        let model_arch_id = reader.required_string(fields, &at, "model_arch_id");
        let model = reader.required(fields, &at, "model");
        let at = [at[0].clone(), "model".into()];
        let known = ["weight_uri", "version_aliases", "system_fingerprint_suffix"];
        let fields = model.and_then(|model| reader.object(model, &at, &known));
        let weight_uri = reader.required_string(fields, &at, "weight_uri");
        let too = match requires {
            UploadRequires::WeightUri => None,
            UploadRequires::Aliases => Some("version_aliases"),
            UploadRequires::Suffix => Some("system_fingerprint_suffix"),
        };
        if let Some(name) = too {
            reader.required(fields, &at, name);
        }
        let aliases = field(fields, "version_aliases");
        let aliases = aliases.map(|list| reader.aliases(list, &at));
        let suffix = field(fields, "system_fingerprint_suffix");
        let suffix =
            suffix.and_then(|s| reader.string(s, &under(&at, "system_fingerprint_suffix")));
        if let Some(uri) = &weight_uri {
            reader.weight_uri(uri, &under(&at, "weight_uri"));
        }
        reader.finish(|| {
            Some(Self {
                model_arch_id: model_arch_id?,
                weight_uri: weight_uri?,
                version_aliases: aliases.unwrap_or_default(),
                system_fingerprint_suffix: suffix,
            })
        })
    }
}

/// Body of `update_model_version_aliases`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateAliasesRequest {
    pub(crate) version_aliases: Vec<String>,
}

impl UpdateAliasesRequest {
    pub(crate) fn read(body: &Value) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let at = [Loc::from("body")];
        let fields = reader.object(body, &at, &["version_aliases"]);
        let list = reader.required(fields, &at, "version_aliases");
        let aliases = list.map(|list| reader.aliases(list, &at));
        reader.finish(|| {
            Some(Self {
                version_aliases: aliases?,
            })
        })
    }
}

/// Body of `deploy_model`: the parts of `orgs/<org>/models/<arch>/versions/<version>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeployRequest {
    pub(crate) org: String,
    pub(crate) architecture: String,
    pub(crate) version: String,
}

impl DeployRequest {
    pub(crate) fn read(body: &Value) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let at = [Loc::from("body")];
        let fields = reader.object(body, &at, &["model"]);
        let model = reader.required_string(fields, &at, "model");
        let parts = model.and_then(|model| {
            let parts = Self::parse(&model);
            if parts.is_none() {
                let form = "orgs/<org_name>/models/<model_arch_id>/versions/<version_id>";
                let msg = format!("Value error, model must be in the format of {form}");
                reader.report(under(&at, "model"), msg, "value_error");
            }
            parts
        });
        reader.finish(|| parts)
    }

    fn parse(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('/').collect();
        let ["orgs", org, "models", architecture, "versions", version] = parts[..] else {
            return None;
        };
        if [org, architecture, version]
            .iter()
            .any(|part| part.is_empty())
        {
            return None;
        }
        Some(Self {
            org: org.into(),
            architecture: architecture.into(),
            version: version.into(),
        })
    }
}

/// Body of `POST /v1/chat/completions`, as far as the simulator reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
}

impl ChatRequest {
    /// Inference takes many more parameters than this; none of them changes the answer.
    pub(crate) fn read(body: &Value) -> Result<Self, String> {
        let body = body.as_object().ok_or("body: must be an object")?;
        let model = body.get("model").ok_or("body.model: field required")?;
        let model = model.as_str().ok_or("body.model: must be a string")?;
        let messages = body
            .get("messages")
            .ok_or("body.messages: field required")?;
        let messages = messages.as_array().ok_or("body.messages: must be a list")?;
        if messages.is_empty() {
            return Err("body.messages: must not be empty".into());
        }
        for (index, message) in messages.iter().enumerate() {
            if message.get("role").and_then(Value::as_str).is_none() {
                return Err(format!("body.messages.{index}.role: field required"));
            }
        }
        if body
            .get("stream")
            .is_some_and(|stream| *stream == Value::Bool(true))
        {
            return Err("body.stream: the simulator does not stream".into());
        }
        Ok(Self {
            model: model.into(),
        })
    }
}

/// The published pattern of an alias.
const ALIAS_PATTERN: &str = "^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$";

/// Whether `text` begins with `s3://` and names a bucket.
pub(crate) fn is_weight_uri(text: &str) -> bool {
    let path = text.strip_prefix("s3://");
    let bucket = path.and_then(|path| path.split('/').next());
    bucket.is_some_and(|bucket| !bucket.is_empty())
}

/// Whether `text` matches `^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$`.
pub(crate) fn is_alias(text: &str) -> bool {
    let bytes = text.as_bytes();
    let [first, middle @ .., last] = bytes else {
        return false;
    };
    first.is_ascii_lowercase()
        && middle.len() <= 126
        && middle
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && (last.is_ascii_lowercase() || last.is_ascii_digit())
}

/// How many errors one answer tells.
const MOST_ERRORS: usize = 100;

/// Reads fields and collects what is wrong with them, as pydantic does.
#[derive(Default)]
struct Reader {
    errors: Vec<FieldError>,
}

type Fields<'a> = Option<&'a Map<String, Value>>;

fn field<'a>(fields: Fields<'a>, name: &str) -> Option<&'a Value> {
    fields.and_then(|fields| fields.get(name))
}

fn under(at: &[Loc], step: impl Into<Loc>) -> Vec<Loc> {
    let mut loc = at.to_vec();
    loc.push(step.into());
    loc
}

impl Reader {
    fn report(&mut self, loc: Vec<Loc>, msg: impl Into<String>, kind: &'static str) {
        let msg = msg.into();
        // A long list that is all wrong would make an answer many times its size.
        if self.errors.len() == MOST_ERRORS {
            return;
        }
        self.errors.push(FieldError {
            loc,
            msg,
            r#type: kind,
        });
    }

    fn finish<T>(self, value: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty()
            && let Some(value) = value()
        {
            return Ok(value);
        }
        Err(self.errors)
    }

    fn object<'a>(&mut self, value: &'a Value, at: &[Loc], known: &[&str]) -> Fields<'a> {
        let Some(fields) = value.as_object() else {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            self.report(at.to_vec(), msg, "model_attributes_type");
            return None;
        };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let msg = "Extra inputs are not permitted";
            self.report(under(at, name.as_str()), msg, "extra_forbidden");
        }
        Some(fields)
    }

    /// Nothing is reported about a field of something that is not an object: that has been.
    fn required<'a>(&mut self, fields: Fields<'a>, at: &[Loc], name: &str) -> Option<&'a Value> {
        let value = fields?.get(name);
        if value.is_none() {
            self.report(under(at, name), "Field required", "missing");
        }
        value
    }

    fn string(&mut self, value: &Value, at: &[Loc]) -> Option<String> {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.report(at.to_vec(), "Input should be a valid string", "string_type");
        }
        text
    }

    fn required_string(&mut self, fields: Fields<'_>, at: &[Loc], name: &str) -> Option<String> {
        let value = self.required(fields, at, name)?;
        self.string(value, &under(at, name))
    }

    /// Repeats within one list are dropped, as the list is a set of names.
    fn aliases(&mut self, list: &Value, at: &[Loc]) -> Vec<String> {
        let at = under(at, "version_aliases");
        let Some(items) = list.as_array() else {
            self.report(at, "Input should be a valid list", "list_type");
            return Vec::new();
        };
        let mut aliases = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let at = under(&at, index);
            let Some(alias) = self.string(item, &at) else {
                continue;
            };
            if !is_alias(&alias) {
                let msg = format!("String should match pattern '{ALIAS_PATTERN}'");
                self.report(at, msg, "string_pattern_mismatch");
            } else if seen.insert(alias.clone()) {
                aliases.push(alias);
            }
        }
        aliases
    }

    fn weight_uri(&mut self, uri: &str, at: &[Loc]) {
        if !is_weight_uri(uri) {
            let msg = "Value error, weight_uri must be an S3 URI: s3://<bucket>/<prefix>";
            self.report(at.to_vec(), msg, "value_error");
        }
    }
}
