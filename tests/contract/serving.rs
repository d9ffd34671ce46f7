//! What serves is the newest deployment that is complete, never simply the newest.

use cerebras_management::Serving;
use cerebras_management::names::VersionId;
use serde_json::{Value, json};

use crate::harness::operations::good_service;
use crate::harness::published::deployment;
use crate::harness::service::ok;
use crate::harness::{endpoint, path, published};

/// What serves, in short: the ids of the deployments, and the version if it is known.
async fn serving(deployments: &[Value]) -> (Vec<String>, Option<u64>) {
    let service = good_service().await;
    service.on("GET", path::ENDPOINT, ok(published::endpoint(deployments)));
    let serving = endpoint(&service.client()).serving().await.unwrap();
    let version = serving.version_id().map(VersionId::get);
    let ids = match serving {
        Serving::Nothing => Vec::new(),
        Serving::Deployment(one) => vec![one.id],
        Serving::Unclear(tied) => tied.into_iter().map(|one| one.id).collect(),
        other => panic!("an unknown answer: {other:?}"),
    };
    (ids, version)
}

fn undated(id: &str, version: u64) -> Value {
    let mut listed = deployment(id, version, 0, "complete");
    listed.as_object_mut().unwrap().remove("created");
    listed
}

fn one(id: &str, version: u64) -> (Vec<String>, Option<u64>) {
    (vec![id.to_owned()], Some(version))
}

#[tokio::test]
async fn nothing_serves_before_a_deployment_is_complete() {
    assert_eq!(serving(&[]).await, (vec![], None));
    for state in [
        "not_started",
        "in_progress",
        "rolling_back",
        "rolled_back",
        "error",
        "failed",
        "cancelled",
    ] {
        let listed = [deployment("d-1", 1, 10, state)];
        assert_eq!(serving(&listed).await, (vec![], None), "{state}");
    }
}

/// One without a state hides nothing that is known to serve, but where nothing is known to, it may
/// be what does.
#[tokio::test]
async fn what_serves_is_unclear_where_no_state_is_told() {
    let stateless = json!({"id": "d-1", "model": crate::harness::VERSION_1, "created": 20});
    let unclear = (vec!["d-1".to_owned()], None);
    let failed = deployment("d-2", 2, 10, "error");
    let complete = deployment("d-3", 3, 10, "complete");
    assert_eq!(serving(std::slice::from_ref(&stateless)).await, unclear);
    assert_eq!(serving(&[stateless.clone(), failed]).await, unclear);
    assert_eq!(serving(&[stateless, complete]).await, one("d-3", 3));
}

/// A word that is not known may stand for what serves.
#[tokio::test]
async fn what_serves_is_unclear_where_the_only_state_is_not_known() {
    for state in ["an_unknown_state", "Complete"] {
        let unknown = deployment("d-1", 1, 20, state);
        let unclear = (vec!["d-1".to_owned()], None);
        let failed = deployment("d-2", 2, 10, "error");
        let complete = deployment("d-3", 3, 10, "complete");
        assert_eq!(
            serving(&[unknown.clone(), failed]).await,
            unclear,
            "{state}"
        );
        assert_eq!(
            serving(&[unknown, complete]).await,
            one("d-3", 3),
            "{state}"
        );
    }
}

#[tokio::test]
async fn the_newest_that_is_complete_serves_in_whatever_order_they_are_listed() {
    let older = deployment("d-1", 1, 10, "complete");
    for word in ["complete", "done"] {
        let newer = deployment("d-2", 2, 20, word);
        for listed in [
            [older.clone(), newer.clone()],
            [newer.clone(), older.clone()],
        ] {
            assert_eq!(serving(&listed).await, one("d-2", 2));
        }
    }
}

#[tokio::test]
async fn a_newer_one_that_is_not_complete_does_not_serve() {
    for state in ["in_progress", "rolled_back", "error", "an_unknown_state"] {
        let listed = [
            deployment("d-2", 2, 20, state),
            deployment("d-1", 1, 10, "complete"),
        ];
        assert_eq!(serving(&listed).await, one("d-1", 1), "{state}");
    }
}

#[tokio::test]
async fn two_versions_of_the_same_second_leave_it_unclear() {
    let listed = [
        deployment("d-1", 1, 20, "complete"),
        deployment("d-2", 2, 20, "complete"),
        deployment("d-0", 3, 10, "complete"),
    ];
    let both = vec!["d-1".to_owned(), "d-2".to_owned()];
    assert_eq!(serving(&listed).await, (both, None));
}

#[tokio::test]
async fn one_version_twice_in_the_same_second_is_clear() {
    let listed = [
        deployment("d-1", 1, 20, "complete"),
        deployment("d-2", 1, 20, "complete"),
    ];
    let (ids, version) = serving(&listed).await;
    assert_eq!((ids.len(), version), (1, Some(1)));
}

#[tokio::test]
async fn a_deployment_without_a_date_may_be_the_newest() {
    let (older, dated) = (
        deployment("d-0", 3, 5, "complete"),
        deployment("d-1", 1, 10, "complete"),
    );
    let both = vec!["d-1".to_owned(), "d-2".to_owned()];
    for listed in [
        [older.clone(), dated.clone(), undated("d-2", 2)],
        [undated("d-2", 2), dated, older],
    ] {
        assert_eq!(serving(&listed).await, (both.clone(), None));
    }
    assert_eq!(serving(&[undated("d-2", 2)]).await, one("d-2", 2));
    let both = vec!["d-2".to_owned(), "d-3".to_owned()];
    let listed = [undated("d-2", 2), undated("d-3", 3)];
    assert_eq!(serving(&listed).await, (both, None));
}

#[tokio::test]
async fn a_version_whose_name_is_odd_serves_without_an_id() {
    let mut odd = deployment("d-1", 1, 10, "complete");
    odd["model"] = json!("models/1");
    assert_eq!(serving(&[odd]).await, (vec!["d-1".to_owned()], None));
}
