//! Names read by this SDK, beside other ways of reading them.

use crate::Failure;
use crate::contenders::{self, PROGENITOR, REGEX, SDK};
use crate::counts::{self, Turn};
use crate::report::{self, Table};
use crate::tools;
use crate::turns::{self, Running};

/// What is read, how, by which program, and by which of its cases. The first of each is the SDK's.
const WAYS: [[(&str, &str, &str); 4]; 2] = [
    [
        ("VersionAlias of this SDK", SDK, "alias"),
        ("progenitor's type, with regress", PROGENITOR, "alias"),
        ("the regex crate", REGEX, "alias"),
        ("split by hand", REGEX, "alias by hand"),
    ],
    [
        ("ModelVersionName of this SDK", SDK, "name"),
        ("progenitor's type, with regress", PROGENITOR, "name"),
        ("the regex crate", REGEX, "name"),
        ("split by hand", REGEX, "name by hand"),
    ],
];
const NAMES: [&str; 2] = ["an alias of 31 bytes", "a full name of 74 bytes"];
const COUNTED: u32 = 2_000;
const TIMED: u32 = 10_000;
/// They send nothing.
const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) fn run() -> Result<(), Failure> {
    tools::need(&[tools::TASKSET, tools::VALGRIND])?;
    let tables = NAMES.into_iter().zip(WAYS);
    let tables = tables.map(|(name, ways)| table(name, &ways));
    report::write("parse", &tables.collect::<Result<Vec<_>, _>>()?)
}

fn table(name: &'static str, ways: &[(&str, &str, &'static str)]) -> Result<Table, Failure> {
    let programs = ways
        .iter()
        .map(|(_, program, _)| contenders::build(program));
    let programs = programs.collect::<Result<Vec<_>, _>>()?;
    let running = programs.iter().zip(ways).map(|(program, (.., case))| {
        let running = Running::start(program, NOWHERE)?;
        Ok((running, *case))
    });
    let mut running = running.collect::<Result<Vec<_>, Failure>>()?;
    let times = turns::measure(&mut running, TIMED)?;
    let mut table = Table::new(
        name,
        &[
            "by",
            "ns (middle half)",
            "of this SDK's",
            "instructions",
            "allocations",
            "bytes allocated",
        ],
    );
    for ((way, program), time) in ways.iter().zip(&programs).zip(&times) {
        let of = Turn {
            program,
            address: NOWHERE,
            case: way.2,
        };
        let (blocks, bytes) = counts::allocations(of, COUNTED)?;
        let (lower, upper) = time.spread();
        table.row([
            way.0.to_owned(),
            format!("{:.0} ({lower:.0} to {upper:.0})", time.median()),
            format!("{:.1}", time.median() / times[0].median()),
            format!("{:.0}", counts::instructions(of, COUNTED)?),
            format!("{blocks:.1}"),
            format!("{bytes:.0}"),
        ]);
    }
    Ok(table)
}
