use crate::splitmix::SplitMix;

/// Which of the requests, uploads or deployments that something is for are its own: after so many,
/// each with a probability, and so many at most.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    /// How many are still to pass.
    pub(super) after: u64,
    probability: Option<f64>,
    /// How many it can still have; none for any number.
    pub(super) times: Option<u64>,
    draws: SplitMix,
}

impl Turns {
    pub(super) fn new(
        after: u64,
        probability: Option<f64>,
        times: Option<u64>,
        draws: SplitMix,
    ) -> Self {
        Self {
            after,
            probability,
            times,
            draws,
        }
    }

    /// Counts one, and says whether it can have it. What others have counts too, so that the
    /// second is the second whatever else is set.
    pub(super) fn count(&mut self) -> bool {
        if self.is_over() {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.probability
            .is_none_or(|probability| self.draws.chance(probability))
    }

    /// It has the one that was counted last.
    pub(super) fn take(&mut self) {
        if let Some(times) = &mut self.times {
            *times = times.saturating_sub(1);
        }
    }

    /// Whether it will have no more.
    pub(super) fn is_over(&self) -> bool {
        self.times == Some(0)
    }
}

/// Where the draws of one thing after another begin, so that no two draw alike.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draws {
    seed: u64,
    given: u64,
}

impl Draws {
    /// Those of one kind of things under a plan's seed.
    pub(super) fn new(seed: u64, kind: Kind) -> Self {
        let mut seeds = SplitMix::new(seed);
        let seeds = std::iter::repeat_with(|| seeds.next());
        let seed = seeds.take(kind as usize + 1).last().unwrap_or_default();
        Self { seed, given: 0 }
    }

    pub(super) fn next(&mut self) -> SplitMix {
        let draws = SplitMix::new(self.seed.wrapping_add(self.given));
        self.given += 1;
        draws
    }
}

/// What draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fault,
    Sync,
    Rollout,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_draws_alike() {
        let mut first = Vec::new();
        for seed in [0, 1] {
            for kind in [Kind::Fault, Kind::Sync, Kind::Rollout] {
                let mut draws = Draws::new(seed, kind);
                first.extend((0..3).map(|_| draws.next().next()));
            }
        }
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), count);
    }

    #[test]
    fn what_is_counted_and_not_taken_is_no_turn() {
        let mut turns = Turns::new(1, None, Some(1), SplitMix::default());
        assert_eq!(
            [turns.count(), turns.count(), turns.count()],
            [false, true, true]
        );
        turns.take();
        assert!(turns.is_over() && !turns.count());
    }
}
