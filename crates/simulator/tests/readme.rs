//! The README lists everything there is, and nothing else.

use cerebras_management_simulator::{Behaviour, FaultAction, RolloutOutcome, SyncOutcome};
use serde::de::DeserializeOwned;

const README: &str = include_str!("../README.md");

/// The first cells of the rows of a table, given how its header begins.
fn first_cells(header: &str) -> Vec<&'static str> {
    let (_, table) = README.split_once(header).expect("the table is there");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(1).expect("a cell").trim())
        .collect()
}

/// Every variant, quoted, as serde names them.
fn variants<T: DeserializeOwned>() -> Vec<String> {
    let error = serde_json::from_str::<T>("\"no such variant\"").err();
    let error = error.expect("there is none").to_string();
    let (_, names) = error.split_once("expected one of ").expect("a list");
    let (names, _) = names.split_once(" at line").expect("a place");
    names.split(", ").map(str::to_owned).collect()
}

/// Each switch has a row: name, values with the default first, why.
#[test]
fn every_switch() {
    for switch in Behaviour::SWITCHES {
        let quoted = |value: &&str| format!("`{value}`");
        let mut values: Vec<_> = switch.values.iter().map(quoted).collect();
        values[0] = format!("**{}**", values[0]);
        let row = format!("| `{}` | {} |", switch.name, values.join(", "));
        assert!(README.contains(&row), "no row begins with {row}");
    }
    let rows = first_cells("| switch | values |");
    assert_eq!(rows.len(), Behaviour::SWITCHES.len());
}

#[test]
fn every_fault() {
    assert_eq!(first_cells("| `action` | "), variants::<FaultAction>());
}

#[test]
fn every_outcome() {
    let syncs = first_cells("| outcome of a `[[sync]]` |");
    assert_eq!(syncs, variants::<SyncOutcome>());
    let rollouts = first_cells("| outcome of a `[[rollout]]` |");
    assert_eq!(rollouts, variants::<RolloutOutcome>());
}
