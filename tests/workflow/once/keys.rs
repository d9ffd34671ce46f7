//! The idempotency key: who has it, what it names, and what is left when aliases are refused.

use cerebras_management::{ErrorKind, Obtained, Upload};
use cerebras_management_simulator::{
    Behaviour, Fault, FaultAction, Operation as Route, SyncOutcome,
};
use futures_util::future::join_all;

use super::{made, pending, reached, rig, with};
use crate::harness::{ARCHITECTURE, Rig, name_of, refused, wait_for};

const UPLOAD: Route = Route::UploadModelVersion;
const WEIGHTS: &str = "s3://my-bucket/run-3";

fn keyed(rig: &Rig) -> Upload {
    rig.model().upload(WEIGHTS).idempotency_key("ci-7")
}

/// What a service may do with an alias that is taken.
const REFUSALS: [[(&str, &str); 2]; 4] = [
    [
        ("taken_alias", "refused_before"),
        ("alias_conflict", "conflict"),
    ],
    [
        ("taken_alias", "refused_before"),
        ("alias_conflict", "bad_request"),
    ],
    [
        ("taken_alias", "refused_after"),
        ("alias_conflict", "conflict"),
    ],
    [
        ("taken_alias", "refused_after"),
        ("alias_conflict", "bad_request"),
    ],
];

fn makes_first(switches: &[(&str, &str)]) -> bool {
    switches[0].1 == "refused_after"
}

fn aliases(rig: &Rig, id: u64) -> Vec<String> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.into_iter().find(|v| v.id == id).unwrap().aliases
}

#[tokio::test]
async fn it_is_an_alias_of_the_version_beside_its_own() {
    let rig = rig(Behaviour::default()).await;
    let operation = keyed(&rig).alias("run-3").await.unwrap();
    let version = wait_for(&operation).await.unwrap();
    let [own, key] = version.aliases() else {
        panic!("{version:?}");
    };
    assert_eq!(own, "run-3");
    assert!(key.starts_with("idem-") && key.len() == 37, "{key}");
}

/// Another process with the same nonce sends between the looks and the request of this one. What a
/// service leaves then that makes a version first is named, also when the refusal itself is lost.
#[tokio::test]
async fn of_two_processes_with_one_nonce_both_are_told_of_the_same_version() {
    for switches in REFUSALS {
        for lost in [false, true] {
            let rig = rig(with(&switches)).await;
            let somebody = rig.somebody_else();
            // Who has the key, the versions, and then the upload.
            rig.pace.before(3, async move {
                let theirs = somebody.model().upload(WEIGHTS).idempotency_key("ci-7");
                let theirs = theirs.await.unwrap();
                assert_eq!(theirs.obtained(), Obtained::Answered);
                assert!(theirs.left_behind().is_empty());
            });
            if lost {
                let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer);
                rig.simulator.inject(lose.nth(2));
            }
            let operation = keyed(&rig).await.unwrap();
            assert_eq!(operation.obtained(), Obtained::Adopted);
            assert_eq!(operation.name().to_string(), name_of(3));
            let left = operation.left_behind().iter().map(ToString::to_string);
            if makes_first(&switches) {
                assert_eq!(made(&rig), [3, 4]);
                assert_eq!(aliases(&rig, 4), [""; 0], "one without the key is left");
                assert_eq!(
                    left.collect::<Vec<_>>(),
                    [name_of(4)],
                    "{switches:?} {lost}"
                );
            } else {
                assert_eq!(made(&rig), [3]);
                assert_eq!(left.count(), 0, "{switches:?} {lost}");
            }
            assert_eq!(rig.simulator.count(UPLOAD), 2);
        }
    }
}

#[tokio::test]
async fn eight_at_once_are_told_of_one_version() {
    for switches in REFUSALS {
        let rig = rig(with(&switches)).await;
        let others = [(); 8].map(|()| rig.somebody_else());
        let uploads = others.iter().map(|somebody| {
            let upload = somebody.model().upload(WEIGHTS).idempotency_key("ci-7");
            upload.into_future()
        });
        let told = join_all(uploads).await.into_iter();
        let told: Vec<_> = told
            .map(|upload| upload.unwrap().name().to_string())
            .collect();
        assert!(told.iter().all(|name| *name == told[0]), "{told:?}");
        let mut keys = made(&rig);
        keys.retain(|id| !aliases(&rig, *id).is_empty());
        assert_eq!(vec![name_of(keys[0])], told[..1]);
        assert_eq!(keys.len(), 1);
        assert!(makes_first(&switches) || made(&rig).len() == 1);
    }
}

