//! `GET /`: a page that shows the world live, and the events that feed it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use super::{Service, admin, handle};
use crate::journal::Entry;
use crate::{DeploymentState, Snapshot, SyncState};

/// How often the world is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How often the page hears something while a sync or a rollout is going on.
const BUSY: Duration = Duration::from_secs(1);
/// And while nothing is. It tells the page that the connection is alive: a comment would not,
/// since scripts do not see those. The page gives up after three such silences.
const QUIET: Duration = Duration::from_secs(5);
/// How many versions of an architecture and deployments to an endpoint are shown.
const NEWEST: usize = 50;
/// How many requests are shown.
const REQUESTS: usize = 20;

/// Scripts and styles come from these routes only, and scripts cannot turn text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// What the page needs. Anything but a GET of `/` is for the service, to which it is unknown.
pub(super) fn routes() -> Router<Arc<Service>> {
    let html = include_str!("../page/page.html");
    let css = include_str!("../page/page.css");
    let js = include_str!("../page/page.js");
    let page = get(async || file("text/html; charset=utf-8", html));
    let style = get(async || file("text/css; charset=utf-8", css));
    let script = get(async || file("text/javascript; charset=utf-8", js));
    Router::new()
        .route("/", page.fallback(handle))
        .route("/_simulator/page.css", style)
        .route("/_simulator/page.js", script)
        .route("/_simulator/events", get(events))
        .method_not_allowed_fallback(admin::method_not_allowed)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

/// It ends with its connection: nothing is spawned for it.
async fn events(
    State(service): State<Arc<Service>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sent: Option<(u64, Instant)> = None;
    Sse::new(stream::unfold(
        (service, looks, sent),
        async |(service, mut looks, sent)| loop {
            looks.tick().await;
            let look = service.live.look(&service);
            let due = sent.is_none_or(|(revision, at)| {
                revision != look.revision || at.elapsed() >= look.silence
            });
            if due {
                let event = Event::default().retry(BUSY).data(&*look.json);
                let sent = Some((look.revision, Instant::now()));
                break Some((Ok(event), (service, looks, sent)));
            }
        },
    ))
}

/// The world as the pages last saw it: one look serves all of them.
#[derive(Debug, Default)]
pub(crate) struct Live(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    at: Instant,
    view: View,
    look: Look,
}

#[derive(Clone, Debug)]
struct Look {
    /// Grows when something else than the running time has changed.
    revision: u64,
    /// How long a page may go without news.
    silence: Duration,
    json: Arc<str>,
}

impl Live {
    fn look(&self, service: &Service) -> Look {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = &*seen
            && seen.at.elapsed() < LOOK / 2
        {
            return seen.look.clone();
        }
        let view = View::of(service);
        let revision = match &*seen {
            Some(seen) if view.shows_the_same_as(&seen.view) => seen.look.revision,
            Some(seen) => seen.look.revision + 1,
            None => 0,
        };
        let look = Look {
            revision,
            silence: if view.is_busy() { BUSY } else { QUIET },
            // It has no map, so this cannot fail.
            json: serde_json::to_string(&view).unwrap_or_default().into(),
        };
        let at = Instant::now();
        let result = look.clone();
        *seen = Some(Seen { at, view, look });
        result
    }
}

/// What the page shows.
#[derive(Debug, Serialize)]
struct View {
    /// Simulated seconds in a real one; 0 for a clock that is moved by hand.
    speed: f64,
    world: Snapshot,
    /// The last requests, newest first, without their queries and bodies.
    requests: Vec<Entry>,
}

fn head(entry: Entry) -> Entry {
    Entry {
        query: None,
        body: None,
        ..entry
    }
}

impl View {
    fn of(service: &Service) -> Self {
        Self {
            speed: service.clock.speed(),
            world: service.with_world(|world, _| world.snapshot_of_newest(NEWEST)),
            requests: service
                .journal
                .newest(REQUESTS)
                .into_iter()
                .map(head)
                .collect(),
        }
    }

    /// The page lets the time run by itself.
    fn shows_the_same_as(&self, other: &Self) -> bool {
        let runs = self.speed > 0.0;
        (runs || self.world.now == other.world.now)
            && self.world.orgs == other.world.orgs
            && self.world.endpoints == other.world.endpoints
            && self.requests == other.requests
    }

    fn is_busy(&self) -> bool {
        let architectures = self.world.orgs.iter().flat_map(|org| &org.architectures);
        let mut versions = architectures.flat_map(|architecture| &architecture.versions);
        let mut deployments = self.world.endpoints.iter().flat_map(|e| &e.deployments);
        versions.any(|v| matches!(v.sync, SyncState::Queued | SyncState::InProgress))
            || deployments.any(|d: &crate::DeploymentTruth| !DeploymentState::has_ended(d.state))
    }
}
