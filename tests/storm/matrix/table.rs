//! The matrix as it is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cerebras_management_simulator::Operation as Route;

use super::cell::{Ending, Position};
use crate::faults;

pub(super) struct Table {
    rows: Vec<(&'static str, Route)>,
    letters: BTreeMap<(&'static str, Route, &'static str, Position), char>,
    wrong: BTreeSet<(&'static str, Route, &'static str, Position)>,
}

impl Table {
    pub(super) fn new(rows: Vec<(&'static str, Route)>) -> Self {
        Self {
            rows,
            letters: BTreeMap::new(),
            wrong: BTreeSet::new(),
        }
    }

    pub(super) fn enter(&mut self, ending: &Ending) {
        let Some(route) = ending.route else {
            return;
        };
        let place = (ending.operation, route, ending.fault, ending.position);
        self.letters.insert(place, ending.letter);
        if !ending.wrong.is_empty() {
            self.wrong.insert(place);
        }
    }

    fn cell(&self, row: (&'static str, Route), fault: &'static str) -> String {
        let letter = |position| {
            let place = (row.0, row.1, fault, position);
            if self.wrong.contains(&place) {
                return 'X';
            }
            self.letters.get(&place).copied().unwrap_or(' ')
        };
        Position::ALL.map(letter).iter().collect()
    }
}

const LEGEND: &str = "\
each cell: the fault hits the first request for the route, the second, the first two, every one
  =  succeeds, and the world shows it       a  the same, found after its answer was lost
  f  the same, found before it was sent     r  the same, sent again
  d  the same, a write may come late        u  what is the case is said to be unclear
  e  an error, and nothing has happened     t  a wait reached its deadline
  n  in doubt, settled: it had not happened s  in doubt, settled: it had happened
  q  in doubt, cannot be settled: nothing was read before it was sent
  4  the 404 of the service is believed
  b  in doubt, and it is as before          c  in doubt, and it was carried out
  h  in doubt, a move halfway, resumed      ·  no such request was made
  X  wrong";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{LEGEND}")?;
        let faults: Vec<_> = faults::all().into_iter().map(|fault| fault.name).collect();
        // In two parts, so that a line is one on a screen.
        for part in faults.chunks(faults.len().div_ceil(2)) {
            write!(f, "\n{:45}", "")?;
            for name in part {
                write!(f, " {:<4}", shortened(name))?;
            }
            let mut last = "";
            for row in &self.rows {
                let name = if row.0 == last { "" } else { row.0 };
                last = row.0;
                write!(f, "\n{name:<17} {:<27}", row.1.as_str())?;
                for fault in part {
                    write!(f, " {:<4}", self.cell(*row, fault))?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn shortened(name: &str) -> String {
    match name.strip_prefix("done-") {
        Some(status) => format!("d{status}"),
        None => name
            .chars()
            .filter(|c| c.is_alphanumeric())
            .take(4)
            .collect(),
    }
}
