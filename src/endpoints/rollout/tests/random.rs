//! Whatever an endpoint lists: a rollout is good only if nothing else may be what serves.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const GOOD: [&str; 2] = ["complete", "done"];
const BAD: [&str; 3] = ["rolled_back", "error", "failed"];
const GOING: [&str; 4] = ["not_started", "in_progress", "rolling_back", "draining"];
const CANCELLED: &str = "cancelled";
const ACCEPTED: i64 = 20;

fn state() -> impl Strategy<Value = Option<&'static str>> {
    let words = [&GOOD[..], &BAD, &GOING, &[CANCELLED]].concat();
    let any = prop::sample::select(words);
    let complete = Just("complete");
    prop::option::weighted(0.9, prop_oneof![any, complete])
}

/// A deployment, as it is accepted: its id, version and date.
type Accepted = (&'static str, u64, i64);

/// Somebody else's deployment: of our version or another one, before ours, after it, or of the
/// same second.
fn other(id: &'static str) -> impl Strategy<Value = Accepted> {
    let created = prop::sample::select(vec![10, 20, 30, 40]);
    (1..4u64, created).prop_map(move |(version, created)| (id, version, created))
}

/// How a look shows a deployment, if it does: with its date or without, and in some state.
fn shown(accepted: Accepted, listed: f64) -> impl Strategy<Value = Option<Entry>> {
    let (id, version, created) = accepted;
    let created = prop::option::weighted(0.8, Just(created));
    let entry = (created, state()).prop_map(move |(created, state)| (id, version, created, state));
    prop::option::weighted(listed, entry)
}

fn look([ours, a, b, c]: [Accepted; 4]) -> impl Strategy<Value = Vec<Entry>> {
    let all = (
        shown(ours, 0.9),
        shown(a, 0.7),
        shown(b, 0.7),
        shown(c, 0.7),
    );
    all.prop_map(|(ours, a, b, c)| [ours, a, b, c].into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
}

/// Looks at ours and three others, each of which some of the looks do not list.
fn looks() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    let version = prop_oneof![19 => Just(2), 1 => Just(7)];
    let all = (version, other("d-1"), other("d-3"), other("d-4"));
    all.prop_flat_map(|(version, a, b, c)| vec(look([(OURS, version, ACCEPTED), a, b, c]), 1..5))
}

fn is_complete(entry: &Entry) -> bool {
    entry.3.is_some_and(|state| GOOD.contains(&state))
}

fn is_going(entry: &Entry) -> bool {
    entry.3.is_none_or(|state| GOING.contains(&state))
}

/// Whether one came surely after another.
fn is_after(one: &Entry, other: &Entry) -> bool {
    one.2.zip(other.2).is_some_and(|(one, other)| one > other)
}

/// Made once: a client takes its time to read the machine's certificates.
static PROBE: LazyLock<RolloutProbe> = LazyLock::new(probe);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_rollout_is_good_only_if_nothing_else_may_serve(looks in looks()) {
        let mut probe = PROBE.clone();
        let mut was_listed = false;
        // Those that were complete when ours was not.
        let mut earlier = BTreeSet::new();
        for entries in looks {
            let said = probe.judge(&details(&entries));
            let dated: Vec<Entry> = entries
                .iter()
                .map(|entry| match entry {
                    (OURS, version, _, state) => (OURS, *version, Some(ACCEPTED), *state),
                    other => *other,
                })
                .collect();
            let ours = dated.iter().find(|entry| entry.0 == OURS);
            let complete: Vec<_> = dated.iter().filter(|entry| is_complete(entry)).collect();
            if ours.is_some_and(is_going) {
                earlier = complete.iter().map(|entry| entry.0).collect();
            }
            let rest = || complete.iter().filter(|one| !earlier.contains(one.0));
            let newest_may_be_another = rest()
                .filter(|other| other.1 != 2)
                .any(|other| !rest().any(|one| one.1 == 2 && is_after(one, other)));
            let newer = complete
                .iter()
                .any(|other| other.0 != OURS && other.2 > Some(ACCEPTED));
            match said {
                Look::Done(_, deployment) => {
                    prop_assert_eq!(deployment.id, OURS);
                    let ours = ours.expect("it is listed");
                    prop_assert!(is_complete(ours) && ours.1 == 2, "{:?}", dated);
                    prop_assert!(!newest_may_be_another, "{:?}", dated);
                    break;
                }
                Look::Going(_) => {
                    let goes_on = ours.map_or(!was_listed, is_going);
                    prop_assert!(goes_on && !newer, "{:?}", dated);
                }
                Look::Ended(_, error) => {
                    let is_final = match error.kind() {
                        ErrorKind::OperationFailed => ours.is_some_and(|ours| {
                            ours.1 != 2 || ours.3.is_some_and(|state| BAD.contains(&state))
                        }),
                        ErrorKind::Superseded => {
                            newer
                                || ours.map_or(was_listed, |ours| ours.3 == Some(CANCELLED))
                        }
                        ErrorKind::Ambiguous => newest_may_be_another,
                        _ => false,
                    };
                    prop_assert!(is_final, "{}: {:?}", error, dated);
                    break;
                }
            }
            was_listed |= ours.is_some();
        }
    }
}
