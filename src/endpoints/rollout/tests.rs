//! The rules for the end of a rollout: what each look makes of what the endpoint lists.

use super::*;
use crate::{Client, raw};

mod random;

/// An entry of `deployed_models`: its id, version, date and state.
type Entry = (&'static str, u64, Option<i64>, Option<&'static str>);

const OURS: &str = "d-2";

/// Deployment `d-2` of version 2, accepted at second 20.
fn probe() -> RolloutProbe {
    let client = Client::builder().key("k").build().expect("a client");
    let endpoint = client.endpoint("e").expect("an endpoint");
    let name: ModelVersionName = "orgs/o/models/a/versions/2".parse().expect("a name");
    let accepted = serde_json::json!({ "name": OURS, "done": false, "response": {
        "deployment_id": OURS, "endpoint_id": "e", "org_name": "o", "model_arch_id": "a",
        "version_id": 2, "created": 20, "updated": 20, "rollout_status": "not_started",
    }});
    let accepted: raw::types::EndpointDeployResponse =
        serde_json::from_value(accepted).expect("an answer");
    let deployment = Deployment::submitted(endpoint.id(), &name, accepted);
    RolloutProbe::new(endpoint, deployment, name)
}

fn details(entries: &[Entry]) -> EndpointDetails {
    let deployed: Vec<_> = entries
        .iter()
        .map(|(id, version, created, state)| {
            let model = format!("orgs/o/models/a/versions/{version}");
            let mut entry = serde_json::json!({ "id": id, "model": model });
            if let Some(created) = created {
                entry["created"] = (*created).into();
            }
            if let Some(state) = state {
                entry["state"] = (*state).into();
            }
            entry
        })
        .collect();
    let answer: raw::types::EndpointResponse = serde_json::from_value(serde_json::json!({
        "name": "e", "model_arch_id": "a", "managing_org_name": "o", "created": 1, "updated": 1,
        "deployed_models": deployed,
    }))
    .expect("an endpoint");
    let id = "e".parse().expect("an id");
    EndpointDetails::new(&id, answer)
}

/// What a look says, in short: the progress, and the end if it is one.
fn say(look: Look<RolloutProgress, Deployment>) -> String {
    match look {
        Look::Going(progress) => format!("{progress}"),
        Look::Done(progress, deployment) => {
            assert_eq!(deployment.id, OURS);
            format!("{progress}: serves")
        }
        Look::Ended(progress, error) => format!("{progress}: {:?}", error.kind()),
    }
}

/// What the last of some looks says.
fn after(looks: &[&[Entry]]) -> String {
    let mut probe = probe();
    let mut said = String::new();
    for entries in looks {
        said = say(probe.judge(&details(entries)));
    }
    said
}

fn ours(state: &'static str) -> Entry {
    (OURS, 2, Some(20), Some(state))
}

const OLDER: Entry = ("d-1", 1, Some(10), Some("complete"));
const NEWER: Entry = ("d-3", 3, Some(30), Some("complete"));
const NEWER_GOING: Entry = ("d-3", 3, Some(30), Some("in_progress"));
const SAME_SECOND: Entry = ("d-3", 3, Some(20), Some("complete"));

#[test]
fn the_state_alone_says_how_far_it_is() {
    for (state, said) in [
        ("not_started", "not_started"),
        ("in_progress", "in_progress"),
        ("rolling_back", "rolling_back"),
        ("draining", "draining"),
        ("complete", "complete: serves"),
        ("done", "done: serves"),
        ("rolled_back", "rolled_back: OperationFailed"),
        ("error", "error: OperationFailed"),
        ("failed", "failed: OperationFailed"),
        ("cancelled", "cancelled: Superseded"),
    ] {
        assert_eq!(after(&[&[ours(state), OLDER]]), said);
        assert_eq!(after(&[&[OLDER, ours(state)]]), said);
    }
}

#[test]
fn no_state_and_no_entry_are_in_progress() {
    assert_eq!(after(&[&[(OURS, 2, Some(20), None), OLDER]]), "accepted");
    assert_eq!(after(&[&[OLDER]]), "not_started");
    assert_eq!(after(&[&[]]), "not_started");
}

#[tokio::test(start_paused = true)]
async fn no_entry_for_a_minute_is_told_and_is_no_end() {
    let mut probe = probe();
    tokio::time::advance(UNLISTED).await;
    assert_eq!(say(probe.judge(&details(&[OLDER]))), "not listed");
    let complete = [ours("complete"), OLDER];
    assert_eq!(say(probe.judge(&details(&complete))), "complete: serves");
}

#[test]
fn gone_after_having_been_listed_is_superseded() {
    let listed: &[Entry] = &[ours("in_progress"), OLDER];
    assert_eq!(after(&[listed, &[OLDER]]), "not listed: Superseded");
}

#[test]
fn a_newer_one_ends_ours_only_when_it_is_complete() {
    assert_eq!(
        after(&[&[NEWER_GOING, ours("not_started"), OLDER]]),
        "not_started"
    );
    assert_eq!(
        after(&[&[NEWER_GOING, ours("complete"), OLDER]]),
        "complete: serves"
    );
    for state in ["not_started", "in_progress", "complete"] {
        assert_eq!(
            after(&[&[NEWER, ours(state), OLDER]]),
            format!("{state}: Superseded")
        );
    }
    assert_eq!(after(&[&[NEWER, OLDER]]), "not listed: Superseded");
}

#[test]
fn a_newer_one_of_the_same_version_leaves_it_serving() {
    let again: Entry = ("d-3", 2, Some(30), Some("complete"));
    assert_eq!(after(&[&[again, ours("complete")]]), "complete: serves");
}

