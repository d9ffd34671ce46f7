//! Headers of every kind: what the safetensors crate refuses is found, and what it accepts is accepted.

#![allow(missing_docs)]

use cerebras_management_preflight::{
    Check,
    header::{self, Dtype, Fault, Tensor},
};
use proptest::{prelude::*, sample::select};
use safetensors::SafeTensors;

/// A file with this header and so many bytes of data.
fn file(header: &[u8], data: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header);
    file.resize(file.len() + data, 0);
    file
}

/// What is wrong with a file, or its tensors.
fn read(file: &[u8]) -> Result<Vec<Tensor<'_>>, Vec<Fault>> {
    let size = file.len() as u64;
    let length = header::length(file, size).map_err(|fault| vec![fault])?;
    let end = usize::try_from(header::PREFIX + length).expect("a length");
    let (tensors, faults) = header::read(&file[8..end], size - end as u64);
    if faults.is_empty() {
        Ok(tensors)
    } else {
        Err(faults)
    }
}

/// Says more than the crate, which reads them all the same: of two of a name it takes the last, and it takes
/// forms that no page tells of.
fn says_more(faults: &[Fault]) -> bool {
    faults.iter().any(|fault| {
        fault.check == Check::DuplicateKey
            || fault.what.contains("its entry is an array")
            || fault.what.contains("dtype is an object")
    })
}

/// Holds a file against the crate's reader.
fn compare(file: &[u8]) -> Result<(), TestCaseError> {
    match (SafeTensors::read_metadata(file), read(file)) {
        (Ok((_, theirs)), Ok(ours)) => {
            let theirs = theirs.tensors();
            prop_assert_eq!(theirs.len(), ours.len());
            for tensor in ours {
                let same = &theirs[&*tensor.name];
                prop_assert_eq!(tensor.dtype.word(), same.dtype.to_string());
                prop_assert_eq!(u64::from(tensor.shape.rank()), same.shape.len() as u64);
                if let Some(sizes) = tensor.shape.sizes() {
                    let their_sizes: Vec<_> = same.shape.iter().map(|it| *it as u64).collect();
                    prop_assert_eq!(sizes, their_sizes);
                }
                let (start, end) = same.data_offsets;
                prop_assert_eq!((tensor.start, tensor.end), (start as u64, end as u64));
            }
        }
        (Ok(_), Err(faults)) => prop_assert!(says_more(&faults), "accepted there: {faults:?}"),
        (Err(error), Ok(_)) => prop_assert!(false, "refused there: {error}"),
        (Err(_), Err(faults)) => {
            prop_assert!(faults.iter().all(|fault| !fault.what.is_empty()));
        }
    }
    Ok(())
}

const DTYPES: [&str; 12] = [
    "F32", "BF16", "F16", "F64", "I8", "U8", "BOOL", "F4", "F6_E2M3", "F8_E4M3", "C64", "F8_E8M0",
];

/// Something that is not what is expected.
fn junk() -> impl Strategy<Value = String> {
    select(vec![
        "null",
        "true",
        "-1",
        "1.5",
        "18446744073709551616",
        "18446744073709551615",
        "\"x\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[1,[2]]",
        "{\"F32\":null}",
        "1e999",
        "",
    ])
    .prop_map(str::to_owned)
}

fn shape() -> impl Strategy<Value = Vec<u64>> {
    let size = prop_oneof![8 => 0_u64..5, 1 => select(vec![1 << 32, 1 << 62, u64::MAX])];
    prop::collection::vec(size, 0..5)
}

/// A tensor that is right but for its place, with a chance that a part of it is not.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    dtype: &'static str,
    shape: Vec<u64>,
    /// Added to where it begins and ends.
    moved: (i64, i64),
    /// In the place of its n-th part.
    junk: Option<(usize, String)>,
    more: Option<String>,
}

fn entry() -> impl Strategy<Value = Entry> {
    let name = select(vec![
        "a",
        "b",
        "c",
        "d",
        "e",
        "ä\\n",
        "__metadata__",
        "\\u0061",
        "",
    ]);
    let moved = prop_oneof![12 => Just((0, 0)), 1 => (-2..3_i64, -2..3_i64)];
    let wrong = prop_oneof![12 => Just(None), 1 => (0..4_usize, junk()).prop_map(Some)];
    let more = prop_oneof![12 => Just(None), 1 => select(vec!["\"dtype\":\"F32\"", "\"other\":[[1]]", "\"shape\":[1]"]).prop_map(|it| Some(it.to_owned()))];
    (name, select(DTYPES.to_vec()), shape(), moved, wrong, more).prop_map(
        |(name, dtype, shape, moved, junk, more)| Entry {
            name: name.to_owned(),
            dtype,
            shape,
            moved,
            junk,
            more,
        },
    )
}

