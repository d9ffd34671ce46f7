//! Generates the client as progenitor does when it is told nothing, from the same document.

use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let document = Path::new(&root).join("../../../../openapi/management.json");
    println!("cargo::rerun-if-changed={}", document.display());
    let document = serde_json::from_str(&fs::read_to_string(document)?)?;
    let code = Generator::new(&GenerationSettings::new()).generate_tokens(&document)?;
    let raw = Path::new(&env::var("OUT_DIR")?).join("raw.rs");
    Ok(fs::write(raw, code.to_string())?)
}
