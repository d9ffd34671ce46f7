//! Generates the client from `openapi/management.json` with progenitor, and does nothing else but to
//! leave out a header.

use std::path::{Path, PathBuf};
use std::{env, fs, iter};

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};

const DOCUMENT: &str = "openapi/management.json";

/// Schemas that are types of this crate, so that the generated methods take nothing else.
const OURS: [(&str, &str); 10] = [
    ("OrgName", "crate::names::OrgName"),
    ("ModelArchitectureId", "crate::names::ModelArchitectureId"),
    ("VersionRef", "crate::names::VersionRef"),
    ("ModelVersionName", "crate::names::ModelVersionName"),
    ("VersionAlias", "crate::names::VersionAlias"),
    ("EndpointId", "crate::names::EndpointId"),
    ("WeightUri", "crate::names::WeightUri"),
    ("SyncStatus", "crate::status::SyncStatus"),
    ("RolloutStatus", "crate::status::RolloutStatus"),
    ("DeploymentState", "crate::status::DeploymentState"),
];

/// A header that progenitor adds to every request, and nobody asks for. Where it is written in another
/// way, it stays in the code, and is taken out of each request.
const UNASKED: [(&str, &str); 2] = [
    ("HeaderMap :: with_capacity (1usize)", "HeaderMap :: new ()"),
    (
        "header_map . append (:: reqwest :: header :: HeaderName :: from_static (\"api-version\") , \
         :: reqwest :: header :: HeaderValue :: from_static (Self :: api_version ()) ,) ;",
        "",
    ),
];

fn main() {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = generate() {
        println!("cargo::error={error}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let text = fs::read_to_string(root.join(DOCUMENT)).map_err(|error| {
        format!("{DOCUMENT} cannot be read: {error}; write it with `cargo xtask spec`")
    })?;
    let document = serde_json::from_str(&text).map_err(|error| {
        format!(
            "{DOCUMENT} is not an OpenAPI 3.0 document: {error}; write it with `cargo xtask spec`"
        )
    })?;
    // progenitor panics on some of what it does not know.
    let tokens =
        std::panic::catch_unwind(|| Generator::new(&settings()).generate_tokens(&document))
            .map_err(|_| format!("progenitor panicked on {DOCUMENT}, for the reason above"))?
            .map_err(|error| format!("progenitor cannot read {DOCUMENT}: {error}"))?;
    let raw = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("raw.rs");
    let code = UNASKED.iter().fold(tokens.to_string(), |code, (from, to)| {
        code.replace(from, to)
    });
    fs::write(&raw, code).map_err(|error| format!("{} cannot be written: {error}", raw.display()))
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type("crate::transport::Outbox".parse().unwrap_or_default());
    for (schema, ours) in OURS {
        settings.with_replacement(schema, ours, iter::empty());
    }
    settings
}
