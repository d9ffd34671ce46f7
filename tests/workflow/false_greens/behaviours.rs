//! The behaviours that the scenarios run under.

use cerebras_management_simulator::{Behaviour, Switch};

/// A behaviour, and the switches that are not at their default.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) behaviour: Behaviour,
    switches: Vec<(&'static str, &'static str)>,
}

impl Setting {
    fn default() -> Self {
        Self {
            behaviour: Behaviour::default(),
            switches: Vec::new(),
        }
    }

    fn with(&self, switch: &Switch, value: &'static str) -> Self {
        let mut setting = self.clone();
        setting.behaviour.set(switch.name, value).unwrap();
        if value != switch.values[0] {
            setting.switches.push((switch.name, value));
        }
        setting
    }

    /// Whether a switch has a value that is not its default.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.switches.contains(&(name, value))
    }

    /// `listing=when_ended past_deployments=dropped`.
    pub(crate) fn name(&self) -> String {
        let all: Vec<_> = self
            .switches
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        if all.is_empty() {
            "default".to_owned()
        } else {
            all.join(" ")
        }
    }
}

/// The default, and every other value of every switch, one at a time.
pub(crate) fn each_value_of_every_switch() -> Vec<Setting> {
    let default = Setting::default();
    let others = Behaviour::SWITCHES.iter().flat_map(|switch| {
        let values = switch.values[1..].iter();
        values.map(|value| Setting::default().with(switch, value))
    });
    std::iter::once(default.clone()).chain(others).collect()
}

/// Every combination of the values of some switches.
pub(crate) fn every_combination_of(names: &[&str]) -> Vec<Setting> {
    names
        .iter()
        .fold(vec![Setting::default()], |settings, name| {
            let mut switches = Behaviour::SWITCHES.iter();
            let switch = switches.find(|switch| switch.name == *name).unwrap();
            let with_each = |setting: &Setting| {
                let values = switch.values.iter();
                let all: Vec<_> = values.map(|value| setting.with(switch, value)).collect();
                all
            };
            settings.iter().flat_map(with_each).collect()
        })
}
