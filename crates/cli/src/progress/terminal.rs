//! Standard error as a terminal that a line moves on.

use std::io;

use console::Term;
use indicatif::TermLike;

/// Leaves room at the end of the row: a terminal echoes `^C` there, and in a row that is full it
/// would go to the next one, so that not the line but what is below it would be cleared.
#[derive(Debug)]
pub(super) struct Terminal(Term);

const ROOM: u16 = 3;

impl Terminal {
    pub(super) fn stderr() -> Self {
        Self(Term::stderr())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(ROOM).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    /// The row has been cleared, so that spaces at its end would only wrap when it gets narrower. A
    /// terminal that has just become narrower, of which we do not know yet, cuts the line off rather
    /// than begin another row, of which each redrawing would leave one behind (DECAWM).
    fn write_str(&self, text: &str) -> io::Result<()> {
        let text = text.trim_end_matches(' ');
        if text.is_empty() {
            return Ok(());
        }
        self.0.write_str(&format!("\x1b[?7l{text}\x1b[?7h"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
