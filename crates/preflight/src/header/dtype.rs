//! The types of numbers that a tensor can have.

use std::fmt;

macro_rules! dtypes {
    ($($name:ident $word:literal $bits:literal)*) => {
        /// The type of a tensor's numbers, as the safetensors format names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Dtype {
            $(#[doc = concat!("`", $word, "`, of ", $bits, " bits")] $name,)*
        }

        impl Dtype {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Bits of one number; less than eight in packed types.
            #[must_use]
            pub fn bits(self) -> u64 {
                match self { $(Self::$name => $bits,)* }
            }

            /// The word that a header has for it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The type of a header's word, if there is one.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

dtypes! {
    Bool "BOOL" 8
    F4 "F4" 4
    F6E2m3 "F6_E2M3" 6
    F6E3m2 "F6_E3M2" 6
    U8 "U8" 8
    I8 "I8" 8
    F8E5m2 "F8_E5M2" 8
    F8E4m3 "F8_E4M3" 8
    F8E8m0 "F8_E8M0" 8
    F8E4m3Fnuz "F8_E4M3FNUZ" 8
    F8E5m2Fnuz "F8_E5M2FNUZ" 8
    I16 "I16" 16
    U16 "U16" 16
    F16 "F16" 16
    Bf16 "BF16" 16
    I32 "I32" 32
    U32 "U32" 32
    F32 "F32" 32
    C64 "C64" 64
    F64 "F64" 64
    I64 "I64" 64
    U64 "U64" 64
}

impl Dtype {
    /// Whether it is one in which models are trained: `F16`, `BF16`, `F32` or `F64`.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::Bf16 | Self::F32 | Self::F64)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
