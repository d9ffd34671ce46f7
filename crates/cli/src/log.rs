//! `-vv`: what the SDK tells of each request, on standard error. Keys are in none of it.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn start(verbose: u8) {
    if verbose < 2 {
        return;
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_target(false);
    let ours = Targets::new().with_target("cerebras_management", LevelFilter::DEBUG);
    tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .init();
}
