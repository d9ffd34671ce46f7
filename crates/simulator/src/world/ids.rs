use std::fmt::Write;

use crate::splitmix::SplitMix;

/// Makes ids that look random and are the same in every run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids(SplitMix);

impl Ids {
    /// The next UUID, in the form of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.0.next(), self.0.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }
}

/// A fingerprint of what an endpoint runs on, and its version's suffix, if any. The part before
/// the suffix is the same for every version of an architecture, so that only the suffix tells
/// versions apart.
pub(super) fn fingerprint(architecture: &str, suffix: Option<&str>) -> String {
    // FNV-1a.
    let hash = architecture.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let mut fingerprint = format!("fp_{hash:08x}");
    if let Some(suffix) = suffix {
        // Writing to a string cannot fail.
        let _ = write!(fingerprint, "_{suffix}");
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn uuids_have_the_form_of_version_4_and_do_not_repeat() {
        let mut ids = Ids::default();
        let made: BTreeSet<_> = (0..1000).map(|_| ids.uuid()).collect();
        assert_eq!(made.len(), 1000);
        for id in made {
            let lengths: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(&id[14..15], "4", "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }

    #[test]
    fn a_fingerprint_ends_in_the_suffix() {
        let plain = fingerprint("gpt-oss-120b", None);
        assert_eq!(plain.len(), "fp_".len() + 8);
        assert_eq!(
            fingerprint("gpt-oss-120b", Some("run-42")),
            format!("{plain}_run-42")
        );
    }
}
