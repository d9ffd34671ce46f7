//! Takes a key out of an answer that repeats it, before anything reads the answer.

use bytes::Bytes;

use crate::key::ApiKey;

/// What stands in the place of a key that was echoed.
pub(crate) const HIDDEN: &str = "[key]";

/// A shorter key may be a word of a good answer, or a part of one; it is no secret then either.
const SHORTEST: usize = 16;

/// So much of a key tells something of it, when an answer is cut in the middle of one: more than
/// a prefix such as `csk-`.
const TELLING: usize = 5;

/// A good answer without the key.
pub(crate) fn hidden_in_good(body: Bytes, key: &ApiKey) -> Bytes {
    if key.secret().len() < SHORTEST || !holds(&body, key) {
        return body;
    }
    Bytes::from(without(&body, key.secret(), false))
}

/// A body that is only shown, without the key. If the body was `cut`, then also without the
/// beginning of a key at its end.
pub(crate) fn hidden_in(body: &[u8], key: &ApiKey, cut: bool) -> Vec<u8> {
    without(body, key.secret(), cut)
}

/// Nearly all good answers hold neither the key nor an escape. A long one that holds an escape is
/// not copied for that.
fn holds(body: &[u8], key: &ApiKey) -> bool {
    let escaped = || {
        let mut places = 0..body.len();
        places.any(|at| key_at(&body[at..], key.secret(), false).is_some())
    };
    key.is_in(body) || (memchr::memchr(b'\\', body).is_some() && escaped())
}

fn without(body: &[u8], secret: &str, cut: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        if let Some(length) = key_at(rest, secret, cut) {
            out.extend_from_slice(HIDDEN.as_bytes());
            rest = &rest[length..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

/// How many bytes of `text` are the key, each of its characters as it is or as JSON may escape it.
fn key_at(text: &[u8], secret: &str, cut: bool) -> Option<usize> {
    let mut rest = text;
    for (matched, wanted) in secret.bytes().enumerate() {
        if rest.is_empty() && cut && matched >= TELLING {
            return Some(text.len());
        }
        rest = &rest[character(rest, wanted)?..];
    }
    Some(text.len() - rest.len())
}

/// The length of this character at the beginning of a text. A key is printable ASCII.
fn character(text: &[u8], wanted: u8) -> Option<usize> {
    match text {
        [b'\\', b'u', escape @ ..] if escape.len() >= 4 && of_hex(&escape[..4]) == Some(wanted) => {
            Some(6)
        }
        [b'\\', escaped, ..] if *escaped == wanted && matches!(wanted, b'/' | b'\\') => Some(2),
        [first, ..] if *first == wanted => Some(1),
        _ => None,
    }
}

fn of_hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    u8::try_from(u16::from_str_radix(digits, 16).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = r"csk-0/23456789\ab";

    fn key() -> ApiKey {
        ApiKey::new(SECRET).expect("a key")
    }

    fn shown(body: &str, cut: bool) -> String {
        String::from_utf8(hidden_in(body.as_bytes(), &key(), cut)).expect("text")
    }

    fn escaped(each: impl Fn(char) -> String) -> String {
        SECRET.chars().map(each).collect()
    }

    #[test]
    fn a_key_is_found_in_every_way_that_json_may_write_it() {
        for written in [
            SECRET.to_owned(),
            escaped(|c| format!("\\u{:04x}", u32::from(c))),
            escaped(|c| format!("\\u{:04X}", u32::from(c))),
            escaped(|c| match c {
                '/' | '\\' => format!("\\{c}"),
                c => c.to_string(),
            }),
            SECRET.replacen('c', "\\u0063", 1),
        ] {
            let body = format!("{{\"name\":\"ä {written}{written}.\"}}");
            let expected = "{\"name\":\"ä [key][key].\"}";
            assert_eq!(shown(&body, false), expected, "{written}");
            let good = hidden_in_good(Bytes::from(body), &key());
            assert_eq!(good, expected.as_bytes(), "{written}");
        }
    }

    #[test]
    fn what_is_not_the_key_stays() {
        for body in [
            "",
            "csk-",
            r#"{"a":"csk-0\/2345678\u00e9 \\u0063 \" \n"}"#,
            r"\u006",
            "\\",
        ] {
            assert_eq!(shown(body, false), body);
            assert_eq!(hidden_in_good(Bytes::from(body), &key()), body.as_bytes());
        }
        let bytes = b"\xff\xfecsk".as_slice();
        assert_eq!(hidden_in(bytes, &key(), false), bytes);
    }

    #[test]
    fn the_beginning_of_a_key_at_a_cut_is_taken_out_too() {
        for (body, expected) in [
            ("x csk-0/2", "x [key]"),
            ("x \\u0063sk-0", "x [key]"),
            ("x csk-", "x csk-"),
        ] {
            assert_eq!(shown(body, true), expected);
            assert_eq!(shown(body, false), body);
        }
    }

    #[test]
    fn a_short_key_may_be_a_word_of_a_good_answer() {
        let body = Bytes::from_static(b"{\"name\":\"k\"}");
        let short = ApiKey::new("name").expect("a key");
        assert_eq!(hidden_in_good(body.clone(), &short), body);
        assert_eq!(hidden_in(&body, &short, false), b"{\"[key]\":\"k\"}");
    }
}
