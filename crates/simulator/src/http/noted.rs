//! What the journal notes of a request, beside its path.

/// How much is noted of a body, and of a query, in bytes.
pub(super) const LIMIT: usize = 4 << 10;

/// Shorter ones could be anything, and stand anywhere.
const SHORTEST_KEY: usize = 8;

/// The beginning of a text, without the key that the request came with: that is no place for it,
/// but a client may put it there by mistake.
pub(super) fn noted(text: &[u8], key: &str) -> String {
    let mut text = String::from_utf8_lossy(text).into_owned();
    if key.len() >= SHORTEST_KEY && text.contains(key) {
        text = text.replace(key, "<key>");
    }
    if text.len() > LIMIT {
        let starts = (0..=LIMIT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(starts.unwrap_or(0));
    }
    // It may have been a whole megabyte.
    text.shrink_to_fit();
    text
}

/// The same of a query, and without the value of any parameter that is called like a key: it could
/// be another than the one that the request came with.
pub(super) fn query(text: &str, key: &str) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if secret(name) => format!("{name}=<key>"),
        _ => pair.to_owned(),
    });
    let pairs: Vec<_> = pairs.collect();
    noted(pairs.join("&").as_bytes(), key)
}

fn secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "auth"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_noted_without_the_key() {
        for (text, key, expected) in [
            ("{}", "a-management-key", "{}"),
            ("a=a-management-key&b", "a-management-key", "a=<key>&b"),
            ("{\"a\":1}", "a", "{\"a\":1}"),
            ("{}", "", "{}"),
        ] {
            assert_eq!(noted(text.as_bytes(), key), expected);
        }
        assert_eq!(
            query("a=1&API_KEY=x&b&token", ""),
            "a=1&API_KEY=<key>&b&token"
        );
        let long = "é".repeat(LIMIT);
        assert_eq!(noted(long.as_bytes(), "").len(), LIMIT);
        assert_eq!(noted(format!("x{long}").as_bytes(), "").len(), LIMIT - 1);
        assert_eq!(noted(b"\xff", ""), "\u{fffd}");
        // A key that would be cut is not shown in part either.
        let key = "a-management-key";
        let late = " ".repeat(LIMIT - 4) + key;
        assert_eq!(noted(late.as_bytes(), key).trim_start(), "<key");
    }
}
