//! What it costs to build a program that calls the API: clean release builds of the same program
//! on top of different clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use toml::Table as Toml;

use crate::Failure;
use crate::contenders::{self, HYPER, OPENAPI_GENERATOR, PROGENITOR, REQWEST, SDK};
use crate::report::{self, Table};
use crate::sample::Sample;
use crate::tools::{cargo, made, output, root};

/// What a clean build took, and what came of it.
struct Built {
    wall: Sample,
    processor: Sample,
    crates: usize,
    bytes: u64,
}

pub(crate) fn run(rounds: u8) -> Result<(), Failure> {
    let mut builds = Vec::new();
    for (name, package) in [
        ("this SDK", SDK),
        ("reqwest and serde, by hand", REQWEST),
        ("openapi-generator's client", OPENAPI_GENERATOR),
        ("hyper-util and serde, by hand, without TLS", HYPER),
        ("progenitor's client, bare", PROGENITOR),
    ] {
        let build: fn(&str) -> Result<Command, Failure> = contenders::command;
        builds.push((name, package, build));
    }
    builds.insert(
        1,
        (
            "this SDK, if its client were generated beforehand",
            SDK,
            generated_before,
        ),
    );
    let mut built: Vec<_> = builds.iter().map(|_| Built::nothing()).collect();
    for round in 1..=rounds {
        for ((name, package, command), built) in builds.iter().zip(&mut built) {
            eprint!("round {round} of {rounds}: {name} … ");
            built.again(package, command(package)?)?;
            eprintln!("{:.0} s of processor time", built.processor.latest());
        }
    }
    let mut table = Table::new(
        "A clean release build of a program with two calls",
        &[
            "client",
            "wall, s (least to most)",
            "processor, s",
            "crates",
            "stripped, MB",
            "of reqwest's processor time",
            "of reqwest's size",
        ],
    );
    let (measure, measured_bytes) = (built[2].processor.median(), megabytes(built[2].bytes));
    for ((name, ..), built) in builds.iter().zip(&built) {
        table.row([
            (*name).to_owned(),
            format!(
                "{:.1} ({:.1} to {:.1})",
                built.wall.median(),
                built.wall.quantile(0.0),
                built.wall.quantile(1.0)
            ),
            format!("{:.1}", built.processor.median()),
            built.crates.to_string(),
            format!("{:.2}", megabytes(built.bytes)),
            format!("{:.2}", built.processor.median() / measure),
            format!("{:.2}", megabytes(built.bytes) / measured_bytes),
        ]);
    }
    report::write("build", &[table])
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

impl Built {
    fn nothing() -> Self {
        Self {
            wall: Sample::default(),
            processor: Sample::default(),
            crates: 0,
            bytes: 0,
        }
    }

    fn again(&mut self, package: &str, mut build: Command) -> Result<(), Failure> {
        let folder = made().join("clean");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let manifest = build.get_args().last().ok_or("no manifest")?.to_owned();
        let fetch = cargo();
        output(
            { fetch }
                .args(["fetch", "--quiet", "--manifest-path"])
                .arg(manifest),
        )?;
        build
            .env("CARGO_TARGET_DIR", &folder)
            .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
            .args(["--message-format", "json"]);
        let (began, before) = (Instant::now(), processor_time()?);
        let (messages, _) = output(&mut build)?;
        self.wall.push(began.elapsed().as_secs_f64());
        self.processor.push(processor_time()? - before);
        self.crates = crates(&messages)?;
        self.bytes = fs::metadata(folder.join("release").join(package))?.len();
        Ok(())
    }
}

/// How many packages were compiled.
fn crates(messages: &str) -> Result<usize, Failure> {
    let mut packages = std::collections::BTreeSet::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line)?;
        if message["reason"] == "compiler-artifact" {
            packages.insert(message["package_id"].to_string());
        }
    }
    Ok(packages.len())
}

/// The processor time of all children that have ended, and of theirs, in seconds.
fn processor_time() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, in brackets, may hold spaces. Behind it come the fields from the third on.
    let (_, fields) = stat
        .rsplit_once(") ")
        .ok_or("/proc/self/stat is not as it was")?;
    let mut ticks = 0.0;
    for field in fields.split(' ').skip(13).take(2) {
        ticks += field.parse::<f64>()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a hundred, everywhere")]
    let a_second = rustix::param::clock_ticks_per_second() as f64;
    Ok(ticks / a_second)
}

/// The same build with an SDK that generates nothing: its generated client is a file beside it.
fn generated_before(package: &str) -> Result<Command, Failure> {
    // What it would generate, and a command to begin with.
    contenders::build(package)?;
    let folder = made().join("generated-before");
    contenders::copy(&root().join("src"), &folder.join("src"))?;
    let programs = folder.join("crates/bench/contenders");
    contenders::copy(&made().join("contenders"), &programs)?;
    fs::copy(generated_client()?, folder.join("raw.rs"))?;
    fs::write(
        folder.join("build.rs"),
        "fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
         std::fs::copy(\"raw.rs\", out + \"/raw.rs\").unwrap();\n}\n",
    )?;
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), without_progenitor(&manifest)?)?;

    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "--package", package]);
    let manifest = programs.join("Cargo.toml");
    build.arg("--manifest-path").arg(manifest);
    Ok(build)
}

/// The manifest of the SDK alone, which builds with nothing.
fn without_progenitor(manifest: &str) -> Result<String, Failure> {
    let mut manifest: Toml = manifest.parse()?;
    manifest.remove("build-dependencies");
    manifest.remove("dev-dependencies");
    let workspace = manifest
        .get_mut("workspace")
        .and_then(|of| of.as_table_mut());
    let workspace = workspace.ok_or("the manifest has no workspace")?;
    workspace.insert("members".to_owned(), vec!["."].into());
    workspace.remove("default-members");
    Ok(toml::to_string(&manifest)?)
}

/// The newest client that progenitor has written for the SDK.
fn generated_client() -> Result<PathBuf, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(made().join("build/release/build"))? {
        let entry = entry?;
        let raw = entry.path().join("out/raw.rs");
        let of_the_sdk = entry
            .file_name()
            .to_string_lossy()
            .starts_with("cerebras-management-");
        if of_the_sdk && Path::new(&raw).exists() {
            found.push((fs::metadata(&raw)?.modified()?, raw));
        }
    }
    let newest = found.into_iter().max().map(|(_, raw)| raw);
    Ok(newest.ok_or("the SDK has generated no client")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_counted_once() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","package_id":"a 1.0"}"#,
            "\n",
            r#"{"reason":"build-script-executed","package_id":"a 1.0"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"a 1.0"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"b 1.0"}"#,
        );
        assert_eq!(crates(messages).expect("a count"), 2);
    }
}
