//! What every target checks of what a person reads.

/// Checks that a text is one line of bounded length, with nothing in it that a terminal obeys.
pub fn assert_line(text: &str, most: usize) {
    let breaks = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(breaks), "not one plain line: {text:?}");
    let length = text.chars().count();
    assert!(length <= most, "{length} characters: {text:?}");
}
