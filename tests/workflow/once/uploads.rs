//! Uploads whose answers are lost, with and without a key.

use std::time::Duration;

use cerebras_management::{
    Client, ErrorKind, ModelVersion, Obtained, Operation, Result, RetryPolicy, Upload,
};
use cerebras_management_simulator::{
    Behaviour, Fault, FaultAction, MANAGEMENT_KEY, Operation as Route,
};

use super::{Hits, Means, Trouble, found, made, pending, reached, rig, with};
use crate::harness::{ARCHITECTURE, Rig, refused, wait_for};

const UPLOAD: Route = Route::UploadModelVersion;

fn upload(rig: &Rig) -> Upload {
    let upload = rig.model().upload("s3://my-bucket/run-3");
    upload.alias("run-3").fingerprint_suffix("run-3")
}

fn keyed(rig: &Rig) -> Upload {
    upload(rig).idempotency_key("ci-7")
}

/// And an answer about something else.
fn troubles() -> Vec<Trouble> {
    let mut all = super::troubles();
    let other = r#"{"name": "orgs/rival/models/gpt-oss-120b/versions/9", "done": false}"#;
    all.push(Trouble {
        action: super::answer("application/json", other),
        handled: false,
        means: Means::Unusable,
    });
    all
}

/// That it is the one version there is of it, with all that was asked for.
async fn is_the_one(rig: &Rig, result: Result<Operation<ModelVersion>>, by: Obtained, case: &str) {
    let operation = result.unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(operation.obtained(), by, "{case}");
    let id = operation.name().version().to_string();
    let truth = rig.simulator.versions(ARCHITECTURE);
    let [_, _, one] = truth.as_slice() else {
        panic!("{case}: {truth:?}");
    };
    assert_eq!(
        (one.id.to_string(), one.weight_uri.as_str()),
        (id, "s3://my-bucket/run-3")
    );
    assert!(one.aliases.contains(&"run-3".to_owned()), "{case}: {one:?}");
    let version = wait_for(&operation).await.unwrap();
    assert_eq!(version.parsed_name(), Some(operation.name()), "{case}");
}

#[tokio::test]
async fn with_a_key_one_version_is_made_whatever_goes_wrong_with_which_attempt() {
    for Trouble {
        action,
        handled,
        means,
    } in troubles()
    {
        for hits in Hits::EACH {
            let case = format!("{action:?} {hits:?}");
            let rig = rig(Behaviour::default()).await;
            hits.inject(&rig, UPLOAD, &action);
            let result = keyed(&rig).await;
            let refused_first = hits.refused();
            let (by, sent) = match (handled, means, hits) {
                (true, ..) => (Some(Obtained::Adopted), 1 + refused_first),
                (_, Means::Unusable, _) => (None, 1 + refused_first),
                (.., Hits::All) => (None, 4),
                (_, Means::Silence, _) => (Some(Obtained::Resent), 2 + refused_first),
                (_, Means::NotProcessed, _) => (Some(Obtained::Answered), 2 + refused_first),
            };
            assert_eq!(
                reached(&rig, UPLOAD),
                (usize::from(by.is_some()), sent),
                "{case}"
            );
            if let Some(by) = by {
                is_the_one(&rig, result, by, &case).await;
            } else {
                let error = refused(result);
                assert_eq!(u64::from(error.attempts()), sent, "{case}: {error}");
                if means == Means::NotProcessed {
                    assert_eq!(error.kind(), ErrorKind::RateLimited, "{case}");
                    assert!(!error.may_have_happened(), "{case}");
                } else {
                    let line = error.to_string();
                    assert!(line.contains(", and no version has its key; "), "{line}");
                    let settled = rig.client.settle(&pending(&error)).await;
                    assert_eq!(found(settled.unwrap()), None, "{case}");
                }
                rig.simulator.clear_faults();
                is_the_one(&rig, keyed(&rig).await, Obtained::Answered, &case).await;
            }
            is_the_one(&rig, keyed(&rig).await, Obtained::Found, &case).await;
            assert_eq!(reached(&rig, UPLOAD).0, 1, "{case}");
        }
    }
}

