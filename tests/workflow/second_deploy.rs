//! Two deployments to one endpoint: whose wait says what.

use std::time::Duration;

use cerebras_management::{ErrorKind, Serving};
use cerebras_management_simulator::{
    Behaviour, Builder, DeployedOrder, DeploymentDates, Listing, PastDeployments, RolloutOutcome,
    SecondDeploy,
};

use crate::harness::{
    ENDPOINT, ORG, Rig, deployed_id, name_of, refused, synced, two_versions, wait_for,
};

fn three_versions(behaviour: Behaviour) -> Builder {
    let builder = two_versions().version(ORG, synced("run-3"));
    builder.behaviour(behaviour)
}

fn with_second(second: SecondDeploy) -> Behaviour {
    let mut behaviour = Behaviour::default();
    behaviour.second_deploy = second;
    behaviour
}

#[tokio::test]
async fn a_newer_deployment_in_the_queue_does_not_end_ours() {
    let rig = Rig::with(three_versions(with_second(SecondDeploy::Queues))).await;
    let ours = rig.endpoint().deploy("2").await.unwrap();
    let theirs = rig.somebody_else().endpoint().deploy("3").await.unwrap();
    let ended = wait_for(&ours).await.unwrap();
    assert_eq!(
        (ended.id.as_str(), deployed_id(&ended)),
        (ours.deployment_id(), 2)
    );
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    let listed = rig.endpoint().get().await.unwrap();
    assert_eq!(
        listed.deployments[0].id,
        theirs.deployment_id(),
        "it is the newest"
    );
}

#[tokio::test]
async fn the_same_version_once_more_tells_which_deployment_of_it_is_under_way() {
    let rig = Rig::with(three_versions(with_second(SecondDeploy::Queues))).await;
    rig.simulator.advance(Duration::from_secs(10));
    let first = rig.endpoint().deploy("2").await.unwrap();
    assert_eq!(first.already_under_way(), None);
    rig.simulator.advance(Duration::from_secs(10));
    let second = rig.somebody_else().endpoint().deploy("2").await.unwrap();
    assert_ne!(second.deployment_id(), first.deployment_id());
    let running = second.already_under_way().expect("it is under way");
    let deployment = format!("deployment={}", first.deployment_id());
    assert!(running.to_string().contains(&deployment), "{running}");
    let other = rig.somebody_else().endpoint().deploy("3").await.unwrap();
    assert_eq!(other.already_under_way(), None);
}

#[tokio::test]
async fn a_deployment_that_a_newer_one_cancels_is_superseded() {
    let rig = Rig::with(three_versions(with_second(SecondDeploy::CancelsFirst))).await;
    let ours = rig.endpoint().deploy("2").await.unwrap();
    rig.simulator.advance(Duration::from_secs(10));
    let theirs = rig.somebody_else().endpoint().deploy("3").await.unwrap();
    let error = refused(wait_for(&ours).await);
    assert_eq!(error.kind(), ErrorKind::Superseded);
    assert_eq!(
        error.to_string(),
        format!(
            "deployment {} of {} to {ENDPOINT}: it was cancelled, and the newer deployment {} of \
             {} took its place; look at what serves before deploying again",
            ours.deployment_id(),
            name_of(2),
            theirs.deployment_id(),
            name_of(3)
        )
    );
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
}

#[tokio::test]
async fn a_second_deployment_may_be_refused_and_the_first_goes_on() {
    let rig = Rig::with(three_versions(with_second(SecondDeploy::Refused))).await;
    let ours = rig.endpoint().deploy("2").await.unwrap();
    let error = refused(rig.somebody_else().endpoint().deploy("3").await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Conflict, Some(409))
    );
    assert!(!error.may_have_happened());
    let ended = wait_for(&ours).await.unwrap();
    assert_eq!(deployed_id(&ended), 2);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
}

#[tokio::test]
async fn a_wait_that_comes_after_a_newer_deployment_is_complete_is_superseded() {
    let rig = Rig::with(three_versions(Behaviour::default())).await;
    let ours = rig.endpoint().deploy("2").await.unwrap();
    rig.simulator.advance(Duration::from_secs(1));
    let theirs = rig.somebody_else().endpoint().deploy("3").await.unwrap();
    rig.simulator.advance(Duration::from_secs(3600));
    let error = refused(wait_for(&ours).await);
    assert_eq!(error.kind(), ErrorKind::Superseded);
    assert_eq!(
        error.to_string(),
        format!(
            "deployment {} of {} to {ENDPOINT}: it was complete, and the newer deployment {} of \
             {} took its place; look at what serves before deploying again",
            ours.deployment_id(),
            name_of(2),
            theirs.deployment_id(),
            name_of(3)
        )
    );
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(3));
}

