//! The behaviours that the scenarios run under.

use cerebras_management_simulator::{Behaviour, Switch};

use super::beset::Beset;

/// A behaviour, the switches that are not at their default, and what polls fail with.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) behaviour: Behaviour,
    switches: Vec<(&'static str, &'static str)>,
    pub(crate) beset: Option<Beset>,
}

impl Setting {
    fn default() -> Self {
        Self {
            behaviour: Behaviour::default(),
            switches: Vec::new(),
            beset: None,
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

    /// Whether polls fail in this way.
    pub(crate) fn is_beset_by(&self, name: &str) -> bool {
        self.beset.as_ref().is_some_and(|beset| beset.name == name)
    }

    /// `listing=when_ended past_deployments=dropped`.
    pub(crate) fn name(&self) -> String {
        let switches = self.switches.iter().map(|(n, v)| format!("{n}={v}"));
        let beset = self.beset.iter().map(Beset::line);
        let all: Vec<_> = switches.chain(beset).collect();
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

/// Those whose switches have the values with these numbers, and in which polls fail.
pub(crate) fn beset(values: &[usize], beset: Beset) -> Setting {
    let switches = Behaviour::SWITCHES.iter().zip(values);
    let setting = switches.fold(Setting::default(), |setting, (switch, value)| {
        setting.with(switch, switch.values[*value])
    });
    Setting {
        beset: Some(beset),
        ..setting
    }
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
