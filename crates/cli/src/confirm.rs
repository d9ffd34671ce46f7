//! Asking before something is lost.

use std::io::{BufRead, IsTerminal, Write};

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::{printable, to_stderr};

/// Shows what is lost and asks a person whether to go on. Where nobody can be asked, `--yes` has
/// to say it.
pub(crate) fn confirm(yes: bool, what: &str, lost: &[String]) -> Result<()> {
    if yes {
        return Ok(());
    }
    let lost = lost.iter().map(|line| printable(line));
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        let lost: Vec<_> = lost.collect();
        return Err(Failure::usage(format!("not without --yes: {what}"))
            .why(format!("this would be lost: {}", lost.join("; ")))
            .next("nothing was changed; run it again with --yes, or on a terminal, which asks"));
    }
    to_stderr(&format!("This would be lost ({what}):"));
    lost.for_each(|line| to_stderr(&format!("  {line}")));
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "Go on? [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read.map(|_| answer.trim().to_ascii_lowercase()) {
        Ok(answer) if answer == "y" || answer == "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Failed, "cancelled", "not done")
            .why("the answer was not yes; nothing was changed")),
    }
}
