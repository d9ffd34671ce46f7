//! Writes that are dropped at every point at which they can be: what is left is one of the states
//! that their docs name, and asking again finishes it.

use std::collections::BTreeSet;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;

use cerebras_management::{ErrorKind, MoveIntent};
use cerebras_management_simulator::Operation as Route;

use crate::harness::{ARCHITECTURE, Rig};

/// Polls the future that many times, each time when it asks to be, and then drops it. True when
/// it has ended by then.
pub(crate) async fn ends_within<T>(polls: usize, future: impl IntoFuture<Output = T>) -> bool {
    let mut future = pin!(future.into_future());
    let mut left = polls;
    poll_fn(|context| {
        let ended = future.as_mut().poll(context).is_ready();
        left -= 1;
        if ended || left == 0 {
            return Poll::Ready(ended);
        }
        Poll::Pending
    })
    .await
}

/// The ids of the versions that are there, each with its aliases.
fn world(rig: &Rig) -> Vec<(u64, Vec<String>)> {
    let versions = rig.simulator.versions(ARCHITECTURE);
    versions.into_iter().map(|v| (v.id, v.aliases)).collect()
}

fn of(versions: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
    let owned = |(id, aliases): &(u64, &[&str])| {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned());
        (*id, aliases.collect())
    };
    versions.iter().map(owned).collect()
}

/// What a write can leave, the last being what it is to do.
type States<'a> = &'a [&'a [(u64, &'a [&'a str])]];

/// Drops the write after one poll, after two, and so on until it ends, and then does it again.
async fn dropped_anywhere<F>(states: States<'_>, route: Route, write: impl Fn(&Rig) -> F)
where
    F: IntoFuture<Output = cerebras_management::Result<()>>,
{
    let states: Vec<_> = states.iter().map(|state| of(state)).collect();
    let mut left = BTreeSet::new();
    for polls in 1.. {
        let rig = Rig::serving_the_first_of_two().await;
        let ended = ends_within(polls, write(&rig)).await;
        let now = world(&rig);
        assert!(states.contains(&now), "after {polls} polls: {now:?}");
        left.insert(now);
        // The same client: what was dropped holds no lock.
        write(&rig).await.unwrap();
        assert_eq!(Some(world(&rig)), states.last().cloned(), "{polls}");
        if ended {
            assert!(polls > 3, "it was dropped nowhere");
            break;
        }
        assert!(rig.simulator.count(route) > 0);
    }
    let all: BTreeSet<_> = states.into_iter().collect();
    assert_eq!(left, all, "each state was left at some point");
}

#[tokio::test]
async fn an_alias_that_is_added() {
    let states: States<'_> = &[
        &[(1, &["run-1"]), (2, &["run-2"])],
        &[(1, &["run-1"]), (2, &["run-2", "stable"])],
    ];
    dropped_anywhere(states, Route::UpdateModelVersionAliases, |rig| {
        let version = rig.version("2");
        async move { version.add_alias("stable").await.map(drop) }
    })
    .await;
}

#[tokio::test]
async fn an_alias_that_is_removed() {
    let states: States<'_> = &[
        &[(1, &["run-1"]), (2, &["run-2"])],
        &[(1, &["run-1"]), (2, &[])],
    ];
    dropped_anywhere(states, Route::UpdateModelVersionAliases, |rig| {
        let version = rig.version("2");
        async move { version.remove_alias("run-2").await.map(drop) }
    })
    .await;
}

#[tokio::test]
async fn an_alias_that_is_moved() {
    let states: States<'_> = &[
        &[(1, &["run-1"]), (2, &["run-2"])],
        &[(1, &[]), (2, &["run-2"])],
        &[(1, &[]), (2, &["run-2", "run-1"])],
    ];
    dropped_anywhere(states, Route::UpdateModelVersionAliases, |rig| {
        let moving = rig.model().move_alias("run-1", "2");
        async move { moving.await.map(drop) }
    })
    .await;
}

#[tokio::test]
async fn a_planned_move_is_finished_from_its_intent() {
    let states = [
        of(&[(1, &["run-1"]), (2, &["run-2"])]),
        of(&[(1, &[]), (2, &["run-2"])]),
        of(&[(1, &[]), (2, &["run-2", "run-1"])]),
    ];
    let mut left = BTreeSet::new();
    for polls in 1.. {
        let rig = Rig::serving_the_first_of_two().await;
        let plan = rig.model().move_alias("run-1", "2").plan().await.unwrap();
        let kept = plan.intent().to_string();
        let ended = ends_within(polls, plan.run()).await;
        let now = world(&rig);
        assert!(states.contains(&now), "after {polls} polls: {now:?}");
        // Another process.
        let somebody = rig.somebody_else();
        let client = somebody.client();
        let kept = kept.replace(rig.client.base_url(), client.base_url());
        let kept: MoveIntent = kept.parse().unwrap();
        let resumed = client.resume_move(&kept).unwrap().await;
        if let Err(error) = resumed {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert_eq!(now, states[0], "it had not begun: {error}");
            let again = client.resume_move(&kept).unwrap().from(1_u64);
            again.await.unwrap();
        }
        assert_eq!(world(&rig), states[2]);
        left.insert(now);
        if ended {
            break;
        }
    }
    assert_eq!(left, states.into_iter().collect());
}

#[tokio::test]
async fn a_version_that_is_deleted() {
    let states: States<'_> = &[&[(1, &["run-1"]), (2, &["run-2"])], &[(1, &["run-1"])]];
    dropped_anywhere(states, Route::DeleteModelVersion, |rig| {
        let version = rig.version("2");
        async move {
            match version.delete().even_if_aliased().await {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                other => other.map(drop),
            }
        }
    })
    .await;
}
