//! Bodies as one would declare them by hand.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct Version {
    pub name: String,
    pub done: bool,
    pub response: Option<VersionStatus>,
}

#[derive(Deserialize)]
pub struct VersionStatus {
    pub customer_s3_uri: Option<String>,
    pub version_aliases: Option<Vec<String>>,
    pub sync_status: Option<String>,
    pub system_fingerprint_suffix: Option<String>,
}

#[derive(Serialize)]
pub struct Deploy<'a> {
    pub model: &'a str,
}

#[derive(Deserialize)]
pub struct Deployed {
    pub name: String,
    pub done: bool,
    pub response: Option<Submitted>,
}

#[derive(Deserialize)]
pub struct Submitted {
    pub deployment_id: Option<String>,
    pub endpoint_id: Option<String>,
    pub org_name: Option<String>,
    pub model_arch_id: Option<String>,
    pub version_id: Option<u64>,
    pub version_alias: Option<String>,
    pub rollout_status: Option<String>,
    pub created: Option<i64>,
    pub updated: Option<i64>,
}

#[derive(Deserialize)]
pub struct List {
    pub model_versions: Vec<Version>,
}
