//! The feeds of a client: one for each thing that is waited for.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::feed::{Feed, View};

/// Finds the feed that the waits for one thing share. A feed lives as long as a wait uses it.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<(TypeId, String), Weak<dyn Any + Send + Sync>>>);

impl Feeds {
    /// The feed of a thing, by its name. A request for it takes no longer than `limit`.
    pub(crate) fn feed<V: View>(&self, of: String, limit: Duration) -> Arc<Feed<V>> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = (TypeId::of::<V>(), of);
        let living = feeds.get(&of).and_then(Weak::upgrade);
        if let Some(feed) = living.and_then(|feed| feed.downcast().ok()) {
            return feed;
        }
        feeds.retain(|_, feed| feed.strong_count() > 0);
        let feed = Arc::new(Feed::new(limit));
        let as_any: Weak<Feed<V>> = Arc::downgrade(&feed);
        feeds.insert(of, as_any);
        feed
    }
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feeds").finish_non_exhaustive()
    }
}
