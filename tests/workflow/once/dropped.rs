//! Uploads and deployments that are dropped at every point at which they can be.

use cerebras_management::{ErrorKind, Obtained};
use cerebras_management_simulator::{Fault, FaultAction, Operation as Route};

use super::{deployed, made, rig, with};
use crate::dropped::ends_within;
use crate::harness::{ENDPOINT, name_of, wait_for};

/// The same client goes on, and then another process.
#[tokio::test]
async fn an_upload_with_a_key_makes_one_version_however_often_it_is_dropped() {
    for action in [
        None,
        Some(FaultAction::LoseAnswer),
        Some(FaultAction::Close),
    ] {
        for taken in ["refused_before", "refused_after"] {
            let (mut before, mut after) = (0, 0);
            for polls in 1.. {
                let rig = rig(with(&[("taken_alias", taken)])).await;
                let upload = rig.model().upload("s3://my-bucket/run-3");
                if let Some(action) = action.clone() {
                    let fault = Fault::on(Route::UploadModelVersion, action);
                    rig.simulator.inject(fault.once());
                }
                let ended = ends_within(polls, upload.idempotency_key("ci-7")).await;
                match made(&rig).len() {
                    0 => before += 1,
                    _ => after += 1,
                }
                let somebody = rig.somebody_else();
                for model in [rig.model(), somebody.model()] {
                    let upload = model.upload("s3://my-bucket/run-3");
                    let again = upload.idempotency_key("ci-7").await.unwrap();
                    assert_eq!(again.name().to_string(), name_of(3));
                }
                // What was dropped may still be handled after the upload that follows it.
                let made = made(&rig);
                let once = made == [3] || taken == "refused_after" && made == [3, 4];
                assert!(once, "{action:?} {taken} {polls}: {made:?}");
                if ended {
                    break;
                }
            }
            assert!(before > 3 && after > 0, "{before} and {after}");
        }
    }
}

/// What the docs say: it may have been made, and a look tells.
#[tokio::test]
async fn an_upload_without_a_key_makes_one_version_or_none() {
    let mut left = Vec::new();
    for polls in 1.. {
        let rig = rig(with(&[])).await;
        let upload = rig.model().upload("s3://my-bucket/run-3");
        let ended = ends_within(polls, upload.alias("run-3")).await;
        let made = made(&rig);
        assert!(made.is_empty() || made == [3], "{made:?}");
        let versions = rig.model().versions().await.unwrap();
        assert_eq!(versions.len(), 2 + made.len());
        left.push(made.len());
        if ended {
            break;
        }
    }
    assert!(left.is_sorted() && left.contains(&0) && left.contains(&1));
}

#[tokio::test]
async fn a_deployment_is_made_once_or_not_at_all_and_the_endpoint_shows_it() {
    let mut left = Vec::new();
    for polls in 1.. {
        let rig = rig(with(&[])).await;
        super::stand_still(&rig);
        let ended = ends_within(polls, rig.endpoint().deploy("2")).await;
        let ours = deployed(&rig);
        assert!(ours.len() < 2, "{ours:?}");
        let details = rig.endpoint().get().await.unwrap();
        assert_eq!(details.deployments.len(), 1 + ours.len());
        left.push(ours.len());
        // Nothing is asked for over one that is under way, where the caller says what he saw.
        let again = rig.endpoint().deploy("2").if_serving("1").await;
        match again {
            Ok(operation) => {
                assert_eq!(ours.len(), 0);
                assert_eq!(operation.obtained(), Obtained::Answered);
            }
            Err(error) => {
                assert_eq!((error.kind(), ours.len()), (ErrorKind::Conflict, 1));
            }
        }
        assert_eq!(deployed(&rig).len(), 1);
        if ended {
            break;
        }
    }
    assert!(left.is_sorted() && left.contains(&0) && left.contains(&1));
}

#[tokio::test]
async fn a_rollback_is_made_once_or_not_at_all() {
    let mut left = Vec::new();
    for polls in 1.. {
        let rig = rig(with(&[])).await;
        let second = rig.endpoint().deploy("2").await.unwrap();
        wait_for(&second).await.unwrap();
        let ended = ends_within(polls, rig.endpoint().rollback()).await;
        let deployments = rig.simulator.deployments(ENDPOINT);
        let versions: Vec<_> = deployments.iter().map(|d| d.version).collect();
        assert!(versions == [1, 2] || versions == [1, 2, 1], "{versions:?}");
        left.push(versions.len());
        if ended {
            break;
        }
    }
    assert!(left.is_sorted() && left.contains(&2) && left.contains(&3));
}
