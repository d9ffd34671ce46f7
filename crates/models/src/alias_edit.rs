//! Two editors of the aliases of one version.
//!
//! A write replaces the whole list, and the service checks no version of it. An editor reads the
//! list, writes the list it wants, and reads back. After an unanswered write it reads: the list as
//! it wrote it is success, and anything else "may have happened". It does not write again, since
//! then two writes of one list could be adrift, and the later would undo what came between.
//!
//! Followed by `Version::add_alias`, `remove_alias`, `set_aliases` and `replace_aliases` under
//! `RetryPolicy::none()`; under other policies they are [`Protocol::ResendsWhatShowsNoEffect`].

use stateright::Model;

mod tests;

/// A set of aliases, a bit each.
type Aliases = u8;

#[derive(Clone, Copy, Debug)]
struct Edit {
    protocol: Protocol,
    /// What each editor wants.
    changes: [Change; 2],
    /// Whether the second begins only when the first has ended.
    in_turn: bool,
    /// Whether requests and answers get lost and late.
    losses: bool,
    crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Sound,
    /// Naive: writes its alias without reading which there are.
    WithoutReading,
    /// Naive: takes the answer for the outcome.
    WithoutReadingBack,
    /// Naive: after an unanswered write that shows no effect, writes once more.
    ResendsWhatShowsNoEffect,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Add(Aliases),
    Remove(Aliases),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    held: Aliases,
    editors: [Editor; 2],
    /// Writes that nobody waits for any more, by editor.
    adrift: [u8; 2],
    crashes: u8,
    /// Whether a write has replaced a list other than its editor had read.
    wrote_unread: bool,
    /// Whether an editor read back while the other was between its read and its write.
    read_back_early: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Editor {
    step: Step,
    seen: Aliases,
    sends: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Read,
    Write,
    Wait { handled: bool },
    LookAfterSilence,
    ReadBack,
    Told(Told),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Told {
    Done,
    /// The answer came, and then the list was another.
    Conflict,
    MayHaveHappened,
    /// The process is gone.
    Nothing,
}

/// The number is the editor's.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Read(usize),
    Write(usize),
    Handle(usize),
    Receive(usize),
    LoseRequest(usize),
    LoseAnswer(usize),
    /// The editor stops waiting, and its write is adrift.
    TimeOut(usize),
    HandleAdrift(usize),
    Look(usize),
    ReadBack(usize),
    Crash(usize),
}

impl Change {
    fn of(self, held: Aliases) -> Aliases {
        match self {
            Self::Add(alias) => held | alias,
            Self::Remove(alias) => held & !alias,
        }
    }
}

impl Edit {
    /// The list that this editor writes.
    fn wanted(&self, state: &State, of: usize) -> Aliases {
        match (self.protocol, self.changes[of]) {
            (Protocol::WithoutReading, Change::Add(alias)) => alias,
            (_, change) => change.of(state.editors[of].seen),
        }
    }

    fn handle(&self, state: &mut State, of: usize) {
        state.wrote_unread |= state.held != state.editors[of].seen;
        state.held = self.wanted(state, of);
    }

    /// What the editor makes of the list that it finds after an unanswered write.
    fn looked(&self, state: &State, of: usize) -> Step {
        let resends = self.protocol == Protocol::ResendsWhatShowsNoEffect;
        let editor = &state.editors[of];
        if state.held == self.wanted(state, of) {
            Step::Told(Told::Done)
        } else if resends && state.held == editor.seen && editor.sends < 2 {
            Step::Write
        } else {
            Step::Told(Told::MayHaveHappened)
        }
    }
}

impl State {
    fn is_about_to_write(&self, of: usize) -> bool {
        let step = self.editors[of].step;
        matches!(step, Step::Write | Step::Wait { handled: false })
    }
}

impl Model for Edit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let editor = Editor {
            step: Step::Read,
            seen: 0,
            sends: 0,
        };
        vec![State {
            held: tests::OLD,
            editors: [editor.clone(), editor],
            adrift: [0, 0],
            crashes: 0,
            wrote_unread: false,
            read_back_early: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for of in [0, 1] {
            if state.adrift[of] > 0 {
                actions.push(Action::HandleAdrift(of));
            }
            match state.editors[of].step {
                Step::Read => {
                    let first = matches!(state.editors[0].step, Step::Told(_));
                    if of == 0 || first || !self.in_turn {
                        actions.push(Action::Read(of));
                    }
                    continue;
                }
                Step::Write => actions.push(Action::Write(of)),
                Step::Wait { handled: false } => {
                    actions.push(Action::Handle(of));
                    if self.losses {
                        actions.extend([Action::LoseRequest(of), Action::TimeOut(of)]);
                    }
                }
                Step::Wait { handled: true } => {
                    actions.push(Action::Receive(of));
                    if self.losses {
                        actions.push(Action::LoseAnswer(of));
                    }
                }
                Step::LookAfterSilence => actions.push(Action::Look(of)),
                Step::ReadBack => actions.push(Action::ReadBack(of)),
                Step::Told(_) => continue,
            }
            if state.crashes < self.crashes {
                actions.push(Action::Crash(of));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Read(of) => {
                next.editors[of].seen = state.held;
                next.editors[of].step = if self.wanted(&next, of) == state.held {
                    Step::Told(Told::Done)
                } else {
                    Step::Write
                };
            }
            Action::Write(of) => {
                next.editors[of].sends += 1;
                next.editors[of].step = Step::Wait { handled: false };
            }
            Action::Handle(of) => {
                self.handle(&mut next, of);
                next.editors[of].step = Step::Wait { handled: true };
            }
            Action::Receive(of) => {
                next.editors[of].step = match self.protocol {
                    Protocol::WithoutReadingBack => Step::Told(Told::Done),
                    _ => Step::ReadBack,
                };
            }
            Action::LoseRequest(of) | Action::LoseAnswer(of) => {
                next.editors[of].step = Step::LookAfterSilence;
            }
            Action::TimeOut(of) => {
                next.adrift[of] += 1;
                next.editors[of].step = Step::LookAfterSilence;
            }
            Action::HandleAdrift(of) => {
                next.adrift[of] -= 1;
                self.handle(&mut next, of);
            }
            Action::Look(of) => {
                next.read_back_early |= state.is_about_to_write(1 - of);
                next.editors[of].step = self.looked(state, of);
            }
            Action::ReadBack(of) => {
                next.read_back_early |= state.is_about_to_write(1 - of);
                let told = if state.held == self.wanted(state, of) {
                    Told::Done
                } else {
                    Told::Conflict
                };
                next.editors[of].step = Step::Told(told);
            }
            Action::Crash(of) => {
                if state.editors[of].step == (Step::Wait { handled: false }) {
                    next.adrift[of] += 1;
                }
                next.crashes += 1;
                next.editors[of].step = Step::Told(Told::Nothing);
            }
        }
        Some(next)
    }
}
