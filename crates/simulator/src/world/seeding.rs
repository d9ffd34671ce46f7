use std::collections::{BTreeMap, BTreeSet};

use super::architecture::Architecture;
use super::deployment::{Deployment, Rollout};
use super::endpoint::Endpoint;
use super::version::{Sync, Version};
use super::{Moment, Org, World};
use crate::place::Place;
use crate::wire::{is_alias, is_weight_uri};
use crate::{BadSeed, IdReuse, SeedEndpoint, SeedOrg, SeedVersion};

/// Checks that a world can be made of these, without making it.
pub(crate) fn check(orgs: &[SeedOrg]) -> Result<(), BadSeed> {
    if orgs.is_empty() {
        return Err(bad(Place::default(), "the world has no org"));
    }
    let (mut names, mut endpoints) = (BTreeSet::new(), BTreeSet::new());
    for (index, org) in orgs.iter().enumerate() {
        let place = Place::in_list("org", index, "");
        check_org(org, &mut endpoints, &place)?;
        if !names.insert(org.name.as_str()) {
            return Err(twice("org", &org.name, place.key("name")));
        }
    }
    for (index, org) in orgs.iter().enumerate() {
        let mut orgs = orgs.iter();
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

/// The versions of an architecture, as far as they have been checked.
#[derive(Default)]
struct Checked<'a> {
    versions: u64,
    /// Which version holds an alias.
    holders: BTreeMap<&'a str, u64>,
}

fn check_org<'a>(
    seed: &'a SeedOrg,
    endpoints: &mut BTreeSet<&'a str>,
    place: &Place,
) -> Result<(), BadSeed> {
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
    let mut architectures = BTreeMap::new();
    for (index, id) in seed.architectures.iter().enumerate() {
        let at = || place.clone().item("architectures", index);
        check_name("architecture", id, at)?;
        let checked = Checked::default();
        if architectures.insert(id.as_str(), checked).is_some() {
            return Err(twice("architecture", id, at()));
        }
    }
    for (index, version) in seed.versions.iter().enumerate() {
        let at = || place.clone().item("version", index);
        check_version(&mut architectures, version, at)?;
    }
    for (index, endpoint) in seed.endpoints.iter().enumerate() {
        let place = place.clone().item("endpoint", index);
        check_endpoint(&architectures, endpoint, &place)?;
        if !endpoints.insert(&endpoint.id) {
            return Err(twice("endpoint", &endpoint.id, place.key("id")));
        }
    }
    Ok(())
}

fn check_version<'a>(
    architectures: &mut BTreeMap<&str, Checked<'a>>,
    seed: &'a SeedVersion,
    place: impl Fn() -> Place,
) -> Result<(), BadSeed> {
    let at = |key| place().key(key);
    let architecture = &seed.architecture;
    let checked = architectures
        .get_mut(architecture.as_str())
        .ok_or_else(|| unknown_architecture(&seed.weight_uri, architecture, &place()))?;
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
    checked.versions += 1;
    for alias in &seed.aliases {
        let other = checked.holders.insert(alias, checked.versions);
        if let Some(holder) = other.filter(|holder| *holder != checked.versions) {
            let message = format!(
                "two versions under {architecture:?} have the alias {alias:?}: {holder} and the \
                 one from {:?}",
                seed.weight_uri
            );
            return Err(bad(at("aliases"), message));
        }
    }
    Ok(())
}

fn check_endpoint(
    architectures: &BTreeMap<&str, Checked<'_>>,
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
    let checked = architectures
        .get(seed.architecture.as_str())
        .ok_or_else(|| unknown_architecture(&seed.id, &seed.architecture, place))?;
    match seed.serving {
        Some(id) if !(1..=checked.versions).contains(&id) => {
            let (endpoint, architecture) = (&seed.id, &seed.architecture);
            let message = format!(
                "endpoint {endpoint:?} serves version {id}, which does not exist under \
                 {architecture:?}"
            );
            Err(bad(at("serving"), message))
        }
        _ => Ok(()),
    }
}

/// Fills an empty world with what has been checked. There may be a great many versions: their
/// texts are taken as they are, and not copied.
pub(super) fn fill(world: &mut World, orgs: Vec<SeedOrg>) {
    for seed in orgs {
        let names = seed.architectures.into_iter();
        let mut architectures: BTreeMap<_, _> =
            names.map(|id| (id, Architecture::default())).collect();
        for version in seed.versions {
            add_version(&mut architectures, version);
        }
        for endpoint in seed.endpoints {
            add_endpoint(world, &seed.name, &architectures, endpoint);
        }
        let org = Org {
            management_key: seed.management_key,
            inference_key: seed.inference_key,
            architectures,
        };
        world.orgs.insert(seed.name, org);
    }
}

fn add_version(architectures: &mut BTreeMap<String, Architecture>, seed: SeedVersion) {
    let version = Version {
        weight_uri: seed.weight_uri.into(),
        aliases: Box::default(),
        fingerprint_suffix: seed.fingerprint_suffix.map(Into::into),
        found: Moment::ZERO,
        sync: Sync::over(),
    };
    if let Some(architecture) = architectures.get_mut(&seed.architecture) {
        architecture.add(version, &seed.aliases, IdReuse::Never);
    }
}

fn add_endpoint(
    world: &mut World,
    org: &str,
    architectures: &BTreeMap<String, Architecture>,
    seed: SeedEndpoint,
) {
    let versions = architectures.get(&seed.architecture);
    let serving = seed
        .serving
        .and_then(|id| versions?.find(&id.to_string()))
        .map(|(id, version)| Deployment {
            id: world.ids.uuid(),
            version: id,
            reference: id.to_string(),
            fingerprint_suffix: version.fingerprint_suffix.as_deref().map(str::to_owned),
            created: Moment::ZERO,
            rollout: Rollout::over(seed.replicas),
        });
    let endpoint = Endpoint {
        org: org.into(),
        architecture: seed.architecture,
        replicas: seed.replicas,
        created: Moment::ZERO,
        deployments: serving.into_iter().collect(),
        answered: 0,
    };
    world.endpoints.insert(seed.id, endpoint);
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
