//! Looks for the keys in every text that this crate, and those under it, let out.
//!
//! Events and spans of `tracing`, at every level and of every target, and the records of `log`, in
//! which reqwest speaks, are searched as they come. Errors and answers are handed in by the tests.

use std::error::Error as _;
use std::fmt::{self, Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};

use cerebras_management::Error;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::world::{INFERENCE_KEY, MANAGEMENT_KEY, tell};

/// Everything is searched from the first call on.
pub(crate) fn watch() -> &'static Watch {
    static WATCH: LazyLock<&'static Watch> = LazyLock::new(|| {
        let watch: &'static Watch = Box::leak(Box::default());
        tracing::subscriber::set_global_default(Lines(watch)).expect("the only subscriber");
        log::set_logger(watch).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
        watch
    });
    &WATCH
}

#[derive(Default)]
pub(crate) struct Watch {
    ours: AtomicU64,
    others: AtomicU64,
    errors: AtomicU64,
    texts: AtomicU64,
    found: Mutex<Vec<String>>,
}

impl Watch {
    /// Searches every text of an error.
    pub(crate) fn error(&self, error: &Error) {
        self.errors.fetch_add(1, Relaxed);
        self.search("an error", &all_texts(error));
        // A person reads it in a terminal.
        let line = error.to_string();
        assert!(!line.contains(char::is_control), "{line:?}");
    }

    /// Searches what a caller can print.
    pub(crate) fn text(&self, what: &str, text: &str) {
        self.texts.fetch_add(1, Relaxed);
        self.search(what, text);
    }

    fn search(&self, what: &str, text: &str) {
        if shows_a_key(text) {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(format!("{what}: {text}"));
        }
    }

    /// Nothing was found, and there was a lot to search.
    #[track_caller]
    pub(crate) fn assert_nothing(&self) {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<_> = found.iter().take(5).collect();
        assert!(
            some.is_empty(),
            "{} texts show a key: {some:#?}",
            found.len()
        );
        let [ours, others, errors, texts] =
            [&self.ours, &self.others, &self.errors, &self.texts].map(|n| n.load(Relaxed));
        tell(&format!(
            "searched for the keys so far: {ours} lines of this crate, {others} of those under it, \
             {errors} errors, {texts} other texts"
        ));
        assert!(ours > 0 && others > 0 && errors > 0 && texts > 0);
    }
}

/// Every text that a caller can get out of an error.
fn all_texts(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(deeper) = source {
        writeln!(all, "{deeper}\n{deeper:?}").unwrap();
        source = deeper.source();
    }
    for text in [
        error.body(),
        error.request_id(),
        error.ray_id(),
        error.remedy(),
    ] {
        writeln!(all, "{}", text.unwrap_or_default()).unwrap();
    }
    writeln!(all, "{:?} {:?}", error.field_errors(), error.waited()).unwrap();
    if let Some(handle) = error.handle() {
        writeln!(all, "{handle} {handle:?}").unwrap();
    }
    if let Some(pending) = error.pending() {
        writeln!(all, "{pending} {pending:?}").unwrap();
    }
    all
}

/// Whether a text shows a key or most of one: as it is, in another case, or as its bytes.
fn shows_a_key(text: &str) -> bool {
    static NEEDLES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let keys = [MANAGEMENT_KEY, INFERENCE_KEY].into_iter();
        keys.flat_map(|key| {
            let part = &key[4..24];
            let bytes: Vec<_> = part.bytes().map(|byte| byte.to_string()).collect();
            [part.to_lowercase(), bytes.join(", "), bytes.join(",")]
        })
        .collect()
    });
    let text = text.to_lowercase();
    NEEDLES.iter().any(|needle| text.contains(needle.as_str()))
}

/// Every span and event as one text.
struct Lines(&'static Watch);

impl Lines {
    fn line(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Text)) {
        let mut text = Text(format!("{} {} ", metadata.target(), metadata.name()));
        record(&mut text);
        let from = metadata.target().starts_with("cerebras_management");
        let count = if from { &self.0.ours } else { &self.0.others };
        count.fetch_add(1, Relaxed);
        self.0.search("a trace", &text.0);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.line(span.metadata(), |text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text::default();
        values.record(&mut text);
        self.0.search("a field of a span", &text.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.line(event.metadata(), |text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl log::Log for Watch {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.others.fetch_add(1, Relaxed);
        let text = fmt::format(*record.args());
        self.search(record.target(), &text);
    }

    fn flush(&self) {}
}

/// A search that finds nothing shows nothing, unless it finds what is there.
#[test]
fn a_key_would_be_found_in_each_form() {
    for key in [MANAGEMENT_KEY, INFERENCE_KEY] {
        for text in [
            format!("authorization: Bearer {key}"),
            format!("https://{}.example", key.to_lowercase()),
            format!("{:?}", key.as_bytes()),
            format!("\"{}…\"", &key[..26]),
        ] {
            assert!(shows_a_key(&text), "{text}");
        }
    }
    assert!(!shows_a_key("authorization: Sensitive"));
}

/// What the whole chain lets through: a line of `tracing`, a field of a span, a record of `log`.
#[test]
fn a_line_with_a_key_would_be_searched() {
    let alone: &'static Watch = Box::leak(Box::default());
    tracing::subscriber::with_default(Lines(alone), || {
        tracing::trace!(target: "hyper::proto", header = ?MANAGEMENT_KEY.as_bytes(), "sent");
        let span = tracing::trace_span!("attempt", key = tracing::field::Empty);
        span.record("key", INFERENCE_KEY);
    });
    let record = format_args!("write: {MANAGEMENT_KEY}").to_string();
    let record = format_args!("{record}");
    log::Log::log(alone, &log::Record::builder().args(record).build());
    let found = alone.found.lock().unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
}
