//! What one operation must not do, beyond telling the truth.

use cerebras_management::{Error, MoveIntent};
use cerebras_management_simulator::{Entry, Operation as Route};

use super::rig::Rig;
use crate::world::{Truth, Version};

/// An upload or a deployment that is sent again although it may have been carried out: the network
/// may still hold the first one, which no look can tell.
pub(super) fn sent_blindly(journal: &[Entry]) -> Option<String> {
    let posts = [Route::UploadModelVersion, Route::DeployModel];
    let mut posted = journal
        .iter()
        .filter(|entry| entry.operation.is_some_and(|route| posts.contains(&route)));
    // All but the last one: surely not processed.
    posted.next_back()?;
    let blindly = posted.find(|entry| entry.status != Some(429))?;
    Some(format!("it is sent again after {:?}", blindly.status))
}

/// What a write in doubt has come to, as a letter of the table: the world is as before, or as the
/// write leaves it, and nothing else has changed. A move may also have stopped halfway, with the
/// alias on no version.
pub(super) fn outcome(
    before: &Truth,
    after: &Truth,
    now: &Truth,
    moves: bool,
) -> Result<char, String> {
    // The ids of deployments are another simulator's in `after`. None of these writes makes one.
    let is = |world: &Truth| now.versions == world.versions;
    if now.deployments != before.deployments {
        return Err(format!("{before:?} has become {now:?}"));
    }
    if is(before) {
        return Ok('b');
    }
    if is(after) {
        return Ok('c');
    }
    let mut halfway = before.clone();
    for version in &mut halfway.versions {
        version.aliases.remove("production");
    }
    if moves && is(&halfway) {
        return Ok('h');
    }
    Err(format!(
        "in doubt, and the world is neither {before:?} nor {after:?}, but {now:?}"
    ))
}

/// After a move that has failed the alias names a version: the one that had it, since what failed
/// was the second step alone; or else the error has the intent, which brings the alias back.
pub(super) async fn alias_left(rig: &Rig, error: &Error, put_back: bool) -> Option<String> {
    rig.simulator.clear_faults();
    rig.simulator.accept_connections().await;
    if rig.truth().named("production").is_some() {
        return None;
    }
    if put_back {
        return Some(format!("the alias is not put back: {error}"));
    }
    let remedy = error.remedy().unwrap_or_default();
    let intent = remedy
        .split('"')
        .find(|part| part.starts_with("cbm1,move,"));
    let Some(intent) = intent else {
        return Some(format!("the alias is gone, and no intent is told: {error}"));
    };
    let intent: MoveIntent = intent.parse().unwrap();
    let resumed = rig.client.resume_move(&intent).unwrap().await;
    let named = rig.truth().named("production");
    (named != Some(2)).then(|| format!("{intent} does not bring the alias back: {resumed:?}"))
}

#[test]
fn what_is_neither_before_nor_after_is_found() {
    let world = |lists: [&[&str]; 2]| Truth {
        versions: (1..)
            .zip(lists)
            .map(|(id, aliases)| Version {
                id,
                weights: "s3://my-bucket/run".to_owned(),
                suffix: None,
                aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            })
            .collect(),
        ..Truth::default()
    };
    let before = world([&["a", "production"], &["b"]]);
    let after = world([&["a"], &["b", "production"]]);
    let halfway = world([&["a"], &["b"]]);
    assert_eq!(outcome(&before, &after, &before, false), Ok('b'));
    assert_eq!(outcome(&before, &after, &after, false), Ok('c'));
    assert_eq!(outcome(&before, &after, &halfway, true), Ok('h'));
    let lost = world([&["a", "production"], &[]]);
    let other = world([&[], &["b", "production"]]);
    for (now, moves) in [(&halfway, false), (&lost, true), (&other, true)] {
        assert!(outcome(&before, &after, now, moves).is_err(), "{now:?}");
    }
}
