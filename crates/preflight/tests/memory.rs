//! Hostile weights in bounded memory. The process has no other test, whose memory would be counted too.

#![allow(missing_docs)]
#![cfg(target_os = "linux")]

use std::io::{BufWriter, Write as _};
use std::path::Path;

use cerebras_management_preflight::{Check, Preflight, Store, header::LARGEST, store::Folder};

/// The most that this process has had in memory, in megabytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .expect("a number");
    kilobytes.parse::<u64>().expect("a number") / 1024
}

/// A file whose header is as long as there can be: so many tensors of a byte, and a long text. It is
/// written a piece at a time, so that writing it takes no memory.
fn write(path: &Path, tensors: u64) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("a file"));
    file.write_all(&LARGEST.to_le_bytes()).expect("written");
    let mut left = LARGEST;
    let mut put = |text: &str| {
        file.write_all(text.as_bytes()).expect("written");
        left -= text.len() as u64;
        left
    };
    let file_name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    put("{");
    for n in 0..tensors {
        let next = n + 1;
        put(&format!(
            "\"{file_name}{n}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{n},{next}]}},"
        ));
    }
    let end = "\"}}";
    let mut left = put("\"__metadata__\":{\"a\":\"") - end.len() as u64;
    let piece = "x".repeat(1 << 16);
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        left = put(&piece[..length]) - end.len() as u64;
    }
    put(end);
    let mut file = file.into_inner().expect("written");
    file.flush().expect("written");
    file.set_len(8 + LARGEST + tensors).expect("a length");
}

#[test]
fn sixteen_headers_of_a_hundred_megabytes_and_a_hundred_thousand_objects_take_bounded_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    write(&path("long-0.safetensors"), 0);
    // Each is read for itself: it does not matter that they are one file.
    for n in 1..13 {
        std::fs::hard_link(
            path("long-0.safetensors"),
            path(&format!("long-{n}.safetensors")),
        )
        .expect("a link");
    }
    for n in 0..3 {
        write(&path(&format!("many-{n}.safetensors")), 190_000);
    }
    for n in 0..100_000 {
        std::fs::write(
            path(&format!(
                "a file with a name of some length, as such files have, {n}.txt"
            )),
            "",
        )
        .expect("a file");
    }
    let before = peak();

    let store = Store::Folder(Folder::new(folder.path()));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime
        .block_on(Preflight::new(&store).run())
        .expect("a report");

    assert_eq!(
        (report.shards, report.tensors, report.objects),
        (16, 570_000, 100_016)
    );
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.check == Check::ZeroBytes)
    );
    // The names of so many are not all kept, and that is said.
    assert_eq!(report.not_checked[1].check, Check::DuplicateTensor.word());
    assert!(report.findings.len() < 100, "{}", report.findings.len());
    let peak = peak();
    assert!(
        before < 64 && peak < 256,
        "{before} MB before, {peak} MB at most"
    );
}
