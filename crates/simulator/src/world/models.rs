//! The routes under an org's models.

use std::borrow::Cow;

use super::architecture::Architecture;
use super::version::{Sync, SyncState, Version};
use super::{Moment, Org, Refusal, Request, Settings, World, not_found, version_name};
use crate::wire::{self, Json, Maybe, UpdateAliasesRequest, UploadRequest, VersionName};
use crate::{
    AliasConflict, Architectures, DeleteAnswer, DeleteDeployed, NewVersion, TakenAlias,
    UnstartedResponse, VersionFields, WeightUri,
};

impl World {
    pub(super) fn list_architectures(&mut self, request: &Request) -> Result<Json, Refusal> {
        let shape = self.settings.behaviour.architectures;
        let org = self.org(&request.org, &request.key)?;
        let names = org.architectures.keys().cloned();
        let model_architectures = names.map(|name| match shape {
            Architectures::Names => wire::Architecture::Name(name),
            Architectures::Objects => wire::Architecture::Object {
                model_arch_id: name,
            },
        });
        let model_architectures = model_architectures.collect();
        Ok(Json::of(&wire::ModelArchitectures {
            model_architectures,
        }))
    }

    pub(super) fn list_versions(&mut self, request: &Request) -> Result<Json, Refusal> {
        let (now, settings) = (self.now, self.settings);
        let architecture = self.architecture(request, &request.architecture)?;
        let model_versions = architecture
            .versions()
            .filter(|(_, version)| version.found <= now)
            .map(|(id, version)| {
                let name = name(request, &request.architecture, id);
                show(name, version, now, &settings, Suffix::LeftOut)
            });
        Ok(Json::of(&wire::ModelVersions { model_versions }))
    }

    pub(super) fn get_version(&mut self, request: &Request) -> Result<Json, Refusal> {
        let (now, settings) = (self.now, self.settings);
        let (id, version) = find(
            self.architecture(request, &request.architecture)?,
            &request.version,
            now,
        )?;
        let name = name(request, &request.architecture, id);
        Ok(Json::of(&show(
            name,
            version,
            now,
            &settings,
            Suffix::Given,
        )))
    }

    pub(super) fn upload(&mut self, request: &Request) -> Result<Json, Refusal> {
        let (now, settings) = (self.now, self.settings);
        let upload = UploadRequest::read(&request.body, settings.behaviour.upload_requires)
            .map_err(Refusal::fields)?;
        let architecture = self.architecture(request, &upload.model_arch_id)?;
        let conflict = taken(architecture, &upload.version_aliases, 0, &settings);
        if settings.behaviour.taken_alias == TakenAlias::RefusedBefore {
            conflict.clone()?;
        }
        let outcome = self
            .plans
            .syncs
            .next([&[&upload.model_arch_id], &[&request.org]]);
        let version = Version {
            weight_uri: upload.weight_uri.into(),
            aliases: Box::default(),
            fingerprint_suffix: upload.system_fingerprint_suffix.map(Into::into),
            found: match settings.behaviour.new_version {
                NewVersion::AtOnce => now,
                NewVersion::AfterDelay => now.saturating_add(settings.timings.lag),
            },
            sync: Sync::accepted(now, outcome, &settings),
        };
        let aliases = match conflict {
            Ok(()) => upload.version_aliases,
            Err(_) => Vec::new(),
        };
        let architecture = self.architecture(request, &upload.model_arch_id)?;
        let (id, version) = architecture.add(version, &aliases, settings.behaviour.id_reuse);
        conflict?;
        let name = name(request, &upload.model_arch_id, id);
        Ok(Json::of(&show(
            name,
            version,
            now,
            &settings,
            Suffix::LeftOut,
        )))
    }

    pub(super) fn update_aliases(&mut self, request: &Request) -> Result<Json, Refusal> {
        let update = UpdateAliasesRequest::read(&request.body).map_err(Refusal::fields)?;
        let (now, settings) = (self.now, self.settings);
        let architecture = self.architecture(request, &request.architecture)?;
        let (id, _) = find(architecture, &request.version, now)?;
        taken(architecture, &update.version_aliases, id, &settings)?;
        architecture.set_aliases(id, &update.version_aliases);
        Ok(Json::of(&wire::ModelVersionAliases {
            name: version_name(&request.org, &request.architecture, id),
            version_aliases: update.version_aliases,
        }))
    }

    pub(super) fn delete_version(&mut self, request: &Request) -> Result<Json, Refusal> {
        let (now, behaviour) = (self.now, self.settings.behaviour);
        let (id, _) = find(
            self.architecture(request, &request.architecture)?,
            &request.version,
            now,
        )?;
        let name = version_name(&request.org, &request.architecture, id);
        let user = self.endpoints.iter().find(|(_, endpoint)| {
            endpoint.org == request.org
                && endpoint.architecture == request.architecture
                && endpoint.uses(id, now)
        });
        if let (Some((user, _)), DeleteDeployed::Refused) = (user, behaviour.delete_deployed) {
            let detail = format!("Model version {name} is deployed to endpoint '{user}'");
            return Err(Refusal::detail(409, detail));
        }
        self.architecture(request, &request.architecture)?
            .remove(id);
        let message = format!("Deleted model version {name}");
        let (message, name) = match behaviour.delete_answer {
            DeleteAnswer::Message => (Some(message), None),
            DeleteAnswer::NameAndDeleted => (None, Some(name)),
            DeleteAnswer::Both => (Some(message), Some(name)),
        };
        Ok(Json::of(&wire::ModelVersionDeleted {
            message,
            deleted: name.as_ref().map(|_| true),
            name,
        }))
    }

