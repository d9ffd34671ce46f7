//! The tensors of a file, and what must hold of all of them together.

use std::{borrow::Cow, fmt};

use super::{Dtype, Faults, quoted};
use crate::Check;

/// A tensor as a header describes it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tensor<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its sizes.
    pub shape: Shape,
    /// Where its bytes begin, counted from the end of the header.
    pub start: u64,
    /// Where they end.
    pub end: u64,
}

/// The sizes of a tensor; of one with many the first few, and the number of all numbers in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    first: [u64; Self::KEPT],
    rank: u32,
    /// `None` when it is more than 2^64 - 1.
    numbers: Option<u64>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            first: [0; Self::KEPT],
            rank: 0,
            numbers: Some(1),
        }
    }
}

impl Shape {
    /// Nothing that is checked has more sizes, and the memory for them is bounded.
    const KEPT: usize = 3;

    pub(super) fn push(&mut self, size: u64) {
        if let Some(place) = self.first.get_mut(self.rank as usize) {
            *place = size;
        }
        self.rank = self.rank.saturating_add(1);
        self.numbers = self.numbers.and_then(|numbers| numbers.checked_mul(size));
    }

    /// The sizes, when they are at most three.
    #[must_use]
    pub fn sizes(&self) -> Option<&[u64]> {
        self.first.get(..self.rank as usize)
    }

    /// How many sizes there are.
    #[must_use]
    pub fn rank(&self) -> u32 {
        self.rank
    }

    /// Bytes that so many numbers of a type take; `None` when they are no whole bytes, or too many for the
    /// format.
    #[must_use]
    pub fn bytes(&self, dtype: Dtype) -> Option<u64> {
        let bits = self.numbers?.checked_mul(dtype.bits())?;
        bits.is_multiple_of(8).then_some(bits / 8)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.first[..Self::KEPT.min(self.rank as usize)];
        let shown: Vec<_> = shown.iter().map(ToString::to_string).collect();
        let more = if self.rank as usize > Self::KEPT {
            ", …"
        } else {
            ""
        };
        write!(f, "[{}{more}]", shown.join(", "))
    }
}

/// What must hold of all tensors of a file with so many bytes of data.
pub(super) fn check(tensors: &[Tensor<'_>], data: u64, faults: &mut Faults) {
    for tensor in tensors {
        size(tensor, faults);
    }
    let mut order: Vec<&Tensor<'_>> = tensors.iter().collect();
    order.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for pair in order.windows(2) {
        // Three of a name are two repeats.
        if pair[0].name == pair[1].name {
            faults.of(Check::DuplicateKey, &pair[0].name, "it is there twice");
        }
    }
    // Where an entry could not be read, what looks like a gap may be its tensor.
    let complete = faults.is_empty();
    order.sort_unstable_by_key(|tensor| (tensor.start, tensor.end));
    let mut before: Option<&Tensor<'_>> = None;
    for tensor in order {
        let end = before.map_or(0, |before| before.end);
        if tensor.start < end {
            overlap(before, tensor, faults);
        } else if tensor.start > end && complete {
            faults.of(
                Check::TensorGap,
                &tensor.name,
                format_args!(
                    "it begins at byte {}, and what is before it ends at {end}",
                    tensor.start
                ),
            );
        }
        if tensor.end >= end {
            before = Some(tensor);
        }
    }
    let end = before.map_or(0, |before| before.end);
    if end > data || complete && end < data {
        let by = end.abs_diff(data);
        let how = if end > data { "shorter" } else { "longer" };
        faults.add(Check::ShardLength, || {
            let has = format!("{data} bytes of data, and not {end}");
            format!("the file is {by} bytes {how} than its header says: {has}")
        });
    }
}

fn overlap(before: Option<&Tensor<'_>>, tensor: &Tensor<'_>, faults: &mut Faults) {
    let Some(before) = before else { return };
    faults.of(
        Check::TensorOverlap,
        &tensor.name,
        format_args!(
            "it begins at byte {}, and tensor {} ends at {}",
            tensor.start,
            quoted(&before.name),
            before.end
        ),
    );
}

/// Whether a tensor has as many bytes as its numbers take.
fn size(tensor: &Tensor<'_>, faults: &mut Faults) {
    let Tensor {
        dtype,
        shape,
        start,
        end,
        ..
    } = tensor;
    let takes = shape.bytes(*dtype);
    let Some(has) = end.checked_sub(*start) else {
        let what = format!("data_offsets end at {end}, before they begin at {start}");
        faults.of(Check::HeaderForm, &tensor.name, what);
        return;
    };
    if takes == Some(has) {
        return;
    }
    let what = match takes {
        Some(takes) => {
            format!("{dtype} {shape} takes {takes} bytes, and its offsets give it {has}")
        }
        None => format!("{dtype} {shape} takes no whole number of bytes below 2^61"),
    };
    faults.of(Check::TensorSize, &tensor.name, what);
}
