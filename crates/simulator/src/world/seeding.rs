use super::architecture::Architecture;
use super::deployment::{Deployment, Rollout};
use super::endpoint::Endpoint;
use super::plans::Plans;
use super::version::{Sync, Version};
use super::{Moment, Org, World};
use crate::wire::is_alias;
use crate::{BadSeed, IdReuse, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld};

/// Fills an empty world.
pub(super) fn fill(world: &mut World, seed: &SeedWorld) -> Result<(), BadSeed> {
    if seed.orgs.is_empty() {
        return Err(BadSeed("the world has no org".into()));
    }
    for org in &seed.orgs {
        add_org(world, org)?;
    }
    for org in &seed.orgs {
        if let Some(other) = seed
            .orgs
            .iter()
            .find(|o| o.inference_key == org.management_key)
        {
            return Err(BadSeed(format!(
                "the management key of org {:?} is the inference key of org {:?}: the two kinds \
                 of key must differ",
                org.name, other.name
            )));
        }
    }
    Ok(())
}

fn add_org(world: &mut World, seed: &SeedOrg) -> Result<(), BadSeed> {
    check_name("org", &seed.name)?;
    for (kind, key) in [
        ("management", &seed.management_key),
        ("inference", &seed.inference_key),
    ] {
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadSeed(format!(
                "the {kind} key of org {:?} must be printable ASCII without spaces",
                seed.name
            )));
        }
    }
    let mut org = Org {
        management_key: seed.management_key.clone(),
        inference_key: seed.inference_key.clone(),
        architectures: std::collections::BTreeMap::new(),
    };
    for id in &seed.architectures {
        check_name("architecture", id)?;
        if org
            .architectures
            .insert(id.clone(), Architecture::default())
            .is_some()
        {
            return Err(twice("architecture", id));
        }
    }
    for version in &seed.versions {
        add_version(&mut org, version)?;
    }
    for endpoint in &seed.endpoints {
        add_endpoint(world, &seed.name, &org, endpoint)?;
    }
    if world.orgs.insert(seed.name.clone(), org).is_some() {
        return Err(twice("org", &seed.name));
    }
    Ok(())
}

fn add_version(org: &mut Org, seed: &SeedVersion) -> Result<(), BadSeed> {
    let architecture = &seed.architecture;
    let versions = org
        .architectures
        .get_mut(architecture)
        .ok_or_else(|| unknown_architecture(&seed.weight_uri, architecture))?;
    if let Some(alias) = seed.aliases.iter().find(|alias| !is_alias(alias)) {
        return Err(BadSeed(format!(
            "{alias:?} is no alias: 2 to 128 letters, digits and hyphens, a lower-case letter \
             first, no upper-case letter and no hyphen last"
        )));
    }
    if let Some((alias, holder)) = versions.taken(&seed.aliases, 0) {
        return Err(BadSeed(format!(
            "two versions under {architecture:?} have the alias {alias:?}: {holder} and the one \
             from {:?}",
            seed.weight_uri
        )));
    }
    let version = Version {
        weight_uri: seed.weight_uri.clone(),
        aliases: seed.aliases.clone(),
        fingerprint_suffix: seed.fingerprint_suffix.clone(),
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
) -> Result<(), BadSeed> {
    check_name("endpoint", &seed.id)?;
    if seed.id.contains(':') {
        return Err(BadSeed(format!("endpoint {:?} has a colon in it", seed.id)));
    }
    if seed.replicas == 0 {
        return Err(BadSeed(format!("endpoint {:?} has no replicas", seed.id)));
    }
    let versions = org
        .architectures
        .get(&seed.architecture)
        .ok_or_else(|| unknown_architecture(&seed.id, &seed.architecture))?;
    let mut deployments = Vec::new();
    if let Some(id) = seed.serving {
        let (id, version) = versions.find(&id.to_string()).ok_or_else(|| {
            let (endpoint, architecture) = (&seed.id, &seed.architecture);
            BadSeed(format!(
                "endpoint {endpoint:?} serves version {id}, which does not exist under \
                 {architecture:?}"
            ))
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
        plans: Plans::default(),
        answered: 0,
    };
    if world.endpoints.insert(seed.id.clone(), endpoint).is_some() {
        return Err(twice("endpoint", &seed.id));
    }
    Ok(())
}

/// A name that no path could carry would exist out of reach.
fn check_name(kind: &str, name: &str) -> Result<(), BadSeed> {
    let reachable = !name.is_empty() && name != "." && name != ".." && !name.contains('/');
    if reachable {
        Ok(())
    } else {
        Err(BadSeed(format!(
            "{name:?} cannot be the name of an {kind}: no path can carry it"
        )))
    }
}

fn unknown_architecture(user: &str, architecture: &str) -> BadSeed {
    BadSeed(format!(
        "{user:?} is of the architecture {architecture:?}, which its org does not have"
    ))
}

fn twice(kind: &str, name: &str) -> BadSeed {
    BadSeed(format!("the {kind} {name:?} is there twice"))
}
