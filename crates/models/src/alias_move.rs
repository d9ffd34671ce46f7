//! Moving an alias from one version to another.
//!
//! The service gives an alias to one version at a time, so that a move is two writes with a gap.
//! A mover looks that the alias is where it is to be taken from, records what it is about to do
//! (the intent), removes, adds, and looks again. When the add fails and nobody has the alias, it
//! puts it back. It never takes the alias from a version that it did not mean, and it never sends
//! a write again after silence.
//!
//! The intent is closed at the end, unless a write was met by silence or the process crashed: then
//! one of its writes may be adrift. An open intent can be recovered from at any time: when nobody
//! has the alias, it is added; when the version has it that had it at first, it stays there, or the
//! move is begun again. The intent is closed when it is so old that nothing of it can be adrift.
//!
//! Followed by `Model::move_alias` under every `RetryPolicy`, with the intent kept by the caller: a
//! write that was surely not processed may be sent again, one that met silence is not.
//! `Client::resume_move` leaves the alias where it is when the version has it that had it at first;
//! to begin the move again, with `MoveAlias::from`, is [`Protocol::BeginsAgain`].

use std::collections::BTreeSet;

use stateright::Model;

mod tests;

#[derive(Clone, Copy, Debug)]
struct Move {
    protocol: Protocol,
    /// From which version to which. There are three, and the first has the alias.
    movers: &'static [(usize, usize)],
    /// Whether each begins only when the one before has ended.
    in_turn: bool,
    /// How many answers or requests are lost or late.
    losses: u8,
    /// How many adds are refused for another reason than that the alias is taken.
    refusals: u8,
    crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Sound,
    /// As sound, but recovery begins the move again when the alias is where it was at first.
    BeginsAgain,
    /// Naive: records nothing.
    WithoutIntent,
    /// Naive: recovers once, and is done with it.
    ClosesAtOnce,
    /// Naive: sends the removal again when the alias is still there after silence.
    ResendsTheRemoval,
    /// Naive: when the alias is gone after silence, takes that for its own removal.
    TrustsTheGap,
    /// Naive: when a rival has the alias, takes it from there.
    TakesByForce,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// Which of the versions have the alias.
    holds: [bool; 3],
    movers: Vec<Mover>,
    /// Writes that nobody waits for any more, with their mover.
    adrift: Vec<(usize, Write)>,
    losses: u8,
    refusals: u8,
    crashes: u8,
    /// How many moves have come to their end on the service.
    moves: u8,
    /// Whether the alias was removed from where a move had put it since the remover looked.
    removed_unread: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Mover {
    step: Step,
    from: usize,
    /// How many moves had ended when it looked.
    saw: u8,
    intent_is_open: bool,
    /// Whether one of its writes was met by silence.
    doubt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Write {
    Remove,
    Add,
    PutBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Done,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Look,
    Record,
    Send(Write),
    Wait(Write, Option<Answer>),
    /// After silence, or after a refusal.
    LookAfter(Write),
    Verify,
    LookToRecover,
    Told(Told),
    Crashed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Told {
    Moved,
    PutBack,
    /// Another has the alias, or has had it.
    Conflict,
    MayHaveHappened,
    /// Nothing was left to recover.
    Held,
}

/// The number is the mover's.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Look(usize),
    Record(usize),
    Send(usize),
    Handle(usize),
    Refuse(usize),
    Receive(usize),
    LoseRequest(usize),
    LoseAnswer(usize),
    /// The mover stops waiting, and its write is adrift.
    TimeOut(usize),
    HandleAdrift(usize, Write),
    Crash(usize),
    Recover(usize),
}

impl Move {
    /// The service removes what is there, and gives an alias to nobody while another has it.
    fn handle(&self, state: &mut State, of: usize, write: Write) -> Answer {
        let (from, to) = (state.movers[of].from, self.movers[of].1);
        let holder = state.holder();
        match write {
            Write::Remove => {
                let read = state.movers[of].saw == state.moves;
                state.removed_unread |= state.holds[from] && !read;
                state.holds[from] = false;
                Answer::Done
            }
            Write::Add if holder.is_none() => {
                state.holds[to] = true;
                state.moves += 1;
                Answer::Done
            }
            Write::PutBack if holder.is_none() => {
                state.holds[from] = true;
                Answer::Done
            }
            Write::Add if holder == Some(to) => Answer::Done,
            Write::PutBack if holder == Some(from) => Answer::Done,
            Write::Add | Write::PutBack => Answer::Refused,
        }
    }

    /// The mover has looked where the alias is, and decides.
    fn looked(&self, state: &mut State, of: usize) {
        let holder = state.holder();
        let to = self.movers[of].1;
        let ended = state.moves;
        let closable = self.protocol == Protocol::ClosesAtOnce || !state.has_adrift(of);
        let mover = &mut state.movers[of];
        let is_at_from = holder == Some(mover.from);
        let is_at_to = holder == Some(to);
        match mover.step {
            Step::Look if is_at_from => {
                mover.saw = ended;
                mover.step = Step::Record;
            }
            Step::LookAfter(Write::Remove) if holder.is_none() => {
                mover.doubt &= self.protocol != Protocol::TrustsTheGap;
                mover.step = Step::Send(Write::Add);
            }
            Step::LookAfter(Write::Remove)
                if is_at_from && self.protocol == Protocol::ResendsTheRemoval =>
            {
                mover.doubt = false;
                mover.step = Step::Send(Write::Remove);
            }
            Step::LookAfter(Write::Remove) if is_at_from => mover.end(Told::MayHaveHappened),
            Step::LookAfter(Write::Add) if holder.is_none() => {
                mover.step = Step::Send(Write::PutBack);
            }
            Step::LookAfter(Write::PutBack) if holder.is_none() => {
                mover.doubt = true;
                mover.end(Told::MayHaveHappened);
            }
            Step::LookAfter(Write::PutBack) if is_at_from => mover.end(Told::PutBack),
            Step::LookAfter(Write::Add) | Step::Verify if is_at_to => mover.end(Told::Moved),
            Step::LookAfter(Write::Add) if self.protocol == Protocol::TakesByForce => {
                mover.from = holder.unwrap_or(mover.from);
                mover.step = Step::Send(Write::Remove);
            }
            Step::LookToRecover if holder.is_none() => mover.step = Step::Send(Write::Add),
            Step::LookToRecover if is_at_from && self.protocol == Protocol::BeginsAgain => {
                mover.saw = ended;
                mover.step = Step::Send(Write::Remove);
            }
            Step::LookToRecover => {
                mover.doubt &= !closable;
                mover.end(Told::Held);
            }
            _ => mover.end(Told::Conflict),
        }
    }
}

impl Mover {
    fn end(&mut self, told: Told) {
        self.step = Step::Told(told);
        self.intent_is_open &= self.doubt;
    }

    fn has_ended(&self) -> bool {
        matches!(self.step, Step::Told(_) | Step::Crashed)
    }
}

impl State {
    fn holder(&self) -> Option<usize> {
        self.holds.iter().position(|holds| *holds)
    }

    fn has_adrift(&self, of: usize) -> bool {
        self.adrift.iter().any(|(mover, _)| *mover == of)
    }

    /// The mover hears nothing of its write, which may still be handled.
    fn leave_adrift(&mut self, of: usize) {
        if let Step::Wait(write, None) = self.movers[of].step {
            self.adrift.push((of, write));
            self.adrift.sort_unstable();
        }
    }

    fn hear_nothing(&mut self, of: usize) {
        if let Step::Wait(write, _) = self.movers[of].step {
            self.losses += 1;
            self.movers[of].doubt = true;
            self.movers[of].step = Step::LookAfter(write);
        }
    }
}

impl Model for Move {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mover = |(from, _): &(usize, usize)| Mover {
            step: Step::Look,
            from: *from,
            saw: 0,
            intent_is_open: false,
            doubt: false,
        };
        vec![State {
            holds: [true, false, false],
            movers: self.movers.iter().map(mover).collect(),
            adrift: Vec::new(),
            losses: 0,
            refusals: 0,
            crashes: 0,
            moves: 0,
            removed_unread: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (of, mover) in state.movers.iter().enumerate() {
            match mover.step {
                Step::Look => {
                    if !self.in_turn || state.movers[..of].iter().all(Mover::has_ended) {
                        actions.push(Action::Look(of));
                    }
                    continue;
                }
                Step::LookAfter(_) | Step::Verify | Step::LookToRecover => {
                    actions.push(Action::Look(of));
                }
                Step::Record => actions.push(Action::Record(of)),
                Step::Send(_) => actions.push(Action::Send(of)),
                Step::Wait(write, None) => {
                    actions.push(Action::Handle(of));
                    if write != Write::Remove && state.refusals < self.refusals {
                        actions.push(Action::Refuse(of));
                    }
                    if state.losses < self.losses {
                        actions.extend([Action::LoseRequest(of), Action::TimeOut(of)]);
                    }
                }
                Step::Wait(_, Some(_)) => {
                    actions.push(Action::Receive(of));
                    if state.losses < self.losses {
                        actions.push(Action::LoseAnswer(of));
                    }
                }
                Step::Told(_) | Step::Crashed => {
                    if mover.intent_is_open {
                        actions.push(Action::Recover(of));
                    }
                    continue;
                }
            }
            if state.crashes < self.crashes {
                actions.push(Action::Crash(of));
            }
        }
        let adrift: BTreeSet<_> = state.adrift.iter().copied().collect();
        actions.extend(
            adrift
                .into_iter()
                .map(|(of, write)| Action::HandleAdrift(of, write)),
        );
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Look(of) => self.looked(&mut next, of),
            Action::Record(of) => {
                next.movers[of].intent_is_open = self.protocol != Protocol::WithoutIntent;
                next.movers[of].step = Step::Send(Write::Remove);
            }
            Action::Send(of) => {
                if let Step::Send(write) = state.movers[of].step {
                    next.movers[of].step = Step::Wait(write, None);
                }
            }
            Action::Handle(of) => {
                if let Step::Wait(write, _) = state.movers[of].step {
                    let answer = self.handle(&mut next, of, write);
                    next.movers[of].step = Step::Wait(write, Some(answer));
                }
            }
            Action::Refuse(of) => {
                if let Step::Wait(write, _) = state.movers[of].step {
                    next.refusals += 1;
                    next.movers[of].step = Step::Wait(write, Some(Answer::Refused));
                }
            }
            Action::Receive(of) => {
                next.movers[of].step = match state.movers[of].step {
                    Step::Wait(Write::Remove, _) => Step::Send(Write::Add),
                    Step::Wait(Write::Add, Some(Answer::Done)) => Step::Verify,
                    Step::Wait(write, _) => Step::LookAfter(write),
                    other => other,
                };
            }
            Action::LoseRequest(of) | Action::LoseAnswer(of) => next.hear_nothing(of),
            Action::TimeOut(of) => {
                next.leave_adrift(of);
                next.hear_nothing(of);
            }
            Action::HandleAdrift(of, write) => {
                let at = next.adrift.iter().position(|held| *held == (of, write))?;
                next.adrift.remove(at);
                self.handle(&mut next, of, write);
            }
            Action::Crash(of) => {
                next.leave_adrift(of);
                next.crashes += 1;
                next.movers[of].doubt = true;
                next.movers[of].step = Step::Crashed;
            }
            Action::Recover(of) => next.movers[of].step = Step::LookToRecover,
        }
        Some(next)
    }
}
