//! The README lists everything there is, and nothing else.

use cerebras_management_simulator::{
    Behaviour, FaultAction, FaultPlan, RolloutOutcome, SyncOutcome,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

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

/// The blocks of TOML, each on its own.
fn blocks() -> Vec<&'static str> {
    let blocks = README.split("```toml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split_once("```").expect("an end").0);
    blocks.collect()
}

/// Each is a fault file, and together they have every action.
#[test]
fn every_block_is_right() {
    let plans = blocks().into_iter().map(|block| {
        let plan = FaultPlan::parse(block);
        plan.unwrap_or_else(|error| panic!("{error}\nin\n{block}"))
    });
    let plans: Vec<_> = plans.collect();
    assert_eq!(plans.len(), 3);
    let actions = plans[1].faults.iter().map(|fault| &fault.action);
    let name = |action: &FaultAction| match serde_json::to_value(action).expect("JSON") {
        Value::String(name) => format!("`{name}`"),
        table => {
            let table = table.as_object().expect("a table");
            format!("`{}`", table.keys().next().expect("a name"))
        }
    };
    let actions: Vec<_> = actions.map(name).collect();
    assert_eq!(actions, variants::<FaultAction>());
}
