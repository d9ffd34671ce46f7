//! Programs that are not ours, which some suites run: what to do where one is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;

/// A program, how it tells that it is there, and how it is installed.
pub(crate) struct Tool {
    name: &'static str,
    shows: &'static str,
    install: &'static str,
}

pub(crate) const CURL: Tool = Tool::of("curl", "--version", "apt-get install curl");
pub(crate) const JAVA: Tool = Tool::of("java", "-version", "apt-get install default-jre-headless");
pub(crate) const PYTHON: Tool = Tool::of(
    "python3",
    "--version",
    "apt-get install python3 python3-venv",
);
pub(crate) const STRACE: Tool = Tool::of("strace", "--version", "apt-get install strace");
pub(crate) const TASKSET: Tool = Tool::of("taskset", "--version", "apt-get install util-linux");
pub(crate) const VALGRIND: Tool = Tool::of("valgrind", "--version", "apt-get install valgrind");

impl Tool {
    const fn of(name: &'static str, shows: &'static str, install: &'static str) -> Self {
        Self {
            name,
            shows,
            install,
        }
    }
}

/// That they are all there; an error names the first that is not, and the remedy.
pub(crate) fn need(tools: &[Tool]) -> Result<(), Failure> {
    for Tool {
        name,
        shows,
        install,
    } in tools
    {
        let mut ask = Command::new(name);
        ask.arg(shows).stdout(Stdio::null()).stderr(Stdio::null());
        match ask.status() {
            Ok(status) if status.success() => {}
            _ => return Err(format!("this suite needs `{name}`: {install}").into()),
        }
    }
    Ok(())
}

/// Runs a command to its end, and gives what it wrote to its standard output and error.
pub(crate) fn output(command: &mut Command) -> Result<(String, String), Failure> {
    let ran = command
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", shown(command)))?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    if !ran.status.success() {
        return Err(format!("{}: {}\n{said}{errors}", shown(command), ran.status).into());
    }
    Ok((said, errors))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the suites put what they make.
pub(crate) fn made() -> PathBuf {
    root().join("target/bench")
}

/// The cargo that has built this, or the one that is found.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
}

/// The programs of a Python environment of its own, with what is to be installed there, such as
/// `["--requirement", "<file>"]`.
pub(crate) fn python_programs(name: &str, install: &[&str]) -> Result<PathBuf, Failure> {
    let folder = made().join(name);
    let programs = folder.join("bin");
    output(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(programs.join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    output(pip.args(install))?;
    Ok(programs)
}
