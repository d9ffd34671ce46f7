//! Uploading a version, with and without a key.
//!
//! The key is an alias that no other upload carries. The client reads it; when it names a version
//! of the same content (URI and suffix), that version is the upload; when it names nothing, the
//! client sends. After an unanswered send it reads again before it sends again, three times at
//! most. After a refusal it only reads. A process that crashes starts again with the same key.
//!
//! Followed by `Upload::idempotency_key`, and without a key by `Upload`.

use std::collections::BTreeSet;

use stateright::Model;

mod tests;

const SENDS: u8 = 3;

#[derive(Clone, Copy, Debug)]
struct Upload {
    service: Service,
    protocol: Protocol,
    /// What each client uploads. All of them use the same key.
    clients: &'static [Content],
    crashes: u8,
    /// Whether a read may miss what was made before it.
    stale_reads: bool,
    /// Whether versions are deleted by somebody else.
    deletes: bool,
}

/// What the service does when a version is to be made with an alias that another one has.
#[derive(Clone, Copy, Debug)]
enum Service {
    RefusesFirst,
    MakesThenRefuses,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Keyed,
    /// Naive: what the key names is adopted, whatever it is.
    KeyedWithoutComparing,
    /// Without a key: sent once. When unanswered, what is new and of the same content is adopted.
    OnceWithoutKey,
    /// Naive: as with a key, but what is looked for is any version of the same content.
    ResentWithoutKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Content {
    Ours,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// In the order in which they were made; the place is the id.
    versions: Vec<Version>,
    /// Requests that nobody waits for any more, and that may still be handled.
    adrift: Vec<Content>,
    clients: Vec<Client>,
    crashes: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Version {
    content: Content,
    has_key: bool,
    deleted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    sends: u8,
    /// Without a key: how many versions there were before it sent.
    before: usize,
    step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Look { refused: bool },
    Send,
    Wait(Option<Answer>),
    Told(Told),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Made(usize),
    Refused,
}

/// What the caller is told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Told {
    Uploaded(usize),
    /// Another content has the key.
    Conflict,
    MayHaveHappened,
}

/// The number is the client's.
#[derive(Clone, Debug, PartialEq)]
enum Action {
    Look(usize),
    /// The read misses what is there.
    LookAndMiss(usize),
    Send(usize),
    Handle(usize),
    Receive(usize),
    LoseRequest(usize),
    LoseAnswer(usize),
    /// The client stops waiting, and its request is adrift.
    TimeOut(usize),
    HandleAdrift(Content),
    Crash(usize),
    Delete(usize),
}

impl Upload {
    fn has_key(&self) -> bool {
        matches!(
            self.protocol,
            Protocol::Keyed | Protocol::KeyedWithoutComparing
        )
    }

    const START: Client = Client {
        sends: 0,
        before: 0,
        step: Step::Look { refused: false },
    };

    /// The service gets a request.
    fn handle(&self, state: &mut State, content: Content) -> Answer {
        let taken = self.has_key() && state.holder_of_key().is_some();
        if !taken || matches!(self.service, Service::MakesThenRefuses) {
            state.versions.push(Version {
                content,
                has_key: self.has_key() && !taken,
                deleted: false,
            });
        }
        if taken {
            Answer::Refused
        } else {
            Answer::Made(state.versions.len() - 1)
        }
    }

    /// The client has read, and decides.
    fn looked(&self, state: &mut State, of: usize, refused: bool, sees: bool) {
        let content = self.clients[of];
        if state.clients[of].sends == 0 && self.protocol == Protocol::OnceWithoutKey {
            state.clients[of].before = state.versions.len();
        }
        let client = &state.clients[of];
        let found = match self.protocol {
            _ if !sees => None,
            Protocol::Keyed | Protocol::KeyedWithoutComparing => state.holder_of_key(),
            Protocol::OnceWithoutKey => state.find(content, client.before),
            Protocol::ResentWithoutKey => state.find(content, 0),
        };
        let compares = self.protocol != Protocol::KeyedWithoutComparing;
        let sends = match self.protocol {
            Protocol::OnceWithoutKey => 1,
            _ => SENDS,
        };
        let step = match found {
            Some(id) if compares && state.versions[id].content != content => {
                Step::Told(Told::Conflict)
            }
            Some(id) => Step::Told(Told::Uploaded(id)),
            None if refused || client.sends == sends => Step::Told(Told::MayHaveHappened),
            None => Step::Send,
        };
        state.clients[of].step = step;
    }
}

impl State {
    fn holder_of_key(&self) -> Option<usize> {
        let holds = |version: &Version| version.has_key && !version.deleted;
        self.versions.iter().position(holds)
    }

