//! The header of a safetensors file: eight bytes that tell its length, and JSON that tells the type, the
//! shape and the place of each tensor.
//!
//! <https://huggingface.co/docs/safetensors/index#format> is the format. The reader takes any bytes: what
//! is wrong with them is a list of [`Fault`]s and never a panic, as many as there are, where a reader of
//! weights stops at the first.

mod dtype;
mod entry;
mod tensors;
mod top;

use std::fmt::Display;

pub use dtype::Dtype;
pub use tensors::{Shape, Tensor};

use self::top::Top;
use crate::{Check, json};

/// Bytes before the header, which tell its length.
pub const PREFIX: u64 = 8;

/// The largest header that the format allows, in bytes.
pub const LARGEST: u64 = 100_000_000;

/// More tensors than any model has in a file. A header with more is not read to its end.
pub const MOST_TENSORS: usize = 200_000;

/// Something that is wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The check that finds it.
    pub check: Check,
    /// What is wrong, in one line; of many of a kind the first few.
    pub what: String,
}

/// The length of the header, in bytes, of a file of so many bytes that begins with these.
///
/// # Errors
///
/// When the file cannot hold what it claims to.
pub fn length(beginning: &[u8], file: u64) -> Result<u64, Fault> {
    let fault = |check, what| Err(Fault { check, what });
    let prefix = beginning
        .first_chunk()
        .filter(|_| file >= PREFIX)
        .map(|prefix| u64::from_le_bytes(*prefix));
    let Some(length) = prefix else {
        let what = format!("it has {file} bytes, and the length of the header alone takes 8");
        return fault(Check::ShardLength, what);
    };
    if length > LARGEST {
        let kind =
            kind(beginning).map_or_else(String::new, |kind| format!("; it looks like {kind}"));
        let what = format!("it claims a header of {length} bytes; the most is {LARGEST}{kind}");
        return fault(Check::HeaderTooLarge, what);
    }
    if length > file - PREFIX {
        let what = format!(
            "it claims a header of {length} bytes, and ends {} bytes after its first 8",
            file - PREFIX
        );
        return fault(Check::ShardLength, what);
    }
    Ok(length)
}

/// What else a file is by its first bytes.
fn kind(beginning: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 7] = [
        (
            b"version https://git-lfs",
            "a pointer of Git LFS in the place of the file (`git lfs pull` gets it)",
        ),
        (b"PK\x03\x04", "a zip archive or a pickle of PyTorch"),
        (b"\x1f\x8b", "compressed by gzip"),
        (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
        (b"GGUF", "GGUF"),
        (b"<", "a page of HTML or XML in the place of the file"),
        (b"{", "JSON"),
    ];
    let found = KINDS.iter().find(|(magic, _)| beginning.starts_with(magic));
    found.map(|(_, kind)| *kind)
}

/// Reads a header: the JSON alone, of a file that has so many bytes of data after it.
///
/// The tensors are those whose entries could be read, in the order in which they stand.
#[must_use]
pub fn read(json: &[u8], data: u64) -> (Vec<Tensor<'_>>, Vec<Fault>) {
    let mut faults = Faults::default();
    let mut tensors = Vec::new();
    match std::str::from_utf8(json) {
        Err(error) => faults.add(Check::HeaderNotJson, || {
            format!("the header is no UTF-8: {error}")
        }),
        Ok(text) => {
            let top = Top {
                tensors: &mut tensors,
                faults: &mut faults,
            };
            match json::read(text, top) {
                Err(error) => {
                    faults.add(Check::HeaderNotJson, || {
                        format!("the header cannot be read as JSON: {error}")
                    });
                }
                Ok(()) => tensors::check(&tensors, data, &mut faults),
            }
        }
    }
    (tensors, faults.into())
}

/// What was found so far: of each check the first few, and how many more.
#[derive(Debug, Default)]
struct Faults(Vec<(Check, Vec<String>, usize)>);

impl Faults {
    /// So many are told of each check.
    const TOLD: usize = 3;

    fn add(&mut self, check: Check, what: impl FnOnce() -> String) {
        let known = self.0.iter().position(|(other, ..)| *other == check);
        let at = known.unwrap_or_else(|| {
            self.0.push((check, Vec::new(), 0));
            self.0.len() - 1
        });
        let (_, told, more) = &mut self.0[at];
        if told.len() < Self::TOLD {
            told.push(what());
        } else {
            *more += 1;
        }
    }

    /// Of one tensor.
    fn of(&mut self, check: Check, tensor: &str, what: impl Display) {
        self.add(check, || format!("tensor {}: {what}", quoted(tensor)));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Faults> for Vec<Fault> {
    fn from(faults: Faults) -> Self {
        let faults = faults.0.into_iter().map(|(check, told, more)| {
            let mut what = told.join("; ");
            if more > 0 {
                what = format!("{what}; and {more} more");
            }
            Fault { check, what }
        });
        faults.collect()
    }
}

/// A name from a file, in quotes: one line, of a length to be shown.
pub(crate) fn quoted(name: &str) -> String {
    const LONGEST: usize = 120;
    match name.char_indices().nth(LONGEST) {
        None => format!("{name:?}"),
        Some((end, _)) => format!("{:?} and {} more bytes", &name[..end], name.len() - end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_safetensors_file_is_recognised() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 42\n";
        let fault = length(pointer, 130).expect_err("no header");
        assert_eq!(fault.check, Check::HeaderTooLarge);
        assert!(fault.what.contains("`git lfs pull` gets it"), "{fault:?}");
    }

    #[test]
    fn a_claim_is_held_against_the_file() {
        let claims = |length: u64, file| super::length(&length.to_le_bytes(), file);
        assert_eq!(claims(2, 10), Ok(2));
        let check = |length, file| claims(length, file).map_err(|fault| fault.check);
        assert_eq!(check(3, 10), Err(Check::ShardLength));
        assert_eq!(check(0, 7), Err(Check::ShardLength));
        assert_eq!(check(LARGEST, u64::MAX), Ok(LARGEST));
        assert_eq!(check(LARGEST + 1, u64::MAX), Err(Check::HeaderTooLarge));
        assert_eq!(check(1 << 63, u64::MAX), Err(Check::HeaderTooLarge));
        assert_eq!(check(u64::MAX, 10), Err(Check::HeaderTooLarge));
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = "ä".repeat(500);
        assert_eq!(
            quoted(&name),
            format!("\"{}\" and 760 more bytes", "ä".repeat(120))
        );
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
    }
}
