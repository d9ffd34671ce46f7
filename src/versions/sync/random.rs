//! Whatever a version's answers say: an upload is good only if one says so.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{probe, version};
use super::*;

/// One answer: its `done`, its status, and how long after the one before it came.
type Answer = (bool, Option<&'static str>, u64);

const GOOD: &str = "done";
const BAD: [&str; 3] = ["failed", "error", "cancelled"];
const GOING: [&str; 2] = ["queued", "in_progress"];
/// No page has them.
const UNKNOWN: [&str; 4] = ["verifying", "ready", "DONE", ""];

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let words = [&[GOOD][..], &BAD, &GOING, &UNKNOWN].concat();
    let status = prop::option::weighted(0.8, prop::sample::select(words));
    vec((any::<bool>(), status, 0..40u64), 1..12)
}

/// Made once: a client takes its time to read the machine's certificates.
static PROBE: LazyLock<SyncProbe> = LazyLock::new(probe);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_upload_is_good_only_if_an_answer_says_so(answers in answers()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut probe = PROBE.clone();
            // For how long each answer has contradicted itself.
            let mut contradicted: Option<u64> = None;
            for (done, status, later) in answers {
                tokio::time::advance(Duration::from_secs(later)).await;
                let look = probe.judge(&version(done, status));
                let says = (done, status);
                contradicted = match says {
                    (true, Some(word)) if GOING.contains(&word) => {
                        Some(contradicted.map_or(0, |before| before + later))
                    }
                    _ => None,
                };
                match look {
                    Look::Done(progress, version) => {
                        prop_assert!(matches!(says, (_, Some(GOOD)) | (true, None)), "{says:?}");
                        prop_assert_eq!(&progress, &SyncProgress::of(&version));
                        prop_assert_eq!(progress.done, done);
                        break;
                    }
                    Look::Ended(progress, error) => {
                        prop_assert_eq!(error.kind(), ErrorKind::OperationFailed);
                        prop_assert_eq!(progress.done, done);
                        let is_final = match says {
                            (_, Some(word)) if BAD.contains(&word) => true,
                            (true, Some(word)) if UNKNOWN.contains(&word) => true,
                            _ => contradicted.is_some_and(|seconds| seconds >= 60),
                        };
                        prop_assert!(is_final, "{says:?}");
                        break;
                    }
                    Look::Going(_) => {
                        let goes_on = match says {
                            (false, None) => true,
                            (false, Some(word)) => word != GOOD && !BAD.contains(&word),
                            _ => contradicted.is_some_and(|seconds| seconds < 60),
                        };
                        prop_assert!(goes_on, "{says:?}");
                    }
                }
            }
            Ok(())
        })?;
    }
}