#[tokio::test]
async fn two_of_one_second_that_are_both_complete_leave_unclear_what_serves() {
    let rig = Rig::with(three_versions(Behaviour::default())).await;
    rig.pace.change_step(Duration::ZERO);
    rig.simulator.advance(Duration::from_secs(60));
    let ours = rig.endpoint().deploy("2").await.unwrap();
    let theirs = rig.endpoint().deploy("3").await.unwrap();
    rig.simulator.advance(Duration::from_secs(3600));
    for (operation, other) in [(&ours, &theirs), (&theirs, &ours)] {
        let error = refused(wait_for(operation).await);
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        assert_eq!(
            error.to_string(),
            format!(
                "deployment {} of {} to {ENDPOINT}: it is complete, and so is deployment {} of \
                 {}, and their dates do not tell which of them serves; ask the endpoint itself \
                 what answers, or deploy again",
                operation.deployment_id(),
                operation.version(),
                other.deployment_id(),
                other.version(),
            )
        );
    }
    let serving = rig.endpoint().serving().await.unwrap();
    assert!(matches!(&serving, Serving::Unclear(tied) if tied.len() == 2));
    assert_eq!(serving.version(), None);
}

#[tokio::test]
async fn without_dates_it_has_to_be_seen_that_ours_comes_after_what_served() {
    let mut behaviour = Behaviour::default();
    behaviour.deployment_dates = DeploymentDates::Omitted;
    let rig = Rig::with(three_versions(behaviour)).await;
    let seen = rig.endpoint().deploy("2").await.unwrap();
    let ended = wait_for(&seen).await.unwrap();
    assert_eq!(ended.created, None);
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));

    let unseen = rig.endpoint().deploy("3").await.unwrap();
    rig.simulator.advance(Duration::from_secs(3600));
    let error = refused(wait_for(&unseen).await);
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    let serving = rig.endpoint().serving().await.unwrap();
    assert!(matches!(&serving, Serving::Unclear(tied) if tied.len() == 3));

    let again = rig.endpoint().deploy("3").await.unwrap();
    assert!(again.already_serves().is_none(), "it cannot be told");
}

#[tokio::test]
async fn a_deployment_that_was_listed_and_is_gone_is_superseded() {
    let mut behaviour = Behaviour::default();
    behaviour.past_deployments = PastDeployments::Dropped;
    let rig = Rig::with(three_versions(behaviour)).await;
    let outcome = RolloutOutcome::RollsBack { replicas: 3 };
    rig.simulator.plan_rollout(ENDPOINT, outcome).unwrap();
    let ours = rig.endpoint().deploy("2").await.unwrap();
    let error = refused(wait_for(&ours).await);
    assert_eq!(error.kind(), ErrorKind::Superseded);
    assert_eq!(
        error.to_string(),
        format!(
            "deployment {} of {} to {ENDPOINT}: it is no longer listed; look at what serves \
             before deploying again",
            ours.deployment_id(),
            name_of(2)
        )
    );
}

#[tokio::test]
async fn a_deployment_that_is_not_listed_yet_is_in_progress() {
    for (listing, expected) in [
        (
            Listing::AfterDelay,
            vec!["not_started", "in_progress", "complete"],
        ),
        (Listing::WhenEnded, vec!["not_started", "complete"]),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.listing = listing;
        let rig = Rig::with(three_versions(behaviour)).await;
        let operation = rig.endpoint().deploy("2").await.unwrap();
        rig.pace.change_step(Duration::from_secs(9));
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let callback = std::sync::Arc::clone(&told);
        let ended = wait_for(&operation)
            .on_change(move |progress| callback.lock().unwrap().push(progress.to_string()))
            .await;
        assert_eq!(deployed_id(&ended.unwrap()), 2);
        assert_eq!(*told.lock().unwrap(), expected, "{listing:?}");
    }
}

#[tokio::test]
async fn what_serves_is_the_newest_that_is_complete_in_whatever_order_it_is_listed() {
    for order in DeployedOrder::ALL {
        for past in PastDeployments::ALL {
            let mut behaviour = Behaviour::default();
            behaviour.deployed_order = *order;
            behaviour.past_deployments = *past;
            let rig = Rig::with(three_versions(behaviour)).await;
            let operation = rig.endpoint().deploy("2").await.unwrap();
            wait_for(&operation).await.unwrap();
            rig.simulator.fail_next_rollout(ENDPOINT).unwrap();
            let failing = rig.endpoint().deploy("3").await.unwrap();
            refused(wait_for(&failing).await);
            // Queued, so that it is the newest and serves nothing.
            drop(rig.endpoint().deploy("1").await.unwrap());

            let Serving::Deployment(serving) = rig.endpoint().serving().await.unwrap() else {
                panic!("it is clear what serves");
            };
            assert_eq!(serving.id, operation.deployment_id(), "{order:?} {past:?}");
            assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
        }
    }
}
