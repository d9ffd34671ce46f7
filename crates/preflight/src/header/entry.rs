//! One tensor's entry in a header.

use std::borrow::Cow;

use serde::de::{MapAccess, SeqAccess};

use super::{Dtype, Faults, Shape, Tensor, quoted};
use crate::{
    Check,
    json::{Number, Of, Skip, Text, Wanted},
};

/// What an entry says of a tensor.
pub(super) struct Described {
    dtype: Dtype,
    shape: Shape,
    start: u64,
    end: u64,
}

impl Described {
    pub(super) fn named(self, name: Cow<'_, str>) -> Tensor<'_> {
        let Self {
            dtype,
            shape,
            start,
            end,
        } = self;
        Tensor {
            name,
            dtype,
            shape,
            start,
            end,
        }
    }
}

/// The entry of the tensor of this name; none where it is not of the published form.
pub(super) struct Entry<'n, 'f> {
    pub(super) name: &'n str,
    pub(super) faults: &'f mut Faults,
}

impl<'de> Wanted<'de> for Entry<'_, '_> {
    type Out = Option<Described>;

    fn other(self, kind: &'static str) -> Self::Out {
        let what = format_args!("its entry is {kind}, and has to be an object");
        self.faults.of(Check::HeaderForm, self.name, what);
        None
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Out, A::Error> {
        let Self { name, faults } = self;
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        while let Some(Ok(key)) = object.next_key_seed(Of(Text))? {
            let repeated = match &*key {
                "dtype" => dtype.replace(object.next_value_seed(Of(Text))?).is_some(),
                "shape" => shape.replace(object.next_value_seed(Of(Sizes))?).is_some(),
                "data_offsets" => offsets
                    .replace(object.next_value_seed(Of(Offsets))?)
                    .is_some(),
                // What is unknown is left to later versions of the format.
                _ => {
                    object.next_value_seed(Of(Skip))?;
                    false
                }
            };
            if repeated {
                faults.of(
                    Check::DuplicateKey,
                    name,
                    format_args!("{key} is there twice"),
                );
            }
        }
        let mut taken = Taken { name, faults };
        let dtype = taken.or_fault(match dtype {
            None => Err("dtype is missing".to_owned()),
            Some(Err(kind)) => Err(format!("dtype is {kind}, and has to be a text")),
            Some(Ok(word)) => {
                Dtype::of(&word).ok_or_else(|| format!("there is no dtype {}", quoted(&word)))
            }
        });
        let shape = shape.unwrap_or_else(|| Err("is missing".to_owned()));
        let shape = taken.or_fault(shape.map_err(|what| format!("shape {what}")));
        let offsets = offsets.unwrap_or_else(|| Err("are missing".to_owned()));
        let offsets = taken.or_fault(offsets.map_err(|what| format!("data_offsets {what}")));
        let (Some(dtype), Some(shape), Some((start, end))) = (dtype, shape, offsets) else {
            return Ok(None);
        };
        Ok(Some(Described {
            dtype,
            shape,
            start,
            end,
        }))
    }
}

/// What could be read of an entry, and a fault for what could not.
struct Taken<'n, 'f> {
    name: &'n str,
    faults: &'f mut Faults,
}

impl Taken<'_, '_> {
    fn or_fault<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|what| self.faults.of(Check::HeaderForm, self.name, what))
            .ok()
    }
}

/// A shape, or what is wrong with it.
struct Sizes;

impl<'de> Wanted<'de> for Sizes {
    type Out = Result<Shape, String>;

    fn other(self, kind: &'static str) -> Self::Out {
        Err(format!("is {kind}, and has to be an array of sizes"))
    }

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Out, A::Error> {
        let mut shape = Ok(Shape::default());
        while let Some(size) = array.next_element_seed(Of(Number))? {
            match (&mut shape, size) {
                (Ok(shape), Ok(size)) => shape.push(size),
                (Ok(_), Err(kind)) => shape = Err(format!("has {kind} in the place of a size")),
                (Err(_), _) => {}
            }
        }
        Ok(shape)
    }
}

/// The first byte and the one after the last, or what is wrong with them.
struct Offsets;

impl<'de> Wanted<'de> for Offsets {
    type Out = Result<(u64, u64), String>;

    fn other(self, kind: &'static str) -> Self::Out {
        Err(format!("are {kind}, and have to be two numbers"))
    }

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Out, A::Error> {
        let mut numbers = [Ok(0); 2];
        let mut count = 0_usize;
        while let Some(number) = array.next_element_seed(Of(Number))? {
            if let Some(place) = numbers.get_mut(count) {
                *place = number;
            }
            count += 1;
        }
        Ok(match numbers {
            _ if count != 2 => Err(format!("are {count} in number, and have to be two")),
            [Ok(start), Ok(end)] => Ok((start, end)),
            [Err(kind), _] | [_, Err(kind)] => Err(format!("have {kind} in the place of a byte")),
        })
    }
}
