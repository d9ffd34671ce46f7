//! Histories that are made by hand, with an alias that is lost, and with one that is not.

use std::ops::Range;

use super::history::{Attempt, Edited, Gap, History, Moved};
use crate::world::{Truth, Version};

/// Version 1 is `production`, and version 3 has the list with `a` and `b`.
fn history(writes: &[(u64, &[&str])]) -> History {
    let owned = |aliases: &[&str]| aliases.iter().map(|&alias| alias.to_owned()).collect();
    let version = |(id, aliases): (u64, &[&str])| Version {
        id,
        weights: "s3://my-bucket/run".to_owned(),
        suffix: None,
        aliases: owned(aliases),
    };
    let lists: [(u64, &[&str]); 3] = [(1, &["production"]), (2, &[]), (3, &["a", "b"])];
    let start = Truth {
        versions: lists.into_iter().map(version).collect(),
        ..Truth::default()
    };
    let writes = (0..).zip(writes);
    History::of(
        &start,
        writes.map(|(number, (version, aliases))| (number, *version, owned(aliases))),
    )
}

fn moved(alias: &str, from: u64, during: Range<u64>, in_doubt: bool) -> Attempt<Moved> {
    Attempt {
        alias: alias.to_owned(),
        during,
        did: Moved {
            from: Some(from),
            in_doubt,
        },
    }
}

fn edited(alias: &str, adds: bool, during: Range<u64>) -> Attempt<Edited> {
    Attempt {
        alias: alias.to_owned(),
        during,
        did: Edited { adds },
    }
}

fn gap(from: u64, since: u64, until: Option<u64>) -> Gap {
    Gap { from, since, until }
}

#[test]
fn a_move_that_is_done_has_lost_nothing() {
    let history = history(&[(1, &[]), (2, &["production"])]);
    let lost = history.lost("production", &[moved("production", 1, 0..2, false)]);
    assert_eq!(lost.gaps, []);
    assert!(lost.open.is_none());
}

#[test]
fn an_alias_is_lost_unless_the_very_move_that_took_it_is_in_doubt() {
    let history = history(&[(1, &[])]);
    let explains = moved("production", 1, 0..1, true);
    let lost = history.lost("production", std::slice::from_ref(&explains));
    assert_eq!(lost.gaps, []);
    assert!(lost.open.is_some());
    for other in [
        moved("production", 1, 0..1, false),
        // In doubt, but of another alias, from another version, or at another time.
        moved("nightly", 1, 0..1, true),
        moved("production", 2, 0..1, true),
        moved("production", 1, 1..4, true),
    ] {
        let lost = history.lost("production", std::slice::from_ref(&other));
        assert_eq!(lost.gaps, [gap(1, 0, None)], "{other:?}");
    }
}

#[test]
fn an_alias_that_was_lost_for_a_while_is_found_too() {
    // The second move finds it on no version, and gives it to its target.
    let history = history(&[(1, &[]), (3, &["a"]), (2, &["production"])]);
    let lost = history.lost("production", &[moved("production", 1, 0..1, false)]);
    assert_eq!(lost.gaps, [gap(1, 0, Some(2))]);
    // A rival has given it while the first was at it.
    let lost = history.lost("production", &[moved("production", 1, 0..3, false)]);
    assert_eq!(lost.gaps, []);
}

#[test]
fn a_refusal_whose_answer_was_lost_changes_nothing() {
    let history = history(&[(2, &["production"])]);
    assert!(history.end()[&1].contains("production"));
    assert!(history.end()[&2].is_empty());
}

#[test]
fn an_edit_is_undone_by_one_that_could_read_it() {
    // `c` is added, and lost to the removal of `b`.
    let history = history(&[(3, &["a", "b", "c"]), (3, &["a"])]);
    let adds = edited("c", true, 0..1);
    let undone = |removal: Attempt<Edited>| {
        let edits = [adds.clone(), removal];
        let count = |alias| history.undone(3, alias, &edits).len();
        [count("a"), count("b"), count("c")]
    };
    // It began before `c` was written, and may have read the list before.
    assert_eq!(undone(edited("b", false, 0..2)), [0, 0, 0]);
    // It began after: so it read `c`, and had to keep it.
    assert_eq!(undone(edited("b", false, 1..2)), [0, 0, 1]);
    // Nobody took `b` away on purpose, and it was there from the start.
    assert_eq!(undone(edited("a", true, 0..2)), [0, 1, 0]);
}
