//! The header as a whole.

use serde::de::{Error, MapAccess};

use super::{Faults, MOST_TENSORS, Tensor, entry::Entry, quoted};
use crate::{
    Check,
    json::{Of, Text, Wanted},
};

/// The header as a whole: an entry a tensor, and texts about the file.
pub(super) struct Top<'a, 't> {
    pub(super) tensors: &'t mut Vec<Tensor<'a>>,
    pub(super) faults: &'t mut Faults,
}

impl<'de> Wanted<'de> for Top<'de, '_> {
    type Out = ();

    fn other(self, kind: &'static str) {
        self.faults.add(Check::HeaderForm, || {
            format!("the header is {kind}, and has to be an object")
        });
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { tensors, faults } = self;
        let mut metadata = false;
        while let Some(Ok(name)) = object.next_key_seed(Of(Text))? {
            if name == METADATA {
                if metadata {
                    faults.add(Check::DuplicateKey, || format!("{METADATA} is there twice"));
                }
                metadata = true;
                object.next_value_seed(Of(Metadata { faults }))?;
                continue;
            }
            if tensors.len() == MOST_TENSORS {
                return Err(A::Error::custom(format!(
                    "it has more than {MOST_TENSORS} tensors, and is not read further"
                )));
            }
            let entry = Entry {
                name: &name,
                faults,
            };
            if let Some(described) = object.next_value_seed(Of(entry))? {
                tensors.push(described.named(name));
            }
        }
        Ok(())
    }
}

const METADATA: &str = "__metadata__";

/// Texts by name, or null.
struct Metadata<'f> {
    faults: &'f mut Faults,
}

impl<'de> Wanted<'de> for Metadata<'_> {
    type Out = ();

    fn other(self, kind: &'static str) {
        self.faults.add(Check::HeaderForm, || {
            format!("{METADATA} is {kind}, and has to be an object of texts")
        });
    }

    fn null(self) {}

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(Ok(name)) = object.next_key_seed(Of(Text))? {
            if let Err(kind) = object.next_value_seed(Of(Text))? {
                self.faults.add(Check::HeaderForm, || {
                    format!(
                        "{METADATA} has {kind} for {}, and takes texts alone",
                        quoted(&name)
                    )
                });
            }
        }
        Ok(())
    }
}
