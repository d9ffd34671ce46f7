//! When the next poll of a wait comes.

use std::time::Duration;

/// How a wait spreads its polls: the next interval is a fraction of the time already waited,
/// between a floor and a ceiling.
///
/// A change is noticed at most one interval and one request after the service shows it, so by
/// default at most 10 % of the time already waited late, never less than 1 s and never more
/// than 30 s. A wait of 1 hour makes about 170 requests. Each interval is shortened by up to
/// 10 % at random, so that many waits do not poll together. A `Retry-After` from the service
/// that is longer than the interval takes its place.
///
/// ```
/// use std::time::Duration;
/// use cerebras_management::Schedule;
///
/// let often = Schedule::default().ceiling(Duration::from_secs(5));
/// # let _ = often;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    fraction: f64,
    floor: Duration,
    ceiling: Duration,
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

    /// The next interval after `waited`; `chance` is drawn from 0 to 1.
    pub(crate) fn interval(&self, waited: Duration, chance: f64) -> Duration {
        waited
            .mul_f64(self.fraction)
            .min(self.ceiling)
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
            .ceiling(Duration::MAX);
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
