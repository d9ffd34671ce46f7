//! The routes of endpoints.

use super::deployment::{Deployment, DeploymentState, Rollout};
use super::endpoint::Endpoint;
use super::models::{architecture_of, find};
use super::version::{Sync, SyncState};
use super::{Moment, Refusal, Request, Settings, World, not_found, version_name};
use crate::wire::{self, DeployRequest, Json, Maybe};
use crate::{
    CompletedState, DeployAnswer, DeployedOrder, DeploymentDates, DeploymentStates, FailedState,
    OtherOrg, ReplicaCounts, RolloutError, RolloutOutcome, SecondDeploy, UnsyncedDeploy,
};

impl World {
    pub(super) fn list_endpoints(&mut self, request: &Request) -> Result<Json, Refusal> {
        self.org(&request.org, &request.key)?;
        let own = self.endpoints.iter().filter(|(_, e)| e.org == request.org);
        let endpoints = own
            .map(|(id, endpoint)| wire::EndpointSummary {
                endpoint_id: id.clone(),
                model_arch_id: endpoint.architecture.clone(),
                created: self.settings.unix(endpoint.created),
                updated: self.settings.unix(endpoint.updated(self.now)),
                org_name: endpoint.org.clone(),
            })
            .collect();
        Ok(Json::of(&wire::Endpoints { endpoints }))
    }

    pub(super) fn get_endpoint(&mut self, request: &Request) -> Result<Json, Refusal> {
        let (now, settings) = (self.now, self.settings);
        let endpoint = self.endpoint(request)?;
        let mut deployed_models: Vec<_> = endpoint
            .listed(now, &settings)
            .map(|deployment| show(endpoint, deployment, now, &settings))
            .collect();
        if settings.behaviour.deployed_order == DeployedOrder::NewestFirst {
            deployed_models.reverse();
        }
        Ok(Json::of(&wire::Endpoint {
            name: request.endpoint.clone(),
            model_arch_id: endpoint.architecture.clone(),
            deployed_models,
            managing_org_name: endpoint.org.clone(),
            created: settings.unix(endpoint.created),
            updated: settings.unix(endpoint.updated(now)),
        }))
    }

    pub(super) fn deploy(&mut self, request: &Request) -> Result<Json, Refusal> {
        let asked = DeployRequest::read(&request.body).map_err(Refusal::fields)?;
        let (now, settings) = (self.now, self.settings);
        let (version, fingerprint_suffix, sync) = self.deployable(request, &asked)?;
        let id = self.ids.uuid();
        let endpoint = self.endpoint(request)?;
        match settings.behaviour.second_deploy {
            SecondDeploy::Refused if endpoint.is_busy(now) => {
                let detail = format!("Endpoint '{}' is being deployed to", request.endpoint);
                return Err(Refusal::detail(409, detail));
            }
            SecondDeploy::CancelsFirst => endpoint.cancel_unfinished(now),
            SecondDeploy::Queues | SecondDeploy::Refused => {}
        }
        let mut outcome = self.plans.rollouts.next([
            &[&request.endpoint],
            &[&asked.version, &version.to_string()],
        ]);
        if !sync.succeeds() {
            outcome = RolloutOutcome::Errors { replicas: 0 };
        }
        let synced = sync.ends();
        let endpoint = self.endpoint(request)?;
        let free = endpoint.free_at(now);
        let free = free.and_then(|free| Some(free.max(synced?)));
        let rollout = Rollout::planned(&outcome, endpoint.replicas, free, &settings.timings);
        endpoint.deployments.push(Deployment {
            id: id.clone(),
            version,
            reference: asked.version.clone(),
            fingerprint_suffix,
            created: now,
            rollout,
        });
        let full = settings.behaviour.deploy_answer == DeployAnswer::Full;
        let error_sent = settings.behaviour.rollout_error == RolloutError::Sent;
        let created = settings.unix(now);
        let response = wire::DeploymentRecord {
            deployment_id: id.clone(),
            endpoint_id: request.endpoint.clone(),
            org_name: asked.org,
            model_arch_id: asked.architecture,
            version_id: version,
            version_alias: given(full, Maybe::Present(asked.version)),
            created,
            updated: created,
            rollout_status: "not_started".into(),
            max_unavailable_replicas: given(full, Maybe::Present(1)),
            rollout_replicas_updated: given(full, Maybe::Present(0)),
            rollout_total_replicas: given(full, Maybe::Present(endpoint.replicas)),
            // Nothing has begun that could have broken.
            rollout_error_message: given(full || error_sent, Maybe::Null),
        };
        Ok(Json::of(&wire::Deployment {
            name: id,
            done: false,
            response,
        }))
    }

