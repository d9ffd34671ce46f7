//! Models of the four writes whose answer may be lost, one file each: what the service does, what
//! the network may do, and what the client does about it.
//!
//! A model is not the SDK's code. It is the protocol that the code follows, small enough for
//! [stateright](https://docs.rs/stateright) to visit every state that it can come to. A test named
//! for a promise shows that no state breaks it; a test named for what cannot be promised holds the
//! shortest way in which it breaks. The naive protocol stands beside the sound one with what goes
//! wrong in it. `docs/writes.md` says in words what is shown here.
//!
//! All models share this network: a request that was sent may be handled at once, later, or never,
//! and its answer may be lost. "Later" has no limit: a request that nobody waits for any more is
//! *adrift*, and the service may handle it after anything else that happens.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the checker passes a model by reference, however small it is"
)]

#[cfg(test)]
mod alias_edit;
#[cfg(test)]
mod alias_move;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod page;
#[cfg(test)]
mod upload;
