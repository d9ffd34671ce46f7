//! Going on with a move from its intent.

use cerebras_management::{ErrorKind, MoveIntent};

use super::{MOVED, held, intent, lists, production_on, rig, three};
use crate::harness::{Rig, name_of, refused};

#[tokio::test]
async fn a_move_goes_on_from_its_intent_when_no_version_has_the_alias() {
    for (on, writes) in [(None, 1), (Some("2"), 0)] {
        let rig = Rig::with(three()).await;
        if let Some(on) = on {
            production_on(&rig, on).await;
        }
        let intent: MoveIntent = intent(&rig).parse().unwrap();
        let resumed = rig.client.resume_move(&intent).unwrap();
        let plan = resumed.plan().await.unwrap();
        assert_eq!(plan.steps().len(), 2 * writes);
        let moved = rig.client.resume_move(&intent).unwrap().await.unwrap();
        assert_eq!(moved.to.to_string(), name_of(2));
        assert_eq!(held(&rig), lists(MOVED), "{on:?}");
        assert_eq!(rig.writes().len(), writes, "{on:?}");
    }
}

#[tokio::test]
async fn an_alias_that_a_version_has_is_not_taken_from_it_on_going_on() {
    for (on, state) in [
        (
            "1",
            ", as it did at first; nothing was written: the move had not begun, or was put back, \
             or moved back by somebody; move it again if it is still wanted",
        ),
        (
            "3",
            ", where somebody else has moved it; nothing was written: look, and move it from there",
        ),
    ] {
        let rig = Rig::with(three()).await;
        production_on(&rig, on).await;
        let intent: MoveIntent = intent(&rig).parse().unwrap();
        let error = refused(rig.client.resume_move(&intent).unwrap().await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let to = name_of(2);
        let line = format!(
            "move of alias production to {to}: it names {}{state}",
            name_of(on)
        );
        assert_eq!(error.to_string(), line);
        assert_eq!(rig.writes(), Vec::<String>::new());
        // Unless one says so.
        let again = rig.client.resume_move(&intent).unwrap().from(on);
        again.await.unwrap();
        assert_eq!(held(&rig), lists(MOVED));
    }
}

#[tokio::test]
async fn an_alias_that_was_on_no_version_is_not_taken_from_one_on_going_on() {
    let rig = Rig::with(three()).await;
    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    let intent = plan.intent().clone();
    assert_eq!(intent.from(), None);
    production_on(&rig, "3").await;
    let error = refused(rig.client.resume_move(&intent).unwrap().await);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let line = error.to_string();
    assert!(
        line.contains(", where somebody else has moved it"),
        "{line}"
    );
    assert_eq!(rig.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_move_at_another_service_is_not_gone_on_with() {
    let rig = rig().await;
    let elsewhere = intent(&rig).replace(rig.client.base_url(), "https://api.cerebras.ai");
    let error = refused(rig.client.resume_move(&elsewhere.parse().unwrap()));
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        format!(
            "the move is at https://api.cerebras.ai, and the client of {}; build the client with \
             the move's base URL, if you trust it",
            rig.client.base_url()
        )
    );
    assert_eq!(rig.requests(), Vec::<String>::new());
}
