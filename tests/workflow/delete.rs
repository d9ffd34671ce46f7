//! Deleting a version: what the guard refuses, and what the service answers.

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{
    Behaviour, DeleteAnswer, DeleteDeployed, Fault, FaultAction, Operation, PastDeployments,
};

use crate::harness::{
    ARCHITECTURE, ENDPOINT, Rig, id_of, name_of, path_of, refused, two_versions, wait_for,
};

fn ids(rig: &Rig) -> Vec<u64> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.iter().map(|version| version.id).collect()
}

async fn without_aliases(rig: &Rig, id: &str) {
    rig.version(id)
        .set_aliases(Vec::<&str>::new())
        .await
        .unwrap();
}

/// The writes that are deletes.
fn deletes(rig: &Rig) -> Vec<String> {
    let mut writes = rig.writes();
    writes.retain(|line| line.starts_with("DELETE"));
    writes
}

#[tokio::test]
async fn a_version_in_no_use_is_deleted() {
    let rig = Rig::serving_the_first_of_two().await;
    without_aliases(&rig, "2").await;
    let before = rig.version("2").get().await.unwrap();
    let deleted = rig.version("2").delete().await.unwrap();
    assert_eq!(deleted.version, before);
    assert_eq!(ids(&rig), [1]);
    let error = refused(rig.version("2").delete().await);
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_version_with_aliases_is_not_deleted_unless_told_to() {
    let rig = Rig::serving_the_first_of_two().await;
    rig.version("2").add_alias("stable").await.unwrap();
    let error = refused(rig.version("2").delete().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: aliases name it: run-2, stable; nothing was deleted: remove them \
             first, or say even_if_aliased",
            name_of(2)
        )
    );
    assert_eq!(deletes(&rig), Vec::<String>::new());
    let deleted = rig.version("2").delete().even_if_aliased().await.unwrap();
    assert_eq!(deleted.version.aliases(), ["run-2", "stable"]);
    assert_eq!(ids(&rig), [1]);
}

#[tokio::test]
async fn a_version_that_serves_is_not_deleted() {
    let rig = Rig::serving_the_first_of_two().await;
    let error = refused(rig.version("1").delete().even_if_aliased().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        format!(
            "model version {}: endpoint {ENDPOINT} has it deployed, with state \"complete\"; \
             nothing was deleted: deploy another version there first, or say even_if_deployed",
            name_of(1)
        )
    );
    assert_eq!(deletes(&rig), Vec::<String>::new());
}

#[tokio::test]
async fn a_version_that_is_rolling_out_is_not_deleted() {
    let rig = Rig::serving_the_first_of_two().await;
    let operation = rig.endpoint().deploy("2").await.unwrap();
    rig.pace.change_step(std::time::Duration::ZERO);
    for state in ["not_started", "in_progress"] {
        let error = refused(rig.version("2").delete().even_if_aliased().await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(
            error
                .to_string()
                .contains(&format!("with state \"{state}\"")),
            "{error}"
        );
        rig.simulator.advance(std::time::Duration::from_secs(30));
    }
    assert_eq!(deletes(&rig), Vec::<String>::new());
    rig.simulator.advance(std::time::Duration::from_secs(3600));
    wait_for(&operation).await.unwrap();
    // What served before may go now.
    rig.version("1").delete().even_if_aliased().await.unwrap();
    assert_eq!(ids(&rig), [2]);
}

#[tokio::test]
async fn the_guard_holds_however_the_endpoint_lists_what_it_had() {
    for past in PastDeployments::ALL {
        let mut behaviour = Behaviour::default();
        behaviour.past_deployments = *past;
        behaviour.delete_deployed = DeleteDeployed::Allowed;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let operation = rig.endpoint().deploy("2").await.unwrap();
        wait_for(&operation).await.unwrap();
        refused(rig.version("2").delete().even_if_aliased().await);
        rig.version("1").delete().even_if_aliased().await.unwrap();
        assert_eq!(ids(&rig), [2], "{past:?}");
    }
}

#[tokio::test]
async fn what_the_service_does_with_a_deployed_version_is_passed_on() {
    for (deployed, left) in [
        (DeleteDeployed::Refused, vec![1, 2]),
        (DeleteDeployed::Allowed, vec![2]),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.delete_deployed = deployed;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let delete = rig.version("1").delete();
        let result = delete.even_if_aliased().even_if_deployed().await;
        match deployed {
            DeleteDeployed::Refused => {
                let error = refused(result);
                assert_eq!(
                    (error.kind(), error.status()),
                    (ErrorKind::Conflict, Some(409))
                );
                assert!(!error.may_have_happened());
            }
            _ => assert_eq!(id_of(&result.unwrap().version), 1),
        }
        assert_eq!(ids(&rig), left);
        assert_eq!(rig.simulator.serving(ENDPOINT), Some(1), "it serves on");
    }
}

#[tokio::test]
async fn each_published_answer_to_a_delete_is_success() {
    let said = format!("Deleted model version {}", name_of(2));
    for (answer, message) in [
        (DeleteAnswer::Message, Some(said.as_str())),
        (DeleteAnswer::NameAndDeleted, None),
        (DeleteAnswer::Both, Some(said.as_str())),
    ] {
        let mut behaviour = Behaviour::default();
        behaviour.delete_answer = answer;
        let rig = Rig::with(two_versions().behaviour(behaviour)).await;
        let deleted = rig.version("2").delete().even_if_aliased().await.unwrap();
        assert_eq!(deleted.message.as_deref(), message, "{answer:?}");
        assert_eq!(ids(&rig), [1]);
        assert_eq!(deletes(&rig), [format!("DELETE {} 200", path_of(2))]);
    }
}

#[tokio::test]
async fn an_answer_that_nothing_was_deleted_is_an_error() {
    let rig = Rig::with(two_versions()).await;
    let not_deleted = FaultAction::Answer {
        status: 200,
        content_type: "application/json".into(),
        body: format!(r#"{{"name":"{}","deleted":false}}"#, name_of(2)),
    };
    let fault = Fault::on(Operation::DeleteModelVersion, not_deleted);
    rig.simulator.inject(fault);
    let error = refused(rig.version("2").delete().even_if_aliased().await);
    let line = error.to_string();
    assert!(
        line.contains("the service answered that it was not deleted"),
        "{line}"
    );
    assert_eq!(ids(&rig), [1, 2]);
    assert_eq!(deletes(&rig), [format!("DELETE {} 200", path_of(2))]);
}

#[tokio::test]
async fn an_idempotency_key_keeps_no_version_from_being_deleted() {
    let rig = Rig::serving_the_first_of_two().await;
    let version = rig.version("2");
    version.add_alias("idem-3f9a").await.unwrap();
    let error = refused(version.delete().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let line = error.to_string();
    assert!(line.contains(": aliases name it: run-2; "), "{line}");
    version.remove_alias("run-2").await.unwrap();
    let deleted = version.delete().await.unwrap();
    assert_eq!(deleted.version.aliases(), ["idem-3f9a"]);
    assert_eq!(ids(&rig), [1]);
}
