//! A move of an alias: what it sends, whole and in order.

use cerebras_management::ErrorKind;
use serde_json::{Value, json};

use crate::harness::operations::good_service;
use crate::harness::service::{Request, ok, status};
use crate::harness::{VERSION_1, model, path, published};

const VERSION_2: &str = "orgs/my-org/models/gpt-oss-120b/versions/2";
const PATH_2: &str = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/2";

fn one(aliases: &[&str]) -> Value {
    published::version(true, "done", aliases)
}

fn two(aliases: &[&str]) -> Value {
    let mut version = one(aliases);
    version["name"] = json!(VERSION_2);
    version
}

fn written(name: &str, aliases: &[&str]) -> Value {
    json!({"name": name, "version_aliases": aliases})
}

#[tokio::test]
async fn it_sends_two_whole_lists_to_two_integers_and_reads_both_back() {
    let service = good_service().await;
    let first = ["production", "run-1", "idem-1"];
    let second = ["run-2", "production"];
    service.in_turn("GET", PATH_2, [ok(two(&["run-2"]))]);
    service.in_turn("GET", path::PRODUCTION, [ok(one(&first)), ok(two(&second))]);
    service.on("GET", path::VERSION_1, ok(one(&["run-1", "idem-1"])));
    let left = written(VERSION_1, &["run-1", "idem-1"]);
    service.on("PATCH", path::VERSION_1, ok(left));
    service.on("PATCH", PATH_2, ok(written(VERSION_2, &second)));

    let moved = model(&service.client()).move_alias("production", 2_u64);
    let moved = moved.await.unwrap();
    assert_eq!(moved.from.unwrap().to_string(), VERSION_1);
    assert_eq!(moved.to.to_string(), VERSION_2);
    assert_eq!(moved.version.aliases(), second);
    assert!(moved.without_alias.is_some());
    assert!(!moved.in_doubt);
    assert_eq!(
        service.requests(),
        [
            Request::expected("GET", PATH_2),
            Request::expected("GET", path::PRODUCTION),
            Request::expected("PATCH", path::VERSION_1)
                .with_body(json!({"version_aliases": ["run-1", "idem-1"]})),
            Request::expected("PATCH", PATH_2).with_body(json!({"version_aliases": second})),
            Request::expected("GET", path::PRODUCTION),
            Request::expected("GET", path::VERSION_1),
        ]
    );
}

#[tokio::test]
async fn an_alias_that_names_no_version_is_sent_to_one() {
    let service = good_service().await;
    service.on("GET", PATH_2, ok(two(&[])));
    let nothing = status(404, json!({"detail": "Model version not found"}));
    let after = ok(two(&["production"]));
    service.in_turn("GET", path::PRODUCTION, [nothing, after]);
    service.on("PATCH", PATH_2, ok(written(VERSION_2, &["production"])));
    let moved = model(&service.client()).move_alias("production", 2_u64);
    assert_eq!(moved.await.unwrap().from, None);
    assert_eq!(
        service.lines(),
        [
            format!("GET {PATH_2}"),
            format!("GET {}", path::PRODUCTION),
            format!(r#"PATCH {PATH_2} {{"version_aliases":["production"]}}"#),
            format!("GET {}", path::PRODUCTION),
        ]
    );
}

#[tokio::test]
async fn a_list_that_contradicts_the_alias_is_not_written() {
    let service = good_service().await;
    service.on("GET", PATH_2, ok(two(&["run-2"])));
    service.on("GET", path::PRODUCTION, ok(one(&["run-1"])));
    let moving = model(&service.client()).move_alias("production", 2_u64);
    let error = moving.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "model version orgs/my-org/models/gpt-oss-120b/versions/1: alias production names it, and \
         its aliases are [run-1]; nothing was written: it may have been edited just now; look again"
    );
    assert!(service.lines().iter().all(|line| line.starts_with("GET")));
}

/// Whatever is told of the version that has the alias.
#[tokio::test]
async fn aliases_of_the_target_that_are_not_told_are_not_lost_by_a_move() {
    let service = good_service().await;
    let mut untold = two(&[]);
    untold["response"]
        .as_object_mut()
        .unwrap()
        .remove("version_aliases");
    service.on("GET", PATH_2, ok(untold));
    service.on("GET", path::PRODUCTION, ok(one(&["production"])));
    let moving = model(&service.client()).move_alias("production", 2_u64);
    let error = moving.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(service.lines().iter().all(|line| line.starts_with("GET")));
}

#[tokio::test]
async fn an_alias_that_cannot_be_sent_back_is_not_lost_by_a_move() {
    for (first, second) in [
        (&["production", "Odd_One"][..], &["run-2"][..]),
        (&["production"], &["Odd_One"]),
    ] {
        let service = good_service().await;
        service.on("GET", PATH_2, ok(two(second)));
        service.on("GET", path::PRODUCTION, ok(one(first)));
        let moving = model(&service.client()).move_alias("production", 2_u64);
        let error = moving.await.unwrap_err();
        let line = error.to_string();
        assert!(
            line.contains("it carries an alias that cannot be sent back: "),
            "{line}"
        );
        assert!(service.lines().iter().all(|line| line.starts_with("GET")));
    }
}
