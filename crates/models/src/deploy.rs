//! Deploying a version to an endpoint.
//!
//! A call reads the endpoint's list, then asks to deploy once, and again only when the request
//! surely was not processed. After an unanswered request it reads the list: an entry of its
//! version that was not there before is adopted; without one, the deployment may have happened.
//!
//! Followed by `Endpoint::deploy`.

use stateright::Model;

mod tests;

const TRIES: u8 = 3;

#[derive(Clone, Copy, Debug)]
struct Deploy {
    protocol: Protocol,
    /// What each caller deploys.
    callers: [Version; 2],
    /// Whether the second begins only when the first has ended.
    in_turn: bool,
    /// Whether a list may still be without the newest entries.
    stale_lists: bool,
    crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Sound,
    /// Naive: asks again after an unanswered request that shows no effect.
    AsksAgain,
    /// Naive: adopts any entry of its version, also one that was there before.
    AdoptsWhatWasThere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Version {
    One,
    Two,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// In the order in which they were made. The first was there before.
    list: Vec<Deployment>,
    callers: [Caller; 2],
    /// Requests that nobody waits for any more, by caller.
    adrift: [u8; 2],
    crashes: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Deployment {
    version: Version,
    /// Whose request made it, if one of ours did.
    by: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Caller {
    step: Step,
    /// How many entries it saw before it asked.
    seen: usize,
    /// How many there really were.
    before: usize,
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Read,
    Ask,
    Wait(Option<usize>),
    LookAfterSilence,
    Told(Told),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Told {
    Answered(usize),
    Adopted(usize),
    MayHaveHappened,
    /// It surely did not happen.
    NotSent,
}

/// The number is the caller's.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Read(usize),
    /// The list is without its newest entry.
    ReadStale(usize),
    Ask(usize),
    /// No connection, or too many requests: surely not processed.
    FailToAsk(usize),
    Handle(usize),
    Receive(usize),
    LoseRequest(usize),
    LoseAnswer(usize),
    /// The caller stops waiting, and its request is adrift.
    TimeOut(usize),
    HandleAdrift(usize),
    Look(usize),
    /// The list is without its newest entry.
    LookStale(usize),
    Crash(usize),
}

impl Deploy {
    const START: Caller = Caller {
        step: Step::Read,
        seen: 0,
        before: 0,
        tries: 0,
    };

    /// The service makes a deployment for each request.
    fn handle(&self, state: &mut State, of: usize) -> usize {
        state.list.push(Deployment {
            version: self.callers[of],
            by: Some(of),
        });
        state.list.len() - 1
    }

    /// What the caller makes of the list that it finds after an unanswered request.
    fn looked(&self, state: &State, of: usize, listed: usize) -> Step {
        let from = match self.protocol {
            Protocol::AdoptsWhatWasThere => 0,
            _ => state.callers[of].seen,
        };
        let ours = |id: &usize| state.list[*id].version == self.callers[of];
        match (from..listed).find(ours) {
            Some(id) => Step::Told(Told::Adopted(id)),
            None if self.protocol == Protocol::AsksAgain && state.callers[of].tries < TRIES => {
                Step::Ask
            }
            None => Step::Told(Told::MayHaveHappened),
        }
    }
}

impl Model for Deploy {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            list: vec![Deployment {
                version: Version::One,
                by: None,
            }],
            callers: [Self::START, Self::START],
            adrift: [0, 0],
            crashes: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for of in [0, 1] {
            if state.adrift[of] > 0 {
                actions.push(Action::HandleAdrift(of));
            }
            match state.callers[of].step {
                Step::Read => {
                    let first = matches!(state.callers[0].step, Step::Told(_));
                    if of == 0 || first || !self.in_turn {
                        actions.push(Action::Read(of));
                        if self.stale_lists {
                            actions.push(Action::ReadStale(of));
                        }
                    }
                }
                Step::Ask => actions.extend([Action::Ask(of), Action::FailToAsk(of)]),
                Step::Wait(None) => actions.extend([
                    Action::Handle(of),
                    Action::LoseRequest(of),
                    Action::TimeOut(of),
                ]),
                Step::Wait(Some(_)) => {
                    actions.extend([Action::Receive(of), Action::LoseAnswer(of)]);
                }
                Step::LookAfterSilence => {
                    actions.push(Action::Look(of));
                    if self.stale_lists {
                        actions.push(Action::LookStale(of));
                    }
                }
                Step::Told(_) => continue,
            }
            if state.crashes < self.crashes {
                actions.push(Action::Crash(of));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        let listed = state.list.len();
        match action {
            Action::Read(of) | Action::ReadStale(of) => {
                let caller = &mut next.callers[of];
                caller.before = listed;
                caller.seen = listed - usize::from(action == Action::ReadStale(of));
                caller.step = Step::Ask;
            }
            Action::Ask(of) => {
                next.callers[of].tries += 1;
                next.callers[of].step = Step::Wait(None);
            }
            Action::FailToAsk(of) => {
                next.callers[of].tries += 1;
                if next.callers[of].tries == TRIES {
                    next.callers[of].step = Step::Told(Told::NotSent);
                }
            }
            Action::Handle(of) => {
                let id = self.handle(&mut next, of);
                next.callers[of].step = Step::Wait(Some(id));
            }
            Action::Receive(of) => {
                if let Step::Wait(Some(id)) = state.callers[of].step {
                    next.callers[of].step = Step::Told(Told::Answered(id));
                }
            }
            Action::LoseRequest(of) | Action::LoseAnswer(of) => {
                next.callers[of].step = Step::LookAfterSilence;
            }
            Action::TimeOut(of) => {
                next.adrift[of] += 1;
                next.callers[of].step = Step::LookAfterSilence;
            }
            Action::HandleAdrift(of) => {
                next.adrift[of] -= 1;
                self.handle(&mut next, of);
            }
            Action::Look(of) => next.callers[of].step = self.looked(state, of, listed),
            Action::LookStale(of) => next.callers[of].step = self.looked(state, of, listed - 1),
            Action::Crash(of) => {
                if state.callers[of].step == Step::Wait(None) {
                    next.adrift[of] += 1;
                }
                next.crashes += 1;
                next.callers[of] = Self::START;
            }
        }
        Some(next)
    }
}
