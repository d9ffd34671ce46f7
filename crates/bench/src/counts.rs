//! What one turn of a case costs in things that can be counted: the program runs with N and with
//! 2N turns, and the difference is divided by N, so that its start does not count.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::tools::output;

/// What a turn is: a case of a contender, and where its requests go.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    pub(crate) program: &'a Path,
    pub(crate) address: &'a str,
    pub(crate) case: &'a str,
}

/// Instructions a turn, by callgrind.
pub(crate) fn instructions(of: Turn<'_>, turns: u32) -> Result<f64, Failure> {
    a_turn(turns, |turns| total_instructions(of, turns))
}

/// Instructions of the whole program, by callgrind.
pub(crate) fn total_instructions(of: Turn<'_>, turns: u32) -> Result<f64, Failure> {
    let arguments = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let report = valgrind(&arguments, of, turns)?;
    number_after(&report, "Collected :")
}

/// Allocations a turn, and the bytes of them, by DHAT. A block that grows is one allocation, and
/// what it grows by is counted.
pub(crate) fn allocations(of: Turn<'_>, turns: u32) -> Result<(f64, f64), Failure> {
    let total = |turns: u32| -> Result<(f64, f64), Failure> {
        let report = valgrind(&["--tool=dhat", "--dhat-out-file=/dev/null"], of, turns)?;
        let bytes = number_after(&report, "Total:")?;
        Ok((number_after(&report, "bytes in")?, bytes))
    };
    let (once, twice) = (total(turns)?, total(turns * 2)?);
    let turns = f64::from(turns);
    Ok(((twice.0 - once.0) / turns, (twice.1 - once.1) / turns))
}

/// System calls a turn, by name, by strace; those that do not come with the turns are left out.
pub(crate) fn system_calls(of: Turn<'_>, turns: u32) -> Result<Vec<(String, f64)>, Failure> {
    let once = all_system_calls(of, turns)?;
    let twice = all_system_calls(of, turns * 2)?;
    let mut a_turn: Vec<_> = twice
        .into_iter()
        .map(|(name, calls)| {
            let before = once.get(&name).copied().unwrap_or_default();
            (name, (calls - before) / f64::from(turns))
        })
        .filter(|(_, calls)| *calls >= 0.01)
        .collect();
    a_turn.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(a_turn)
}

fn all_system_calls(of: Turn<'_>, turns: u32) -> Result<BTreeMap<String, f64>, Failure> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c"]).arg(of.program);
    strace.args([of.address, of.case, &turns.to_string()]);
    let (_, report) = output(&mut strace)?;
    let rows = report.lines().map(|line| line.split_whitespace());
    let mut counts = BTreeMap::new();
    for row in rows.map(Iterator::collect::<Vec<_>>) {
        // share, seconds, microseconds a call, calls, perhaps errors, name
        if let [share, _, _, calls, .., name] = row.as_slice()
            && share.parse::<f64>().is_ok()
            && *name != "total"
        {
            counts.insert((*name).to_owned(), calls.parse()?);
        }
    }
    if counts.is_empty() {
        return Err(format!("strace has counted nothing: {report}").into());
    }
    Ok(counts)
}

/// The most memory that a program ever had, in bytes.
pub(crate) fn most_resident(of: Turn<'_>, turns: u32) -> Result<u64, Failure> {
    let mut program = Command::new(of.program);
    program.args([of.address, of.case, &turns.to_string()]);
    Ok(output(&mut program)?.0.trim().parse()?)
}

fn a_turn(turns: u32, total: impl Fn(u32) -> Result<f64, Failure>) -> Result<f64, Failure> {
    Ok((total(turns * 2)? - total(turns)?) / f64::from(turns))
}

fn valgrind(arguments: &[&str], of: Turn<'_>, turns: u32) -> Result<String, Failure> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(arguments).arg(of.program);
    valgrind.args([of.address, of.case, &turns.to_string()]);
    Ok(output(&mut valgrind)?.1)
}

/// The number, perhaps with commas, that follows a text.
fn number_after(report: &str, text: &str) -> Result<f64, Failure> {
    let after = report.split_once(text).map(|(_, after)| after.trim_start());
    let digits = after.and_then(|after| after.split_whitespace().next());
    let digits = digits.ok_or_else(|| format!("{text:?} is not in this report: {report}"))?;
    Ok(digits.replace(',', "").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_a_report() {
        let report = "==7== Total:     1,256 bytes in 21 blocks\n==7== Collected : 98765\n";
        let number = |text| number_after(report, text).expect("a number");
        assert!((number("Total:") - 1256.0).abs() < f64::EPSILON);
        assert!((number("bytes in") - 21.0).abs() < f64::EPSILON);
        assert!((number("Collected :") - 98765.0).abs() < f64::EPSILON);
        assert!(number_after(report, "Lost:").is_err());
    }
}
