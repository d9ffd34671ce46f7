//! `cbm completions`: what a shell loads to complete the command line.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Result;
use crate::output;

/// Print the script by which a shell completes cbm's commands and flags
///
/// bash: cbm completions bash > ~/.local/share/bash-completion/completions/cbm
///
/// zsh: cbm completions zsh > a folder of $fpath, as _cbm
///
/// fish: cbm completions fish > ~/.config/fish/completions/cbm.fish
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell to write it for
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, mut cbm: Command) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cbm, "cbm", &mut script);
        output::write(&String::from_utf8_lossy(&script))
    }
}
