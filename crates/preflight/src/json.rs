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
