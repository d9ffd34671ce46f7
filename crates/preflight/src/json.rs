//! JSON of which anything may come where something else was expected: what is there is told, and the
//! reading goes on.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Reads a text as what is wanted of it.
///
/// # Errors
///
/// When it is no JSON.
pub(crate) fn read<'a, W: Wanted<'a>>(text: &'a str, wanted: W) -> serde_json::Result<W::Out> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let out = Of(wanted).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(out)
}

/// The text with null for each number that is none in JSON, where there is one: Python's `json` writes and
/// reads `NaN`, `Infinity` and `-Infinity`.
pub(crate) fn without_infinities(text: &str) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut in_text, mut any) = (text, false, false);
    while let Some(c) = rest.chars().next() {
        let words = ["NaN", "-Infinity", "Infinity"];
        let word = words.iter().find(|word| rest.starts_with(**word));
        let taken = match word {
            Some(word) if !in_text => {
                out.push_str("null");
                any = true;
                word.len()
            }
            _ => {
                // What is escaped ends no text.
                let escaped = if in_text && c == '\\' {
                    rest.chars().nth(1)
                } else {
                    None
                };
                in_text ^= c == '"';
                let taken = c.len_utf8() + escaped.map_or(0, char::len_utf8);
                out.push_str(&rest[..taken]);
                taken
            }
        };
        rest = &rest[taken..];
    }
    any.then_some(out)
}

/// What is said of such a text.
pub(crate) const INFINITIES: (&str, &str) = (
    "it has NaN or Infinity in the place of a number, which Python reads, and JSON does not have",
    "write a number or null in its place",
);

/// What is made of a value of any kind. What is not taken is read past.
pub(crate) trait Wanted<'de>: Sized {
    type Out;

    /// It is of another kind.
    fn other(self, kind: &'static str) -> Self::Out;

    /// A whole number from 0 to 2^64 - 1.
    fn whole(self, _: u64) -> Self::Out {
        self.other("a number")
    }

    fn null(self) -> Self::Out {
        self.other("null")
    }

    fn text(self, _: Cow<'de, str>) -> Self::Out {
        self.other("a text")
    }

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Out, A::Error> {
        while array.next_element_seed(Of(Skip))?.is_some() {}
        Ok(self.other("an array"))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        while object.next_key_seed(Of(Skip))?.is_some() {
            object.next_value_seed(Of(Skip))?;
        }
        Ok(self.other("an object"))
    }
}

/// Reads a value into what is wanted.
pub(crate) struct Of<W>(pub(crate) W);

impl<'de, W: Wanted<'de>> DeserializeSeed<'de> for Of<W> {
    type Value = W::Out;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<W::Out, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, W: Wanted<'de>> Visitor<'de> for Of<W> {
    type Value = W::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, it: bool) -> Result<W::Out, E> {
        Ok(self.0.other(if it { "true" } else { "false" }))
    }

    fn visit_u64<E>(self, it: u64) -> Result<W::Out, E> {
        Ok(self.0.whole(it))
    }

    fn visit_i64<E>(self, _: i64) -> Result<W::Out, E> {
        Ok(self.0.other("a number below 0"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<W::Out, E> {
        Ok(self.0.other("a number that is not whole or too large"))
    }

    fn visit_unit<E>(self) -> Result<W::Out, E> {
        Ok(self.0.null())
    }

    fn visit_borrowed_str<E>(self, it: &'de str) -> Result<W::Out, E> {
        Ok(self.0.text(Cow::Borrowed(it)))
    }

    fn visit_str<E>(self, it: &str) -> Result<W::Out, E> {
        Ok(self.0.text(Cow::Owned(it.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<W::Out, A::Error> {
        self.0.array(array)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<W::Out, A::Error> {
        self.0.object(object)
    }
}

/// Nothing is wanted. What nests deeper than `serde_json` allows is an error all the same.
pub(crate) struct Skip;

impl Wanted<'_> for Skip {
    type Out = ();

    fn other(self, _: &'static str) {}
}

/// A text, or the kind of what is there.
pub(crate) struct Text;

impl<'de> Wanted<'de> for Text {
    type Out = Result<Cow<'de, str>, &'static str>;

    fn other(self, kind: &'static str) -> Self::Out {
        Err(kind)
    }

    fn text(self, text: Cow<'de, str>) -> Self::Out {
        Ok(text)
    }
}

/// A whole number, or the kind of what is there.
pub(crate) struct Number;

impl Wanted<'_> for Number {
    type Out = Result<u64, &'static str>;

    fn other(self, kind: &'static str) -> Self::Out {
        Err(kind)
    }

    fn whole(self, number: u64) -> Self::Out {
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_are_none_become_null() {
        let text =
            r#"{"a": NaN, "b": [-Infinity,Infinity], "NaN": "Infinity \" NaN \\", "c": "ä\\"}"#;
        assert_eq!(
            without_infinities(text).as_deref(),
            Some(r#"{"a": null, "b": [null,null], "NaN": "Infinity \" NaN \\", "c": "ä\\"}"#)
        );
        assert_eq!(without_infinities(r#"{"a": "NaN"}"#), None);
        assert_eq!(without_infinities("\"\\"), None);
    }
}
