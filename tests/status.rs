//! Statuses: the service's words, kept as they came, and what they mean for a wait.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use cerebras_management::status::{DeploymentState, Phase, RolloutStatus, SyncStatus};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use Phase::{Failed, InProgress, Succeeded};

#[test]
fn a_sync_ends_with_done_failed_error_or_cancelled() {
    for (text, status, phase) in [
        ("queued", SyncStatus::Queued, InProgress),
        ("in_progress", SyncStatus::InProgress, InProgress),
        ("done", SyncStatus::Done, Succeeded),
        ("failed", SyncStatus::Failed, Failed),
        ("error", SyncStatus::Error, Failed),
        ("cancelled", SyncStatus::Cancelled, Failed),
    ] {
        assert_eq!(SyncStatus::from(text), status);
        assert_eq!(
            (status.as_str(), status.phase(), status.is_known()),
            (text, phase, true)
        );
    }
}

#[test]
fn a_rollout_has_the_seven_published_statuses() {
    for (text, status, phase) in [
        ("not_started", RolloutStatus::NotStarted, InProgress),
        ("in_progress", RolloutStatus::InProgress, InProgress),
        ("rolling_back", RolloutStatus::RollingBack, InProgress),
        ("rolled_back", RolloutStatus::RolledBack, Failed),
        ("done", RolloutStatus::Done, Succeeded),
        ("error", RolloutStatus::Error, Failed),
        ("cancelled", RolloutStatus::Cancelled, Failed),
    ] {
        assert_eq!(RolloutStatus::from(text), status);
        assert_eq!(
            (status.as_str(), status.phase(), status.is_known()),
            (text, phase, true)
        );
    }
}

#[test]
fn the_published_page_has_the_statuses_of_a_rollout_and_no_others() {
    let page = include_str!("../openapi/pages/deploy-model-to-endpoint.md");
    let (_, schema) = page
        .split_once("DeploymentRolloutStatus:\n")
        .expect("the schema is there");
    let (_, values) = schema.split_once("enum:\n").expect("it is an enum");
    let values: Vec<&str> = values
        .lines()
        .map_while(|line| line.trim().strip_prefix("- "))
        .collect();
    assert_eq!(values.len(), 7);
    for value in values {
        assert!(RolloutStatus::from(value).is_known(), "{value}");
    }
    assert!(!RolloutStatus::from("complete").is_known());
}

#[test]
fn a_deployment_succeeds_in_both_vocabularies() {
    for (text, state, phase) in [
        ("not_started", DeploymentState::NotStarted, InProgress),
        ("in_progress", DeploymentState::InProgress, InProgress),
        ("rolling_back", DeploymentState::RollingBack, InProgress),
        ("rolled_back", DeploymentState::RolledBack, Failed),
        ("complete", DeploymentState::Complete, Succeeded),
        ("done", DeploymentState::Done, Succeeded),
        ("error", DeploymentState::Error, Failed),
        ("failed", DeploymentState::Failed, Failed),
        ("cancelled", DeploymentState::Cancelled, Failed),
    ] {
        assert_eq!(DeploymentState::from(text), state);
        assert_eq!(
            (state.as_str(), state.phase(), state.is_known()),
            (text, phase, true)
        );
    }
}

#[test]
fn an_unknown_status_is_in_progress_and_kept_as_it_came() {
    for text in [
        "verifying",
        "DONE",
        "Done",
        " done",
        "done ",
        "",
        "complete",
    ] {
        let status = SyncStatus::from(text);
        assert!(!status.is_known(), "{text:?}");
        assert_eq!(status.phase(), InProgress, "{text:?}");
        assert_eq!(status.to_string(), text);
        assert_ne!(status, SyncStatus::Done);
    }
    let SyncStatus::Other(unknown) = SyncStatus::from("verifying") else {
        panic!("it is known");
    };
    assert_eq!(unknown.as_str(), "verifying");
    assert_eq!(&*unknown, "verifying");
    assert_eq!(unknown.as_ref() as &str, "verifying");
    assert_eq!(format!("{unknown:<10}|"), "verifying |");
    assert_eq!(
        format!("{:?}", SyncStatus::Other(unknown)),
        r#"Other("verifying")"#
    );
}

#[test]
fn only_an_end_is_terminal() {
    assert!(!InProgress.is_terminal());
    assert!(Succeeded.is_terminal());
    assert!(Failed.is_terminal());
}

#[test]
fn a_status_that_is_no_string_is_an_error() {
    for json in ["3", "true", "null", "{}", "[\"done\"]"] {
        assert!(serde_json::from_str::<SyncStatus>(json).is_err(), "{json}");
    }
}

#[test]
fn statuses_go_anywhere() {
    fn everything<T>()
    where
        T: Send
            + Sync
            + Unpin
            + Clone
            + Debug
            + Display
            + Eq
            + Hash
            + Serialize
            + DeserializeOwned
            + 'static,
        T: for<'a> From<&'a str> + std::str::FromStr<Err = std::convert::Infallible>,
    {
    }
    everything::<SyncStatus>();
    everything::<RolloutStatus>();
    everything::<DeploymentState>();
}

fn status_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z_]{1,12}",
        prop::sample::select(vec![
            "queued",
            "in_progress",
            "done",
            "complete",
            "rolled_back",
            "Done"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn a_status_is_written_as_it_was_read(text in status_text()) {
        fn kept<T: for<'a> From<&'a str> + Display + Serialize + DeserializeOwned + PartialEq>(text: &str) -> bool {
            let status = T::from(text);
            let json = serde_json::to_string(&status).expect("a status serialises");
            status.to_string() == text
                && json == serde_json::to_string(text).expect("text serialises")
                && serde_json::from_str::<T>(&json).expect("a status is read") == status
        }
        prop_assert!(kept::<SyncStatus>(&text));
        prop_assert!(kept::<RolloutStatus>(&text));
        prop_assert!(kept::<DeploymentState>(&text));
    }
}
