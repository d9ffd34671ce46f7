//! Architectures, versions and aliases.

use cerebras_management::ModelVersion;
use cerebras_management::names::VersionId;
use serde::Serialize;

use super::{short_of, without_keys};
use crate::output::Record;

#[derive(Debug, Serialize)]
pub(crate) struct Architecture {
    pub(crate) architecture: String,
}

impl Record for Architecture {
    const COLUMNS: &'static [&'static str] = &["ARCHITECTURE"];

    fn row(&self) -> Vec<String> {
        vec![self.architecture.clone()]
    }

    fn name(&self) -> String {
        self.architecture.clone()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct VersionRecord {
    pub(crate) name: String,
    id: Option<u64>,
    org: Option<String>,
    architecture: Option<String>,
    pub(crate) aliases: Vec<String>,
    idempotency_keys: Vec<String>,
    sync_status: Option<String>,
    done: bool,
    weight_uri: Option<String>,
    fingerprint_suffix: Option<String>,
    #[serde(skip)]
    short: String,
}

impl From<&ModelVersion> for VersionRecord {
    fn from(version: &ModelVersion) -> Self {
        let parsed = version.parsed_name();
        let (aliases, idempotency_keys) = without_keys(version.aliases());
        Self {
            name: version.name().to_owned(),
            id: version.id().map(VersionId::get),
            org: parsed.map(|name| name.org().to_string()),
            architecture: parsed.map(|name| name.architecture().to_string()),
            aliases,
            idempotency_keys,
            sync_status: version.sync_status().map(ToString::to_string),
            done: version.done(),
            weight_uri: version.weight_uri().map(str::to_owned),
            fingerprint_suffix: version.fingerprint_suffix().map(str::to_owned),
            short: short_of(version.name(), parsed),
        }
    }
}

impl VersionRecord {
    fn sync(&self) -> String {
        match (&self.sync_status, self.done) {
            (Some(status), _) => status.clone(),
            (None, true) => "done".to_owned(),
            (None, false) => String::new(),
        }
    }

    fn weights(&self) -> String {
        self.weight_uri.clone().unwrap_or_default()
    }

    fn suffix(&self) -> String {
        self.fingerprint_suffix.clone().unwrap_or_default()
    }
}

impl Record for VersionRecord {
    const COLUMNS: &'static [&'static str] = &["VERSION", "ALIASES", "SYNC", "WEIGHTS", "SUFFIX"];

    fn row(&self) -> Vec<String> {
        vec![
            self.short.clone(),
            self.aliases.join(", "),
            self.sync(),
            self.weights(),
            self.suffix(),
        ]
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn details(&self) -> Vec<(String, String)> {
        let mut details = vec![
            ("version".to_owned(), self.short.clone()),
            ("name".to_owned(), self.name.clone()),
            ("aliases".to_owned(), self.aliases.join(", ")),
            ("sync".to_owned(), self.sync()),
            ("weights".to_owned(), self.weights()),
            ("suffix".to_owned(), self.suffix()),
        ];
        if !self.idempotency_keys.is_empty() {
            details.push(("upload key".to_owned(), self.idempotency_keys.join(", ")));
        }
        details
    }
}

/// One alias, and the version that it names.
#[derive(Debug, Serialize)]
pub(crate) struct AliasRecord {
    alias: String,
    version: String,
    version_id: Option<u64>,
    architecture: Option<String>,
    /// Whether it is the idempotency key of an upload.
    idempotency_key: bool,
    #[serde(skip)]
    short: String,
}

impl AliasRecord {
    pub(crate) fn all_of(version: &ModelVersion) -> Vec<Self> {
        let record = VersionRecord::from(version);
        let of = |alias: &String, idempotency_key| Self {
            alias: alias.clone(),
            version: record.name.clone(),
            version_id: record.id,
            architecture: record.architecture.clone(),
            idempotency_key,
            short: record.short.clone(),
        };
        let aliases = record.aliases.iter().map(|alias| of(alias, false));
        let keys = record.idempotency_keys.iter().map(|alias| of(alias, true));
        aliases.chain(keys).collect()
    }
}

impl Record for AliasRecord {
    const COLUMNS: &'static [&'static str] = &["ALIAS", "VERSION"];

    fn row(&self) -> Vec<String> {
        let mark = if self.idempotency_key {
            " (upload key)"
        } else {
            ""
        };
        vec![format!("{}{mark}", self.alias), self.short.clone()]
    }

    fn name(&self) -> String {
        self.alias.clone()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct DeletedRecord {
    #[serde(flatten)]
    pub(crate) version: VersionRecord,
    pub(crate) message: Option<String>,
}

impl Record for DeletedRecord {
    const COLUMNS: &'static [&'static str] = &["DELETED", "MESSAGE"];

    fn row(&self) -> Vec<String> {
        vec![
            self.version.name.clone(),
            self.message.clone().unwrap_or_default(),
        ]
    }

    fn name(&self) -> String {
        self.version.name.clone()
    }
}
