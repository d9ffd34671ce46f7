//! What was found wrong, and how often what was done.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// What must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    DuplicatedVersion,
    DuplicatedDeployment,
    LostAlias,
    Untruthful,
}

impl Wrong {
    const ALL: [(Self, &'static str); 4] = [
        (Self::DuplicatedVersion, "duplicated versions"),
        (Self::DuplicatedDeployment, "duplicated deployments"),
        (Self::LostAlias, "lost aliases"),
        (Self::Untruthful, "untruthful results"),
    ];
}

#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    found: Vec<(Wrong, String)>,
    /// How often each operation had each end.
    ends: BTreeMap<(&'static str, String), usize>,
    /// Numbers worth telling.
    pub(super) numbers: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn wrong(&mut self, wrong: Wrong, what: String) {
        self.found.push((wrong, what));
    }

    pub(super) fn ended(&mut self, operation: &'static str, how: String) {
        *self.ends.entry((operation, how)).or_default() += 1;
    }

    pub(super) fn count(&mut self, what: &'static str, more: u64) {
        *self.numbers.entry(what).or_default() += more;
    }

    pub(super) fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    /// The first of what was found.
    pub(super) fn found(&self) -> String {
        let mut all = String::new();
        for (wrong, what) in self.found.iter().take(20) {
            writeln!(all, "{wrong:?}: {what}").unwrap();
        }
        all
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = "";
        for ((operation, how), times) in &self.ends {
            if *operation != last {
                write!(f, "\n  {operation:<18}")?;
                last = operation;
            }
            write!(f, " {how} {times}")?;
        }
        for (what, number) in &self.numbers {
            write!(f, "\n  {number} {what}")?;
        }
        for (wrong, name) in Wrong::ALL {
            let count = self
                .found
                .iter()
                .filter(|(found, _)| *found == wrong)
                .count();
            write!(f, "\n  {count} {name}")?;
        }
        Ok(())
    }
}
