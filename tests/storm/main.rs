//! Every operation under every fault, and thousands of operations at once under random ones.
//!
//! The simulator is an independent witness: what the SDK says of an operation is compared with what
//! is then the case in the simulated world. Ok means that the world shows it; an error that says
//! that nothing can have happened, that the world is as before; a doubt that is written down, that
//! it settles to what really has happened. What cannot be promised, as docs/writes.md has it, is
//! not asked for; each such place says so.
//!
//! All of it runs with keys that are known again, and a subscriber that looks for them in every
//! line, at every level, of every crate.
//!
//! ```text
//! cargo test --test storm
//! STORM_SEED=7 STORM_OPERATIONS=5000 cargo test --test storm schedule
//! ```

#![allow(missing_docs, clippy::unwrap_used)]

mod answers;
mod faults;
mod leaks;
mod matrix;
mod recorder;
mod schedule;
mod strings;
mod told;
mod world;