#[tokio::test]
async fn without_a_key_it_is_sent_once_and_found_or_said_to_be_in_doubt() {
    for Trouble {
        action,
        handled,
        means,
    } in troubles()
    {
        for hits in Hits::EACH {
            let case = format!("{action:?} {hits:?}");
            let rig = rig(Behaviour::default()).await;
            hits.inject(&rig, UPLOAD, &action);
            let result = upload(&rig).await;
            let sent = match (means, hits) {
                (Means::NotProcessed, Hits::All) => 4,
                (Means::NotProcessed, _) => 2 + hits.refused(),
                _ => 1 + hits.refused(),
            };
            let happens = handled || means == Means::NotProcessed && hits != Hits::All;
            assert_eq!(
                reached(&rig, UPLOAD),
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
                continue;
            }
            let error = refused(result);
            assert_eq!(u64::from(error.attempts()), sent, "{case}: {error}");
            assert_eq!(made(&rig), [0; 0], "{case}");
            if means == Means::NotProcessed {
                assert_eq!(error.kind(), ErrorKind::RateLimited, "{case}");
                assert!(!error.may_have_happened(), "{case}");
                continue;
            }
            let line = error.to_string();
            assert!(
                line.contains(", and no new version is of its weights; "),
                "{line}"
            );
            let settled = rig.client.settle(&pending(&error)).await;
            assert_eq!(found(settled.unwrap()), None, "{case}");
        }
    }
}

/// What is told of a version, and when: with a key the version is found; without one it is found
/// where it can be told, and otherwise it is named as what it may be.
#[tokio::test]
async fn what_the_service_tells_of_versions_decides_what_is_found() {
    for (switches, without_a_key) in [
        (vec![], None),
        (vec![("new_version", "after_delay")], None),
        (vec![("taken_alias", "refused_after")], None),
        (vec![("weight_uri", "normalised")], None),
        (vec![("id_reuse", "reused")], None),
        (vec![("error_body", "inference")], None),
        (vec![("success_status", "specific")], None),
        (vec![("upload_requires", "suffix")], None),
        // Its aliases tell it, which nobody had.
        (vec![("version_fields", "no_suffix")], None),
        (vec![("version_fields", "no_weight_uri")], None),
        (vec![("version_fields", "no_status")], None),
        (vec![("version_fields", "nulls")], None),
        (
            vec![("version_fields", "no_aliases")],
            Some("its aliases are not told"),
        ),
        (
            vec![("unstarted_response", "absent")],
            Some("its weights are not told"),
        ),
        (
            vec![("unstarted_response", "null")],
            Some("its weights are not told"),
        ),
        (
            vec![("unstarted_response", "empty")],
            Some("its weights are not told"),
        ),
    ] {
        for action in [FaultAction::LoseAnswer, FaultAction::InvalidJson] {
            let case = format!("{switches:?} {action:?}");
            for has_key in [true, false] {
                // Its sync has not begun by the time of the looks.
                let rig = rig(with(&switches)).await;
                let lag = switches.contains(&("new_version", "after_delay"));
                rig.pace
                    .change_step(Duration::from_secs(if lag { 4 } else { 0 }));
                rig.simulator
                    .inject(Fault::on(UPLOAD, action.clone()).once());
                let ours = if has_key { keyed(&rig) } else { upload(&rig) };
                let result = ours.await;
                rig.pace.change_step(Duration::from_secs(40));
                assert_eq!(made(&rig), [3], "{case}");
                match without_a_key.filter(|_| !has_key) {
                    None => is_the_one(&rig, result, Obtained::Adopted, &case).await,
                    Some(why) => {
                        let error = refused(result);
                        let line = error.to_string();
                        let name = crate::harness::name_of(3);
                        let seen = format!(", and it may have made {name}: {why}; ");
                        assert!(line.contains(&seen), "{case}: {line}");
                        let settled = rig.client.settle(&pending(&error)).await;
                        if switches[0].0 == "unstarted_response" {
                            assert_eq!(found(settled.unwrap()), Some("3".to_owned()), "{case}");
                        } else {
                            let error = refused(settled);
                            assert_eq!(error.kind(), ErrorKind::Ambiguous, "{case}");
                            let line = error.to_string();
                            assert!(line.contains(why), "{line}");
                        }
                    }
                }
                // Where it is shown late, it is sent again under its key, and refused.
                let sends = reached(&rig, UPLOAD).1;
                assert!(
                    sends == 1 || has_key && lag && sends == 2,
                    "{case}: {sends}"
                );
                assert_eq!(made(&rig), [3], "{case}");
            }
        }
    }
}

