//! Which fields the service's objects have, and of what kind.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answers::Answers;
use super::names::Names;

/// A kind of object, and the fields of it that a page names.
struct Place {
    name: &'static str,
    fields: &'static [&'static str],
    objects: fn(&Answers) -> Vec<&Value>,
}

const VERSION: &[&str] = &["name", "done", "response"];
const RESPONSE: &[&str] = &[
    "customer_s3_uri",
    "version_aliases",
    "sync_status",
    "system_fingerprint_suffix",
];

const PLACES: [Place; 9] = [
    Place {
        name: "list_model_architectures",
        fields: &["model_architectures"],
        objects: |answers| answers.bodies("list_model_architectures").collect(),
    },
    Place {
        name: "list_model_versions",
        fields: &["model_versions"],
        objects: |answers| answers.bodies("list_model_versions").collect(),
    },
    Place {
        name: "list_model_versions, each version",
        fields: VERSION,
        objects: |answers| answers.versions().collect(),
    },
    Place {
        name: "list_model_versions, each `response`",
        fields: RESPONSE,
        objects: |answers| {
            answers
                .versions()
                .filter_map(|it| it.get("response"))
                .collect()
        },
    },
    Place {
        name: "get_model_version",
        fields: VERSION,
        objects: |answers| answers.bodies("get_model_version").collect(),
    },
    Place {
        name: "get_model_version, `response`",
        fields: RESPONSE,
        objects: |answers| {
            let bodies = answers.bodies("get_model_version");
            bodies.filter_map(|it| it.get("response")).collect()
        },
    },
    Place {
        name: "list_endpoints, each endpoint",
        fields: &[
            "endpoint_id",
            "model_arch_id",
            "created",
            "updated",
            "org_name",
        ],
        objects: |answers| answers.endpoints().collect(),
    },
    Place {
        name: "get_endpoint",
        fields: &[
            "name",
            "model_arch_id",
            "deployed_models",
            "managing_org_name",
            "created",
            "updated",
        ],
        objects: |answers| answers.bodies("get_endpoint").collect(),
    },
    Place {
        name: "get_endpoint, each of `deployed_models`",
        fields: &["id", "model", "version_alias", "created", "state"],
        objects: |answers| answers.deployments().flatten().collect(),
    },
];

/// One field of one kind of object.
pub(super) struct Field {
    pub(super) place: &'static str,
    pub(super) name: String,
    pub(super) is_published: bool,
    /// How many of these objects there are.
    pub(super) of: usize,
    /// How many have the field as what, such as `string`.
    pub(super) kinds: BTreeMap<&'static str, usize>,
}

impl Field {
    pub(super) fn absent(&self) -> usize {
        self.of - self.kinds.values().sum::<usize>()
    }
}

/// Those that a page names first, then the others by name; of objects that there are.
pub(super) fn fields(answers: &Answers) -> Vec<Field> {
    PLACES
        .iter()
        .flat_map(|place| of_place(place, answers))
        .collect()
}

fn of_place(place: &Place, answers: &Answers) -> Vec<Field> {
    let objects = (place.objects)(answers);
    let mut names: Vec<_> = place.fields.iter().map(|it| (*it).to_owned()).collect();
    let mut others: Vec<_> = objects
        .iter()
        .filter_map(|it| it.as_object())
        .flat_map(|it| it.keys().cloned())
        .filter(|name| !names.contains(name))
        .collect();
    others.sort();
    others.dedup();
    names.extend(others);
    if objects.is_empty() {
        return Vec::new();
    }
    let field = |name: String| {
        let mut kinds = BTreeMap::new();
        for value in objects.iter().filter_map(|it| it.get(&name)) {
            *kinds.entry(kind(value)).or_default() += 1;
        }
        Field {
            place: place.name,
            is_published: place.fields.contains(&&*name),
            of: objects.len(),
            kinds,
            name,
        }
    };
    names.into_iter().map(field).collect()
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// What a JSON value is made of, no deeper than a list's items and an object's fields.
pub(super) fn shape(value: &Value, names: &Names) -> String {
    match value {
        Value::Array(items) => {
            let mut kinds: Vec<_> = items.iter().map(|item| fields_of(item, names)).collect();
            kinds.sort();
            kinds.dedup();
            match &kinds[..] {
                [] => "an empty list".to_owned(),
                kinds => format!("a list of {}", kinds.join(" and ")),
            }
        }
        Value::Object(fields) => {
            let mut all: Vec<_> = fields
                .iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Array(_) => shape(value, names),
                        Value::Object(_) => fields_of(value, names),
                        other => kind(other).to_owned(),
                    };
                    format!("{}: {value}", names.word(name))
                })
                .collect();
            all.sort();
            format!("{{{}}}", all.join(", "))
        }
        other => kind(other).to_owned(),
    }
}

fn fields_of(value: &Value, names: &Names) -> String {
    let Value::Object(fields) = value else {
        return kind(value).to_owned();
    };
    let mut all: Vec<_> = fields.keys().map(|name| names.word(name)).collect();
    all.sort();
    format!("{{{}}}", all.join(", "))
}
