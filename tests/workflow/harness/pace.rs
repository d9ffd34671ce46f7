//! How simulated time passes: by the requests of one client.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cerebras_management_simulator::Simulator;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

type Action = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lets a fixed simulated time pass just before each request of one client, and does just before
/// a given request what another user of the service would do.
///
/// It is the client's name resolver. The client keeps no connection, so that it is asked before
/// each request, and before nothing else. So after an answer the time stands still: the truth
/// that a test reads then is the truth that the answer told.
#[derive(Clone)]
pub(crate) struct Pace(Arc<Inner>);

struct Inner {
    simulator: Arc<Simulator>,
    /// Beyond it no request gets through, so that a wait without patience ends there.
    horizon: Duration,
    planned: Mutex<Planned>,
}

struct Planned {
    step: Duration,
    requests: usize,
    actions: Vec<(usize, Action)>,
}

impl Pace {
    pub(crate) fn new(simulator: &Arc<Simulator>, step: Duration, horizon: Duration) -> Self {
        Self(Arc::new(Inner {
            simulator: Arc::clone(simulator),
            horizon,
            planned: Mutex::new(Planned {
                step,
                requests: 0,
                actions: Vec::new(),
            }),
        }))
    }

    /// Lets each request take `step` from now on.
    pub(crate) fn change_step(&self, step: Duration) {
        self.planned().step = step;
    }

    /// Does it just before the `nth` of the requests that follow, the first being 1.
    pub(crate) fn before(&self, nth: usize, action: impl Future<Output = ()> + Send + 'static) {
        let mut planned = self.planned();
        let at = planned.requests + nth;
        planned.actions.push((at, Box::pin(action)));
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        let planned = self.0.planned.lock();
        planned.unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and gives the time that it takes and what is to be done before it.
    fn due(&self) -> (Duration, Vec<Action>) {
        let mut planned = self.planned();
        planned.requests += 1;
        let now = planned.requests;
        let (due, later) = std::mem::take(&mut planned.actions)
            .into_iter()
            .partition(|(at, _)| *at == now);
        planned.actions = later;
        let due: Vec<(usize, Action)> = due;
        let actions = due.into_iter().map(|(_, action)| action).collect();
        (planned.step, actions)
    }
}

impl Resolve for Pace {
    fn resolve(&self, _: Name) -> Resolving {
        let pace = self.clone();
        Box::pin(async move {
            let (step, actions) = pace.due();
            for action in actions {
                action.await;
            }
            let inner = &*pace.0;
            inner.simulator.advance(step);
            if inner.simulator.now() > inner.horizon {
                return Err("beyond the horizon".into());
            }
            let address = inner.simulator.addr();
            Ok(Box::new(std::iter::once(address)) as Addrs)
        })
    }
}
