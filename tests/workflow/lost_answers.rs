//! Edits of aliases and deletes whose answer is lost, or which are sent again: what is looked at
//! before, and what is never overwritten.

use cerebras_management::{Error, ErrorKind, Result};
use cerebras_management_simulator::{Behaviour, Fault, FaultAction, IdReuse, Operation as Route};

use crate::harness::{ARCHITECTURE, Rig, id_of, name_of, path_of, refused, two_versions};

const PATCH: Route = Route::UpdateModelVersionAliases;
const DELETE: Route = Route::DeleteModelVersion;

fn limited() -> FaultAction {
    FaultAction::Status {
        status: 429,
        retry_after: None,
    }
}

fn down() -> FaultAction {
    FaultAction::Status {
        status: 503,
        retry_after: None,
    }
}

fn held(rig: &Rig, id: u64) -> Vec<String> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    let version = versions.into_iter().find(|version| version.id == id);
    version.unwrap().aliases
}

fn ids(rig: &Rig) -> Vec<u64> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.iter().map(|version| version.id).collect()
}

/// `PATCH 0 200`: the statuses of all writes, 0 for one without an answer.
fn writes(rig: &Rig) -> String {
    let mut journal = rig.simulator.journal();
    journal.retain(|entry| entry.method != "GET");
    let method = journal.first().map_or("", |entry| &entry.method).to_owned();
    let statuses = journal.iter().map(|entry| {
        assert_eq!(
            (entry.path.as_str(), &entry.method),
            (&*path_of(2), &method)
        );
        format!(" {}", entry.status.unwrap_or_default())
    });
    method.clone() + &statuses.collect::<String>()
}

async fn rig_with(fault: Fault) -> Rig {
    let rig = Rig::serving_the_first_of_two().await;
    rig.simulator.inject(fault);
    rig
}

#[tokio::test]
async fn an_edit_that_was_carried_out_is_done_although_its_answer_was_lost() {
    for action in [
        FaultAction::LoseAnswer,
        FaultAction::CutBody,
        FaultAction::InvalidJson,
        FaultAction::WrongShape,
    ] {
        let rig = rig_with(Fault::on(PATCH, action.clone())).await;
        let edited = rig.version("run-2").add_alias("stable").await.unwrap();
        assert_eq!(edited.aliases(), ["run-2", "stable"]);
        assert_eq!(held(&rig, 2), ["run-2", "stable"]);
        let journal = rig.simulator.journal();
        let patches = journal.iter().filter(|entry| entry.method == "PATCH");
        assert_eq!(patches.count(), 1, "{action:?}");
        assert_eq!(
            journal.len(),
            3,
            "a look, the write, and a look: {action:?}"
        );
    }
}

#[tokio::test]
async fn an_edit_that_was_not_carried_out_is_sent_again_after_a_look() {
    for (action, status) in [(FaultAction::Close, 0), (limited(), 429), (down(), 503)] {
        let rig = rig_with(Fault::on(PATCH, action).times(2)).await;
        let edited = rig.version("2").remove_alias("run-2").await.unwrap();
        assert_eq!(edited.aliases(), [""; 0]);
        assert_eq!(held(&rig, 2), [""; 0]);
        assert_eq!(writes(&rig), format!("PATCH {status} {status} 200"));
        let gets = rig.simulator.count(Route::GetModelVersion);
        assert_eq!(gets, 4, "before each write, and after the last");
    }
}

#[tokio::test]
async fn an_edit_that_is_never_answered_says_that_it_may_have_happened() {
    let rig = rig_with(Fault::on(PATCH, FaultAction::Close)).await;
    let error = refused(rig.version("2").add_alias("stable").await);
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.may_have_happened());
    assert_eq!(error.attempts(), 4);
    assert_eq!(error.operation(), Some("update_model_version_aliases"));
    assert_eq!(writes(&rig), "PATCH 0 0 0 0");
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_leaves_the_doubt() {
    let rig = rig_with(Fault::on(PATCH, FaultAction::Close).once()).await;
    let somebody = rig.somebody_else();
    // The read, the write, the look, and the write again.
    rig.pace.before(4, async move {
        somebody.version("1").add_alias("stable").await.unwrap();
    });
    let error = refused(rig.version("2").add_alias("stable").await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Conflict, Some(409))
    );
    assert!(error.may_have_happened(), "the first may come late");
}

#[tokio::test]
async fn an_edit_by_somebody_else_is_not_overwritten_when_ours_is_sent_again() {
    for (action, what, in_doubt) in [
        (
            FaultAction::Close,
            "the connection broke before an answer came: connection closed before message \
             completed",
            true,
        ),
        (limited(), "too many requests (HTTP 429)", false),
    ] {
        let rig = rig_with(Fault::on(PATCH, action).once()).await;
        let somebody = rig.somebody_else();
        // The read, the write, and then the look before the write again.
        rig.pace.before(3, async move {
            somebody.version("2").set_aliases(["theirs"]).await.unwrap();
        });
        let error = refused(rig.version("2").add_alias("ours").await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.may_have_happened(), in_doubt);
        let doubt = if in_doubt {
            "; it may have taken effect all the same"
        } else {
            ""
        };
        assert_eq!(
            error.to_string(),
            format!(
                "model version {}: its aliases were [run-2], were to become [run-2, ours], and \
                 are [theirs] after a write that failed: {what}{doubt}; somebody else has edited \
                 them: look, and edit again (update_model_version_aliases)",
                name_of(2)
            )
        );
        assert_eq!(held(&rig, 2), ["theirs"]);
    }
}

