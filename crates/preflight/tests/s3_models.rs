//! A bucket and a folder with the same weights in them: what is found is the same.

#![allow(missing_docs)]

mod s3_server;
mod support;

use std::path::Path;

use cerebras_management_preflight::{Check, Lock, Preflight, Report, Store, store::Folder};
use s3_server::{BUCKET, Server};
use support::{defects::DEFECTS, found, model::Model};

async fn look(store: &Store, architecture: &str) -> Report {
    let preflight = Preflight::new(store)
        .architecture(architecture)
        .architectures(support::table())
        .at(support::now());
    preflight.run().await.expect("a report")
}

/// What is found in the folder of a bucket, by way of S3 and by itself.
async fn both(server: &Server, folder: &Path, architecture: &str) -> [Vec<(Check, String)>; 2] {
    let bucket = Store::S3(server.open("m").await);
    let folder = Store::Folder(Folder::new(folder));
    let mut found = [
        found(&look(&bucket, architecture).await),
        found(&look(&folder, architecture).await),
    ];
    for of in &mut found {
        of.dedup();
    }
    found
}

#[tokio::test]
async fn each_defect_is_found_in_a_bucket_as_in_a_folder() {
    let server = Server::start().await;
    let folder = server.root.join(BUCKET).join("m");
    let mut last = Model::default();
    for defect in DEFECTS {
        let model = Model::with(&[defect]);
        std::fs::create_dir_all(&folder).expect("a folder");
        model.write_over(&last, &folder);
        let [bucket, by_itself] = both(&server, &folder, &model.architecture).await;
        assert_eq!(bucket, by_itself, "{}", defect.name);
        assert!(
            !bucket.is_empty() || by_itself.is_empty(),
            "{}",
            defect.name
        );
        last = model;
    }
}

#[tokio::test]
async fn whole_models_are_whole_in_a_bucket() {
    for model in [Model::tied(), Model::qwen_moe(), Model::gpt_oss()] {
        let server = Server::start().await;
        let folder = server.root.join(BUCKET).join("m");
        std::fs::create_dir_all(&folder).expect("a folder");
        model.write(&folder);
        let found = both(&server, &folder, &model.architecture).await;
        assert_eq!(found, [[], []]);
    }
}

#[tokio::test]
async fn a_shard_costs_one_request() {
    let server = Server::start().await;
    let folder = server.root.join(BUCKET).join("m");
    std::fs::create_dir_all(&folder).expect("a folder");
    let model = Model::llama();
    model.write(&folder);
    let report = look(&Store::S3(server.open("m").await), &model.architecture).await;
    assert_eq!(found(&report), []);
    let asked = server.asked();
    let of_shards = asked
        .iter()
        .filter(|it| it.target.contains(".safetensors?"));
    assert_eq!(of_shards.count(), 31, "{asked:#?}");
    // The two lists, and each other file at most once.
    assert!(asked.len() <= 2 + model.files.len(), "{asked:#?}");
}

#[tokio::test]
async fn a_lock_tells_which_object_of_a_bucket_has_changed() {
    let server = Server::start().await;
    let folder = server.root.join(BUCKET).join("m");
    std::fs::create_dir_all(&folder).expect("a folder");
    let model = Model::tied();
    model.write(&folder);
    let store = Store::S3(server.open("m").await);
    let report = look(&store, &model.architecture).await;
    let before = Lock::of(&store, &report).await.expect("a lock");
    let kept = Lock::from_json(&before.to_json()).expect("the same lock");
    let same = Lock::of(&store, &report).await.expect("a lock");
    assert_eq!(kept.changes(&same).len(), 0);
    // As long as before, so that the entity tag alone tells.
    let mut shard = model.files["model.safetensors"].clone();
    *shard.last_mut().expect("a byte") ^= 1;
    std::fs::write(folder.join("model.safetensors"), shard).expect("a file");
    let report = look(&store, &model.architecture).await;
    let after = Lock::of(&store, &report).await.expect("a lock");
    let changes = kept.changes(&after);
    assert_eq!(changes.len(), 1, "{changes:?}");
}
