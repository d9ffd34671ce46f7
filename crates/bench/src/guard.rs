//! The regression guard: what calls and names cost in instructions, held against the figures in
//! `instructions.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::contenders::{self, SDK};
use crate::counts::{self, Turn};
use crate::report::{self, Table};
use crate::responder::{Listed, Responder};
use crate::tools::{self, output, root};

const CASES: [(&str, u32); 4] = [
    ("get", 200),
    ("deploy", 200),
    ("alias", 2_000),
    ("name", 2_000),
];
/// How many percent more are let pass.
const LEEWAY: u64 = 5;
const UPDATE: &str = "cargo run --package bench -- guard --update";

/// The committed figures.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Figures {
    /// Which compiler has built what was measured: another one makes other instructions.
    rustc: String,
    /// Instructions a turn, by case.
    instructions: BTreeMap<String, u64>,
}

pub(crate) fn run(update: bool) -> Result<(), Failure> {
    tools::need(&[tools::TASKSET, tools::VALGRIND])?;
    let now = measured()?;
    let file = file();
    if update {
        let text = format!(
            "# Instructions a turn, from which CI lets nothing stray by more than {LEEWAY} %.\n\
             # Written by `{UPDATE}`.\n\n{}",
            toml::to_string(&now)?
        );
        fs::write(file, text)?;
        println!("Written to crates/bench/instructions.toml.");
        return Ok(());
    }
    let before: Figures = toml::from_str(&fs::read_to_string(file)?)?;
    let mut table = Table::new(
        "Instructions a turn",
        &["case", "committed", "now", "difference, %"],
    );
    for (case, now) in &now.instructions {
        let before = before.instructions.get(case).copied();
        table.row([
            case.clone(),
            before.unwrap_or_default().to_string(),
            now.to_string(),
            format!("{:+.1}", more(before.unwrap_or_default(), *now)),
        ]);
    }
    report::write("guard", &[table])?;
    match objection(&before, &now) {
        Some(objection) => Err(objection.into()),
        None => Ok(()),
    }
}

fn file() -> PathBuf {
    root().join("crates/bench/instructions.toml")
}

/// Without TLS, which no loopback call uses, and which takes long to build.
fn measured() -> Result<Figures, Failure> {
    let program = contenders::build_without_tls(SDK)?;
    let responder = Responder::start(Listed::default())?;
    let mut instructions = BTreeMap::new();
    for (case, turns) in CASES {
        let of = Turn {
            program: &program,
            address: &responder.address,
            case,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "more turns take more instructions, and far fewer than 2^52"
        )]
        let a_turn = counts::instructions(of, turns)?.round() as u64;
        instructions.insert(case.to_owned(), a_turn);
    }
    let (version, _) = output(Command::new("rustc").arg("--version").current_dir(root()))?;
    Ok(Figures {
        rustc: version.trim().to_owned(),
        instructions,
    })
}

/// How many percent more are taken now.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn more(before: u64, now: u64) -> f64 {
    (now as f64 / before as f64 - 1.0) * 100.0
}

/// What speaks against the figures of now. Fewer instructions than before are told too: if the
/// committed ones stayed, as many could be lost again unseen.
fn objection(before: &Figures, now: &Figures) -> Option<String> {
    let mut told = Vec::new();
    for (case, now) in &now.instructions {
        match before.instructions.get(case) {
            None => told.push(format!("{case}: no figure is committed")),
            Some(before) if now.abs_diff(*before) * 100 > before * LEEWAY => {
                let more = more(*before, *now);
                told.push(format!(
                    "{case}: {now} instructions, {more:+.1} % of {before}"
                ));
            }
            Some(_) => {}
        }
    }
    if told.is_empty() {
        return None;
    }
    let mut text = told.join("; ");
    if before.rustc != now.rustc {
        let _ = std::fmt::Write::write_fmt(
            &mut text,
            format_args!(
                " (the figures are of {}, and this is {})",
                before.rustc, now.rustc
            ),
        );
    }
    Some(format!(
        "{text}. Mend it, or, where it is meant, run `{UPDATE}` and commit the figures with why"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rustc: &str, call: u64) -> Figures {
        Figures {
            rustc: rustc.to_owned(),
            instructions: [("get".to_owned(), call)].into(),
        }
    }

    #[test]
    fn five_percent_pass_and_more_do_not() {
        let before = figures("rustc 1", 1_000);
        for now in [950, 1_000, 1_050] {
            assert_eq!(objection(&before, &figures("rustc 1", now)), None);
        }
        for (now, told) in [(1_060, "+6.0 %"), (900, "-10.0 %")] {
            let objection = objection(&before, &figures("rustc 2", now)).expect("an objection");
            assert_eq!(
                objection,
                format!(
                    "get: {now} instructions, {told} of 1000 (the figures are of rustc 1, and \
                     this is rustc 2). Mend it, or, where it is meant, run `{UPDATE}` and commit \
                     the figures with why"
                )
            );
        }
    }

    #[test]
    fn a_case_without_a_figure_is_told() {
        let mut before = figures("rustc 1", 1_000);
        before.instructions.clear();
        let objection = objection(&before, &figures("rustc 1", 1_000)).expect("an objection");
        assert!(
            objection.starts_with("get: no figure is committed"),
            "{objection}"
        );
    }
}
