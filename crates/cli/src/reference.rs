//! docs/cli.md, made from the arguments, and held against them by a test.
//!
//! To write it anew: `CBM_DOCS=overwrite cargo test -p cerebras-management-cli reference`.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::Cbm;
use crate::exit::Exit;

const INTRODUCTION: &str = "\
# cbm, command by command

Made from what `cbm` takes; `cbm COMMAND --help` says the same. What is printed, where settings come
from and what the fields of JSON are: [crates/cli/README.md](../crates/cli/README.md).
";

fn reference() -> String {
    let mut cbm = Cbm::command();
    // Gives each command its usage and the name it is called by.
    cbm.build();
    let mut text = INTRODUCTION.to_owned();
    for command in commands(&cbm) {
        section(&mut text, command, 2);
    }
    text += "\n## Global options\n\nEvery command takes them.\n\n";
    let global = cbm.get_arguments().filter(|arg| arg.is_global_set());
    global.for_each(|arg| argument(&mut text, arg));
    text += "\n## Exit codes\n\n| code | |\n| --- | --- |\n";
    for (exit, what) in Exit::ALL {
        let _ = writeln!(text, "| {} | {what} |", exit.number());
    }
    text
}

fn commands(of: &Command) -> impl Iterator<Item = &Command> {
    let shown = of.get_subcommands().filter(|it| !it.is_hide_set());
    shown.filter(|it| it.get_name() != "help")
}

fn section(text: &mut String, command: &Command, level: usize) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let _ = write!(text, "\n{} {name}\n\n", "#".repeat(level));
    let about = command.get_long_about().or(command.get_about());
    text.push_str(&prose(&about.map(ToString::to_string).unwrap_or_default()));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim);
    let usage = usage.collect::<Vec<_>>().join("\n");
    let _ = write!(text, "\n\n```text\n{usage}\n```\n");
    let aliases: Vec<_> = command.get_visible_aliases().collect();
    if !aliases.is_empty() {
        let aliases = aliases.join("`, `");
        let _ = write!(text, "\nAlso called `{aliases}`.\n");
    }
    let own = command.get_arguments().filter(|arg| !is_common(arg));
    let own: Vec<_> = own.collect();
    if !own.is_empty() {
        text.push('\n');
    }
    for arg in own {
        argument(text, arg);
    }
    commands(command).for_each(|below| section(text, below, level + 1));
}

/// What every command has is told once.
fn is_common(arg: &Arg) -> bool {
    let told = matches!(
        arg.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    );
    told || arg.is_global_set() || arg.is_hide_set()
}

/// One line of a list.
fn argument(text: &mut String, arg: &Arg) {
    let value = arg.get_value_names().map(|names| names.join(" "));
    let value = value.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
    let mut names: Vec<_> = arg.get_short().iter().map(|c| format!("-{c}")).collect();
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    let takes = arg.get_action().takes_values();
    let shown = match (names.is_empty(), takes) {
        (true, _) => format!("<{value}>"),
        (false, true) => format!("{} <{value}>", names.join(", ")),
        (false, false) => names.join(", "),
    };
    let help = arg.get_long_help().or(arg.get_help());
    let help = prose(&help.map(ToString::to_string).unwrap_or_default());
    let help = help.replace("\n\n", "\n\n  ");
    let _ = write!(text, "- `{shown}`: {help}");
    if takes {
        let possible = arg.get_possible_values();
        let possible = possible
            .iter()
            .map(|value| format!("`{}`", value.get_name()));
        let possible: Vec<_> = possible.collect();
        if !possible.is_empty() {
            let _ = write!(text, "; one of {}", possible.join(", "));
        }
        let defaults = arg.get_default_values().iter();
        let defaults: Vec<_> = defaults.map(|it| it.to_string_lossy()).collect();
        if !defaults.is_empty() {
            let _ = write!(text, "; `{}` unless it is given", defaults.join(" "));
        }
    }
    text.push('\n');
}

/// A text that Markdown is not to take for its own.
fn prose(help: &str) -> String {
    help.trim().replace('<', "\\<").replace('*', "\\*")
}

#[test]
fn docs_cli_md_is_what_the_arguments_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let reference = reference();
    if std::env::var_os("CBM_DOCS").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, &reference).expect("docs/cli.md can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let lines = written.lines().zip(reference.lines()).enumerate();
    let differs = lines
        .into_iter()
        .find(|(_, (written, made))| written != made);
    assert!(
        written == reference,
        "docs/cli.md is stale, first at {differs:?}; write it anew with \
         `CBM_DOCS=overwrite cargo test -p cerebras-management-cli reference`"
    );
}
