use std::time::Duration;

/// A token bucket, on simulated time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    filled: Duration,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(burst: u32, per_minute: u32, now: Duration) -> Self {
        // Less than one token would let nothing through, ever; a plan with 0 is refused.
        let burst = f64::from(burst.max(1));
        Self {
            burst,
            per_second: f64::from(per_minute) / 60.0,
            tokens: burst,
            filled: now,
        }
    }

    /// Takes a token; without one, says in how many seconds there will be, if ever.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Option<u64>> {
        let passed = now.saturating_sub(self.filled);
        self.filled = self.filled.max(now);
        let filled = self.tokens + passed.as_secs_f64() * self.per_second;
        self.tokens = filled.min(self.burst);
        // What adds up to one token may fall short of it by a rounding.
        let missing = 1.0 - self.tokens;
        if missing < 1e-9 {
            self.tokens -= 1.0;
            return Ok(());
        }
        if self.per_second == 0.0 {
            return Err(None);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to 60"
        )]
        let seconds = (missing / self.per_second - 1e-9).ceil().max(1.0) as u64;
        Err(Some(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_as_fast_as_it_fills() {
        let mut bucket = Bucket::new(2, 6, Duration::ZERO);
        let mut take = |second| bucket.take(Duration::from_secs(second));
        let taken = [0, 0, 0, 4, 9, 10, 10, 20, 1000, 1000, 1000].map(&mut take);
        let expected = [
            Ok(()),
            Ok(()),
            Err(Some(10)),
            Err(Some(6)),
            Err(Some(1)),
            Ok(()),
            Err(Some(10)),
            Ok(()),
            Ok(()),
            Ok(()),
            Err(Some(10)),
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn a_bucket_that_does_not_fill_is_empty_for_ever() {
        let mut bucket = Bucket::new(1, 0, Duration::ZERO);
        let taken = [0, 1, 1_000_000].map(|second| bucket.take(Duration::from_secs(second)));
        assert_eq!(taken, [Ok(()), Err(None), Err(None)]);
    }
}
