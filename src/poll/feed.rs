//! One request for many waits: what several of them would ask at one moment, one asks for all.
//!
//! A [`Feed`] is what the waits for one thing share, such as the list of an architecture's
//! versions. Each of them is a [`Member`]. Whoever is due first begins the request, and everyone
//! gets its answer. No task is spawned, and the request belongs to none of them: it is a boxed
//! future in the feed, driven by whichever member happens to be polled, so that a member may be
//! dropped, or kept and never polled again, at any moment:
//!
//! - The request is polled with a [`Relay`] for a waker. It notes that a wake has come, and wakes
//!   the member that polled last. Any other member that is polled sees the note, and serves it.
//! - A member that is due while a request is out comes back after a second, to see that note. One
//!   that is not due needs no answer yet.
//! - Between requests the member that is due soonest leads: it alone has an alarm for that moment.
//!   The others would wake up only to see that it has asked, and so theirs are a second late.
//! - A member that goes away in the middle of driving wakes another. The last one cancels.
//! - A request is driven in the runtime that it was begun in, whose timers and sockets it has. Where
//!   only a member in another one is left to drive it, it is begun anew; so it is when it is older
//!   than any request may become.
//! - A pause that the service asks for holds for those too who join during it.
//!
//! Nothing is woken, polled or dropped while the lock is held.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::Result;
use crate::time::after;

/// How soon a member that is due looks again at a request that another one drives.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long those who join are kept from asking at most, whatever the service asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What one request shows to all members.
pub trait View: Send + Sync + 'static {
    /// From how many members on reading it costs less than each of them looking alone.
    fn worth_from(&self) -> usize {
        2
    }
}

/// A request for a view.
pub(crate) type Read<V> = Pin<Box<dyn Future<Output = Result<V>> + Send>>;

/// What the waits for one thing share.
pub struct Feed<V> {
    state: Mutex<State<V>>,
    relay: Arc<Relay>,
    /// How old a request may become.
    limit: Duration,
}

struct State<V> {
    members: usize,
    joined: u64,
    /// Those that wait for their turn, in the order in which they are woken: as they have joined,
    /// and so, more or less, as they lie in memory.
    waiting: BTreeMap<u64, Waiting>,
    /// Who asks next, and when; none where each looks alone.
    leader: Option<(u64, Instant)>,
    request: Request<V>,
    /// Who polled the request last.
    driver: Option<u64>,
    /// How many requests have been answered.
    answered: u64,
    /// The last answer, until every member has taken it.
    answer: Option<Arc<Answer<V>>>,
    untaken: usize,
    worth_from: usize,
    /// Until when the service has asked for a pause.
    pause_until: Option<Instant>,
}

struct Waiting {
    waker: Waker,
    due: Instant,
}

enum Request<V> {
    None,
    Out(Begun<V>),
    /// The driver has it in hand, and polls it.
    InHand,
}

/// A request that was begun at some moment, in some runtime.
struct Begun<V> {
    read: Read<V>,
    at: Instant,
    runtime: Option<runtime::Id>,
}

/// The runtime that we are polled in.
fn this_runtime() -> Option<runtime::Id> {
    let runtime = runtime::Handle::try_current().ok()?;
    Some(runtime.id())
}

/// The answer to a shared request.
pub(crate) struct Answer<V> {
    pub(crate) result: Result<V>,
    began: Instant,
    /// When it came, as far as that is known: it may have lain there unread.
    pub(crate) came: Instant,
    /// From 0 to 1: the jitter of everyone's next interval, so that they stay together.
    pub(crate) chance: f64,
}

/// What a member gets when it is its turn.
pub(crate) enum Turn<V> {
    /// A new answer for all.
    Shared(Arc<Answer<V>>),
    /// It is due, and looking alone is cheaper.
    Alone,
    /// Neither, until the moment that [`Next::until`] has set.
    Late,
}

