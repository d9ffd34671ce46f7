//! What the simulator holds in memory, each measurement in a process of its own.

use std::fmt::Write;
use std::process::Command;

use cerebras_management_simulator::{DEFAULT_ORG, MANAGEMENT_KEY, Simulator};

use crate::Failure;
use crate::report::Table;
use crate::simulator::{ARCHITECTURE, world};

const SIZES: [usize; 3] = [0, 1_000, 100_000];

/// Where the versions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum From {
    Code,
    File,
}

pub(crate) fn table() -> Result<Table, Failure> {
    let mut table = Table::new(
        "Memory of the process, MB",
        &[
            "versions",
            "from",
            "resident after the start",
            "the most until then",
            "resident after a complete list",
            "the most until then, the list included",
        ],
    );
    for versions in SIZES {
        for name in ["code", "file"] {
            let output = Command::new(std::env::current_exe()?)
                .args(["memory-of", &versions.to_string(), name])
                .output()?;
            let text = String::from_utf8(output.stdout)?;
            let figures: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            if figures.len() != 4 {
                let error = String::from_utf8_lossy(&output.stderr);
                return Err(format!("the memory probe said {text:?} and {error:?}").into());
            }
            table.row(
                [versions.to_string(), name.to_owned()]
                    .into_iter()
                    .chain(figures),
            );
        }
    }
    Ok(table)
}

/// Starts a simulator, has it list all versions, and prints what the process holds before and
/// after: what is resident, and the most that ever was, in megabytes.
pub(crate) async fn print(versions: usize, from: From) -> Result<(), Failure> {
    let builder = Simulator::builder();
    let simulator = match from {
        From::Code => builder.world(world(versions)).start().await?,
        From::File => {
            let path = std::env::temp_dir().join(format!("world-{}.toml", std::process::id()));
            write_world_file(versions, &path)?;
            let read = builder.world_file(&path);
            std::fs::remove_file(&path)?;
            read?.start().await?
        }
    };
    let path = format!("/management/v1/orgs/{DEFAULT_ORG}/models");
    let models = format!("{}{path}", simulator.base_url());
    discard(&models).await?;
    let (resident, most) = (status("VmRSS:")?, status("VmHWM:")?);
    discard(&format!("{models}/{ARCHITECTURE}/versions")).await?;
    let (after, most_after) = (status("VmRSS:")?, status("VmHWM:")?);
    println!("{resident:.1} {most:.1} {after:.1} {most_after:.1}");
    Ok(())
}

/// By another process, so that making the text does not count. It is what [`world`] is.
fn write_world_file(versions: usize, path: &std::path::Path) -> Result<(), Failure> {
    let written = Command::new(std::env::current_exe()?)
        .args(["world-file", &versions.to_string()])
        .arg(path)
        .status()?;
    if !written.success() {
        return Err("the world file could not be written".into());
    }
    Ok(())
}

pub(crate) fn world_file(versions: usize) -> Result<String, Failure> {
    let mut text =
        format!("[[org]]\nname = \"{DEFAULT_ORG}\"\narchitectures = [\"{ARCHITECTURE}\"]\n");
    for version in &world(versions).orgs[0].versions {
        write!(
            text,
            "\n[[org.version]]\narchitecture = {:?}\nweight_uri = {:?}\naliases = {:?}\n",
            version.architecture, version.weight_uri, version.aliases
        )?;
    }
    Ok(text)
}

/// Asks, and throws the answer away piece by piece, so that it is not counted.
async fn discard(url: &str) -> Result<(), Failure> {
    let request = reqwest::Client::new().get(url).bearer_auth(MANAGEMENT_KEY);
    let mut answer = request.send().await?.error_for_status()?;
    while answer.chunk().await?.is_some() {}
    Ok(())
}

/// A line of `/proc/self/status`, in megabytes.
fn status(name: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or_else(|| format!("/proc/self/status has no {name}"))?
        .parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}
