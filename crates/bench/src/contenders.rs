//! The programs that are measured beside each other: where they come from.
//!
//! `contenders/` is copied to `target/bench/contenders` and built there, beside the lock of the
//! project, so that all of them have the dependencies that the SDK has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::tools::{self, cargo, made, output, root};

pub(crate) const SDK: &str = "with-sdk";
pub(crate) const REQWEST: &str = "with-reqwest";
pub(crate) const HYPER: &str = "with-hyper";
pub(crate) const PROGENITOR: &str = "with-progenitor";
pub(crate) const OPENAPI_GENERATOR: &str = "with-openapi-generator";
pub(crate) const TCP: &str = "with-tcp";
pub(crate) const REGEX: &str = "with-regex";

const GENERATOR: &str = "openapi-generator-cli==7.26.0";

/// Builds a contender for release, and gives its program.
pub(crate) fn build(name: &str) -> Result<PathBuf, Failure> {
    program(name, "build", &mut command(name)?)
}

/// The same without its default features, of which TLS is one.
pub(crate) fn build_without_tls(name: &str) -> Result<PathBuf, Failure> {
    let mut command = command(name)?;
    program(
        name,
        "build-without-tls",
        command.arg("--no-default-features"),
    )
}

fn program(name: &str, folder: &str, build: &mut Command) -> Result<PathBuf, Failure> {
    let folder = made().join(folder);
    eprintln!("building {name} …");
    output(build.env("CARGO_TARGET_DIR", &folder))?;
    Ok(folder.join("release").join(name))
}

/// The command that builds a contender for release; where to is still to be said.
pub(crate) fn command(name: &str) -> Result<Command, Failure> {
    let folder = made().join("contenders");
    copy(&root().join("crates/bench/contenders"), &folder)?;
    take_lock(&folder)?;
    let manifest = if name == OPENAPI_GENERATOR {
        generate()?;
        take_lock(&folder.join(name))?;
        folder.join(name).join("Cargo.toml")
    } else {
        folder.join("Cargo.toml")
    };
    let mut command = cargo();
    command.args(["build", "--quiet", "--release", "--package", name]);
    command.arg("--manifest-path").arg(manifest);
    Ok(command)
}

/// Has openapi-generator write its client, unless it has for this document.
fn generate() -> Result<(), Failure> {
    let document = fs::read(root().join("openapi/management.json"))?;
    let folder = made().join("openapi-generator");
    let (client, of) = (folder.join("client"), folder.join("management.json"));
    if fs::read(&of).is_ok_and(|before| before == document) && client.is_dir() {
        return Ok(());
    }
    tools::need(&[tools::JAVA, tools::PYTHON])?;
    eprintln!("generating a client with {GENERATOR} …");
    let programs = tools::python_programs("openapi-generator/python", &[GENERATOR])?;
    let mut generator = Command::new(programs.join("openapi-generator-cli"));
    generator.args([
        "generate",
        "--generator-name",
        "rust",
        "--library",
        "reqwest",
    ]);
    generator.arg("--additional-properties=packageName=openapi_client");
    generator
        .arg("--input-spec")
        .arg(root().join("openapi/management.json"));
    output(generator.arg("--output").arg(&client))?;
    Ok(fs::write(of, document)?)
}

/// Begins with the lock of the project, again when that has changed. Cargo drops from it what is
/// not needed, and adds what is missing.
fn take_lock(folder: &Path) -> Result<(), Failure> {
    let lock = fs::read(root().join("Cargo.lock"))?;
    let taken = folder.join("Cargo.lock.taken");
    if fs::read(&taken).is_ok_and(|before| before == lock) {
        return Ok(());
    }
    fs::write(folder.join("Cargo.lock"), &lock)?;
    Ok(fs::write(taken, lock)?)
}

/// Copies what differs, so that cargo sees what has changed, and nothing else.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
            continue;
        }
        let content = fs::read(&from)?;
        if fs::read(&to).ok().as_ref() != Some(&content) {
            fs::write(to, content)?;
        }
    }
    Ok(())
}
