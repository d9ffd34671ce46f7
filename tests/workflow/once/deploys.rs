//! Deployments whose answers are lost.

use std::time::Duration;

use cerebras_management::{Deployment, ErrorKind, Obtained, Operation, Result};
use cerebras_management_simulator::{Behaviour, Fault, FaultAction, Operation as Route};

use super::{
    Hits, Means, Trouble, deployed, found, pending, reached, rig, stand_still, troubles, with,
};
use crate::harness::{ENDPOINT, Rig, refused, wait_for};

const DEPLOY: Route = Route::DeployModel;

async fn is_the_one(rig: &Rig, result: Result<Operation<Deployment>>, by: Obtained, case: &str) {
    let operation = result.unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(operation.obtained(), by, "{case}");
    assert_eq!(deployed(rig), [operation.deployment_id()], "{case}");
    wait_for(&operation).await.unwrap();
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2), "{case}");
}

#[tokio::test]
async fn one_call_makes_one_deployment_at_most_whatever_goes_wrong_with_which_attempt() {
    for Trouble {
        action,
        handled,
        means,
    } in troubles()
    {
        for hits in Hits::EACH {
            let case = format!("{action:?} {hits:?}");
            let rig = rig(Behaviour::default()).await;
            hits.inject(&rig, DEPLOY, &action);
            let result = rig.endpoint().deploy("2").await;
            let sent = match (means, hits) {
                (Means::NotProcessed, Hits::All) => 4,
                (Means::NotProcessed, _) => 2 + hits.refused(),
                _ => 1 + hits.refused(),
            };
            let happens = handled || means == Means::NotProcessed && hits != Hits::All;
            assert_eq!(
                reached(&rig, DEPLOY),
                (usize::from(happens), sent),
                "{case}"
            );
            if happens {
                let by = if handled {
                    Obtained::Adopted
                } else {
                    Obtained::Answered
                };
                is_the_one(&rig, result, by, &case).await;
                rig.simulator.clear_faults();
                let again = rig.endpoint().deploy("2").await.unwrap();
                assert_eq!(again.obtained(), Obtained::Found, "{case}");
                assert_eq!(reached(&rig, DEPLOY).1, sent, "{case}");
                continue;
            }
            let error = refused(result);
            assert_eq!(u64::from(error.attempts()), sent, "{case}: {error}");
            assert_eq!(deployed(&rig), [""; 0], "{case}");
            if means == Means::NotProcessed {
                assert_eq!(error.kind(), ErrorKind::RateLimited, "{case}");
                assert!(!error.may_have_happened(), "{case}");
                continue;
            }
            let line = error.to_string();
            assert!(
                line.contains(", and no new deployment of it is listed; "),
                "{line}"
            );
            let settled = rig.client.settle(&pending(&error)).await;
            assert_eq!(found(settled.unwrap()), None, "{case}");
        }
    }
}

/// When, and with what, a deployment is listed decides when it is found.
#[tokio::test]
async fn what_the_list_tells_decides_when_it_is_found() {
    // Whether it is found by the call, and by settling once the rollout has ended.
    for (switches, at_once, in_the_end) in [
        (vec![], true, true),
        (vec![("listing", "after_delay")], false, true),
        (vec![("listing", "when_ended")], false, true),
        (vec![("deployment_dates", "omitted")], true, true),
        (vec![("deployment_states", "omitted")], true, true),
        (vec![("deployment_states", "when_started")], true, true),
        (vec![("deployment_states", "when_ended")], true, true),
        (vec![("deployed_order", "oldest_first")], true, true),
        (vec![("past_deployments", "dropped")], true, true),
        (vec![("past_deployments", "newest_kept")], true, true),
        (vec![("replica_counts", "sent")], true, true),
        (vec![("completed_state", "done")], true, true),
        (
            vec![("listing", "when_ended"), ("past_deployments", "dropped")],
            false,
            true,
        ),
    ] {
        for action in [FaultAction::LoseAnswer, FaultAction::InvalidJson] {
            let case = format!("{switches:?} {action:?}");
            let rig = rig(with(&switches)).await;
            stand_still(&rig);
            rig.simulator.inject(Fault::on(DEPLOY, action));
            let result = rig.endpoint().deploy("2").await;
            assert_eq!(reached(&rig, DEPLOY), (1, 1), "{case}");
            let ours = deployed(&rig);
            let settled = if at_once {
                let operation = result.unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(operation.obtained(), Obtained::Adopted, "{case}");
                assert_eq!(ours, [operation.deployment_id()], "{case}");
                continue;
            } else {
                let pending = pending(&refused(result));
                assert!(
                    rig.client.settle(&pending).await.unwrap().is_none(),
                    "{case}"
                );
                rig.simulator.advance(Duration::from_secs(600));
                rig.client.settle(&pending).await.unwrap()
            };
            assert_eq!(
                found(settled).as_ref() == Some(&ours[0]),
                in_the_end,
                "{case}"
            );
        }
    }
}

