//! Asking before something is lost.

use std::io::{BufRead, IsTerminal, Write};

use tokio::sync::oneshot;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::output::{printable, to_stderr};

/// Shows what is lost and asks a person whether to go on. Where nobody can be asked, `--yes` has
/// to say it.
pub(crate) async fn confirm(
    yes: bool,
    what: &str,
    lost: &[String],
    interrupt: &Interrupt,
) -> Result<()> {
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
    interrupt.asking();
    let answer = answer("Go on? [y/N] ").await;
    interrupt.over();
    if matches!(answer.as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "cancelled", "not done")
        .why("the answer was not yes; nothing was changed"))
}

/// The line that a person types, in small letters; empty where none comes. It is read in a thread
/// that nobody waits for, so that Ctrl-C ends the command at once.
async fn answer(question: &str) -> String {
    {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
    }
    let (told, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = std::io::stdin().lock().read_line(&mut line);
        let _ = told.send(line.trim().to_ascii_lowercase());
    });
    answer.await.unwrap_or_default()
}
