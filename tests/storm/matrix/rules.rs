//! What one operation must not do, beyond telling the truth.

use cerebras_management::{Error, MoveIntent};
use cerebras_management_simulator::{Entry, Operation as Route};

use super::rig::Rig;

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