impl<V: View> Feed<V> {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                members: 0,
                joined: 0,
                waiting: BTreeMap::new(),
                leader: None,
                request: Request::None,
                driver: None,
                answered: 0,
                answer: None,
                untaken: 0,
                worth_from: 2,
                pause_until: None,
            }),
            relay: Arc::default(),
            limit,
        }
    }

    /// A member that wants no answer to a request that was begun before `since`.
    pub(crate) fn join(self: Arc<Self>, since: Instant) -> Member<V> {
        let mut state = self.lock();
        state.members += 1;
        state.joined += 1;
        let (id, seen, not_before) = (state.joined, state.answered, state.pause_until);
        drop(state);
        Member {
            feed: self,
            id,
            seen,
            since,
            not_before,
            sleep: Box::pin(sleep(Duration::ZERO)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the request, which the member has in hand. True when it has been answered.
    fn drive(&self, mut request: Begun<V>, cx: &Context<'_>) -> bool {
        // A wake from before it was begun is of an earlier one.
        let woken = self.relay.serve(cx.waker()).filter(|at| *at > request.at);
        let relay = Waker::from(Arc::clone(&self.relay));
        let polled = request.read.as_mut().poll(&mut Context::from_waker(&relay));
        let Poll::Ready(result) = polled else {
            self.lock().request = Request::Out(request);
            return false;
        };
        let answer = Answer {
            result,
            began: request.at,
            came: woken.unwrap_or_else(Instant::now),
            chance: fastrand::f64(),
        };
        let mut state = self.lock();
        let woken = state.wake_all();
        let passed_over = state.publish(answer);
        drop(state);
        drop((request, passed_over));
        woken.into_iter().for_each(Waker::wake);
        true
    }
}

impl<V: View> State<V> {
    fn publish(&mut self, answer: Answer<V>) -> Option<Arc<Answer<V>>> {
        self.pause_until = None;
        match &answer.result {
            Ok(view) => self.worth_from = view.worth_from(),
            Err(error) => {
                let asked = error.retry_after().map(|pause| pause.min(LONGEST_PAUSE));
                self.pause_until = asked.map(|pause| after(answer.came, pause));
            }
        }
        self.request = Request::None;
        self.driver = None;
        self.leader = None;
        self.answered += 1;
        self.untaken = self.members;
        self.answer.replace(Arc::new(answer))
    }

    /// The request, for a member that is to drive it from now on.
    fn hand_over(&mut self, to: u64) -> Option<Begun<V>> {
        match std::mem::replace(&mut self.request, Request::InHand) {
            Request::Out(begun) => {
                self.driver = Some(to);
                Some(begun)
            }
            other => {
                self.request = other;
                None
            }
        }
    }

    /// The wakers of all, who are to be woken.
    fn wake_all(&mut self) -> Vec<Waker> {
        let waiting = std::mem::take(&mut self.waiting).into_values();
        waiting.map(|waiting| waiting.waker).collect()
    }

    /// Whether a member that is due then leads from now on, or led already.
    fn leads(&mut self, id: u64, due: Instant) -> bool {
        match self.leader {
            Some((leader, soonest)) if leader != id && soonest <= due => false,
            _ => {
                self.leader = Some((id, due));
                true
            }
        }
    }

    /// The waker of the one that leads in place of one that has gone.
    fn next_leader(&mut self) -> Option<Waker> {
        let soonest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.due);
        self.leader = soonest.map(|(id, waiting)| (*id, waiting.due));
        soonest.map(|(_, waiting)| waiting.waker.clone())
    }

    /// A request that nobody can end: it is out for longer than any can be, or is left to members
    /// in other runtimes.
    fn give_up(&mut self, now: Instant, limit: Duration, unserved: bool) -> Request<V> {
        let Request::Out(begun) = &self.request else {
            return Request::None;
        };
        let left = self.driver.is_none() || unserved;
        if now - begun.at < limit && !(left && begun.runtime != this_runtime()) {
            return Request::None;
        }
        tracing::debug!(age = ?(now - begun.at), "a shared poll is given up, and begun anew");
        self.driver = None;
        std::mem::replace(&mut self.request, Request::None)
    }
}

/// One wait's place in a [`Feed`].
pub(crate) struct Member<V: View> {
    feed: Arc<Feed<V>>,
    id: u64,
    /// The number of the last answer that it has taken or passed over.
    seen: u64,
    /// An answer to a request that was begun before this is no news.
    since: Instant,
    /// The service has asked others for a pause until then.
    not_before: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
}

impl<V: View> Member<V> {
    /// Waits for a new answer, whoever asked, or until it is due and has to look alone. When it
    /// is due and the feed is worth it, it asks for all, with what `read` makes.
    pub(crate) fn turn<F: FnMut() -> Read<V>>(&mut self, due: Instant, read: F) -> Next<'_, V, F> {
        let due = self.not_before.map_or(due, |pause| pause.max(due));
        Next {
            member: self,
            due,
            until: None,
            read,
        }
    }

    /// It has looked alone: answers to what was asked before are no news.
    pub(crate) fn has_looked(&mut self) {
        self.since = Instant::now();
    }

    /// The answer that it has not taken yet.
    fn take(&mut self, state: &mut State<V>) -> Option<Arc<Answer<V>>> {
        if self.seen == state.answered {
            return None;
        }
        self.seen = state.answered;
        state.untaken -= 1;
        if state.untaken == 0 {
            state.answer.take()
        } else {
            state.answer.clone()
        }
    }
}

impl<V: View> Drop for Member<V> {
    fn drop(&mut self) {
        let feed = Arc::clone(&self.feed);
        let mut state = feed.lock();
        let unread = self.take(&mut state);
        state.members -= 1;
        let cancelled = if state.members == 0 {
            std::mem::replace(&mut state.request, Request::None)
        } else {
            Request::None
        };
        drop(state);
        drop((unread, cancelled));
    }
}

/// The future of [`Member::turn`].
pub(crate) struct Next<'a, V: View, F> {
    member: &'a mut Member<V>,
    due: Instant,
    until: Option<Instant>,
    read: F,
}