/// The text of a header of entries that follow each other, and where the last ends.
fn text(entries: &[Entry]) -> (String, u64) {
    let mut parts = Vec::new();
    let mut at = 0_u64;
    for entry in entries {
        let dtype = Dtype::of(entry.dtype).expect("a dtype");
        let numbers = entry
            .shape
            .iter()
            .try_fold(1_u64, |product, size| product.checked_mul(*size));
        let bytes = numbers
            .and_then(|numbers| numbers.checked_mul(dtype.bits()))
            .map_or(4, |bits| bits / 8);
        let end = at.saturating_add(bytes.min(1 << 20));
        let (from, to) = (
            at.saturating_add_signed(entry.moved.0),
            end.saturating_add_signed(entry.moved.1),
        );
        let mut fields = [
            format!("\"dtype\":\"{}\"", entry.dtype),
            format!("\"shape\":{:?}", entry.shape),
            format!("\"data_offsets\":[{from},{to}]"),
        ];
        let mut value = None;
        match &entry.junk {
            Some((3, junk)) => value = Some(junk.clone()),
            Some((n, junk)) => {
                let (key, _) = fields[*n].split_once(':').expect("a field");
                fields[*n] = format!("{key}:{junk}");
            }
            None => {}
        }
        let mut fields = fields.to_vec();
        fields.extend(entry.more.clone());
        let value = value.unwrap_or_else(|| format!("{{{}}}", fields.join(",")));
        parts.push(format!("\"{}\":{value}", entry.name));
        at = end;
    }
    (format!("{{{}}}", parts.join(",")), at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn entries_are_read_as_the_crate_reads_them(entries in prop::collection::vec(entry(), 0..4), more in -1..2_i64, pad in 0..3_usize) {
        let (mut text, data) = text(&entries);
        text.push_str(&" ".repeat(pad));
        let data = usize::try_from(data.saturating_add_signed(more)).expect("a length");
        compare(&file(text.as_bytes(), data))?;
    }

    #[test]
    fn a_header_with_a_byte_changed_is_read_as_the_crate_reads_it(
        entries in prop::collection::vec(entry(), 1..4), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let (text, data) = text(&entries);
        let mut file = file(text.as_bytes(), usize::try_from(data).expect("a length"));
        let at = at.index(8 + text.len());
        file[at] = byte;
        compare(&file)?;
    }

    #[test]
    fn any_bytes_are_read_as_the_crate_reads_them(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        compare(&bytes)?;
        compare(&file(&bytes, 3))?;
    }
}

fn whats(header: &str, data: usize) -> Vec<String> {
    let faults = read(&file(header.as_bytes(), data)).expect_err("faults");
    let told = |fault: Fault| format!("{}: {}", fault.check, fault.what);
    faults.into_iter().map(told).collect()
}

#[test]
fn a_fault_says_what_is_there_and_what_has_to_be() {
    assert_eq!(
        whats(
            r#"{"a": {"dtype": "BF17", "shape": [-1], "data_offsets": [0]}, "b": 1, "__metadata__": []}"#,
            0
        ),
        [
            "header-form: tensor \"a\": there is no dtype \"BF17\"; tensor \"a\": shape has a number below 0 in the \
             place of a size; tensor \"a\": data_offsets are 1 in number, and have to be two; and 2 more"
        ]
    );
    assert_eq!(
        whats(
            r#"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}"#,
            9
        ),
        [
            "tensor-size: tensor \"a\": F32 [2] takes 8 bytes, and its offsets give it 4",
            "tensor-overlap: tensor \"b\": it begins at byte 2, and tensor \"a\" ends at 4",
        ]
    );
    assert_eq!(
        whats(
            r#"{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}"#,
            9
        ),
        [
            "tensor-overlap: tensor \"b\": it begins at byte 2, and tensor \"a\" ends at 4",
            "shard-length: the file is 3 bytes longer than its header says: 9 bytes of data, and not 6",
        ]
    );
}

#[test]
fn every_type_of_the_crate_is_known_with_its_size() {
    for dtype in Dtype::ALL {
        let word = format!("\"{}\"", dtype.word());
        let theirs: safetensors::Dtype = serde_json::from_str(&word).expect("a dtype of the crate");
        assert_eq!(dtype.bits(), theirs.bitsize() as u64, "{dtype}");
    }
    // The crate's are no closed list; this is how many it has in the version that is used.
    assert_eq!(Dtype::ALL.len(), 22);
}

#[test]
fn a_header_of_more_tensors_than_any_model_has_is_not_read_to_its_end() {
    let one = |n| format!("\"{n}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
    let many: Vec<_> = (0..=header::MOST_TENSORS).map(one).collect();
    let text = format!("{{{}}}", many.join(","));
    let whats = whats(&text, 0);
    assert!(whats[0].contains("more than 200000 tensors"), "{whats:?}");
}

#[test]
fn nesting_of_any_depth_is_no_way_to_overflow_the_stack() {
    for header in [
        "[".repeat(1 << 20),
        format!("{{\"a\":{{\"x\":{}", "{\"y\":".repeat(1 << 20)),
    ] {
        let whats = whats(&header, 0);
        assert!(whats[0].starts_with("header-not-json: "), "{whats:?}");
    }
}
