//! `cbm man`: the manual page.

use clap::{Args, Command};
use clap_mangen::Man as Page;

use crate::failure::{Failure, Result};
use crate::nearest::nearest;
use crate::output;

/// Print the manual page of cbm, or of one command, in troff
///
/// To read it: cbm man | man -l -
///
/// To install it: cbm man > ~/.local/share/man/man1/cbm.1
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The command, such as versions or versions delete; cbm itself unless one is given
    command: Vec<String>,
}

impl Man {
    pub(crate) fn run(&self, mut cbm: Command) -> Result<()> {
        // Gives each command the global options, and the name it is called by.
        cbm.build();
        let mut command = cbm;
        for word in &self.command {
            command = below(&command, word)?;
        }
        let name = command.get_bin_name().unwrap_or("cbm").replace(' ', "-");
        let mut page = Vec::new();
        Page::new(command.display_name(name))
            .render(&mut page)
            .map_err(|error| Failure::internal(error.to_string()))?;
        output::write(&String::from_utf8_lossy(&page))
    }
}

fn below(command: &Command, word: &str) -> Result<Command> {
    if let Some(found) = command.find_subcommand(word) {
        return Ok(found.clone());
    }
    let of = command.get_bin_name().unwrap_or("cbm");
    let failure = Failure::usage(format!("{of} has no command \"{word}\""));
    let names = command.get_subcommands().map(Command::get_name);
    Err(match nearest(word, names) {
        Some(meant) => failure.next(format!("did you mean \"{meant}\"?")),
        None => failure.next(format!("`{of} --help` lists what there is")),
    })
}
