//! Files with any bytes changed: whatever comes of it is told in plain lines.

#![allow(missing_docs)]

mod support;

use cerebras_management_preflight::{Preflight, Store, store::Folder};
use proptest::{prelude::*, sample::Index};
use support::model::Model;

/// What is done to a file.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    /// What another file has.
    Other(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let piece = prop::sample::select(vec![
        "\"",
        "{",
        "[",
        "]",
        "}",
        ",",
        "null",
        "-1",
        "1e400",
        "\\u0000",
        "\u{1b}[31m",
        "\u{202e}",
        "18446744073709551616",
        "\"text_config\":{},",
        "\"__metadata__\":3,",
        "\"weight_map\":[],",
    ]);
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => at().prop_map(Change::Cut),
        4 => (at(), piece).prop_map(|(at, piece)| Change::Insert(at, piece.as_bytes().to_vec())),
        1 => at().prop_map(Change::Other),
    ]
}

fn apply(model: &mut Model, file: Index, change: Change) {
    let names: Vec<_> = model.files.keys().cloned().collect();
    let contents: Vec<_> = model.files.values().cloned().collect();
    let content = model.files.get_mut(file.get(&names)).expect("a file");
    let place = |at: Index| at.index(content.len() + 1);
    match change {
        Change::Byte(at, byte) => {
            let at = place(at);
            if let Some(place) = content.get_mut(at) {
                *place = byte;
            }
        }
        Change::Cut(at) => {
            let at = place(at);
            content.truncate(at);
        }
        Change::Insert(at, piece) => {
            let at = place(at);
            content.splice(at..at, piece);
        }
        Change::Other(other) => content.clone_from(other.get(&contents)),
    }
}

/// One line of bounded length, with nothing in it that a terminal obeys.
fn is_plain(text: &str) -> bool {
    let breaks =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.is_empty() && !text.contains(breaks) && text.chars().count() < 4000
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_is_in_the_files_is_told_in_plain_lines(changes in prop::collection::vec((any::<Index>(), change()), 1..6), which in 0..3_usize) {
        let mut model = [Model::qwen_moe, Model::gpt_oss, Model::with_vision][which]();
        for (file, change) in changes {
            apply(&mut model, file, change);
        }
        let folder = tempfile::tempdir().expect("a folder");
        model.write(folder.path());
        let store = Store::Folder(Folder::new(folder.path()));
        let preflight = Preflight::new(&store)
            .architecture(&model.architecture)
            .architectures(support::table())
            .at(support::now());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let report = runtime.block_on(preflight.run()).expect("a report");
        for finding in &report.findings {
            for text in [&finding.what, finding.why, &finding.remedy] {
                prop_assert!(is_plain(text), "{finding:?}");
            }
        }
        prop_assert!(report.model_type.is_none_or(|it| it.len() < 4000));
    }
}
