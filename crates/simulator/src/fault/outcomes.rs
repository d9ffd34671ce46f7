use super::turns::{Draws, Kind, Turns};
use super::{PlannedRollout, PlannedSync};
use crate::{RolloutOutcome, SyncOutcome};

/// What an entry is for: the architecture or endpoint, and of those the org or the version; any
/// where it names none.
type Of = [Option<String>; 2];

/// How syncs or rollouts that have not begun will go: the first entry whose turn it is has one.
#[derive(Clone, Debug)]
pub(crate) struct Outcomes<O> {
    draws: Draws,
    entries: Vec<Entry<O>>,
}

#[derive(Clone, Debug)]
struct Entry<O> {
    of: Of,
    outcome: O,
    probability: Option<f64>,
    turns: Turns,
}

impl<O: Clone + Default> Outcomes<O> {
    pub(crate) fn new(seed: u64, kind: Kind) -> Self {
        Self {
            draws: Draws::new(seed, kind),
            entries: Vec::new(),
        }
    }

    /// The outcome of the next of what goes by these names, each of which may have several; the
    /// usual one when nothing else is planned.
    pub(crate) fn next(&mut self, names: [&[&str]; 2]) -> O {
        let mut found = None;
        for entry in &mut self.entries {
            let mut pairs = entry.of.iter().zip(names);
            let own = pairs.all(|(of, names)| of.as_deref().is_none_or(|of| names.contains(&of)));
            if own && entry.turns.count() && found.is_none() {
                entry.turns.take();
                found = Some(entry.outcome.clone());
            }
        }
        self.entries.retain(|entry| !entry.turns.is_over());
        found.unwrap_or_default()
    }

    fn add(
        &mut self,
        of: Of,
        outcome: O,
        (after, probability, times): (u64, Option<f64>, Option<u64>),
    ) {
        let draws = self.draws.next();
        let times = times.or(probability.is_none().then_some(1));
        let turns = Turns::new(after, probability, times, draws);
        if !turns.is_over() {
            self.entries.push(Entry {
                of,
                outcome,
                probability,
                turns,
            });
        }
    }
}

impl Outcomes<SyncOutcome> {
    pub(crate) fn plan(&mut self, planned: PlannedSync) {
        let turns = (planned.after, planned.probability, planned.times);
        self.add([planned.architecture, planned.org], planned.outcome, turns);
    }

    /// What can still come to pass, with what is left of its counts.
    pub(crate) fn left(&self) -> Vec<PlannedSync> {
        let left = self.entries.iter().map(|entry| PlannedSync {
            architecture: entry.of[0].clone(),
            org: entry.of[1].clone(),
            outcome: entry.outcome.clone(),
            after: entry.turns.after,
            probability: entry.probability,
            times: entry.turns.times,
        });
        left.collect()
    }
}

impl Outcomes<RolloutOutcome> {
    pub(crate) fn plan(&mut self, planned: PlannedRollout) {
        let turns = (planned.after, planned.probability, planned.times);
        self.add([planned.endpoint, planned.version], planned.outcome, turns);
    }

    /// What can still come to pass, with what is left of its counts.
    pub(crate) fn left(&self) -> Vec<PlannedRollout> {
        let left = self.entries.iter().map(|entry| PlannedRollout {
            endpoint: entry.of[0].clone(),
            version: entry.of[1].clone(),
            outcome: entry.outcome.clone(),
            after: entry.turns.after,
            probability: entry.probability,
            times: entry.turns.times,
        });
        left.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILS: SyncOutcome = SyncOutcome::Fails;
    const STALLS: SyncOutcome = SyncOutcome::Stalls;
    const SUCCEEDS: SyncOutcome = SyncOutcome::Succeeds;

    fn outcomes(
        seed: u64,
        planned: impl IntoIterator<Item = PlannedSync>,
    ) -> Outcomes<SyncOutcome> {
        let mut outcomes = Outcomes::<SyncOutcome>::new(seed, Kind::Sync);
        for planned in planned {
            outcomes.plan(planned);
        }
        outcomes
    }

    fn next(outcomes: &mut Outcomes<SyncOutcome>, names: &[&str]) -> Vec<SyncOutcome> {
        names
            .iter()
            .map(|name| outcomes.next([&[name], &["o"]]))
            .collect()
    }

    #[test]
    fn entries_one_after_another_are_for_one_after_another() {
        let mut outcomes = outcomes(
            0,
            [
                PlannedSync::of("a", FAILS).times(2),
                PlannedSync::of("a", STALLS),
            ],
        );
        assert_eq!(
            next(&mut outcomes, &["b", "a", "a", "a", "a"]),
            [SUCCEEDS, FAILS, FAILS, STALLS, SUCCEEDS]
        );
        assert_eq!(outcomes.left(), []);
    }

    /// A version goes by its id and by what the request calls it.
    #[test]
    fn both_names_have_to_fit() {
        let mut outcomes = outcomes(
            0,
            [
                PlannedSync::of("a", FAILS).org("p"),
                PlannedSync::of_any(STALLS).org("o"),
            ],
        );
        let next = [["b", "q"], ["a", "q"], ["a", "p"], ["a", "o"]]
            .map(|[architecture, org]| outcomes.next([&[architecture], &["x", org]]));
        assert_eq!(next, [SUCCEEDS, SUCCEEDS, FAILS, STALLS]);
    }

    /// Whatever order they are in, and whatever the others are for.
    #[test]
    fn the_nth_is_the_nth_of_all() {
        let mut outcomes = outcomes(
            0,
            [
                PlannedSync::of("a", STALLS).nth(3),
                PlannedSync::of_any(FAILS).nth(5),
                PlannedSync::of("a", FAILS).nth(1),
            ],
        );
        assert_eq!(
            next(&mut outcomes, &["a", "a", "b", "a", "a", "a"]),
            [FAILS, SUCCEEDS, SUCCEEDS, STALLS, FAILS, SUCCEEDS]
        );
    }

    #[test]
    fn what_is_left_counts_down() {
        let planned = PlannedSync::of("a", FAILS).after(3).times(2);
        let mut outcomes = outcomes(0, [planned.clone()]);
        next(&mut outcomes, &["a", "a", "b"]);
        assert_eq!(outcomes.left(), [planned.clone().after(1)]);
        next(&mut outcomes, &["a", "a"]);
        assert_eq!(outcomes.left(), [planned.after(0).times(1)]);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed_and_has_no_end() {
        let tenth = PlannedSync::of_any(FAILS).probability(0.1);
        let drawn = |seed| next(&mut outcomes(seed, [tenth.clone()]), &["a"; 1000]);
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let failed = drawn(7).iter().filter(|o| **o == FAILS).count();
        assert!((70..130).contains(&failed), "{failed} of 1000");

        let mut limited = outcomes(7, [tenth.times(3)]);
        let drawn = next(&mut limited, &["a"; 1000]);
        assert_eq!(drawn.iter().filter(|o| **o == FAILS).count(), 3);
    }
}
