//! Folders as they come: what is asked of them, and what is odd in them.

#![allow(missing_docs)]

mod support;

use std::path::Path;
use std::sync::Mutex;

use cerebras_management_preflight::{
    Check, Layout, Lock, Preflight, Report, Store,
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
    let empty = look(folder.path()).await;
    assert_eq!(found(&empty), [(Check::NothingThere, String::new())]);
    for report in [nowhere, empty] {
        assert!(!report.is_good(Layout::Any), "{report:?}");
    }
}

#[tokio::test]
async fn a_file_in_the_place_of_a_folder_says_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let not_found = (Check::NotFound, String::new());
    for (name, archive) in [("model.tar.gz", true), ("model.safetensors", false)] {
        let file = folder.path().join(name);
        std::fs::write(&file, "").expect("a file");
        let report = look(&file).await;
        let archive = archive.then(|| (Check::Archive, name.to_owned()));
        let expected: Vec<_> = [not_found.clone()].into_iter().chain(archive).collect();
        assert_eq!(found(&report), expected);
        let remedy = &report.findings[0].remedy;
        assert_eq!(remedy, "give the folder that the file is in");
    }
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
}

/// What is wrong at one place is said of it, and the others are looked at all the same.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_listed_is_told_by_name_and_the_rest_is_looked_at() {
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt as _, fs::symlink, net::UnixListener};
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let mut model = Model::tied();
    model.put("notes.txt", "");
    model.write(folder.path());
    symlink(place("nowhere"), place("gone.md")).expect("a link");
    symlink(place("round"), place("round")).expect("a link");
    let _socket = UnixListener::bind(place("more.safetensors")).expect("a socket");
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(folder.path().join(name), "").expect("a file");

    let report = look(folder.path()).await;
    assert_eq!(
        found(&report),
        [
            (Check::NotFound, "gone.md".to_owned()),
            (Check::Unreadable, "caf\u{fffd}.txt".to_owned()),
            (Check::Unreadable, "more.safetensors".to_owned()),
            (Check::Unreadable, "round".to_owned()),
            (Check::ZeroBytes, "notes.txt".to_owned()),
        ]
    );
    assert_eq!((report.objects, report.shards), (model.files.len(), 1));
    for finding in &report.findings {
        assert!(
            !finding.remedy.contains("upload to it has ended"),
            "{finding:?}"
        );
    }
    let error = store(folder.path()).list().await.expect_err("no listing");
    assert!(
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_is_left_out_is_not_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = Model::tied();
    model.write(folder.path());
    let lock = folder.path().join("run.lock");
    std::fs::write(&lock, "{}").expect("a file");
    let listed =
        |folder: Folder| async { Store::Folder(folder).list().await.expect("a listing").len() };
    let root = || Folder::new(folder.path());
    assert_eq!(listed(root()).await, model.files.len() + 1);
    assert_eq!(listed(root().without(&lock)).await, model.files.len());
    let elsewhere = std::env::temp_dir().join("run.lock");
    assert_eq!(
        listed(root().without(&elsewhere)).await,
        model.files.len() + 1
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