    fn find(&self, content: Content, from: usize) -> Option<usize> {
        let fits = |id: &usize| {
            let version = &self.versions[*id];
            version.content == content && !version.deleted
        };
        (from..self.versions.len()).find(fits)
    }

    fn leave_adrift(&mut self, content: Content) {
        self.adrift.push(content);
        self.adrift.sort_unstable();
    }

    fn uploaded(&self) -> impl Iterator<Item = (usize, usize)> {
        let clients = self.clients.iter().enumerate();
        clients.filter_map(|(of, client)| match client.step {
            Step::Told(Told::Uploaded(id)) => Some((of, id)),
            _ => None,
        })
    }
}

impl Model for Upload {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            versions: Vec::new(),
            adrift: Vec::new(),
            clients: self.clients.iter().map(|_| Self::START).collect(),
            crashes: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (of, client) in state.clients.iter().enumerate() {
            match client.step {
                Step::Look { .. } => {
                    actions.push(Action::Look(of));
                    if self.stale_reads {
                        actions.push(Action::LookAndMiss(of));
                    }
                }
                Step::Send => actions.push(Action::Send(of)),
                Step::Wait(None) => actions.extend([
                    Action::Handle(of),
                    Action::LoseRequest(of),
                    Action::TimeOut(of),
                ]),
                Step::Wait(Some(_)) => {
                    actions.extend([Action::Receive(of), Action::LoseAnswer(of)]);
                }
                Step::Told(_) => continue,
            }
            if state.crashes < self.crashes {
                actions.push(Action::Crash(of));
            }
        }
        let adrift: BTreeSet<_> = state.adrift.iter().copied().collect();
        actions.extend(adrift.into_iter().map(Action::HandleAdrift));
        if self.deletes {
            let there = |id: &usize| !state.versions[*id].deleted;
            actions.extend((0..state.versions.len()).filter(there).map(Action::Delete));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        let look = Step::Look { refused: false };
        match action {
            Action::Look(of) | Action::LookAndMiss(of) => {
                let refused = next.clients[of].step == Step::Look { refused: true };
                self.looked(&mut next, of, refused, action == Action::Look(of));
            }
            Action::Send(of) => {
                next.clients[of].sends += 1;
                next.clients[of].step = Step::Wait(None);
            }
            Action::Handle(of) => {
                let answer = self.handle(&mut next, self.clients[of]);
                next.clients[of].step = Step::Wait(Some(answer));
            }
            Action::Receive(of) => {
                next.clients[of].step = match next.clients[of].step {
                    Step::Wait(Some(Answer::Made(id))) => Step::Told(Told::Uploaded(id)),
                    _ => Step::Look { refused: true },
                };
            }
            Action::LoseRequest(of) | Action::LoseAnswer(of) => next.clients[of].step = look,
            Action::TimeOut(of) => {
                next.leave_adrift(self.clients[of]);
                next.clients[of].step = look;
            }
            Action::HandleAdrift(content) => {
                let at = next.adrift.iter().position(|held| *held == content)?;
                next.adrift.remove(at);
                self.handle(&mut next, content);
            }
            Action::Crash(of) => {
                if next.clients[of].step == Step::Wait(None) {
                    next.leave_adrift(self.clients[of]);
                }
                next.crashes += 1;
                next.clients[of] = Self::START;
            }
            Action::Delete(id) => next.versions[id].deleted = true,
        }
        Some(next)
    }
}
