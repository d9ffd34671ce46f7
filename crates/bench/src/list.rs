//! Lists of versions, as long as they may become: read by this SDK, and by less.

use crate::Failure;
use crate::contenders::{self, PROGENITOR, REQWEST, SDK};
use crate::counts::{self, Turn};
use crate::report::{self, Table};
use crate::responder::{Listed, Responder};
use crate::tools;
use crate::turns::{self, Running};

/// How a list is read, by which program, and by which of its cases.
const WAYS: [(&str, &str, &str); 5] = [
    ("its bytes alone", PROGENITOR, "list, its bytes alone"),
    (
        "serde_json, into progenitor's type",
        PROGENITOR,
        "list, by serde_json",
    ),
    ("this SDK", SDK, "list"),
    ("progenitor's client, bare", PROGENITOR, "list"),
    ("reqwest and serde, by hand", REQWEST, "list"),
];
/// The bytes, without which nothing is read, and what the others are compared with.
const FLOOR: usize = 0;
const MEASURE: usize = 1;
/// How many versions, and how often they are listed in a round.
const SIZES: [(usize, u32); 3] = [(10, 300), (1_000, 20), (100_000, 1)];

pub(crate) fn run() -> Result<(), Failure> {
    tools::need(&[tools::TASKSET])?;
    let programs = WAYS.map(|(_, program, _)| contenders::build(program));
    let programs = programs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new(
        "list_model_versions",
        &[
            "versions",
            "read by",
            "ms (middle half)",
            "of serde_json's time",
            "beyond its bytes, ms",
            "of serde_json's decoding",
            "most memory, MB",
        ],
    );
    for (versions, turns) in SIZES {
        eprintln!("measuring {versions} versions …");
        let responder = Responder::start(Listed {
            versions,
            mebibytes: 0,
        })?;
        let running = programs.iter().zip(WAYS).map(|(program, (.., case))| {
            let running = Running::start(program, &responder.address)?;
            Ok((running, case))
        });
        let mut running = running.collect::<Result<Vec<_>, Failure>>()?;
        let times = turns::measure(&mut running, turns)?;
        drop(running);
        let floor = times[FLOOR].median();
        let measure = times[MEASURE].median();
        for ((way, program), time) in WAYS.into_iter().zip(&programs).zip(&times) {
            let most = counts::most_resident(
                Turn {
                    program,
                    address: &responder.address,
                    case: way.2,
                },
                1,
            )?;
            let ((lower, upper), median) = (time.spread(), time.median());
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let most = most as f64 / 1e6;
            table.row([
                versions.to_string(),
                way.0.to_owned(),
                format!(
                    "{:.3} ({:.3} to {:.3})",
                    median / 1e6,
                    lower / 1e6,
                    upper / 1e6
                ),
                format!("{:.2}", median / measure),
                format!("{:.3}", (median - floor) / 1e6),
                beyond(median - floor, measure - floor, measure),
                format!("{most:.1}"),
            ]);
        }
    }
    report::write("list", &[table])
}

/// What is taken beyond the bytes, as a share of what the measure takes there; nothing where that is
/// too little of the whole to be told from noise.
fn beyond(this: f64, measure: f64, whole: f64) -> String {
    if measure < whole / 10.0 {
        return "too little".to_owned();
    }
    format!("{:.2}", this / measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_next_to_nothing_is_not_told() {
        assert_eq!(beyond(8.0, 1.0, 67.0), "too little");
        assert_eq!(beyond(3.0, 2.0, 4.0), "1.50");
    }
}