    fn architecture(&mut self, request: &Request, id: &str) -> Result<&mut Architecture, Refusal> {
        let org = self.org(&request.org, &request.key)?;
        architecture_of(org, id)
    }
}

pub(super) fn architecture_of<'a>(
    org: &'a mut Org,
    id: &str,
) -> Result<&'a mut Architecture, Refusal> {
    let architecture = org.architectures.get_mut(id);
    architecture.ok_or_else(|| not_found("Model architecture", id))
}

pub(super) fn find<'a>(
    architecture: &'a Architecture,
    reference: &str,
    now: Moment,
) -> Result<(u64, &'a Version), Refusal> {
    let found = architecture.find(reference);
    let found = found.filter(|(_, version)| version.found <= now);
    found.ok_or_else(|| not_found("Model version", reference))
}

fn taken(
    architecture: &Architecture,
    aliases: &[String],
    own: u64,
    settings: &Settings,
) -> Result<(), Refusal> {
    let Some((alias, holder)) = architecture.taken(aliases, own) else {
        return Ok(());
    };
    let status = match settings.behaviour.alias_conflict {
        AliasConflict::Conflict => 409,
        AliasConflict::BadRequest => 400,
    };
    let detail = format!("Alias '{alias}' is already assigned to version {holder}");
    Err(Refusal::detail(status, detail))
}

/// Whether an answer holds the version's fingerprint suffix: only that of one version does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Given,
    LeftOut,
}

fn name<'a>(request: &'a Request, architecture: &'a str, id: u64) -> VersionName<'a> {
    VersionName {
        org: &request.org,
        architecture,
        id,
    }
}

/// A version as the service shows it.
fn show<'a>(
    name: VersionName<'a>,
    version: &'a Version,
    now: Moment,
    settings: &Settings,
    suffix: Suffix,
) -> wire::ModelVersion<'a> {
    let report = version.sync.report(now, settings);
    let data = || wire::ModelVersionData {
        customer_s3_uri: Maybe::Present(match settings.behaviour.weight_uri {
            WeightUri::AsGiven => Cow::Borrowed(&*version.weight_uri),
            WeightUri::Normalised => Cow::Owned(normalised(&version.weight_uri)),
        }),
        version_aliases: Maybe::Present(wire::Aliases(&version.aliases)),
        sync_status: Maybe::given(report.status),
        system_fingerprint_suffix: match suffix {
            Suffix::Given => Maybe::given(version.fingerprint_suffix.as_deref()),
            Suffix::LeftOut => Maybe::Absent,
        },
    };
    let state = version.sync.state(now);
    let data = || with_fields(data(), settings.behaviour.version_fields, state, suffix);
    let started = state != SyncState::Queued;
    let response = match settings.behaviour.unstarted_response {
        UnstartedResponse::Absent if !started => Maybe::Absent,
        UnstartedResponse::Null if !started => Maybe::Null,
        UnstartedResponse::Empty if !started => Maybe::Present(wire::ModelVersionData::default()),
        _ => Maybe::Present(data()),
    };
    wire::ModelVersion {
        name,
        done: report.done,
        response,
    }
}

/// What of a version's `response` the service sends.
fn with_fields(
    mut data: wire::ModelVersionData<'_>,
    fields: VersionFields,
    state: SyncState,
    suffix: Suffix,
) -> wire::ModelVersionData<'_> {
    match fields {
        VersionFields::All => {}
        VersionFields::NoWeightUri => data.customer_s3_uri = Maybe::Absent,
        VersionFields::NoAliases => data.version_aliases = Maybe::Absent,
        VersionFields::NoStatus if state == SyncState::Failed => {}
        VersionFields::NoStatus => data.sync_status = Maybe::Absent,
        VersionFields::NoSuffix => data.system_fingerprint_suffix = Maybe::Absent,
        VersionFields::Nulls => {
            if matches!(&data.version_aliases, Maybe::Present(aliases) if aliases.0.is_empty()) {
                data.version_aliases = Maybe::Null;
            }
            if suffix == Suffix::Given && data.system_fingerprint_suffix.is_absent() {
                data.system_fingerprint_suffix = Maybe::Null;
            }
        }
    }
    data
}

/// `s3://bucket//a/` is `s3://bucket/a`.
fn normalised(uri: &str) -> String {
    let rest = uri.strip_prefix("s3://").unwrap_or(uri);
    let steps: Vec<_> = rest.split('/').filter(|step| !step.is_empty()).collect();
    format!("s3://{}", steps.join("/"))
}
