//! Waits that share their looks, and where one of them has to look alone after all.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use super::*;

/// What the shared request shows: the progress of each wait by its number, as far as it tells.
#[derive(Default)]
struct Shown(Vec<(usize, &'static str)>);

impl View for Shown {}

type Answers = Arc<Mutex<VecDeque<std::result::Result<Shown, ErrorKind>>>>;

/// Wait number `n`.
struct Nth {
    n: usize,
    feed: Arc<Feed<Shown>>,
    answers: Answers,
    reads: Arc<AtomicU32>,
    alone: Arc<AtomicU32>,
    /// What a look alone takes, and sees in the end.
    look: (Duration, &'static str),
}

impl Nth {
    fn judge(progress: &'static str) -> Look<&'static str, u32> {
        match progress {
            "done" => Look::Done(progress, 7),
            _ => Look::Going(progress),
        }
    }
}

impl Probe for Nth {
    type Progress = &'static str;
    type Output = u32;
    type View = Shown;

    fn feed(&self) -> Arc<Feed<Shown>> {
        Arc::clone(&self.feed)
    }

    fn read(&self) -> Read<Shown> {
        self.reads.fetch_add(1, SeqCst);
        let answer = self.answers.lock().expect("a lock").pop_front();
        let answer = answer.expect("a request that the script does not foresee");
        Box::pin(async move {
            let failed = |kind| Error::new(kind, "the list failed").sent(Sent::Yes);
            answer.map_err(failed)
        })
    }

    fn see(&mut self, shown: &Shown) -> Option<Look<&'static str, u32>> {
        let ours = shown.0.iter().find(|(n, _)| *n == self.n)?;
        Some(Self::judge(ours.1))
    }

    async fn look(&mut self) -> Result<Look<&'static str, u32>> {
        self.alone.fetch_add(1, SeqCst);
        tokio::time::sleep(self.look.0).await;
        Ok(Self::judge(self.look.1))
    }

    fn subject(&self) -> String {
        format!("upload {}", self.n)
    }
}

/// Two waits, and how many requests they have made together and alone when both have ended.
async fn two(
    answers: Vec<std::result::Result<Shown, ErrorKind>>,
) -> ([std::result::Result<u32, ErrorKind>; 2], u32, u32) {
    let feed = Arc::new(Feed::new(Duration::from_secs(60)));
    let answers: Answers = Arc::new(Mutex::new(answers.into()));
    let (reads, alone) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    let waits = [0, 1].map(|n| {
        let probe = Nth {
            n,
            feed: Arc::clone(&feed),
            answers: Arc::clone(&answers),
            reads: Arc::clone(&reads),
            alone: Arc::clone(&alone),
            look: (Duration::ZERO, "done"),
        };
        let mut poll = Poll::new(probe, limits(), "queued", Some(Instant::now()));
        async move {
            loop {
                match poll.step().await {
                    Ok(Step::Done(value)) => return Ok(value),
                    Ok(_) => {}
                    Err(error) => return Err(error.kind()),
                }
            }
        }
    });
    let [first, second] = waits;
    let (first, second) = tokio::join!(first, second);
    let count = |counter: &AtomicU32| counter.load(SeqCst);
    ([first, second], count(&reads), count(&alone))
}

fn both(progress: &'static str) -> Shown {
    Shown(vec![(0, progress), (1, progress)])
}

#[tokio::test(start_paused = true)]
async fn one_request_serves_both() {
    let answers = vec![
        Ok(both("queued")),
        Ok(both("in_progress")),
        Ok(both("done")),
    ];
    assert_eq!(two(answers).await, ([Ok(7), Ok(7)], 3, 0));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_left_out_looks_alone() {
    let answers = vec![Ok(Shown(vec![(0, "done")]))];
    assert_eq!(two(answers).await, ([Ok(7), Ok(7)], 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_everyones_and_no_end() {
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::RateLimited,
        ErrorKind::Transport,
        ErrorKind::Timeout,
        ErrorKind::Blocked,
    ] {
        assert_eq!(
            two(vec![Err(kind), Ok(both("done"))]).await,
            ([Ok(7), Ok(7)], 2, 0),
            "{kind:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_had_is_no_verdict_on_a_single_one() {
    for kind in [
        ErrorKind::Decode,
        ErrorKind::LimitExceeded,
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::Rejected,
    ] {
        assert_eq!(
            two(vec![Err(kind)]).await,
            ([Ok(7), Ok(7)], 1, 2),
            "{kind:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_ends_both() {
    let refused = Err(ErrorKind::Unauthorized);
    assert_eq!(
        two(vec![refused]).await,
        ([refused_as(), refused_as()], 1, 0)
    );
}

fn refused_as() -> std::result::Result<u32, ErrorKind> {
    Err(ErrorKind::Unauthorized)
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_during_a_long_look_alone_is_no_news() {
    let feed = Arc::new(Feed::new(Duration::from_secs(60)));
    // Wait 1 is left out of the first list and looks alone. The lists that come meanwhile are
    // older than what it sees in the end.
    let left_out = std::iter::once(Ok(Shown(vec![(0, "queued")])));
    let lists = |progress, times| std::iter::repeat_with(move || Ok(both(progress))).take(times);
    let then = lists("queued", 7).chain(lists("in_progress", 4));
    let lists = left_out.chain(then).chain(lists("done", 2));
    let answers: Answers = Arc::new(Mutex::new(lists.collect()));
    let waits = [0, 1].map(|n| {
        let probe = Nth {
            n,
            feed: Arc::clone(&feed),
            answers: Arc::clone(&answers),
            reads: Arc::default(),
            alone: Arc::default(),
            look: (Duration::from_millis(7500), "in_progress"),
        };
        let mut poll = Poll::new(probe, limits(), "queued", Some(Instant::now()));
        async move {
            let mut told = Vec::new();
            loop {
                match poll.step().await.expect("no failure") {
                    Step::Progress(progress) => told.push(progress),
                    Step::Stalled(..) => {}
                    Step::Done(_) => return told,
                }
            }
        }
    });
    let [first, second] = waits;
    let (_, told) = tokio::join!(first, second);
    assert_eq!(told, ["queued", "in_progress", "done"]);
}