#[test]
fn one_of_the_same_second_is_not_newer() {
    assert_eq!(after(&[&[SAME_SECOND, ours("in_progress")]]), "in_progress");
    assert_eq!(after(&[&[SAME_SECOND]]), "not_started");
}

#[test]
fn two_complete_ones_of_one_second_leave_unclear_what_serves() {
    let both: &[Entry] = &[SAME_SECOND, ours("complete"), OLDER];
    assert_eq!(after(&[both]), "complete: Ambiguous");
    let undated: &[Entry] = &[
        ("d-3", 3, None, Some("complete")),
        (OURS, 2, None, Some("complete")),
    ];
    assert_eq!(
        after(&[undated]),
        "complete: Ambiguous",
        "the other has no date"
    );
    let mut probe = probe();
    probe.created = None;
    assert_eq!(say(probe.judge(&details(undated))), "complete: Ambiguous");
}

#[test]
fn without_a_date_of_ours_another_complete_one_leaves_unclear_what_serves() {
    let undated: Entry = (OURS, 2, None, Some("complete"));
    let after = |looks: &[&[Entry]]| {
        let mut probe = probe();
        probe.created = None;
        let said = looks.iter().map(|look| say(probe.judge(&details(look))));
        said.last().expect("a look")
    };
    assert_eq!(after(&[&[undated]]), "complete: serves");
    assert_eq!(after(&[&[OLDER, undated]]), "complete: Ambiguous");
    let of_ours: Entry = ("d-1", 2, Some(10), Some("complete"));
    assert_eq!(after(&[&[of_ours, undated]]), "complete: serves");
    let going: Entry = (OURS, 2, None, Some("in_progress"));
    assert_eq!(
        after(&[&[OLDER, going], &[OLDER, undated]]),
        "complete: serves"
    );
}

#[test]
fn newer_ones_of_one_second_leave_unclear_what_serves() {
    let of_ours: Entry = ("d-4", 2, Some(30), Some("complete"));
    for newer in [[NEWER, of_ours], [of_ours, NEWER]] {
        let list = [newer[0], newer[1], ours("complete")];
        assert_eq!(after(&[&list]), "complete: Ambiguous");
    }
}

#[test]
fn the_date_in_the_list_holds_where_the_accepting_answer_has_none() {
    for (list, said) in [
        ([NEWER, ours("in_progress")], "in_progress: Superseded"),
        ([NEWER, ours("complete")], "complete: Superseded"),
        ([OLDER, ours("complete")], "complete: serves"),
    ] {
        let mut probe = probe();
        probe.created = None;
        assert_eq!(say(probe.judge(&details(&list))), said);
    }
}

#[test]
fn the_date_of_the_accepting_answer_holds_where_the_list_has_none() {
    let undated: Entry = (OURS, 2, None, Some("complete"));
    assert_eq!(after(&[&[OLDER, undated]]), "complete: serves");
    assert_eq!(after(&[&[NEWER, undated]]), "complete: Superseded");
    assert_eq!(after(&[&[SAME_SECOND, undated]]), "complete: Ambiguous");
}

#[test]
fn what_was_complete_while_ours_was_not_came_before_it() {
    let going: &[Entry] = &[SAME_SECOND, ours("in_progress"), OLDER];
    let both: &[Entry] = &[SAME_SECOND, ours("complete"), OLDER];
    assert_eq!(after(&[going, both]), "complete: serves");
    // Not listed is not known to be incomplete.
    assert_eq!(after(&[&[SAME_SECOND], both]), "complete: Ambiguous");
}

#[test]
fn an_entry_that_names_another_version_is_a_failure() {
    let other: Entry = (OURS, 7, Some(20), Some("complete"));
    assert_eq!(after(&[&[other]]), "complete: OperationFailed");
}

#[test]
fn an_older_one_is_not_called_newer_where_the_list_has_no_date_of_a_cancelled_one() {
    let undated: Entry = (OURS, 2, None, Some("cancelled"));
    let said = |mut probe: RolloutProbe, other| match probe.judge(&details(&[other, undated])) {
        Look::Ended(_, error) => error.to_string(),
        other => panic!("expected an end, got {other:?}"),
    };
    let alone = "it was cancelled; look at";
    assert!(said(probe(), OLDER).contains(alone));
    assert!(said(probe(), NEWER).contains("the newer deployment d-3"));
    let mut dateless = probe();
    dateless.created = None;
    assert!(said(dateless, OLDER).contains(alone));
}

#[test]
fn the_end_is_told_in_one_line() {
    let said = |entries: &[Entry]| match probe().judge(&details(entries)) {
        Look::Ended(_, error) => error.to_string(),
        other => panic!("expected an end, got {other:?}"),
    };
    let about = "deployment d-2 of orgs/o/models/a/versions/2 to e";
    assert_eq!(
        said(&[ours("rolled_back")]),
        format!(
            "{about}: the rollout ended as \"rolled_back\"; look at Endpoint::serving before going on"
        )
    );
    assert_eq!(
        said(&[NEWER, ours("cancelled")]),
        format!(
            "{about}: it was cancelled, and the newer deployment d-3 of \
             orgs/o/models/a/versions/3 took its place; look at what serves before deploying again"
        )
    );
    assert_eq!(
        said(&[SAME_SECOND, ours("complete")]),
        format!(
            "{about}: it is complete, and so is deployment d-3 of orgs/o/models/a/versions/3, and \
             their dates do not tell which of them serves; ask the endpoint itself what answers, \
             or deploy again"
        )
    );
}