#[tokio::test]
async fn a_key_that_another_content_holds_is_a_conflict_before_anything_is_sent() {
    let rig = rig(Behaviour::default()).await;
    let theirs = keyed(&rig).fingerprint_suffix("theirs");
    wait_for(&theirs.await.unwrap()).await.unwrap();
    let error = refused(keyed(&rig).fingerprint_suffix("ours").await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "upload of {WEIGHTS} for gpt-oss-120b of organization my-org: its idempotency key is \
             held by {}, which is another upload: its weights are {WEIGHTS} and its fingerprint \
             suffix is theirs; use another nonce for another upload",
            name_of(3)
        )
    );
    assert!(!error.may_have_happened());
    assert_eq!(reached(&rig, UPLOAD), (1, 1));
}

#[tokio::test]
async fn a_key_that_another_content_takes_meanwhile_is_a_conflict_that_names_what_is_left() {
    for switches in REFUSALS {
        for lost in [false, true] {
            let rig = rig(with(&switches)).await;
            let somebody = rig.somebody_else();
            rig.pace.before(3, async move {
                let theirs = somebody.model().upload(WEIGHTS).idempotency_key("ci-7");
                let theirs = theirs.fingerprint_suffix("theirs").await.unwrap();
                assert_eq!(theirs.obtained(), Obtained::Answered);
            });
            if lost {
                let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer);
                rig.simulator.inject(lose.nth(2));
            }
            let error = refused(keyed(&rig).fingerprint_suffix("ours").await);
            let case = format!("{switches:?} {lost}: {error}");
            assert_eq!(error.kind(), ErrorKind::Conflict, "{case}");
            assert!(error.to_string().contains("is another upload"), "{case}");
            let left = makes_first(&switches);
            assert_eq!(made(&rig).len(), if left { 2 } else { 1 }, "{case}");
            assert_eq!(error.may_have_happened(), lost || left, "{case}");
            let named = format!(", and {} is new and without aliases", name_of(4));
            assert_eq!(error.to_string().contains(&named), left, "{case}");
        }
    }
}

#[tokio::test]
async fn an_earlier_upload_whose_sync_failed_is_told_until_it_is_deleted() {
    let rig = rig(Behaviour::default()).await;
    rig.simulator
        .plan_sync(ARCHITECTURE, SyncOutcome::Fails)
        .unwrap();
    let first = keyed(&rig).await.unwrap();
    let error = refused(wait_for(&first).await);
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    let error = refused(keyed(&rig).await);
    assert_eq!(error.kind(), ErrorKind::OperationFailed);
    assert_eq!(
        error.to_string(),
        format!(
            "upload of {WEIGHTS} for gpt-oss-120b of organization my-org: it was uploaded before, \
             as {}, and its sync ended as \"failed\"; nothing was sent: delete that version, or \
             use another nonce",
            name_of(3)
        )
    );
    assert_eq!(reached(&rig, UPLOAD), (1, 1));
    // The key is no alias that a delete minds.
    rig.version("3").delete().await.unwrap();
    let again = keyed(&rig).await.unwrap();
    assert_eq!(again.obtained(), Obtained::Answered);
    wait_for(&again).await.unwrap();
}

#[tokio::test]
async fn a_version_that_was_deleted_is_made_again_also_under_its_old_id() {
    for (reuse, id) in [("never", 4), ("reused", 3)] {
        for action in [None, Some(FaultAction::LoseAnswer)] {
            let rig = rig(with(&[("id_reuse", reuse)])).await;
            wait_for(&keyed(&rig).await.unwrap()).await.unwrap();
            rig.version("3").delete().await.unwrap();
            let by = action.map_or(Obtained::Answered, |action| {
                rig.simulator.inject(Fault::on(UPLOAD, action).once());
                Obtained::Adopted
            });
            let again = keyed(&rig).await.unwrap();
            assert_eq!(again.name().to_string(), name_of(id));
            assert_eq!((again.obtained(), made(&rig)), (by, vec![id]));
        }
    }
}

