use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::gate::{Gate, Gatekeeper};
use super::page::Live;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::{BadPlan, Clock, FaultPlan, Refusal, World};

/// What a running simulator consists of.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) clock: Clock,
    world: Mutex<World>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) gate: Gate,
    pub(super) live: Live,
}

impl Service {
    pub(crate) fn new(clock: Clock, world: World, journal: Journal) -> (Self, Gatekeeper) {
        let (gate, gatekeeper) = Gate::new();
        let service = Self {
            clock,
            world: Mutex::new(world),
            journal,
            faults: Faults::default(),
            gate,
            live: Live::default(),
        };
        (service, gatekeeper)
    }

    /// Gives the world as of now. The time is read under the lock, so that requests are handled
    /// in the order of their times.
    pub(crate) fn with_world<T>(&self, f: impl FnOnce(&mut World, Duration) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        world.advance_to(now);
        f(&mut world, now)
    }

    /// A refusal in the shape that this service gives it.
    pub(super) fn in_shape(&self, refusal: Refusal) -> Refusal {
        self.with_world(|world, _| world.in_shape(refusal))
    }

    /// Replaces everything that was to go wrong. A bad plan changes nothing.
    pub(crate) fn set_plan(&self, plan: FaultPlan) -> Result<(), BadPlan> {
        self.with_world(|world, now| {
            world.set_plan(&plan)?;
            self.faults.set(plan.seed, plan.faults, now);
            Ok(())
        })
    }

    /// Adds to what is to go wrong; the seed stays. A bad plan changes nothing.
    pub(crate) fn add_plan(&self, plan: FaultPlan) -> Result<(), BadPlan> {
        self.with_world(|world, now| {
            plan.check(world)?;
            world.add_plans(&plan);
            for fault in plan.faults {
                self.faults.add(fault, now);
            }
            Ok(())
        })
    }

    /// What is still to go wrong.
    pub(crate) fn plan(&self) -> FaultPlan {
        self.with_world(|world, _| {
            let (seed, faults) = self.faults.left();
            let (syncs, rollouts) = world.plans();
            FaultPlan {
                seed,
                faults,
                syncs,
                rollouts,
            }
        })
    }
}
