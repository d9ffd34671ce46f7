use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Simulated time: how long the simulator has been running, for those inside it.
///
/// It counts from the machine's monotonic clock, so that a wall clock that jumps does not move
/// it, and never goes back.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    /// Simulated seconds in a real one; 0 when only [`Clock::advance`] moves it.
    speed: f64,
    added: Mutex<Duration>,
}

impl Clock {
    /// A clock that runs `speed` times as fast as the real one. Anything but a finite, positive
    /// speed stands still.
    #[must_use]
    pub fn real(speed: f64) -> Self {
        let runs = speed.is_finite() && speed > 0.0;
        Self {
            origin: Instant::now(),
            speed: if runs { speed } else { 0.0 },
            added: Mutex::new(Duration::ZERO),
        }
    }

    /// A clock that only [`Clock::advance`] moves.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cerebras_management_simulator::Clock;
    ///
    /// let clock = Clock::manual();
    /// clock.advance(Duration::from_secs(90));
    /// assert_eq!(clock.now(), Duration::from_secs(90));
    /// ```
    #[must_use]
    pub fn manual() -> Self {
        Self::real(0.0)
    }

    /// The simulated time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        let ran = self.origin.elapsed().as_secs_f64() * self.speed;
        let ran = Duration::try_from_secs_f64(ran).unwrap_or(Duration::MAX);
        let added = *self.added.lock().unwrap_or_else(PoisonError::into_inner);
        ran.saturating_add(added)
    }

    /// Moves the clock forward. A running clock jumps ahead and runs on.
    pub fn advance(&self, by: Duration) {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        *added = added.saturating_add(by);
    }

    /// Simulated seconds in a real one; 0 when only [`Clock::advance`] moves it.
    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    pub(crate) fn is_manual(&self) -> bool {
        self.speed == 0.0
    }
}

/// The wall clock now, in Unix seconds.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
