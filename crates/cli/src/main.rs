//! cbm.
fn main() {}
