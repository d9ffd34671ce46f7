//! When the next poll of a wait comes.

use std::time::Duration;

/// How a wait spreads its polls: the next interval is a fraction of the time already waited,
/// between a floor and a ceiling.
///
/// **How late.** A change is noticed at most one interval and one request after the service shows
/// it. By default the interval is 10 % of the time already waited, at least 1 s and at most 30 s.
/// Polls that fail, and a `Retry-After` that is longer than the interval, delay it by as much; one
/// odd `Retry-After` by no more than the patience of the wait. Where waits share their requests,
/// one that is kept and not polled can delay the others by 2 s.
///
/// **How many requests.** By default at most 31 in the first minute, 19 more up to 5 minutes, and
/// from then on at most 133 an hour: at most 172 in the first hour. Each interval is
/// shortened by up to 10 % at random, which is in these figures. Waits that share make as many
/// together as the one of them that polls most often. Where it is known how long it takes,
/// [`expected`](Schedule::expected) saves nine tenths of them.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management::{Operation, Schedule, Tracked};
///
/// async fn wait_for_an_hour_or_so<T: Tracked>(
///     upload: Operation<T>,
/// ) -> cerebras_management::Result<T> {
///     let schedule = Schedule::default().expected(Duration::from_secs(3600));
///     upload.wait().schedule(schedule).await
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    fraction: f64,
    floor: Duration,
    ceiling: Duration,
    expected: Duration,
}

/// How much of an interval chance may take away.
const JITTER: f64 = 0.1;

/// Above this an interval is for ever, and cannot be shortened by chance without overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Below this a wait would be a busy loop.
const SHORTEST: Duration = Duration::from_millis(10);

impl Default for Schedule {
    fn default() -> Self {
        Self {
            fraction: 0.1,
            floor: Duration::from_secs(1),
            ceiling: Duration::from_secs(30),
            expected: Duration::ZERO,
        }
    }
}

impl Schedule {
    /// The shortest interval, used at first: 1 s by default, 10 ms at least.
    #[must_use]
    pub fn floor(mut self, floor: Duration) -> Self {
        self.floor = floor.max(SHORTEST);
        self
    }

    /// The longest interval: 30 s by default. Where it is below the floor, the floor holds.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Duration) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// The share of the time already waited that the next interval takes: 0.1 by default.
    /// Values outside 0 to 1 are taken as the nearer of the two.
    #[must_use]
    pub fn fraction(mut self, fraction: f64) -> Self {
        self.fraction = if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        };
        self
    }

    /// How long it is expected to take, counted from the beginning of the wait: polls are sparse
    /// before, closer towards it, and as close as at first from then on.
    ///
    /// Before that time an interval is the [`fraction`](Schedule::fraction) of it, or half of
    /// what is left of it, whichever is shorter, whatever the ceiling. So an end that comes
    /// early is noticed by default at most 10 % of the expected time late, and an end at the
    /// expected time at most the floor late. From then on the fraction is of the time by which
    /// it is late. An hour that is expected costs about 20 requests.
    #[must_use]
    pub fn expected(mut self, expected: Duration) -> Self {
        self.expected = expected;
        self
    }

    /// The next interval after `waited`; `chance` is drawn from 0 to 1.
    pub(crate) fn interval(&self, waited: Duration, chance: f64) -> Duration {
        let (expected, share) = (self.expected.min(LONGEST), self.fraction);
        let interval = match expected.checked_sub(waited) {
            Some(left) if !left.is_zero() => expected.mul_f64(share).min(left / 2),
            _ => waited
                .saturating_sub(expected)
                .mul_f64(share)
                .min(self.ceiling),
        };
        interval
            .max(self.floor)
            .min(LONGEST)
            .mul_f64(1.0 - JITTER * chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_grows_between_floor_and_ceiling() {
        let schedule = Schedule::default();
        for (waited, interval) in [(0, 1), (10, 1), (60, 6), (300, 30), (86_400, 30)] {
            assert_eq!(
                schedule.interval(Duration::from_secs(waited), 0.0),
                Duration::from_secs(interval)
            );
        }
    }

    /// When the polls of a wait come, without jitter.
    fn polls(schedule: &Schedule, until: Duration) -> Vec<Duration> {
        let mut at = Duration::ZERO;
        let polls = std::iter::from_fn(|| {
            at += schedule.interval(at, 0.0);
            Some(at)
        });
        polls.take_while(|at| *at <= until).collect()
    }

    #[test]
    fn an_expected_end_is_noticed_as_said_and_costs_as_said() {
        let hour = Duration::from_secs(3600);
        let schedule = Schedule::default().expected(hour);
        let before = polls(&schedule, hour + Duration::from_secs(1));
        assert!((15..25).contains(&before.len()), "{before:?}");
        let last = before.last().expect("a poll");
        assert!(*last >= hour, "{last:?}");
        let gaps = before.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
        assert!(gaps.max() <= Some(hour / 10));
        // Later it is as a wait that began at the expected time.
        for late in [0, 5, 100, 3600] {
            let late = Duration::from_secs(late);
            assert_eq!(
                schedule.interval(hour + late, 0.0),
                Schedule::default().interval(late, 0.0)
            );
        }
        assert!(polls(&Schedule::default(), hour).len() > 150);
    }

    #[test]
    fn no_more_requests_are_made_than_the_documentation_says() {
        let mut at = Duration::ZERO;
        let mut polls = Vec::new();
        while at < Duration::from_secs(7200) {
            at += Schedule::default().interval(at, 1.0);
            polls.push(at.as_secs_f64());
        }
        let between = |from: f64, to: f64| {
            let inside = polls.iter().filter(|at| **at > from && **at <= to);
            inside.count()
        };
        assert!(between(0.0, 60.0) <= 31, "{}", between(0.0, 60.0));
        assert!(between(60.0, 300.0) <= 19, "{}", between(60.0, 300.0));
        assert!(between(300.0, 3900.0) <= 133, "{}", between(300.0, 3900.0));
        let hour = between(0.0, 3600.0);
        assert!(hour <= 172, "{hour}");
    }

    #[test]
    fn chance_only_shortens_it() {
        let schedule = Schedule::default();
        assert_eq!(
            schedule.interval(Duration::from_secs(100), 1.0),
            Duration::from_secs(9)
        );
    }

    #[test]
    fn no_setting_is_too_long() {
        let schedule = Schedule::default()
            .floor(Duration::MAX)
            .ceiling(Duration::MAX)
            .expected(Duration::MAX);
        assert_eq!(schedule.interval(Duration::ZERO, 0.0), LONGEST);
        assert_eq!(schedule.interval(Duration::MAX, 0.0), LONGEST);
    }

    #[test]
    fn no_setting_makes_a_busy_loop() {
        let schedule = Schedule::default()
            .floor(Duration::ZERO)
            .ceiling(Duration::ZERO)
            .fraction(f64::NAN);
        assert!(schedule.interval(Duration::ZERO, 1.0) >= Duration::from_millis(9));
    }
}