/// It is not seen in time; with the key it is sent again, refused, and found later.
#[tokio::test]
async fn with_a_key_one_that_is_shown_late_is_not_made_again() {
    for conflict in ["conflict", "bad_request"] {
        let switches = [("new_version", "after_delay"), ("alias_conflict", conflict)];
        let rig = rig(with(&switches)).await;
        super::stand_still(&rig);
        rig.simulator
            .inject(Fault::on(UPLOAD, FaultAction::LoseAnswer).once());
        let error = refused(keyed(&rig).await);
        assert_eq!(reached(&rig, UPLOAD), (2, 2), "{error}");
        let pending = pending(&error);
        assert_eq!(found(rig.client.settle(&pending).await.unwrap()), None);
        // In the same moment another process cannot make it either.
        let error = refused(keyed(&rig).await);
        assert_eq!(
            error.status(),
            Some(if conflict == "conflict" { 409 } else { 400 })
        );
        assert!(!error.may_have_happened(), "{error}");
        rig.simulator.advance(Duration::from_secs(10));
        let settled = rig.client.settle(&pending).await.unwrap();
        assert_eq!(found(settled), Some("3".to_owned()));
        rig.pace.change_step(Duration::from_secs(40));
        is_the_one(&rig, keyed(&rig).await, Obtained::Found, conflict).await;
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_the_client_gave_up_is_a_lost_one() {
    let rig = rig(Behaviour::default()).await;
    let client = cerebras_management::Client::builder()
        .base_url(rig.simulator.base_url())
        .key(cerebras_management_simulator::MANAGEMENT_KEY)
        .request_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let model = client.org("my-org").unwrap().model(ARCHITECTURE).unwrap();
    let delay = FaultAction::Delay { milliseconds: 3000 };
    rig.simulator.inject(Fault::on(UPLOAD, delay).once());
    let operation = model.upload("s3://my-bucket/run-3").await.unwrap();
    assert_eq!(operation.obtained(), Obtained::Adopted);
    assert_eq!((made(&rig), reached(&rig, UPLOAD)), (vec![3], (1, 1)));
}

#[tokio::test]
async fn a_look_that_fails_is_told() {
    for (keys, route) in [
        (true, Route::GetModelVersion),
        (false, Route::ListModelVersions),
    ] {
        let rig = rig(Behaviour::default()).await;
        rig.simulator
            .inject(Fault::on(UPLOAD, FaultAction::LoseAnswer));
        // The one before the upload is answered.
        rig.simulator
            .inject(Fault::on(route, FaultAction::Close).after(1));
        let ours = if keys { keyed(&rig) } else { upload(&rig) };
        let error = refused(ours.await);
        let line = error.to_string();
        assert!(
            line.contains(", and looking for it failed: the connection broke"),
            "{line}"
        );
        rig.simulator.clear_faults();
        let settled = rig.client.settle(&pending(&error)).await.unwrap();
        assert_eq!(found(settled), Some("3".to_owned()));
        assert_eq!(reached(&rig, UPLOAD), (1, 1));
    }
}

#[tokio::test]
async fn what_is_settled_is_adopted_and_only_where_it_was_sent_to() {
    let rig = rig(with(&[("new_version", "after_delay")])).await;
    super::stand_still(&rig);
    let lose = Fault::on(UPLOAD, FaultAction::LoseAnswer);
    rig.simulator.inject(lose);
    let pending = pending(&refused(upload(&rig).await));
    assert_eq!(pending.base_url(), rig.client.base_url());
    // The same service under another name.
    let elsewhere = rig.somebody_else();
    let error = refused(elsewhere.client().settle(&pending).await);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    rig.pace.change_step(Duration::from_secs(40));
    let settled = rig.client.settle(&pending).await.unwrap();
    let Some(cerebras_management::Resumed::Upload(operation)) = settled else {
        panic!("{settled:?}");
    };
    is_the_one(&rig, Ok(operation), Obtained::Adopted, "settled").await;
    assert_eq!(reached(&rig, UPLOAD), (1, 1));
}

/// One repeat is all that the budget holds, and nothing but the uploads themselves fills it again.
#[tokio::test]
async fn an_upload_that_was_sent_again_puts_back_what_that_took() {
    let rig = rig(Behaviour::default()).await;
    let policy = RetryPolicy::default().base(Duration::from_millis(10));
    let client = Client::builder()
        .base_url(rig.simulator.base_url())
        .key(MANAGEMENT_KEY)
        .retry(policy.budget(5));
    let client = client.build().unwrap();
    let org = client.org("my-org").unwrap();
    let model = org.model(ARCHITECTURE).unwrap();
    for nonce in ["ci-7", "ci-8", "ci-9"] {
        rig.simulator.clear_faults();
        rig.simulator
            .inject(Fault::on(UPLOAD, super::status(503)).once());
        let upload = model.upload("s3://my-bucket/run-3").unchecked();
        let operation = upload.idempotency_key(nonce).await.unwrap();
        assert_eq!(operation.obtained(), Obtained::Resent, "{nonce}");
    }
}
