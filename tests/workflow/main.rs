//! The SDK against the simulator, over real HTTP: the whole workflow, and what can go wrong on
//! the way.
//!
//! The simulator's clock stands still but for the requests of the client that is tested: each
//! takes a fixed simulated time (see `harness`). So a run of hours takes milliseconds, every run
//! is the same, and what a wait says can be compared with what was the case at that very moment.
//!
//! `suite` alone runs elsewhere too: against a live service, when the environment names one.

#![allow(missing_docs, clippy::unwrap_used)]

mod harness;

mod suite;

mod access;
mod aliases;
mod assumptions;
mod by_name;
mod clocks;
mod delete;
mod deploy_checks;
mod dropped;
mod dropped_waits;
mod failures;
mod false_greens;
mod faults;
mod left_out;
mod lost_answers;
mod many_waits;
mod moves;
mod once;
mod progress;
mod resume;
mod reuse;
mod second_deploy;
mod shared_waits;
mod uploads;
