//! What a fault does to a request on its way, and to the answer on its way back.

mod body;
mod change;
mod deliver;
mod instead;

pub(super) use deliver::deliver;
pub(super) use instead::instead;
