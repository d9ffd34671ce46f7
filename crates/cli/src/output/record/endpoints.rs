//! Endpoints, deployments, and what serves.

use cerebras_management::names::VersionId;
use cerebras_management::{Deployment, EndpointDetails, EndpointSummary, Replicas};
use serde::Serialize;

use super::short_of;
use crate::output::Record;
use crate::output::time::{ago, rfc3339};

#[derive(Debug, Serialize)]
pub(crate) struct EndpointRecord {
    endpoint: String,
    architecture: Option<String>,
    org: Option<String>,
    created: Option<String>,
    updated: Option<String>,
    /// None in a list, which does not tell them.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployments: Option<Vec<DeploymentRecord>>,
    #[serde(skip)]
    since: String,
}

impl From<&EndpointSummary> for EndpointRecord {
    fn from(endpoint: &EndpointSummary) -> Self {
        Self {
            endpoint: endpoint.id.clone(),
            architecture: endpoint.architecture.clone(),
            org: endpoint.org_name.clone(),
            created: endpoint.created.map(rfc3339),
            updated: endpoint.updated.map(rfc3339),
            deployments: None,
            since: endpoint.created.map(ago).unwrap_or_default(),
        }
    }
}

impl From<&EndpointDetails> for EndpointRecord {
    fn from(endpoint: &EndpointDetails) -> Self {
        let deployments = endpoint.deployments.iter().map(DeploymentRecord::from);
        Self {
            endpoint: endpoint.id.clone(),
            architecture: Some(endpoint.architecture.clone()),
            org: Some(endpoint.managing_org.clone()),
            created: Some(rfc3339(endpoint.created)),
            updated: Some(rfc3339(endpoint.updated)),
            deployments: Some(deployments.collect()),
            since: ago(endpoint.created),
        }
    }
}

impl Record for EndpointRecord {
    const COLUMNS: &'static [&'static str] = &["ENDPOINT", "ARCHITECTURE", "CREATED"];

    fn row(&self) -> Vec<String> {
        vec![
            self.endpoint.clone(),
            self.architecture.clone().unwrap_or_default(),
            self.since.clone(),
        ]
    }

    fn name(&self) -> String {
        self.endpoint.clone()
    }

    fn details(&self) -> Vec<(String, String)> {
        let mut details = vec![
            ("endpoint".to_owned(), self.endpoint.clone()),
            (
                "architecture".to_owned(),
                self.architecture.clone().unwrap_or_default(),
            ),
            ("org".to_owned(), self.org.clone().unwrap_or_default()),
            ("created".to_owned(), self.since.clone()),
        ];
        let deployments = self.deployments.iter().flatten();
        details.extend(deployments.map(|it| ("deployment".to_owned(), it.line())));
        details
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ReplicasRecord {
    pub(crate) updated: u64,
    pub(crate) total: u64,
}

impl From<Replicas> for ReplicasRecord {
    fn from(replicas: Replicas) -> Self {
        let Replicas { updated, total, .. } = replicas;
        Self { updated, total }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeploymentRecord {
    deployment: String,
    endpoint: String,
    version: String,
    version_id: Option<u64>,
    requested_as: Option<String>,
    created: Option<String>,
    state: Option<String>,
    replicas: Option<ReplicasRecord>,
    error_message: Option<String>,
    #[serde(skip)]
    pub(crate) short: String,
    #[serde(skip)]
    pub(crate) since: String,
}

impl From<&Deployment> for DeploymentRecord {
    fn from(deployment: &Deployment) -> Self {
        let version = deployment.version.as_ref();
        let id = version.and_then(|name| name.version().as_id());
        Self {
            deployment: deployment.id.clone(),
            endpoint: deployment.endpoint.to_string(),
            version: deployment.model.clone(),
            version_id: id.map(VersionId::get),
            requested_as: deployment.requested_as.clone(),
            created: deployment.created.map(rfc3339),
            state: deployment.state.as_ref().map(ToString::to_string),
            replicas: deployment.replicas.map(ReplicasRecord::from),
            error_message: deployment.error_message.clone(),
            short: short_of(&deployment.model, version),
            since: deployment.created.map(ago).unwrap_or_default(),
        }
    }
}

impl DeploymentRecord {
    /// The state, and how many replicas have it.
    pub(crate) fn progress(&self) -> String {
        let state = self.state.as_deref().unwrap_or("accepted");
        match self.replicas {
            Some(ReplicasRecord { updated, total }) => {
                format!("{state}, {updated} of {total} replicas")
            }
            None => state.to_owned(),
        }
    }

    fn line(&self) -> String {
        let since = match self.since.as_str() {
            "" => String::new(),
            since => format!(", {since}"),
        };
        format!("{} {}{since}", self.short, self.progress())
    }
}

impl Record for DeploymentRecord {
    const COLUMNS: &'static [&'static str] = &["ENDPOINT", "VERSION", "STATE", "DEPLOYED"];

    fn row(&self) -> Vec<String> {
        vec![
            self.endpoint.clone(),
            self.short.clone(),
            self.progress(),
            self.since.clone(),
        ]
    }

    fn name(&self) -> String {
        self.version.clone()
    }
}

/// What serves where.
#[derive(Debug, Serialize)]
pub(crate) struct StatusRecord {
    pub(crate) endpoint: String,
    pub(crate) architecture: String,
    pub(crate) org: String,
    /// The deployment that serves, if one is known to.
    pub(crate) serving: Option<DeploymentRecord>,
    /// The aliases of the version that serves.
    pub(crate) aliases: Vec<String>,
    /// Those of which one serves, where it is unclear which.
    pub(crate) unclear: Vec<DeploymentRecord>,
    /// Those that have not ended.
    pub(crate) under_way: Vec<DeploymentRecord>,
}

impl StatusRecord {
    fn serves(&self) -> String {
        match (&self.serving, self.unclear.as_slice()) {
            (Some(serving), _) => serving.short.clone(),
            (None, []) => String::new(),
            (None, tied) => {
                let names: Vec<_> = tied.iter().map(|it| it.short.as_str()).collect();
                format!("unclear: {}", names.join(" or "))
            }
        }
    }

    fn going(&self) -> String {
        let going = self.under_way.iter();
        let going: Vec<_> = going
            .map(|it| format!("{} {}", it.short, it.progress()))
            .collect();
        going.join("; ")
    }
}

impl Record for StatusRecord {
    const COLUMNS: &'static [&'static str] =
        &["ENDPOINT", "SERVES", "ALIASES", "DEPLOYED", "UNDER WAY"];

    fn row(&self) -> Vec<String> {
        let since = self.serving.as_ref().map(|it| it.since.clone());
        vec![
            self.endpoint.clone(),
            self.serves(),
            self.aliases.join(", "),
            since.unwrap_or_default(),
            self.going(),
        ]
    }

    fn name(&self) -> String {
        self.endpoint.clone()
    }
}
