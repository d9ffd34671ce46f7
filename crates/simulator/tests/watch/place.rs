use cerebras_management_simulator::{
    INFERENCE_KEY, MANAGEMENT_KEY, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld,
};

/// Where versions and an endpoint for them are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) org: &'static str,
    pub(crate) management_key: &'static str,
    pub(crate) inference_key: &'static str,
    pub(crate) architecture: &'static str,
    pub(crate) endpoint: &'static str,
}

const MY_ORG: Place = Place {
    org: "my-org",
    management_key: MANAGEMENT_KEY,
    inference_key: INFERENCE_KEY,
    architecture: "gpt-oss-120b",
    endpoint: "my-org-gpt-oss-120b",
};

/// Two architectures of one org, and one of the same name in another.
pub(crate) const PLACES: [Place; 3] = [
    MY_ORG,
    Place {
        architecture: "llama3.1-8b",
        endpoint: "my-org-llama3.1-8b",
        ..MY_ORG
    },
    Place {
        org: "other-org",
        management_key: "other-management-key",
        inference_key: "other-inference-key",
        endpoint: "other-org-gpt-oss-120b",
        ..MY_ORG
    },
];

impl Place {
    /// The full name of a version here.
    pub(crate) fn version(&self, reference: &str) -> String {
        let (org, architecture) = (self.org, self.architecture);
        format!("orgs/{org}/models/{architecture}/versions/{reference}")
    }
}

/// A world with these places, and so many versions at each.
pub(crate) fn seed(versions: u64) -> SeedWorld {
    let mut world = SeedWorld::empty();
    for place in PLACES {
        if world.orgs.last().is_none_or(|org| org.name != place.org) {
            let org = SeedOrg::new(place.org);
            world = world.org(org.keys(place.management_key, place.inference_key));
        }
        let org = world.orgs.last_mut().expect("the place's");
        org.architectures.push(place.architecture.into());
        for n in 0..versions {
            let version = SeedVersion::new(place.architecture, format!("s3://seed/{n}"));
            org.versions.push(version);
        }
        let endpoint = SeedEndpoint::new(place.endpoint, place.architecture);
        org.endpoints.push(endpoint);
    }
    world
}
