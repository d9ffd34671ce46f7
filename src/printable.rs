//! Texts from outside, made safe for a line of a log or a terminal.

/// How much of a text from the service an error line repeats, in characters.
const LONGEST: usize = 300;

/// Makes a text from outside safe for a line of a log or a terminal: control and bidirectional
/// characters become spaces, runs of white space become one, and what is too long is cut.
pub(crate) fn printable(text: &str) -> String {
    if text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut words = text
        .split(|c: char| c.is_whitespace() || c.is_control() || is_bidi(c))
        .filter(|word| !word.is_empty())
        .peekable();
    let mut left = LONGEST;
    while let Some(word) = words.next() {
        for c in word.chars() {
            if left == 0 {
                out.push('…');
                return out;
            }
            out.push(c);
            left -= 1;
        }
        if words.peek().is_some() && left > 0 {
            out.push(' ');
            left -= 1;
        }
    }
    out
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_cannot_break_the_line() {
        assert_eq!(
            printable("a\r\nb\u{1b}[31mred\u{202e}x  y\0"),
            "a b [31mred x y"
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let cut = printable(&"x".repeat(1000));
        assert_eq!(cut.chars().count(), 301);
        assert!(cut.ends_with('…'));
    }
}
