//! How long a turn takes: the contenders run side by side, and take turns round by round.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Failure;
use crate::sample::Sample;

const ROUNDS: usize = 40;

/// A contender that waits for what to do, on the first core.
pub(crate) struct Running {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(program: &Path, address: &str) -> Result<Self, Failure> {
        let mut process = Command::new("taskset")
            .args(["--cpu-list", "0"])
            .arg(program)
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = process.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self {
            process,
            asks,
            answers,
        })
    }

    /// Nanoseconds a turn.
    fn run(&mut self, case: &str, turns: u32) -> Result<f64, Failure> {
        writeln!(self.asks, "{case} {turns}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let took: f64 = line
            .trim()
            .parse()
            .map_err(|_| format!("a contender has failed at {case:?}"))?;
        Ok(took / f64::from(turns))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // There is nothing to do about a process that has ended before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Nanoseconds a turn of each, in rounds of so many turns. The first round, which opens
/// connections, does not count.
pub(crate) fn measure(of: &mut [(Running, &str)], turns: u32) -> Result<Vec<Sample>, Failure> {
    let mut samples = vec![Sample::default(); of.len()];
    for round in 0..=ROUNDS {
        for ((running, case), sample) in of.iter_mut().zip(&mut samples) {
            let took = running.run(case, turns)?;
            if round > 0 {
                sample.push(took);
            }
        }
    }
    Ok(samples)
}
