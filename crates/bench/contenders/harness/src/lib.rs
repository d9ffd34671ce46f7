//! What every contender has in common: what it is asked to do, and how.
//!
//! `<program> <address> <case> <turns>` does a case so many times, and prints the most memory that
//! it ever had. With the address alone, a program reads lines of `<case> <turns>`, and answers each
//! with the nanoseconds that it took.

#[cfg(feature = "wire")]
pub mod wire;

use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdin, stdout};
use std::time::Instant;

pub type Failure = Box<dyn Error + Send + Sync>;

pub const KEY: &str = "csk-0123456789abcdefghij";
pub const ORG: &str = "my-org";
pub const ARCHITECTURE: &str = "gpt-oss-120b";
pub const VERSION: &str = "42";
pub const VERSION_NAME: &str = "orgs/my-org/models/gpt-oss-120b/versions/42";
pub const ENDPOINT: &str = "my-org-gpt-oss-120b";
/// What the cases `alias` and `name` read.
pub const ALIAS: &str = "production-jan-12-2026-finetuned";
pub const ALIAS_NAME: &str =
    "orgs/my-org/models/gpt-oss-120b/versions/production-jan-12-2026-finetuned";

/// A program that is measured.
pub trait Contender: Sized {
    fn new(address: &str) -> Result<Self, Failure>;

    /// Builds an HTTP client so many times, in the way that the case says.
    fn build(_address: &str, case: &str, _turns: u64) -> Result<(), Failure> {
        no_such(case)
    }

    /// Does a case so many times, on the one thread that there is.
    fn run(&mut self, case: &str, turns: u64) -> impl Future<Output = Result<(), Failure>>;
}

/// Does something so often that takes too little for anything else to stand in the loop.
pub fn repeat<T, E: Into<Failure>>(
    turns: u64,
    mut what: impl FnMut() -> Result<T, E>,
) -> Result<(), Failure> {
    for _ in 0..turns {
        drop(black_box(what().map_err(Into::into)?));
    }
    Ok(())
}

pub fn no_such(case: &str) -> Result<(), Failure> {
    Err(format!("this contender has no case {case:?}").into())
}

pub fn main<C: Contender>() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let mut contender = None;
    // Nothing is built before the first case that needs it.
    let mut run = |address: &str, case: &str, turns| {
        if case.starts_with("build") {
            return C::build(address, case, turns);
        }
        let contender = match &mut contender {
            Some(there) => there,
            none => none.insert(C::new(address)?),
        };
        runtime.block_on(contender.run(case, turns))
    };
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [address] => {
            for line in stdin().lines() {
                let line = line?;
                let (case, turns) = line.rsplit_once(' ').ok_or("no turns")?;
                let turns = turns.parse()?;
                let began = Instant::now();
                run(address, case, turns)?;
                println!("{}", began.elapsed().as_nanos());
                stdout().flush()?;
            }
            Ok(())
        }
        [address, case, turns] => {
            run(address, case, turns.parse()?)?;
            println!("{}", most_resident()?);
            Ok(())
        }
        _ => Err("give an address, and perhaps a case and a number of turns".into()),
    }
}

/// The most memory that this process ever had, in bytes.
fn most_resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or("/proc/self/status has no VmHWM")?
        .parse()?;
    Ok(kibibytes * 1024)
}
