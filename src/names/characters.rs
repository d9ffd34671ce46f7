//! Characters that a person cannot see, and what to call a character in a message.

/// Whether `c` leaves no mark of its own on the screen: control, format or white space.
///
/// None of these belongs in a name. A format character (Unicode `Cf`) is the worst of them: a
/// right-to-left override makes one name look like another, and a zero-width space makes two
/// different names look alike.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control() || c.is_whitespace() || is_format(c)
}

/// Whether `c` has the general category `Cf` (Format): all 170 of Unicode 16.0 and 17.0.
///
/// A test compares this with the `regex` crate's `\p{Cf}` over all of Unicode.
pub(super) fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'                       // soft hyphen
            | '\u{600}'..='\u{605}'    // Arabic number signs
            | '\u{61c}'                // Arabic letter mark (bidi)
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'               // Mongolian vowel separator
            | '\u{200b}'..='\u{200f}'  // zero-width space and joiners; bidi marks
            | '\u{202a}'..='\u{202e}'  // bidi embeddings and overrides
            | '\u{2060}'..='\u{2064}'  // word joiner; invisible operators
            | '\u{2066}'..='\u{206f}'  // bidi isolates; deprecated format characters
            | '\u{feff}'               // byte order mark
            | '\u{fff9}'..='\u{fffb}'  // interlinear annotation
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}' // tags
    )
}

/// `c` as a message shows it: quoted, escaped where it cannot be seen, and named where the
/// look alone does not tell what it is.
pub(super) fn describe(c: char) -> String {
    match known_as(c) {
        Some(name) => format!("{c:?} ({name})"),
        None => format!("{c:?}"),
    }
}

fn known_as(c: char) -> Option<&'static str> {
    Some(match c {
        ' ' => "space",
        '\t' => "tab",
        '\n' => "newline",
        '\r' => "carriage return",
        '\0' => "NUL",
        '\\' => "backslash",
        '\u{a0}' | '\u{202f}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}' | '\u{202b}' | '\u{202c}' => "text direction embedding",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2066}'..='\u{2069}' => "text direction isolate",
        '\u{2010}' | '\u{2011}' => "typographic hyphen",
        '\u{2013}' => "en dash",
        '\u{2014}' => "em dash",
        '\u{2212}' => "minus sign",
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => "typographic quote",
        '\u{feff}' => "byte order mark",
        '\u{e0001}' | '\u{e0020}'..='\u{e007f}' => "invisible tag character",
        c if c.is_control() => "control character",
        c if c.is_whitespace() => "white space",
        c if is_format(c) => "format character",
        _ => return None,
    })
}
