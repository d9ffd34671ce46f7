//! Any beginning of a safetensors file: what the safetensors crate refuses has a fault, what it reads is read
//! the same, and each fault is one line.
#![no_main]

mod support;

use cerebras_management_preflight::{
    Check,
    header::{self, Fault},
};
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;

fuzz_target!(|file: &[u8]| {
    check(file);
    // The length seldom comes right by itself.
    let mut whole = (file.len() as u64).to_le_bytes().to_vec();
    whole.extend_from_slice(file);
    check(&whole);
});

fn check(file: &[u8]) {
    let size = file.len() as u64;
    let length = match header::length(file, size) {
        Ok(length) => length,
        Err(fault) => {
            told(&fault);
            assert!(SafeTensors::read_metadata(file).is_err(), "{fault:?}");
            return;
        }
    };
    let end = usize::try_from(header::PREFIX + length).expect("a length");
    let (tensors, faults) = header::read(&file[8..end], size - end as u64);
    faults.iter().for_each(told);
    match SafeTensors::read_metadata(file) {
        Ok((_, read)) if faults.is_empty() => {
            let theirs = read.tensors();
            assert_eq!(theirs.len(), tensors.len());
            for tensor in tensors {
                let same = theirs[&*tensor.name];
                assert_eq!(tensor.dtype.word(), same.dtype.to_string());
                assert_eq!(
                    (tensor.start as usize, tensor.end as usize),
                    same.data_offsets
                );
            }
        }
        // It takes forms that no page tells of, and of two of a name the last.
        Ok(_) => assert!(faults.iter().any(says_more), "{faults:?}"),
        Err(error) => assert!(!faults.is_empty(), "{error}"),
    }
}

fn says_more(fault: &Fault) -> bool {
    let other_form = ["its entry is an array", "dtype is an object"];
    fault.check == Check::DuplicateKey || other_form.iter().any(|form| fault.what.contains(form))
}

fn told(fault: &Fault) {
    assert!(!fault.what.is_empty());
    support::assert_line(&fault.what, 3000);
}
