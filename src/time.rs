//! Points in time.

use std::time::Duration;

use tokio::time::Instant;

/// Further away than any wait, and near enough for every clock.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The point that lies so long after another. What no clock can hold, such as `Duration::MAX`
/// for "no deadline" or a `Retry-After` out of bounds, is far away.
pub(crate) fn after(start: Instant, pause: Duration) -> Instant {
    start + pause.min(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_is_too_long() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::MAX), now + FAR);
        let second = Duration::from_secs(1);
        assert_eq!(after(now, second), now + second);
    }
}
