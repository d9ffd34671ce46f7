//! What an operation that has succeeded says of the world.

use cerebras_management::{Deployment, ModelVersion, Obtained, Result, Resumed};

use crate::world::{self, Truth};

/// What an operation that has succeeded says.
pub(crate) struct Told {
    /// How it came by it, in the table.
    pub(crate) letter: char,
    /// The world as it must be now, from the world as it was; or what is not so.
    pub(crate) world: Box<dyn FnOnce(Truth) -> Result<Truth, String> + Send>,
}

/// A success that has this effect upon the world; a result, as the operations end with one.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn told(
    letter: char,
    world: impl FnOnce(Truth) -> Result<Truth, String> + Send + 'static,
) -> Result<Told> {
    Ok(Told {
        letter,
        world: Box::new(world),
    })
}

/// A success that has changed nothing, and says something of the world.
pub(crate) fn seen<T: PartialEq + std::fmt::Debug + Send + 'static>(
    value: T,
    truth: impl FnOnce(&Truth) -> T + Send + 'static,
) -> Result<Told> {
    told('=', move |before| {
        let truth = truth(&before);
        if value == truth {
            return Ok(before);
        }
        Err(format!("it is said to be {value:?}, and is {truth:?}"))
    })
}

pub(crate) fn letter(obtained: Obtained) -> char {
    match obtained {
        Obtained::Answered => '=',
        Obtained::Resent => 'r',
        Obtained::Adopted => 'a',
        Obtained::Found => 'f',
        _ => '!',
    }
}

/// A version as it was read, but for the suffix, which a list leaves out.
pub(crate) fn read(version: &ModelVersion) -> world::Version {
    world::Version {
        id: version.id().unwrap().get(),
        weights: version.weight_uri().unwrap().to_owned(),
        suffix: version.fingerprint_suffix().map(str::to_owned),
        aliases: version.aliases().iter().cloned().collect(),
    }
}

pub(crate) fn read_deployment(deployment: &Deployment) -> world::Deployment {
    world::Deployment {
        endpoint: deployment.endpoint.to_string(),
        id: deployment.id.clone(),
        version: deployed(deployment),
    }
}

pub(crate) fn deployed(deployment: &Deployment) -> u64 {
    let version = deployment.version.as_ref().unwrap().version();
    version.as_id().unwrap().get()
}

/// The integer id of the version that was found, or the id of the deployment.
pub(crate) fn found(resumed: &Resumed) -> String {
    if let Resumed::Upload(upload) = resumed {
        return upload.name().version().to_string();
    }
    if let Resumed::Rollout(rollout) = resumed {
        return rollout.deployment_id().to_owned();
    }
    panic!("{resumed:?} is neither")
}
