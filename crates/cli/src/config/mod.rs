//! Where settings come from: a flag, else the environment, else a profile.
//!
//! `--profile` is a flag: what the profile that it names sets comes before the environment, so
//! that no request goes out with the name of one organization and the key of another. Keys come
//! from the environment and from profiles alone, never from a flag.

mod environment;
mod file;
mod key;
mod origin;
mod write;

use std::path::PathBuf;

use cerebras_management::names::OrgName;
use cerebras_management::{ApiKey, Client, ClientBuilder};

use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use environment::Environment;
use file::{ConfigFile, Profile};
use key::KeyFrom;
pub(crate) use key::{NoKey, Secret};
use origin::Given;
pub(crate) use write::{NewProfile, Profiles};

/// What flags say of the settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) profile: Option<String>,
    pub(crate) org: Option<String>,
    pub(crate) base_url: Option<String>,
}

/// What a login begins with.
#[derive(Debug)]
pub(crate) struct ToWrite {
    /// The file that a profile is to be written to.
    pub(crate) profiles: Profiles,
    /// The address of the service to write there.
    pub(crate) base_url: Option<String>,
    pub(crate) org: Option<OrgName>,
}

/// What is known of a profile to be, by flags and the environment.
pub(crate) fn to_write(flags: &Flags) -> Result<ToWrite> {
    let environment = Environment::read(|name| std::env::var_os(name))?;
    let path = environment.config.or_else(file::default_path);
    let path = path.ok_or_else(|| {
        Failure::usage("this platform tells no folder for settings")
            .next("set HOME, or name a file with CBM_CONFIG")
    })?;
    let org = Given::by(flags.org.as_ref(), "--org");
    // An empty one is asked for.
    let in_environment = environment.org.filter(|name| !name.trim().is_empty());
    let org = org.or(Given::by(in_environment.as_ref(), environment::ORG));
    Ok(ToWrite {
        profiles: Profiles::open(path)?,
        base_url: flags.base_url.clone().or(environment.base_url),
        org: org.map(|it| org_name(&it.value, it.place)).transpose()?,
    })
}

/// The name of an organization that a place gives. A key that is there by mistake is not shown.
pub(crate) fn org_name(name: &str, place: &str) -> Result<OrgName> {
    if key::looks_like_a_key(name) {
        return Err(
            Failure::usage(format!("{place} holds no organization name"))
                .why("it is a key, which is not shown here")
                .next(format!(
                    "give {place} as the organization's name, found under \"Management API keys\" \
                     at https://cloud.cerebras.ai"
                )),
        );
    }
    name.parse::<OrgName>()
        .doing(|| format!("{place} holds no organization name"))
}

/// The settings of one run.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    key: Option<KeyFrom>,
    inference_key: Option<KeyFrom>,
    org: Option<Given>,
    base_url: Option<Given>,
    /// What a person should know of the file that they are from.
    pub(crate) warnings: Vec<String>,
    /// The file that profiles are in, if the platform has a place for it.
    path: Option<PathBuf>,
}

impl Settings {
    /// Reads the environment and the file with the profiles.
    pub(crate) fn read(flags: &Flags) -> Result<Self> {
        Self::from(flags, &Environment::read(|name| std::env::var_os(name))?)
    }

    fn from(flags: &Flags, environment: &Environment) -> Result<Self> {
        let path = environment.config.clone().or_else(file::default_path);
        let file = match &path {
            Some(path) => ConfigFile::read(path, environment.config.is_some())?,
            None => ConfigFile::default(),
        };
        let warnings = file.warning.iter().cloned().collect();
        let named = flags.profile.as_deref();
        let profile = file.profile(named.or(environment.profile.as_deref()), path.as_deref())?;
        let from_environment = Self::of_environment(environment);
        let from_profile = Self::of_profile(&profile);
        let (first, second) = if named.is_some() {
            (from_profile, from_environment)
        } else {
            (from_environment, from_profile)
        };
        Ok(Self {
            key: first.key.or(second.key),
            inference_key: first.inference_key.or(second.inference_key),
            org: Given::by(flags.org.as_ref(), "--org")
                .or(first.org)
                .or(second.org),
            base_url: Given::by(flags.base_url.as_ref(), "--base-url")
                .or(first.base_url)
                .or(second.base_url),
            warnings,
            path,
        })
    }

    fn of_environment(environment: &Environment) -> Self {
        Self {
            key: environment.key.clone(),
            inference_key: environment.inference_key.clone(),
            org: Given::by(environment.org.as_ref(), environment::ORG),
            base_url: Given::by(environment.base_url.as_ref(), environment::BASE_URL),
            ..Self::default()
        }
    }

    fn of_profile(profile: &Profile) -> Self {
        Self {
            key: profile.key(),
            inference_key: profile.inference_key(),
            org: Given::by(profile.org.as_ref(), "org of the profile"),
            base_url: Given::by(profile.base_url.as_ref(), "base_url of the profile"),
            ..Self::default()
        }
    }

    /// The settings of a client, to be built.
    pub(crate) fn client(&self) -> Result<ClientBuilder> {
        let Some(key) = &self.key else {
            return Err(self.no_key());
        };
        let mut builder = key.management(Client::builder())?;
        if let Some(key) = &self.inference_key {
            builder = key.inference(builder)?;
        }
        if let Some(url) = &self.base_url {
            builder = builder.base_url(&url.value);
        }
        self.address()?;
        Ok(builder.user_agent_suffix(concat!("cbm/", env!("CARGO_PKG_VERSION"))))
    }

    /// The address that requests go to. It takes no key.
    pub(crate) fn address(&self) -> Result<String> {
        let Some(given) = &self.base_url else {
            return Ok(origin::DEFAULT.to_owned());
        };
        // Nothing is sent with this key.
        let key = ApiKey::new("unused").doing(String::new)?;
        let client = Client::builder().key(key).base_url(&given.value).build();
        let client = client.doing(|| format!("{} holds no address of the service", given.place))?;
        Ok(client.base_url().to_owned())
    }

    pub(crate) fn has_inference_key(&self) -> bool {
        self.inference_key.is_some()
    }

    /// The organization that names without one are of.
    pub(crate) fn org(&self) -> Result<OrgName> {
        let Some(name) = &self.org else {
            return Err(Failure::usage("no organization name").why(
                "it is part of the name of every version, and was not given",
            ).next(
                "set CEREBRAS_ORG_NAME, or give --org; the name is found under \"Management API \
                 keys\" at https://cloud.cerebras.ai, and is not the organization's id",
            ));
        };
        org_name(&name.value, name.place)
    }

    fn no_key(&self) -> Failure {
        let why = match &self.path {
            Some(path) => format!(
                "CEREBRAS_MANAGEMENT_API_KEY is not set, and no profile in {} has a key",
                path.display()
            ),
            None => "CEREBRAS_MANAGEMENT_API_KEY is not set".to_owned(),
        };
        Failure::new(Exit::Access, "unauthorized", "no Management API key")
            .why(why)
            .next(
                "`cbm login` asks for one and keeps it, or set CEREBRAS_MANAGEMENT_API_KEY; keys are \
                 under \"Management API keys\" at https://cloud.cerebras.ai; `cbm simulate` needs none",
            )
    }
}

#[cfg(test)]
mod tests;
