//! One call over a connection that stays open, beside other ways of making it.

use crate::Failure;
use crate::contenders::{self, HYPER, OPENAPI_GENERATOR, PROGENITOR, REQWEST, SDK, TCP};
use crate::counts::{self, Turn};
use crate::report::{self, Table};
use crate::responder::{Listed, Responder};
use crate::tools;
use crate::turns::{self, Running};

const CASES: [(&str, &str); 2] = [("get_model_version", "get"), ("deploy_model", "deploy")];
const CONTENDERS: [(&str, &str); 6] = [
    ("this SDK", SDK),
    ("reqwest and serde, by hand", REQWEST),
    ("hyper-util and serde, by hand", HYPER),
    ("progenitor's client, bare", PROGENITOR),
    ("openapi-generator's client", OPENAPI_GENERATOR),
    ("a raw TCP stream", TCP),
];
/// What the others are compared with.
const MEASURE: usize = 1;
const COUNTED: u32 = 200;
const TIMED: u32 = 400;

pub(crate) fn run() -> Result<(), Failure> {
    tools::need(&[tools::TASKSET, tools::VALGRIND, tools::STRACE])?;
    let programs = CONTENDERS.map(|(_, name)| contenders::build(name));
    let programs = programs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let responder = Responder::start(Listed::default())?;
    let mut tables = Vec::new();
    for (operation, case) in CASES {
        eprintln!("measuring {operation} …");
        let running = programs.iter().map(|program| {
            let running = Running::start(program, &responder.address)?;
            Ok((running, case))
        });
        let mut running = running.collect::<Result<Vec<_>, Failure>>()?;
        let times = turns::measure(&mut running, TIMED)?;
        drop(running);

        let cases = programs.iter().map(|program| Turn {
            program,
            address: &responder.address,
            case,
        });
        let instructions = cases.clone().map(|of| counts::instructions(of, COUNTED));
        let instructions = instructions.collect::<Result<Vec<_>, _>>()?;
        let mut table = Table::new(
            operation,
            &[
                "client",
                "instructions",
                "of reqwest's instructions",
                "allocations",
                "bytes allocated",
                "system calls",
                "time, µs (middle half)",
                "of reqwest's time",
            ],
        );
        for (index, of) in cases.enumerate() {
            let (blocks, bytes) = counts::allocations(of, COUNTED)?;
            let (lower, upper) = times[index].spread();
            table.row([
                CONTENDERS[index].0.to_owned(),
                format!("{:.0}", instructions[index]),
                format!("{:.2}", instructions[index] / instructions[MEASURE]),
                format!("{blocks:.0}"),
                format!("{bytes:.0}"),
                told(&counts::system_calls(of, COUNTED)?),
                format!(
                    "{:.1} ({:.1} to {:.1})",
                    times[index].median() / 1e3,
                    lower / 1e3,
                    upper / 1e3
                ),
                format!("{:.2}", times[index].median() / times[MEASURE].median()),
            ]);
        }
        tables.push(table);
    }
    report::write("call", &tables)
}

/// `4: epoll_wait 2, read 1, write 1`.
fn told(system_calls: &[(String, f64)]) -> String {
    let all: f64 = system_calls.iter().map(|(_, calls)| calls).sum();
    let each = system_calls.iter().map(|(name, calls)| {
        let calls = format!("{calls:.1}");
        format!("{name} {}", calls.trim_end_matches(".0"))
    });
    format!("{all:.1}: {}", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_are_told_by_name() {
        let calls = [("recvfrom".to_owned(), 2.0), ("sendto".to_owned(), 1.04)];
        assert_eq!(told(&calls), "3.0: recvfrom 2, sendto 1");
    }
}