/// The newest one failed, and is dropped from the list the moment it ends.
#[tokio::test]
async fn one_that_is_gone_again_stays_in_doubt() {
    let switches = [("listing", "when_ended"), ("past_deployments", "dropped")];
    let rig = rig(with(&switches)).await;
    rig.simulator.fail_next_rollout(ENDPOINT).unwrap();
    rig.simulator
        .inject(Fault::on(DEPLOY, FaultAction::LoseAnswer));
    let pending = pending(&refused(rig.endpoint().deploy("2").await));
    rig.simulator.advance(Duration::from_secs(3600));
    assert!(rig.client.settle(&pending).await.unwrap().is_none());
    assert_eq!(deployed(&rig).len(), 1);
}

#[tokio::test]
async fn a_deployment_of_the_version_that_was_there_before_is_not_taken_for_ours() {
    for action in [FaultAction::Close, FaultAction::LoseAnswer] {
        let rig = rig(Behaviour::default()).await;
        let lost = action == FaultAction::LoseAnswer;
        rig.simulator.inject(Fault::on(DEPLOY, action));
        let result = rig.endpoint().deploy("1").redeploy().await;
        if lost {
            let operation = result.unwrap();
            assert_eq!(deployed(&rig), [operation.deployment_id()]);
        } else {
            let settled = rig.client.settle(&pending(&refused(result))).await;
            assert!(settled.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn two_that_fit_are_both_named() {
    let rig = rig(with(&[])).await;
    stand_still(&rig);
    let somebody = rig.somebody_else();
    // The endpoint, the version, and the deployment.
    rig.pace.before(3, async move {
        let theirs = somebody.endpoint().deploy("2").await.unwrap();
        assert_eq!(theirs.obtained(), Obtained::Answered);
    });
    rig.simulator
        .inject(Fault::on(DEPLOY, FaultAction::LoseAnswer).nth(2));
    let error = refused(rig.endpoint().deploy("2").await);
    let both = deployed(&rig);
    assert_eq!(both.len(), 2);
    let line = error.to_string();
    assert!(line.contains("it may have made deployment "), "{line}");
    assert!(both.iter().all(|id| line.contains(id)), "{line}");
    assert!(line.contains(": there is more than one; "), "{line}");
    let error = refused(rig.client.settle(&pending(&error)).await);
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
}

#[tokio::test]
async fn unchecked_by_its_full_name_an_older_one_is_not_taken_for_ours() {
    let rig = rig(Behaviour::default()).await;
    rig.simulator.inject(Fault::on(DEPLOY, FaultAction::Close));
    let name = crate::harness::name_of(1);
    let error = refused(rig.endpoint().deploy(name).unchecked().await);
    let line = error.to_string();
    assert!(
        line.contains("it may be older, since nobody looked"),
        "{line}"
    );
    let error = refused(rig.client.settle(&pending(&error)).await);
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
}

#[tokio::test]
async fn a_look_that_fails_is_told() {
    let rig = rig(Behaviour::default()).await;
    rig.simulator
        .inject(Fault::on(DEPLOY, FaultAction::LoseAnswer));
    rig.simulator
        .inject(Fault::on(Route::GetEndpoint, super::status(401)).after(1));
    let error = refused(rig.endpoint().deploy("2").await);
    let line = error.to_string();
    assert!(
        line.contains(", and looking for it failed: the API key was refused (HTTP 401)"),
        "{line}"
    );
    rig.simulator.clear_faults();
    let settled = rig.client.settle(&pending(&error)).await.unwrap();
    assert_eq!(found(settled), deployed(&rig).pop());
}
