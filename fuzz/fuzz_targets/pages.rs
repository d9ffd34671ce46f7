//! Any pages and overlays: a document comes of them, or an error, in whatever order they are given.
//!
//! An input is a text. A line that begins with `%%%` begins a part, and the rest of that line says
//! what it is: `published`, `authored` or `overlay`. Half of the inputs are made from others by a
//! change of the parsed document ([`edit`]), so that what comes of it is again a document.
#![no_main]

#[path = "pages/edit.rs"]
mod edit;

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use serde_json::Value;
use xtask::diff::diff;
use xtask::lower::lower;
use xtask::merge::{Merged, merge};
use xtask::overlay::Overlay;
use xtask::page::{Page, yaml};

/// The one that corrects the published pages.
static OVERLAY: LazyLock<Overlay> = LazyLock::new(|| {
    let text = include_str!("../../openapi/overlay.yaml");
    Overlay::from_yaml("overlay.yaml", text).expect("an overlay")
});
const MARK: &str = "%%%";

fuzz_target!(|text: &str| {
    let parts = Part::all(text);
    let pages = |kind: &str| -> Vec<Page> {
        let parts = parts.iter().filter(|part| part.kind == kind);
        parts.filter_map(|part| page(part.text)).collect()
    };
    let (mut published, mut authored) = (pages("published"), pages("authored"));
    shown(diff(&authored, &published));

    let merged = shown(merge(&published, &authored));
    published.reverse();
    authored.reverse();
    let again = merge(&published, &authored);
    let documents = (merged.as_ref(), again.as_ref().ok());
    let documents = (documents.0.map(document), documents.1.map(document));
    assert_eq!(documents.0, documents.1, "the order of the pages counts");
    let Some(Merged { mut document, .. }) = merged else {
        return;
    };
    for page in &published {
        let at = page.operation().1;
        assert_eq!(document.pointer(at.as_str()), Some(page.operation().0));
    }

    lowered(&document);
    for part in parts.iter().filter(|part| part.kind == "overlay") {
        if let Some(overlay) = shown(Overlay::from_yaml("overlay.yaml", part.text)) {
            shown(overlay.apply(&mut document));
            lowered(&document);
        }
    }
    shown(OVERLAY.apply(&mut document));
    lowered(&document);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = fastrand::Rng::with_seed(seed.into());
    let text = std::str::from_utf8(&data[..size]).unwrap_or_default();
    match edited(text, &mut random) {
        Some(text) if random.bool() && text.len() <= max_size => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});

struct Part<'a> {
    kind: &'a str,
    text: &'a str,
}

impl<'a> Part<'a> {
    fn all(text: &'a str) -> Vec<Self> {
        let parts = text.split(MARK).skip(1);
        parts
            .filter_map(|part| part.split_once('\n'))
            .map(|(kind, text)| Self {
                kind: kind.trim(),
                text,
            })
            .collect()
    }
}

/// A Markdown page, or else one that is YAML as a whole.
fn page(text: &str) -> Option<Page> {
    match shown(Page::from_markdown("page.md", text))? {
        Some(page) => Some(page),
        None => shown(Page::from_yaml("page.yaml", text)),
    }
}

fn document(merged: &Merged) -> &Value {
    &merged.document
}

fn lowered(document: &Value) {
    if let Some(lowered) = shown(lower(document)) {
        assert_eq!(lowered["openapi"], "3.0.3");
    }
}

/// What came of it, with the error shown to nobody.
fn shown<T>(result: anyhow::Result<T>) -> Option<T> {
    result
        .inspect_err(|error| assert!(!format!("{error:#}").is_empty()))
        .ok()
}

/// The same parts, with one change in one that is a document.
fn edited(text: &str, random: &mut fastrand::Rng) -> Option<String> {
    let parts = Part::all(text);
    let read = |part: &Part<'_>| match page(part.text) {
        Some(page) => Some(page.document),
        None => yaml(part.text).ok(),
    };
    let changed = random.usize(..parts.len().max(1));
    let mut document = read(parts.get(changed)?)?;
    let other = read(&parts[random.usize(..parts.len())]).unwrap_or_default();
    edit::edit(&mut document, &other, random);
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        text.extend([MARK, " ", part.kind, "\n"]);
        if index == changed {
            // JSON is YAML.
            text.extend([&document.to_string(), "\n"]);
        } else {
            text.push_str(part.text);
        }
    }
    Some(text)
}
