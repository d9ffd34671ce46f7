//! What came of all the runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use cerebras_management::ErrorKind;
use cerebras_management_simulator::{Behaviour, Timings};
use futures_util::{StreamExt, stream};

use super::behaviours::{self, Setting, each_value_of_every_switch};
use super::beset::{Beset, HITS, actions};
use super::pairs::rows;

/// What a wait said, against what was the case at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    /// Good, and it was.
    Green,
    /// Good, and it was not.
    FalseGreen,
    /// Not good, and it was not; or nothing to the end.
    Red(Why),
    /// Not good, or nothing to the end, and it was good.
    FalseRed(Why),
}

/// How a wait ended that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Why {
    Said(ErrorKind),
    /// It would have waited until its deadline.
    NeverEnded,
}

impl Verdict {
    /// Which of several verdicts is worse.
    pub(crate) fn badness(self) -> u8 {
        match self {
            Self::Green | Self::Red(Why::Said(_)) => 0,
            Self::Red(Why::NeverEnded) => 1,
            Self::FalseRed(_) => 2,
            Self::FalseGreen => 3,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(kind) => write!(f, "{kind:?}"),
            Self::NeverEnded => f.write_str("never ends"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Green => f.write_str("green"),
            Self::FalseGreen => f.write_str("FALSE GREEN"),
            Self::Red(why) => write!(f, "red: {why}"),
            Self::FalseRed(why) => write!(f, "false red: {why}"),
        }
    }
}

/// How far apart polls are, in simulated time, so that they see some of the states.
const PACE: Duration = Duration::from_secs(13);
/// So that they see each of the states, or only the last.
const PACES: [Duration; 2] = [Duration::from_secs(7), Duration::from_secs(60)];

/// How often each pair of values comes, each time with others.
const TURNS: usize = 3;

/// One run.
pub(crate) struct Run {
    pub(crate) scenario: &'static str,
    pub(crate) setting: Setting,
    pub(crate) pace: Duration,
    pub(crate) verdict: Verdict,
}

impl Run {
    fn line(&self) -> String {
        format!(
            "{} [{}] polled every {} s: {}",
            self.scenario,
            self.setting.name(),
            self.pace.as_secs(),
            self.verdict
        )
    }
}

/// All of them.
pub(crate) struct Tally(Vec<Run>);

/// A scenario, as the table calls it.
pub(crate) trait Named: Copy {
    fn name(self) -> &'static str;
}

/// What to run: a scenario, under a setting, at a pace.
pub(crate) type Case<S> = (S, Setting, Duration);

/// Runs all of them.
pub(crate) async fn all<S, F, Fut>(cases: Vec<Case<S>>, run: F) -> Tally
where
    S: Named,
    F: Fn(S, Setting, Duration) -> Fut,
    Fut: Future<Output = Verdict> + Send + 'static,
{
    let runs = cases.into_iter().map(|(scenario, setting, pace)| {
        let running = run(scenario, setting.clone(), pace);
        async move {
            Run {
                scenario: scenario.name(),
                setting,
                pace,
                verdict: tokio::spawn(running).await.unwrap(),
            }
        }
    });
    let runs: Vec<_> = runs.collect();
    Tally(stream::iter(runs).buffer_unordered(128).collect().await)
}

/// Every scenario under each value of every switch, and under some combinations at two paces.
pub(crate) fn cases<S: Named>(combinations: Vec<Setting>, scenarios: &[S]) -> Vec<Case<S>> {
    let single = each_value_of_every_switch();
    let single = single.into_iter().map(|setting| (setting, PACE));
    let combined = combinations.into_iter();
    let combined = combined.flat_map(|setting| PACES.map(|pace| (setting.clone(), pace)));
    let each = |(setting, pace): (Setting, Duration)| {
        let each = scenarios.iter();
        let each = each.map(move |scenario| (*scenario, setting.clone(), pace));
        each.collect::<Vec<_>>()
    };
    single.chain(combined).flat_map(each).collect()
}

/// Cases in which polls fail: every two of scenario, pace, fault, polls that it hits, number of
/// waits, and values of switches come together in some of them: some, because a switch may keep a
/// scenario from being what it is called.
pub(crate) fn pairs<S: Named>(scenarios: &[S]) -> Vec<Case<S>> {
    let actions = actions();
    let paces = [PACE, PACES[0], PACES[1]];
    let switches = Behaviour::SWITCHES.iter().map(|switch| switch.values.len());
    let mut sizes = vec![scenarios.len(), paces.len(), actions.len(), HITS.len(), 2];
    sizes.extend(switches);
    let case = |row: Vec<usize>| {
        let beset = Beset::new(actions[row[2]].clone(), HITS[row[3]], 1 + row[4]);
        let setting = behaviours::beset(&row[5..], beset);
        (scenarios[row[0]], setting, paces[row[1]])
    };
    let turns = (0..TURNS).flat_map(|turn| rows(&sizes, turn));
    turns.map(case).collect()
}

/// Why a wait may say less than what is so: under which switches, and for what reason.
pub(crate) struct Rule {
    pub(crate) scenarios: &'static [&'static str],
    pub(crate) verdict: Verdict,
    pub(crate) when: fn(&Setting) -> bool,
    pub(crate) because: &'static str,
}

