//! `if_serving`: only over what the caller has seen.

use cerebras_management::{DeployTarget, ErrorKind, Obtained};

use super::{deployed, rig, stand_still, with};
use crate::harness::{ENDPOINT, Rig, name_of, refused, wait_for};

async fn refuses(rig: &Rig, seen: &str, says: &str) {
    let before = deployed(rig);
    for unchecked in [false, true] {
        let deploy = rig.endpoint().deploy(name_of(2)).if_serving(seen);
        let error = refused(if unchecked {
            deploy.unchecked().await
        } else {
            deploy.await
        });
        assert_eq!(error.kind(), ErrorKind::Conflict, "{seen}: {error}");
        assert_eq!(
            error.to_string(),
            format!(
                "endpoint {ENDPOINT}: {says}; nothing was sent: look at the endpoint, and decide \
                 again"
            )
        );
        assert!(!error.may_have_happened());
    }
    assert_eq!(deployed(rig), before);
}

#[tokio::test]
async fn what_serves_may_be_named_by_id_alias_or_full_name() {
    for seen in ["1", "run-1", &name_of(1), &name_of("run-1")] {
        let rig = rig(with(&[])).await;
        let target: DeployTarget = seen.try_into().unwrap();
        let deploy = rig.endpoint().deploy("2").if_serving(target);
        let operation = deploy
            .await
            .unwrap_or_else(|error| panic!("{seen}: {error}"));
        assert_eq!(operation.obtained(), Obtained::Answered);
        wait_for(&operation).await.unwrap();
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(2));
    }
}

#[tokio::test]
async fn something_else_that_serves_is_a_conflict() {
    let rig = rig(with(&[])).await;
    let says = format!("it serves {}, and {} was expected", name_of(1), name_of(2));
    for seen in ["2", "run-2", &name_of(2), &name_of("run-2")] {
        refuses(&rig, seen, &says).await;
    }
    let says = format!("it serves {}, and {} was expected", name_of(1), name_of(7));
    refuses(&rig, "7", &says).await;
    let error = refused(rig.endpoint().deploy("2").if_serving("nobody").await);
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// Which need not be synced: what serves is compared, and nothing else.
#[tokio::test]
async fn a_version_that_is_not_synced_does_not_serve() {
    let rig = rig(with(&[])).await;
    stand_still(&rig);
    let upload = rig.model().upload("s3://my-bucket/run-3");
    let _ = upload.alias("run-3").await.unwrap();
    let says = format!("it serves {}, and {} was expected", name_of(1), name_of(3));
    refuses(&rig, "run-3", &says).await;
}

#[tokio::test]
async fn nothing_that_serves_is_a_conflict() {
    let rig = Rig::start().await;
    for weights in ["s3://my-bucket/run-1", "s3://my-bucket/run-2"] {
        let operation = rig.model().upload(weights).await.unwrap();
        wait_for(&operation).await.unwrap();
    }
    let says = format!("it serves nothing, and {} was expected", name_of(1));
    refuses(&rig, "1", &says).await;
}

#[tokio::test]
async fn another_that_is_under_way_is_a_conflict() {
    let rig = rig(with(&[])).await;
    stand_still(&rig);
    let going = rig.endpoint().deploy("2").await.unwrap();
    let says = format!(
        "deployment {} of {} is under way",
        going.deployment_id(),
        name_of(2)
    );
    refuses(&rig, "1", &says).await;
    refuses(&rig, "2", &says).await;
}

#[tokio::test]
async fn what_the_list_does_not_tell_is_no_leave() {
    let rig = rig(with(&[("deployment_states", "omitted")])).await;
    let id = rig.simulator.deployments(ENDPOINT)[0].id.clone();
    let says = format!(
        "deployment {id} of {} is not known to have ended",
        name_of(1)
    );
    refuses(&rig, "1", &says).await;

    let rig = super::rig(with(&[("deployment_dates", "omitted")])).await;
    let second = rig.endpoint().deploy("2").await.unwrap();
    rig.simulator.advance(std::time::Duration::from_secs(3600));
    drop(second);
    let says = format!(
        "it cannot be told what it serves, and {} was expected",
        name_of(2)
    );
    refuses(&rig, "2", &says).await;
}

#[tokio::test]
async fn it_holds_for_what_serves_already() {
    let rig = rig(with(&[])).await;
    let says = format!("it serves {}, and {} was expected", name_of(1), name_of(2));
    let error = refused(rig.endpoint().deploy("1").if_serving("2").await);
    assert!(error.to_string().contains(&says), "{error}");
    let found = rig.endpoint().deploy("1").if_serving("1").await.unwrap();
    assert_eq!(found.obtained(), Obtained::Found);
    assert_eq!(deployed(&rig), [""; 0]);
}
