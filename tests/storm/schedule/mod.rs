//! Many operations at once, by eight clients, while a tenth of all requests goes wrong.
//!
//! What a client is told of its own versions, aliases and endpoint, which nobody else touches, is
//! compared with the truth after each operation. Of what they share, only that is asked for which
//! docs/writes.md promises: one version for each key; no alias lost, at any time, but by the very move
//! that is in doubt, which brings it back, or by an edit upon a list that its editor had not read;
//! no deployment and no version that nobody was told of.
//!
//! `STORM_SEED` and `STORM_OPERATIONS` choose another run. The seed decides what is done and what
//! goes wrong; which request comes first is decided by the machine too, so that a replay is as
//! near to the first run as eight clients on one thread can be.

mod client;
mod findings;
mod history;
mod history_tests;
mod private;
mod reconcile;
mod shared;
mod storm;

use std::time::Instant;

use futures_util::future::join_all;

use crate::leaks;
use crate::world::tell;
use client::Worker;
use storm::Storm;

/// As many as run at once.
const CLIENTS: usize = 8;

/// In CI. `STORM_OPERATIONS=5000` is the long run.
const OPERATIONS: usize = 2_000;

fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => otherwise,
    }
}

#[tokio::test]
async fn mixed_operations_at_once_under_random_faults() {
    let seed = setting("STORM_SEED", 1);
    let operations = setting("STORM_OPERATIONS", OPERATIONS as u64);
    let replay = format!(
        "STORM_SEED={seed} STORM_OPERATIONS={operations} cargo test --test storm schedule -- \
         --nocapture"
    );
    let watch = leaks::watch();
    let started = Instant::now();
    let storm = Storm::start(seed).await;
    let turns = usize::try_from(operations).unwrap().div_ceil(CLIENTS);
    let workers = (0..CLIENTS).map(|number| Worker::new(&storm, number).run(turns));
    join_all(workers).await;
    let report = storm.reconcile().await;
    tell(&format!(
        "{operations} operations by {CLIENTS} clients, seed {seed}, in {:.1} s\n{report}",
        started.elapsed().as_secs_f64()
    ));
    assert!(
        report.is_clean(),
        "to run it again:\n{replay}\n{}",
        report.found()
    );
    watch.assert_nothing();
}