impl Rule {
    fn explains(&self, run: &Run) -> bool {
        self.scenarios.contains(&run.scenario)
            && self.verdict == run.verdict
            && (self.when)(&run.setting)
    }
}

impl Tally {
    pub(crate) fn false_greens(&self) -> BTreeSet<String> {
        let wrong = |run: &&Run| run.verdict == Verdict::FalseGreen;
        self.0.iter().filter(wrong).map(Run::line).collect()
    }

    /// The false reds, and the waits that only their deadline ends, that no rule explains.
    pub(crate) fn unexplained(&self, rules: &[&[Rule]]) -> BTreeSet<String> {
        let to_explain = |verdict: Verdict| {
            matches!(
                verdict,
                Verdict::FalseRed(_) | Verdict::Red(Why::NeverEnded)
            )
        };
        let runs = self.0.iter().filter(|run| to_explain(run.verdict));
        let rules = rules.iter().flat_map(|rules| rules.iter());
        let runs = runs.filter(|run| !rules.clone().any(|rule| rule.explains(run)));
        runs.map(Run::line).collect()
    }

    /// The rules that explain nothing.
    pub(crate) fn idle(&self, rules: &[Rule]) -> BTreeSet<&'static str> {
        let explains = |rule: &&Rule| self.0.iter().any(|run| rule.explains(run));
        let idle = rules.iter().filter(|rule| !explains(rule));
        idle.map(|rule| rule.because).collect()
    }
}

/// A table: how often each scenario ended how.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for run in &self.0 {
            let row = (run.scenario, run.verdict.to_string());
            *counts.entry(row).or_default() += 1;
        }
        writeln!(
            f,
            "{:<64} {:<36} {:>6}",
            "scenario", "what the wait said", "runs"
        )?;
        for ((scenario, verdict), runs) in counts {
            writeln!(f, "{scenario:<64} {verdict:<36} {runs:>6}")?;
        }
        Ok(())
    }
}

/// Short, so that a run takes few polls; the proportions matter, not the lengths.
pub(crate) fn timings() -> Timings {
    Timings {
        sync_queued: Duration::from_secs(5),
        sync: Duration::from_secs(20),
        rollout_queued: Duration::from_secs(5),
        rollout: Duration::from_secs(20),
        rollback: Duration::from_secs(10),
        lag: Duration::from_secs(10),
    }
}

/// By then everything that ends has ended.
pub(crate) const ENDED: Duration = Duration::from_secs(75);

/// By then everything that ends has ended, and a poll has seen it.
pub(crate) fn horizon(pace: Duration) -> Duration {
    ENDED + pace
}

/// How a wait ended badly: beyond the horizon no request gets through, or the key is refused.
pub(crate) fn why(kind: ErrorKind) -> Why {
    match kind {
        ErrorKind::Transport | ErrorKind::Unauthorized => Why::NeverEnded,
        other => Why::Said(other),
    }
}
