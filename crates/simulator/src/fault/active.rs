use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bucket::Bucket;
use super::turns::{Draws, Kind, Turns};
use super::{Fault, FaultAction, Target};

/// The faults that are set, in their order: the first that hits a request has it.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Set>);

#[derive(Debug, Default)]
struct Set {
    seed: u64,
    draws: Draws,
    armed: Vec<Armed>,
}

/// A fault that is set.
#[derive(Debug)]
struct Armed {
    fault: Fault,
    turns: Turns,
    bucket: Option<Bucket>,
}

/// What hits a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) action: FaultAction,
    /// The seconds until a rate limit lets the next request through.
    pub(crate) wait: Option<u64>,
}

impl Faults {
    /// Replaces all.
    pub(crate) fn set(&self, seed: u64, faults: Vec<Fault>, now: Duration) {
        let mut set = self.lock();
        *set = Set {
            seed,
            draws: Draws::new(seed, Kind::Fault),
            armed: Vec::new(),
        };
        for fault in faults {
            set.add(fault, now);
        }
    }

    pub(crate) fn add(&self, fault: Fault, now: Duration) {
        self.lock().add(fault, now);
    }

    /// The seed, and what is left of each fault that can still hit.
    pub(crate) fn left(&self) -> (u64, Vec<Fault>) {
        let set = self.lock();
        let armed = set.armed.iter().filter(|armed| !armed.turns.is_over());
        (set.seed, armed.map(Armed::left).collect())
    }

    pub(crate) fn hit(&self, target: &Target<'_>, now: Duration) -> Option<Hit> {
        let mut hit = None;
        let mut set = self.lock();
        let armed = set.armed.iter_mut();
        for armed in armed.filter(|armed| armed.fault.matches(target)) {
            if armed.turns.count() && hit.is_none() {
                hit = armed.hit(now);
            }
        }
        hit
    }

    fn lock(&self) -> MutexGuard<'_, Set> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Set {
    fn add(&mut self, fault: Fault, now: Duration) {
        let draws = self.draws.next();
        let bucket = match fault.action {
            FaultAction::RateLimit { burst, per_minute } => {
                Some(Bucket::new(burst, per_minute, now))
            }
            _ => None,
        };
        self.armed.push(Armed {
            turns: Turns::new(fault.after, fault.probability, fault.times, draws),
            fault,
            bucket,
        });
    }
}

impl Armed {
    /// Hits a request whose turn it is, unless there is a token for it.
    fn hit(&mut self, now: Duration) -> Option<Hit> {
        let wait = match self.bucket.as_mut().map(|bucket| bucket.take(now)) {
            Some(Ok(())) => return None,
            Some(Err(wait)) => wait,
            None => None,
        };
        self.turns.take();
        let action = self.fault.action.clone();
        Some(Hit { action, wait })
    }

