use std::collections::BTreeMap;

use super::architecture::Architecture;
use super::deployment::{Deployment, Rollout};
use super::endpoint::Endpoint;
use super::version::{Sync, Version};
use super::{Moment, Org, World};
use crate::place::Place;
use crate::wire::{is_alias, is_weight_uri};
use crate::{BadSeed, IdReuse, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld};

/// Fills an empty world.
pub(super) fn fill(world: &mut World, seed: &SeedWorld) -> Result<(), BadSeed> {
    if seed.orgs.is_empty() {
        return Err(bad(Place::default(), "the world has no org"));
    }
    for (index, org) in seed.orgs.iter().enumerate() {
        add_org(world, org, &Place::in_list("org", index, ""))?;
    }
    for (index, org) in seed.orgs.iter().enumerate() {
        let mut orgs = seed.orgs.iter();
        if let Some(other) = orgs.find(|other| other.inference_key == org.management_key) {
            let message = format!(
                "the management key of org {:?} is the inference key of org {:?}: the two kinds \
                 of key must differ",
                org.name, other.name
            );
            return Err(bad(Place::in_list("org", index, "management_key"), message));
        }
    }
    Ok(())
}

fn add_org(world: &mut World, seed: &SeedOrg, place: &Place) -> Result<(), BadSeed> {
    let at = |key| place.clone().key(key);
    check_name("org", &seed.name, || at("name"))?;
    for (kind, field, key) in [
        ("management", "management_key", &seed.management_key),
        ("inference", "inference_key", &seed.inference_key),
    ] {
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let message = format!(
                "the {kind} key of org {:?} must be printable ASCII without spaces",
                seed.name
            );
            return Err(bad(at(field), message));
        }
    }
    let mut org = Org {
        management_key: seed.management_key.clone(),
        inference_key: seed.inference_key.clone(),
        architectures: BTreeMap::new(),
    };
    for (index, id) in seed.architectures.iter().enumerate() {
        let at = || place.clone().item("architectures", index);
        check_name("architecture", id, at)?;
        let architecture = Architecture::default();
        if org.architectures.insert(id.clone(), architecture).is_some() {
            return Err(twice("architecture", id, at()));
        }
    }
    for (index, version) in seed.versions.iter().enumerate() {
        add_version(&mut org, version, &place.clone().item("version", index))?;
    }
    for (index, endpoint) in seed.endpoints.iter().enumerate() {
        let place = place.clone().item("endpoint", index);
        add_endpoint(world, &seed.name, &org, endpoint, &place)?;
    }
    if world.orgs.insert(seed.name.clone(), org).is_some() {
        return Err(twice("org", &seed.name, at("name")));
    }
    Ok(())
}

fn add_version(org: &mut Org, seed: &SeedVersion, place: &Place) -> Result<(), BadSeed> {
    let at = |key| place.clone().key(key);
    let architecture = &seed.architecture;
    let versions = org
        .architectures
        .get_mut(architecture)
        .ok_or_else(|| unknown_architecture(&seed.weight_uri, architecture, place))?;
    if !is_weight_uri(&seed.weight_uri) {
        let message = format!(
            "{:?} is no weight URI: expected s3://<bucket>/<prefix>",
            seed.weight_uri
        );
        return Err(bad(at("weight_uri"), message));
    }
    if let Some(alias) = seed.aliases.iter().find(|alias| !is_alias(alias)) {
        let message = format!(
            "{alias:?} is no alias: 2 to 128 letters, digits and hyphens, a lower-case letter \
             first, no upper-case letter and no hyphen last"
        );
        return Err(bad(at("aliases"), message));
    }
    if let Some((alias, holder)) = versions.taken(&seed.aliases, 0) {
        let message = format!(
            "two versions under {architecture:?} have the alias {alias:?}: {holder} and the one \
             from {:?}",
            seed.weight_uri
        );
        return Err(bad(at("aliases"), message));
    }
    let version = Version {
        weight_uri: seed.weight_uri.clone(),
        aliases: seed.aliases.clone(),
        fingerprint_suffix: seed.fingerprint_suffix.clone(),
        found: Moment::ZERO,
        sync: Sync::over(),
    };
    versions.add(version, IdReuse::Never);
    Ok(())
}

fn add_endpoint(
    world: &mut World,
    org_name: &str,
    org: &Org,
    seed: &SeedEndpoint,
    place: &Place,
) -> Result<(), BadSeed> {
    let at = |key| place.clone().key(key);
    check_name("endpoint", &seed.id, || at("id"))?;
    if seed.id.contains(':') {
        let message = format!("endpoint {:?} has a colon in it", seed.id);
        return Err(bad(at("id"), message));
    }
    if seed.replicas == 0 {
        let message = format!("endpoint {:?} has no replicas", seed.id);
        return Err(bad(at("replicas"), message));
    }
    let versions = org
        .architectures
        .get(&seed.architecture)
        .ok_or_else(|| unknown_architecture(&seed.id, &seed.architecture, place))?;
    let mut deployments = Vec::new();
    if let Some(id) = seed.serving {
        let (id, version) = versions.find(&id.to_string()).ok_or_else(|| {
            let (endpoint, architecture) = (&seed.id, &seed.architecture);
            let message = format!(
                "endpoint {endpoint:?} serves version {id}, which does not exist under \
                 {architecture:?}"
            );
            bad(at("serving"), message)
        })?;
        deployments.push(Deployment {
            id: world.ids.uuid(),
            version: id,
            reference: id.to_string(),
            fingerprint_suffix: version.fingerprint_suffix.clone(),
            created: Moment::ZERO,
            rollout: Rollout::over(seed.replicas),
        });
    }
    let endpoint = Endpoint {
        org: org_name.into(),
        architecture: seed.architecture.clone(),
        replicas: seed.replicas,
        created: Moment::ZERO,
        deployments,
        answered: 0,
    };
    if world.endpoints.insert(seed.id.clone(), endpoint).is_some() {
        return Err(twice("endpoint", &seed.id, at("id")));
    }
    Ok(())
}

/// A name that no path could carry would exist out of reach.
fn check_name(kind: &str, name: &str, place: impl Fn() -> Place) -> Result<(), BadSeed> {
    let reachable = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
    if reachable {
        return Ok(());
    }
    let message = format!("{name:?} cannot be the name of an {kind}: no path can carry it");
    Err(bad(place(), message))
}

fn unknown_architecture(user: &str, architecture: &str, place: &Place) -> BadSeed {
    let message =
        format!("{user:?} is of the architecture {architecture:?}, which its org does not have");
    bad(place.clone().key("architecture"), message)
}

fn twice(kind: &str, name: &str, place: Place) -> BadSeed {
    bad(place, format!("the {kind} {name:?} is there twice"))
}

fn bad(place: Place, message: impl Into<String>) -> BadSeed {
    let message = message.into();
    BadSeed { place, message }
}
