//! Finds the document that the simulator serves at `/openapi.json`.
//!
//! `openapi.json` is a link to the repository's `openapi/management.json`, so that there is one
//! document only; Cargo follows it when it packs. Where a checkout has no links, it is a text file
//! that says where the link leads.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let own = package.join("openapi.json");
    let mut document = read(&own);
    if !document.starts_with('{') {
        let target = package.join(document.trim());
        document = read(&target);
        println!("cargo::rerun-if-changed={}", target.display());
    }
    println!("cargo::rerun-if-changed={}", own.display());
    fs::write(out.join("openapi.json"), document).expect("Cargo's folder can be written to");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| {
        let path = path.display();
        panic!("{path}: {error}; it is to be the document, or a line that says where it is")
    })
}
