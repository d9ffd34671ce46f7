//! Going back to what served before.

use cerebras_management::{Error, ErrorKind, Obtained};
use cerebras_management_simulator::{Fault, FaultAction, Operation as Route, RolloutOutcome};

use super::{pending, reached, rig, stand_still, with};
use crate::harness::{ENDPOINT, Rig, name_of, refused, wait_for};

/// Version 1 served before version 2.
async fn serving_the_second(switches: &[(&str, &str)]) -> Rig {
    let rig = rig(with(switches)).await;
    let operation = rig.endpoint().deploy("2").await.unwrap();
    rig.simulator.advance(std::time::Duration::from_secs(3600));
    drop(operation);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    rig
}

fn versions(rig: &Rig) -> Vec<u64> {
    let deployments = rig.simulator.deployments(ENDPOINT);
    deployments.iter().map(|d| d.version).collect()
}

/// Of a rollback that sends nothing.
async fn refuses(rig: &Rig, kind: ErrorKind, says: &str) -> Error {
    let before = versions(rig);
    let error = refused(rig.endpoint().rollback().await);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert_eq!(versions(rig), before);
    error
}

#[tokio::test]
async fn it_deploys_what_served_before_and_a_second_one_goes_forth_again() {
    for switches in [
        vec![],
        vec![("deployed_order", "oldest_first")],
        vec![("completed_state", "done")],
        vec![("deployment_states", "when_ended")],
    ] {
        let rig = serving_the_second(&switches).await;
        for (back, all) in [(1, vec![1, 2, 1]), (2, vec![1, 2, 1, 2])] {
            let operation = rig.endpoint().rollback().await.unwrap();
            assert_eq!(operation.version().to_string(), name_of(back));
            assert_eq!(operation.obtained(), Obtained::Answered);
            wait_for(&operation).await.unwrap();
            assert_eq!(rig.simulator.serving(ENDPOINT), Some(back));
            assert_eq!(versions(&rig), all);
        }
    }
}

#[tokio::test]
async fn deployments_that_failed_or_repeat_the_same_version_are_passed_over() {
    let rig = serving_the_second(&[]).await;
    rig.simulator
        .plan_rollout(ENDPOINT, RolloutOutcome::RollsBack { replicas: 1 })
        .unwrap();
    let failing = rig.endpoint().deploy("1").await.unwrap();
    refused(wait_for(&failing).await);
    let again = rig.endpoint().deploy("2").redeploy().await.unwrap();
    wait_for(&again).await.unwrap();
    let model = rig.model();
    wait_for(&model.upload("s3://my-bucket/run-3").await.unwrap())
        .await
        .unwrap();
    rig.simulator
        .plan_rollout(ENDPOINT, RolloutOutcome::RollsBack { replicas: 1 })
        .unwrap();
    let failing = rig.endpoint().deploy("3").await.unwrap();
    refused(wait_for(&failing).await);
    // The newest ended in a rollback of the service's own: what serves is version 2.
    let operation = rig.endpoint().rollback().await.unwrap();
    assert_eq!(operation.version().to_string(), name_of(1));
    wait_for(&operation).await.unwrap();
    assert_eq!(versions(&rig), [1, 2, 1, 2, 3, 1]);
}

#[tokio::test]
async fn past_deployments_that_are_not_listed_cannot_be_known() {
    for past in ["newest_kept", "dropped"] {
        let rig = serving_the_second(&[("past_deployments", past)]).await;
        let says = format!(
            "rollback of {ENDPOINT}: it lists no deployment that was complete before that of {}; \
             nothing was sent: deploy a version by name",
            name_of(2)
        );
        refuses(&rig, ErrorKind::NotFound, &says).await;
    }
}

#[tokio::test]
async fn without_dates_or_states_nobody_can_tell() {
    let rig = serving_the_second(&[("deployment_dates", "omitted")]).await;
    refuses(
        &rig,
        ErrorKind::Ambiguous,
        "do not tell which of them serves",
    )
    .await;
    let rig = serving_the_second(&[("deployment_states", "omitted")]).await;
    refuses(
        &rig,
        ErrorKind::Ambiguous,
        "do not tell which of them serves",
    )
    .await;
}

#[tokio::test]
async fn an_endpoint_that_serves_nothing_or_one_thing_only_has_nothing_before() {
    let rig = Rig::start().await;
    refuses(&rig, ErrorKind::NotFound, "nothing serves").await;
    let rig = super::rig(with(&[])).await;
    refuses(
        &rig,
        ErrorKind::NotFound,
        "it lists no deployment that was complete before",
    )
    .await;
}

#[tokio::test]
async fn a_version_that_was_deleted_is_named() {
    let rig = serving_the_second(&[]).await;
    rig.version("1").delete().even_if_aliased().await.unwrap();
    let says = format!(
        "rollback of {ENDPOINT}: {} served before, and is not found any more: not found",
        name_of(1)
    );
    let error = refuses(&rig, ErrorKind::NotFound, &says).await;
    assert_eq!(
        error.remedy(),
        Some("it seems to be deleted: deploy another version by name")
    );
}

#[tokio::test]
async fn it_refuses_over_what_the_caller_did_not_see() {
    let rig = serving_the_second(&[]).await;
    for seen in ["1", "run-1"] {
        let error = refused(rig.endpoint().rollback().if_serving(seen).await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let says = format!("it serves {}, and {} was expected", name_of(2), name_of(1));
        assert!(error.to_string().contains(&says), "{error}");
    }
    let operation = rig.endpoint().rollback().if_serving("run-2").await.unwrap();
    assert_eq!(operation.version().to_string(), name_of(1));
    stand_still(&rig);
    refuses(&rig, ErrorKind::Conflict, "is under way").await;
}

/// Somebody deploys between the look and the request.
#[tokio::test]
async fn it_refuses_when_something_else_comes_to_serve_meanwhile() {
    for seen in [None, Some("2")] {
        let rig = serving_the_second(&[]).await;
        let somebody = rig.somebody_else();
        let simulator = std::sync::Arc::clone(&rig.simulator);
        // The endpoint, the version, and the endpoint once more.
        rig.pace.before(3, async move {
            let operation = somebody.endpoint().deploy("1").await.unwrap();
            simulator.advance(std::time::Duration::from_secs(3600));
            drop(operation);
        });
        let rollback = rig.endpoint().rollback();
        let error = refused(match seen {
            Some(seen) => rollback.if_serving(seen).await,
            None => rollback.await,
        });
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!(versions(&rig), [1, 2, 1]);
    }
}

#[tokio::test]
async fn it_is_made_once_when_its_answer_is_lost() {
    for (action, made) in [(FaultAction::LoseAnswer, true), (FaultAction::Close, false)] {
        let rig = serving_the_second(&[]).await;
        rig.simulator.inject(Fault::on(Route::DeployModel, action));
        let result = rig.endpoint().rollback().await;
        // The first one made version 2 serve.
        assert_eq!(
            reached(&rig, Route::DeployModel),
            (1 + usize::from(made), 2)
        );
        if made {
            assert_eq!(result.unwrap().obtained(), Obtained::Adopted);
        } else {
            let settled = rig.client.settle(&pending(&refused(result))).await;
            assert!(settled.unwrap().is_none());
        }
    }
}