    /// What is left of its counts.
    fn left(&self) -> Fault {
        Fault {
            after: self.turns.after,
            times: self.turns.times,
            ..self.fault.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    fn target(operation: Option<Operation>) -> Target<'static> {
        Target {
            operation,
            ..Target::default()
        }
    }

    const GET: Option<Operation> = Some(Operation::GetEndpoint);
    const LIST: Option<Operation> = Some(Operation::ListEndpoints);

    fn hit(faults: &Faults, operation: Option<Operation>) -> Option<FaultAction> {
        let hit = faults.hit(&target(operation), Duration::ZERO);
        hit.map(|hit| hit.action)
    }

    fn set(faults: impl IntoIterator<Item = Fault>) -> Faults {
        let set = Faults::default();
        set.set(0, faults.into_iter().collect(), Duration::ZERO);
        set
    }

    #[test]
    fn faults_are_for_the_requests_they_name() {
        let close = Fault::on(Operation::GetEndpoint, FaultAction::Close);
        let faults = set([close.after(1).times(2)]);
        let hits = [GET, LIST, GET, None, GET, GET].map(|op| hit(&faults, op).is_some());
        assert_eq!(hits, [false, false, true, false, true, false]);
    }

    #[test]
    fn the_first_to_hit_has_the_request() {
        let faults = set([
            Fault::on_any(FaultAction::Close).once(),
            Fault::on(Operation::GetEndpoint, FaultAction::LoseAnswer).once(),
            Fault::on_any(FaultAction::CutBody),
        ]);
        let hits = [GET, GET, GET, None].map(|operation| hit(&faults, operation));
        let expected = [
            FaultAction::Close,
            FaultAction::LoseAnswer,
            FaultAction::CutBody,
            FaultAction::CutBody,
        ];
        assert_eq!(hits, expected.map(Some));
        assert_eq!(
            faults.left(),
            (0, vec![Fault::on_any(FaultAction::CutBody)])
        );
        faults.set(0, Vec::new(), Duration::ZERO);
        assert_eq!(hit(&faults, GET), None);
    }

    /// Whatever hits the others.
    #[test]
    fn the_nth_request_is_the_nth_of_all() {
        let faults = set([
            Fault::on_any(FaultAction::Close).nth(2),
            Fault::on_any(FaultAction::CutBody).nth(3),
        ]);
        let hits = [GET, GET, GET, GET].map(|operation| hit(&faults, operation));
        let expected = [
            None,
            Some(FaultAction::Close),
            Some(FaultAction::CutBody),
            None,
        ];
        assert_eq!(hits, expected);
    }

    #[test]
    fn a_fault_can_be_for_one_resource() {
        let fault = Fault::on(Operation::GetModelVersion, FaultAction::Close);
        let faults = set([fault.org("o").architecture("a").version("1")]);
        let about = |org, architecture, version| {
            let target = Target {
                operation: Some(Operation::GetModelVersion),
                org,
                architecture,
                version,
                endpoint: "",
            };
            faults.hit(&target, Duration::ZERO).is_some()
        };
        let hits = [
            about("o", "a", "2"),
            about("o", "b", "1"),
            about("p", "a", "1"),
            about("o", "a", "1"),
        ];
        assert_eq!(hits, [false, false, false, true]);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let draws = |seed| {
            let faults = Faults::default();
            let fault = Fault::on_any(FaultAction::Close).probability(0.25);
            faults.set(seed, vec![fault], Duration::ZERO);
            let draws = (0..1000).map(|_| hit(&faults, GET).is_some());
            draws.collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        let hits = draws(1).into_iter().filter(|hit| *hit).count();
        assert!((200..300).contains(&hits), "{hits} of 1000");
    }

    #[test]
    fn chance_can_be_certain_or_none() {
        for (probability, expected) in [(0.0, 0), (1.0, 100)] {
            let faults = set([Fault::on_any(FaultAction::Close).probability(probability)]);
            let hits = (0..100).filter(|_| hit(&faults, GET).is_some()).count();
            assert_eq!(hits, expected);
        }
    }

    #[test]
    fn two_faults_do_not_draw_alike() {
        let half = |action| Fault::on_any(action).probability(0.5);
        let faults = set([half(FaultAction::Close), half(FaultAction::CutBody)]);
        let second = (0..1000).filter(|_| hit(&faults, GET) == Some(FaultAction::CutBody));
        let second = second.count();
        assert!((200..300).contains(&second), "{second} of 1000");
    }

    #[test]
    fn a_rate_limit_hits_what_is_too_much() {
        let limit = FaultAction::RateLimit {
            burst: 1,
            per_minute: 6,
        };
        let faults = set([
            Fault::on_any(limit.clone()),
            Fault::on_any(FaultAction::Close),
        ]);
        let hit = |second| faults.hit(&target(GET), Duration::from_secs(second));
        let close = Hit {
            action: FaultAction::Close,
            wait: None,
        };
        let limited = Hit {
            action: limit,
            wait: Some(8),
        };
        let hits = [0, 2, 10].map(hit);
        assert_eq!(hits, [Some(close.clone()), Some(limited), Some(close)]);
    }
}
