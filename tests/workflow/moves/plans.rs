//! Plans of moves: what they show, and when they are not run.

use cerebras_management::{ErrorKind, MoveStep};

use super::{MOVED, held, intent, lists, of_the_move, rig};
use crate::harness::{name_of, refused};

#[tokio::test]
async fn a_plan_shows_what_is_to_be_written_and_writes_it_when_run() {
    let rig = rig().await;
    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    let (one, two) = (name_of(1), name_of(2));
    assert_eq!(
        plan.to_string(),
        format!(
            "1. remove production from {one}, which keeps [run-1]\n\
             2. add production to {two}, which then has [run-2, production]\n\
             3. read back that production names {two}"
        )
    );
    let steps = plan.steps();
    assert!(matches!(
        &steps[..],
        [
            MoveStep::Remove { .. },
            MoveStep::Add { .. },
            MoveStep::Verify { .. }
        ]
    ));
    assert_eq!(
        serde_json::to_value(&steps).unwrap(),
        serde_json::json!([
            {"step": "remove", "alias": "production", "version": one, "aliases": ["run-1"]},
            {"step": "add", "alias": "production", "version": two, "aliases": ["run-2", "production"]},
            {"step": "verify", "alias": "production", "version": two},
        ])
    );
    assert_eq!(plan.intent().to_string(), intent(&rig));
    assert_eq!(rig.writes(), Vec::<String>::new());
    let moved = plan.run().await.unwrap();
    assert_eq!(moved.version.aliases(), ["run-2", "production"]);
    assert_eq!(held(&rig), lists(MOVED));

    let plan = rig
        .model()
        .move_alias("production", "2")
        .plan()
        .await
        .unwrap();
    assert_eq!(
        plan.to_string(),
        format!("nothing to do: production names {two} already")
    );
    assert_eq!(plan.steps(), []);
    assert_eq!(plan.run().await.unwrap().from.unwrap().to_string(), two);
}

#[tokio::test]
async fn a_plan_is_not_run_when_the_world_is_no_longer_what_it_saw() {
    let rig = rig().await;
    for (version, aliases, now) in [
        (
            "2",
            vec!["run-2", "theirs"],
            format!(
                "production naming {} with [run-1, production], and {} with [run-2, theirs]",
                name_of(1),
                name_of(2)
            ),
        ),
        (
            "1",
            vec!["run-1"],
            format!(
                "production naming no version, and {} with [run-2, theirs]",
                name_of(2)
            ),
        ),
    ] {
        let plan = rig
            .model()
            .move_alias("production", "2")
            .plan()
            .await
            .unwrap();
        let saw = plan.steps().len();
        assert_eq!(saw, 3);
        let before = held(&rig);
        rig.somebody_else()
            .version(version)
            .set_aliases(aliases)
            .await
            .unwrap();
        let after = held(&rig);
        rig.simulator.clear_journal();
        let error = refused(plan.run().await);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the plan saw production naming {} with [run-1, production], and {} with [{}], \
                 and now it is {now}; nothing was written: plan it again",
                of_the_move(),
                name_of(1),
                name_of(2),
                before[1].join(", "),
            )
        );
        assert_eq!(rig.writes(), Vec::<String>::new());
        assert_eq!(held(&rig), after);
    }
}