/// An alias of ours is taken between the look and the upload, which is then refused. Whether the
/// version was made all the same is found out, also when the refusal itself is lost.
#[tokio::test]
async fn a_version_that_is_made_before_its_alias_is_refused_is_found_out() {
    for switches in REFUSALS {
        for (has_key, lost) in [(false, false), (true, false), (false, true), (true, true)] {
            let rig = rig(with(&switches)).await;
            let somebody = rig.somebody_else();
            rig.pace.before(if has_key { 3 } else { 2 }, async move {
                somebody.version("2").add_alias("run-3").await.unwrap();
            });
            if lost {
                let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer);
                rig.simulator.inject(lose);
            }
            let upload = rig.model().upload(WEIGHTS).alias("run-3");
            let error = refused(if has_key {
                upload.idempotency_key("ci-7").await
            } else {
                upload.await
            });
            let case = format!("{switches:?} key {has_key}, lost {lost}: {error}");
            let line = error.to_string();
            let name = name_of(3);
            let is_made = makes_first(&switches);
            if lost {
                let pending = pending(&error);
                let settled = rig.client.settle(&pending).await;
                if !is_made {
                    assert!(settled.unwrap().is_none(), "{case}");
                    continue;
                }
                let line = refused(settled).to_string();
                assert!(line.contains("it may have made "), "{case}: {line}");
                continue;
            }
            assert_eq!(made(&rig), if is_made { vec![3] } else { vec![] }, "{case}");
            let kind = match switches[1].1 {
                "conflict" => ErrorKind::Conflict,
                _ => ErrorKind::Rejected,
            };
            assert_eq!(error.kind(), kind, "{case}");
            assert_eq!(error.may_have_happened(), is_made, "{case}");
            let says = format!(
                ", and {name} is new and without aliases: it may have been made before they were \
                 refused; it may have taken effect all the same; look at it before uploading \
                 again: give it its aliases, or delete it"
            );
            assert_eq!(line.contains(&says), is_made, "{case}");
        }
    }
}

/// The weights of somebody else's version are the same, and it came at the same time.
#[tokio::test]
async fn without_a_key_two_versions_that_fit_are_both_named() {
    let rig = rig(Behaviour::default()).await;
    let somebody = rig.somebody_else();
    rig.pace.before(2, async move {
        let _ = somebody.model().upload(WEIGHTS).await.unwrap();
    });
    let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer).nth(2);
    rig.simulator.inject(lose);
    let error = refused(rig.model().upload(WEIGHTS).await);
    let line = error.to_string();
    let seen = format!(
        ", and it may have made {}, {}: there is more than one; ",
        name_of(3),
        name_of(4)
    );
    assert!(line.contains(&seen), "{line}");
    let error = refused(rig.client.settle(&pending(&error)).await);
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    // Other weights, another suffix and an older version do not fit.
    let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer).after(1).once();
    rig.simulator.clear_faults();
    rig.simulator.inject(lose);
    let somebody = rig.somebody_else();
    rig.pace.before(2, async move {
        let other = somebody.model().upload(WEIGHTS);
        let _ = other.fingerprint_suffix("theirs").await.unwrap();
    });
    let ours = rig.model().upload(WEIGHTS).fingerprint_suffix("ours");
    let operation = ours.await.unwrap();
    assert_eq!(operation.obtained(), Obtained::Adopted);
    assert_eq!(operation.name().to_string(), name_of(6));
}

#[tokio::test]
async fn unchecked_without_a_key_an_older_version_is_not_taken_for_ours() {
    for action in [FaultAction::LoseAnswer, FaultAction::Close] {
        let rig = rig(Behaviour::default()).await;
        rig.simulator.inject(Fault::on(UPLOAD, action));
        let upload = rig.model().upload("s3://my-bucket/run-2").unchecked();
        let error = refused(upload.fingerprint_suffix("run-2").await);
        let line = error.to_string();
        assert!(
            line.contains("it may be older, since nobody looked before it was sent"),
            "{line}"
        );
        let error = refused(rig.client.settle(&pending(&error)).await);
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
    }
}
