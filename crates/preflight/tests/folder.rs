//! Folders as they come: what is asked of them, and what is odd in them.

#![allow(missing_docs)]

mod support;

use std::path::Path;
use std::sync::Mutex;

use cerebras_management_preflight::{
    Check, Lock, Preflight, Report, Store,
    store::{ErrorKind, Folder},
};
use support::{
    found,
    model::{Model, bf16, safetensors},
};

fn store(path: &Path) -> Store {
    Store::Folder(Folder::new(path))
}

async fn look(path: &Path) -> Report {
    let store = store(path);
    let preflight = Preflight::new(&store).at(support::now());
    preflight.run().await.expect("a report")
}

#[tokio::test]
async fn each_file_of_weights_takes_one_read() {
    let folder = tempfile::tempdir().expect("a folder");
    Model::llama().write(folder.path());
    let report = look(folder.path()).await;
    // The listing; config.json, the index and two files of the tokenizer; and the shards.
    assert_eq!(report.requests, 1 + 4 + 31);
    assert_eq!((report.shards, report.objects), (31, 37));
}

/// Without an index nothing tells how long a header is, and one that is longer than the first read takes more.
#[tokio::test]
async fn a_header_that_is_longer_than_expected_takes_another_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let tensors: Vec<_> = (0..3000)
        .map(|n| bf16(&format!("a.tensor.of.many.{n}"), &[1]))
        .collect();
    let mut model = Model::default();
    model.put("model.safetensors", safetensors(&tensors));
    model.write(folder.path());
    let report = look(folder.path()).await;
    assert_eq!((report.requests, report.tensors), (1 + 2, 3000));
    let header = report.bytes - 3000 * 2;
    assert_eq!(report.bytes_read, header);
}

#[tokio::test]
async fn progress_is_told_for_each_file_of_weights() {
    let folder = tempfile::tempdir().expect("a folder");
    Model::gpt_oss().write(folder.path());
    let (store, told) = (store(folder.path()), Mutex::new(Vec::new()));
    let preflight = Preflight::new(&store).on_progress(|progress| {
        told.lock()
            .expect("a lock")
            .push((progress.done, progress.total));
    });
    preflight.run().await.expect("a report");
    assert_eq!(*told.lock().expect("a lock"), [(1, 3), (2, 3), (3, 3)]);
}

#[tokio::test]
async fn a_place_that_is_not_there_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = look(&folder.path().join("nowhere")).await;
    assert_eq!(found(&nowhere), [(Check::NotFound, String::new())]);
    let file = folder.path().join("model.tar");
    std::fs::write(&file, "").expect("a file");
    assert_eq!(
        found(&look(&file).await),
        [(Check::NotFound, String::new())]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn links_to_files_are_followed_and_links_to_folders_are_not() {
    use std::os::unix::fs::symlink;
    let (blobs, folder) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let model = Model::tied();
    model.write(blobs.path());
    for name in model.files.keys() {
        symlink(blobs.path().join(name), folder.path().join(name)).expect("a link");
    }
    symlink(folder.path(), folder.path().join("itself")).expect("a link");
    let report = look(folder.path()).await;
    assert_eq!(
        (found(&report), report.objects),
        (vec![], model.files.len())
    );

    symlink(
        blobs.path().join("gone"),
        folder.path().join("dangling.safetensors"),
    )
    .expect("a link");
    assert_eq!(
        found(&look(folder.path()).await),
        [(Check::NotFound, String::new())]
    );
}

#[tokio::test]
async fn names_of_any_kind_are_files_like_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = Model::tied();
    let content = model.files.remove("model.safetensors").expect("a file");
    model.put("model + größe 模型.safetensors", content);
    model.write(folder.path());
    let report = look(folder.path()).await;
    assert_eq!((found(&report), report.shards), (vec![], 1));
}

#[tokio::test]
async fn a_lock_tells_what_has_changed_since() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = Model::tied();
    model.write(folder.path());
    let store = store(folder.path());
    let then = Lock::of(&store, &look(folder.path()).await)
        .await
        .expect("a lock");
    let same = Lock::of(&store, &look(folder.path()).await)
        .await
        .expect("a lock");
    assert_eq!(then.changes(&same), []);

    let before = model.clone();
    model.put("more.txt", "more");
    model.put("config.json", "{}");
    model.files.remove("README.md");
    model.write_over(&before, folder.path());
    let now = Lock::of(&store, &look(folder.path()).await)
        .await
        .expect("a lock");
    let changes: Vec<_> = then.changes(&now).iter().map(ToString::to_string).collect();
    let size = before.files["config.json"].len();
    assert_eq!(
        changes,
        [
            "README.md: it is gone".to_owned(),
            format!("config.json: it has 2 bytes, and had {size}"),
            "more.txt: it is new, with 4 bytes".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_file_that_is_gone_when_it_is_read_is_told_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = store(folder.path())
        .read("gone.json", 0..5)
        .await
        .expect_err("no file");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.object().ends_with("gone.json"), "{error}");
}