    /// The version that a deploy asks for, when the endpoint can run it: its id, fingerprint
    /// suffix and sync.
    fn deployable(
        &mut self,
        request: &Request,
        asked: &DeployRequest,
    ) -> Result<(u64, Option<String>, Sync), Refusal> {
        let (now, unsynced) = (self.now, self.settings.behaviour.unsynced_deploy);
        let endpoint = self.endpoint(request)?;
        let (own_org, own_architecture) = (endpoint.org.clone(), endpoint.architecture.clone());
        let org = self.org(&asked.org, &request.key)?;
        if (&asked.org, &asked.architecture) != (&own_org, &own_architecture) {
            let endpoint = &request.endpoint;
            let detail = format!(
                "Endpoint '{endpoint}' runs orgs/{own_org}/models/{own_architecture}, not \
                 orgs/{}/models/{}",
                asked.org, asked.architecture
            );
            return Err(Refusal::detail(400, detail));
        }
        let architecture = architecture_of(org, &asked.architecture)?;
        let (id, version) = find(architecture, &asked.version, now)?;
        if version.sync.state(now) != SyncState::Synced {
            let status = match unsynced {
                UnsyncedDeploy::Conflict => Some(409),
                UnsyncedDeploy::BadRequest => Some(400),
                UnsyncedDeploy::Waits => None,
            };
            if let Some(status) = status {
                let name = version_name(&asked.org, &asked.architecture, id);
                let detail = format!("Model version {name} is not synced");
                return Err(Refusal::detail(status, detail));
            }
        }
        let suffix = version.fingerprint_suffix.as_deref().map(str::to_owned);
        Ok((id, suffix, version.sync.clone()))
    }

    /// The endpoint of the path, if the key belongs to its org.
    fn endpoint(&mut self, request: &Request) -> Result<&mut Endpoint, Refusal> {
        let not_found = || not_found("Endpoint", &request.endpoint);
        let endpoint = self
            .endpoints
            .get(&request.endpoint)
            .ok_or_else(not_found)?;
        let org = endpoint.org.clone();
        let access = self.org(&org, &request.key).map(|_| ());
        match self.settings.behaviour.other_org {
            OtherOrg::Forbidden => access?,
            OtherOrg::NotFound => access.map_err(|_| not_found())?,
        }
        self.endpoints
            .get_mut(&request.endpoint)
            .ok_or_else(not_found)
    }
}

fn given<T>(full: bool, value: Maybe<T>) -> Maybe<T> {
    if full { value } else { Maybe::Absent }
}

fn show(
    endpoint: &Endpoint,
    deployment: &Deployment,
    now: Moment,
    settings: &Settings,
) -> wire::DeployedModel {
    let rollout = &deployment.rollout;
    let counts = settings.behaviour.replica_counts == ReplicaCounts::Sent;
    let dated = settings.behaviour.deployment_dates == DeploymentDates::Sent;
    let state = rollout.state(now);
    let told = match settings.behaviour.deployment_states {
        DeploymentStates::Sent => true,
        DeploymentStates::WhenStarted => state != DeploymentState::NotStarted,
        DeploymentStates::WhenEnded => state.has_ended(),
        DeploymentStates::Omitted => false,
    };
    wire::DeployedModel {
        id: deployment.id.clone(),
        model: version_name(&endpoint.org, &endpoint.architecture, deployment.version),
        version_alias: deployment.reference.clone(),
        created: dated.then(|| settings.unix(deployment.created)),
        state: told.then(|| state_name(state, settings)),
        rollout_replicas_updated: counts.then(|| rollout.updated(now)),
        rollout_total_replicas: counts.then(|| rollout.replicas()),
        rollout_error_message: match settings.behaviour.rollout_error {
            RolloutError::Omitted => Maybe::Absent,
            RolloutError::Sent => rollout.error(now).map_or(Maybe::Null, Maybe::Present),
        },
    }
}

fn state_name(state: DeploymentState, settings: &Settings) -> &'static str {
    match state {
        DeploymentState::NotStarted => "not_started",
        DeploymentState::InProgress => "in_progress",
        DeploymentState::RollingBack => "rolling_back",
        DeploymentState::RolledBack => "rolled_back",
        DeploymentState::Cancelled => "cancelled",
        DeploymentState::Complete => match settings.behaviour.completed_state {
            CompletedState::Complete => "complete",
            CompletedState::Done => "done",
        },
        DeploymentState::Error => match settings.behaviour.failed_state {
            FailedState::Error => "error",
            FailedState::Failed => "failed",
        },
    }
}