impl<V: View, F> Next<'_, V, F> {
    /// Waits no longer than that. It takes no second alarm, as a timeout around it would.
    pub(crate) fn until(mut self, until: Instant) -> Self {
        self.until = Some(until);
        self
    }
}

// Nothing in it is pinned in place: what is polled is boxed.
impl<V: View, F> Unpin for Next<'_, V, F> {}

impl<V: View, F: FnMut() -> Read<V>> Future for Next<'_, V, F> {
    type Output = Turn<V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn<V>> {
        let Self {
            member,
            due,
            until,
            read,
        } = &mut *self;
        let feed = Arc::clone(&member.feed);
        loop {
            let now = Instant::now();
            let is_due = now >= *due;
            let mut state = feed.lock();
            if let Some(answer) = member.take(&mut state) {
                drop(state);
                if answer.began >= member.since {
                    return Poll::Ready(Turn::Shared(answer));
                }
                continue;
            }
            let unserved = feed.relay.is_unserved();
            let given_up = state.give_up(now, feed.limit, unserved);
            let is_late = until.is_some_and(|until| now >= until);
            let idle = matches!(state.request, Request::None);
            let shares = state.members >= state.worth_from;
            // From now on each of them needs an alarm of its own.
            let on_their_own = if !shares && state.leader.take().is_some() {
                state.wake_all()
            } else {
                Vec::new()
            };
            let mut in_hand = None;
            let mut replaced = None;
            // What nothing can end any more is begun anew at once, for all.
            let is_next = is_due || matches!(given_up, Request::Out(_));
            let looks_alone = idle && is_due && !shares && !is_late;
            let begins = idle && is_next && shares && !is_late;
            let mut led = false;
            if !looks_alone {
                let waiting = Waiting {
                    waker: cx.waker().clone(),
                    due: *due,
                };
                replaced = state.waiting.insert(member.id, waiting);
            }
            if begins {
                state.request = Request::InHand;
                state.driver = Some(member.id);
                state.leader = None;
            } else if idle {
                led = shares && !state.leads(member.id, *due);
            } else if state.driver.is_none() || unserved {
                in_hand = state.hand_over(member.id);
            }
            drop(state);
            drop((given_up, replaced));
            on_their_own.into_iter().for_each(Waker::wake);
            if looks_alone {
                return Poll::Ready(Turn::Alone);
            }
            if begins {
                in_hand = Some(Begun {
                    read: read(),
                    at: now,
                    runtime: this_runtime(),
                });
            }
            if let Some(request) = in_hand
                && feed.drive(request, cx)
            {
                continue;
            }
            if is_late {
                return Poll::Ready(Turn::Late);
            }
            let again = if is_due {
                after(now, LOOK_AGAIN)
            } else if led {
                after(*due, LOOK_AGAIN)
            } else {
                *due
            };
            let again = until.map_or(again, |until| until.min(again));
            member.sleep.as_mut().reset(again);
            if member.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl<V: View, F> Drop for Next<'_, V, F> {
    /// It waits no more for now. If it drove the request, or led, another one has to.
    fn drop(&mut self) {
        let id = self.member.id;
        let mut state = self.member.feed.lock();
        let own = state.waiting.remove(&id);
        let mut broken = Request::None;
        let mut other = None;
        if state.driver == Some(id) {
            state.driver = None;
            let waiting = state.waiting.values().next();
            other = waiting.map(|waiting| waiting.waker.clone());
            // It is in hand of nobody else: polling it has panicked.
            if matches!(state.request, Request::InHand) {
                broken = std::mem::replace(&mut state.request, Request::None);
            }
        }
        if state.leader.is_some_and(|(leader, _)| leader == id) {
            other = state.next_leader();
        }
        drop(state);
        drop((own, broken));
        if let Some(other) = other {
            other.wake();
        }
    }
}

/// The waker of the request: it notes the wake, and wakes whoever polled last.
#[derive(Default)]
struct Relay(Mutex<Wakes>);

#[derive(Default)]
struct Wakes {
    /// When the first wake came that no poll has followed yet.
    unserved: Option<Instant>,
    last: Option<Waker>,
}

impl Relay {
    fn lock(&self) -> MutexGuard<'_, Wakes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_unserved(&self) -> bool {
        self.lock().unserved.is_some()
    }

    /// A poll follows, by the owner of this waker: since when has it been due?
    fn serve(&self, waker: &Waker) -> Option<Instant> {
        let mut noted = self.lock();
        let since = noted.unserved.take();
        let replaced = noted.last.replace(waker.clone());
        drop(noted);
        drop(replaced);
        since
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        let mut noted = self.lock();
        noted.unserved.get_or_insert_with(Instant::now);
        let last = noted.last.clone();
        drop(noted);
        if let Some(last) = last {
            last.wake();
        }
    }
}

#[cfg(test)]
mod tests;