#[tokio::test]
async fn an_edit_by_alias_goes_to_one_id_in_every_attempt() {
    let rig = rig_with(Fault::on(PATCH, FaultAction::Close).once()).await;
    let somebody = rig.somebody_else();
    rig.pace.before(2, async move {
        somebody.version("2").set_aliases(["other"]).await.unwrap();
        somebody.version("1").add_alias("run-2").await.unwrap();
        somebody.version("2").set_aliases([""; 0]).await.unwrap();
    });
    let error = refused(rig.version("run-2").add_alias("ours").await);
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(
        (held(&rig, 1), held(&rig, 2)),
        (vec!["run-1".into(), "run-2".into()], vec![])
    );
}

async fn delete(rig: &Rig) -> Result<u64> {
    let deleted = rig.version("run-2").delete().even_if_aliased().await?;
    Ok(id_of(&deleted.version))
}

#[tokio::test]
async fn a_delete_that_was_carried_out_is_done_although_its_answer_was_lost() {
    for action in [
        FaultAction::LoseAnswer,
        FaultAction::CutBody,
        FaultAction::InvalidJson,
    ] {
        let rig = rig_with(Fault::on(DELETE, action.clone())).await;
        assert_eq!(delete(&rig).await.unwrap(), 2);
        assert_eq!(ids(&rig), [1]);
        let deletes = rig.simulator.count(DELETE);
        assert_eq!(deletes, 1, "{action:?}");
    }
}

#[tokio::test]
async fn a_delete_that_was_not_carried_out_is_sent_again_after_a_look() {
    for (action, status) in [(FaultAction::Close, 0), (limited(), 429), (down(), 503)] {
        let rig = rig_with(Fault::on(DELETE, action).times(2)).await;
        assert_eq!(delete(&rig).await.unwrap(), 2);
        assert_eq!(ids(&rig), [1]);
        assert_eq!(writes(&rig), format!("DELETE {status} {status} 200"));
    }
}

#[tokio::test]
async fn a_delete_that_is_never_answered_says_that_it_may_have_happened() {
    let rig = rig_with(Fault::on(DELETE, FaultAction::Close)).await;
    let error = refused(delete(&rig).await);
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.may_have_happened());
    assert_eq!(
        (error.attempts(), error.operation()),
        (4, Some("delete_model_version"))
    );
    assert_eq!(ids(&rig), [1, 2]);
    assert_eq!(writes(&rig), "DELETE 0 0 0 0");
}

#[tokio::test]
async fn a_version_that_was_gone_before_the_delete_was_sent_is_not_found() {
    let rig = Rig::serving_the_first_of_two().await;
    let somebody = rig.somebody_else();
    // The read, the endpoints, the endpoint, and the delete.
    rig.pace.before(4, async move {
        let delete = somebody.version("2").delete();
        delete.even_if_aliased().await.unwrap();
    });
    let error = refused(delete(&rig).await);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::NotFound, Some(404))
    );
    assert!(!error.may_have_happened());
}

/// The alias moves to the version that serves, while the answers to the delete are lost.
#[tokio::test]
async fn a_delete_that_is_sent_again_cannot_hit_a_version_that_took_the_alias_over() {
    let rig = rig_with(Fault::on(DELETE, FaultAction::Close).once()).await;
    let somebody = rig.somebody_else();
    rig.pace.before(4, async move {
        let model = somebody.model();
        model.move_alias("run-2", 1_u64).await.unwrap();
    });
    assert_eq!(delete(&rig).await.unwrap(), 2);
    assert_eq!(ids(&rig), [1]);
    assert_eq!(held(&rig, 1), ["run-1", "run-2"]);
    let journal = rig.simulator.journal();
    let deletes = journal.iter().filter(|entry| entry.method == "DELETE");
    let paths: Vec<_> = deletes.map(|entry| entry.path.clone()).collect();
    assert_eq!(paths, [path_of(2), path_of(2)]);
}

fn check_guard(error: &Error, what: &str, in_doubt: bool) {
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(error.may_have_happened(), in_doubt, "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[tokio::test]
async fn the_guard_holds_when_a_delete_is_sent_again() {
    for (action, in_doubt) in [(FaultAction::Close, true), (limited(), false)] {
        let rig = rig_with(Fault::on(DELETE, action).once()).await;
        let version = rig.version("2");
        version.set_aliases([""; 0]).await.unwrap();
        let somebody = rig.somebody_else();
        // The read, the endpoints, the endpoint, the delete, and the look.
        rig.pace.before(5, async move {
            somebody.version("2").add_alias("stable").await.unwrap();
        });
        let error = refused(version.delete().await);
        check_guard(&error, ": aliases name it: stable", in_doubt);
        assert_eq!(ids(&rig), [1, 2]);
        assert_eq!(rig.simulator.count(DELETE), 1);
    }
}

#[tokio::test]
async fn an_id_that_was_given_again_is_not_deleted_again() {
    let mut behaviour = Behaviour::default();
    behaviour.id_reuse = IdReuse::Reused;
    let rig = Rig::with(two_versions().behaviour(behaviour)).await;
    rig.simulator
        .inject(Fault::on(DELETE, FaultAction::LoseAnswer).once());
    let somebody = rig.somebody_else();
    // The read, the endpoints, the endpoint, the delete, and the look.
    rig.pace.before(5, async move {
        let upload = somebody.model().upload("s3://my-bucket/theirs");
        assert_eq!(upload.await.unwrap().name().version().to_string(), "2");
    });
    let error = refused(delete(&rig).await);
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: its weights are s3://my-bucket/theirs now, after a delete that \
             failed: the connection broke before an answer came: connection closed before message \
             completed; it may have taken effect all the same; the id seems to be given to \
             another version, so the delete was not sent again: look (delete_model_version)",
            name_of(2)
        )
    );
    assert_eq!(ids(&rig), [1, 2]);
    assert_eq!(rig.simulator.count(DELETE), 1);
}
