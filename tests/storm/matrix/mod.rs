//! Every operation, every fault of the simulator, and the first, the second, both or every request
//! for each route that the operation asks.

mod cell;
mod operations;
mod rig;
mod rules;
mod table;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use cerebras_management_simulator::Operation as Route;
use futures_util::StreamExt;
use futures_util::stream::iter;

use crate::faults::{self, Way};
use crate::leaks;
use crate::world::{Truth, tell};
use cell::{Away, Cell, Ending, Position};
use operations::Kind;
use table::Table;

/// How many run at once: those that need the processor, and those that mostly wait.
const BUSY: usize = 12;
const IDLE: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_is_right_under_every_fault() {
    let watch = leaks::watch();
    let started = Instant::now();
    let mut busy = Vec::new();
    let mut idle = Vec::new();
    let mut rows = Vec::new();
    for operation in operations::all() {
        let (asked, after) = undisturbed(operation).await;
        let after = Arc::new(after);
        for (route, asked) in asked {
            rows.push((operation.name, route));
            for fault in faults::all() {
                for position in Position::ALL {
                    if position.is_worth_it(asked, fault.way) {
                        let waits = fault.slow || operation.kind == Kind::Waits;
                        let cells = if waits { &mut idle } else { &mut busy };
                        let after = Arc::clone(&after);
                        cells.push(Cell::new(operation, route, fault.clone(), position, after));
                    }
                }
            }
        }
    }
    let count = busy.len() + idle.len();
    let busy = iter(busy).map(Cell::run).buffer_unordered(BUSY).collect();
    let idle = iter(idle).map(Cell::run).buffer_unordered(IDLE).collect();
    let (busy, idle): (Vec<Ending>, Vec<Ending>) = tokio::join!(busy, idle);
    let mut table = Table::new(rows);
    let mut wrong = Vec::new();
    for ending in busy.into_iter().chain(idle) {
        table.enter(&ending);
        wrong.extend(ending.wrong);
    }
    tell(&format!("{table}"));
    tell(&format!(
        "{count} cells in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    watch.assert_nothing();
}

/// The service is away before the first request, for a while or for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_is_right_when_there_is_no_connection() {
    let watch = leaks::watch();
    let mut wrong = Vec::new();
    for operation in operations::all() {
        for away in [Away::ForAWhile, Away::ForGood] {
            let (_, after) = undisturbed(operation).await;
            let ending = cell::run_away(operation, away, &after).await;
            let letter = ending.letter;
            tell(&format!("{:<20} {away:?}: {letter}", operation.name));
            wrong.extend(ending.wrong);
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    watch.assert_nothing();
}

/// The routes that an operation asks when nothing goes wrong, and how often; and the world that it
/// leaves.
async fn undisturbed(operation: operations::Operation) -> (BTreeMap<Route, usize>, Truth) {
    let rig = cell::rig(operation, false, false).await;
    let running = (operation.prepare)(rig.clone()).await;
    rig.simulator.clear_journal();
    let before = rig.truth();
    let told = running
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", operation.name));
    let expected = (told.world)(before).unwrap();
    let after = rig.truth();
    assert_eq!(after, expected, "{}", operation.name);
    let mut routes = BTreeMap::new();
    for entry in rig.simulator.journal() {
        *routes.entry(entry.operation.unwrap()).or_default() += 1;
    }
    assert!(!routes.is_empty(), "{} asks nothing", operation.name);
    (routes, after)
}

impl Position {
    /// Whether something can come of it that comes of no other: where a route is asked once, there
    /// is a second request only when the first one failed and may be repeated.
    fn is_worth_it(self, asked: usize, way: Way) -> bool {
        match self {
            Self::First | Self::Every => true,
            Self::Second => asked > 1,
            Self::FirstTwo => way == Way::Passing,
        }
    }
}
