//! Waits for one thing share their requests, as the service's journal shows.

use std::time::Duration;

use cerebras_management::{
    Deployment, ModelVersion, Operation, Resumed, Schedule, Tracked, Wait, wait_all,
};
use cerebras_management_simulator::{
    Behaviour, Entry, Fault, FaultAction, NewVersion, Operation as Route, SeedVersion, Simulator,
    Timings,
};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::harness::{
    ARCHITECTURE, GENEROUS, ORG, Rig, deployed_id, id_of, name_of, two_versions, wait_for,
};

const STEP: Duration = Duration::from_secs(40);

/// An upload that goes on, by the id of its version.
fn upload(rig: &Rig, id: u64) -> Operation<ModelVersion> {
    let (name, base) = (name_of(id), rig.client.base_url());
    let handle = format!("cbm1,upload,version={name},base={base}");
    match rig.client.resume(&handle.parse().unwrap()).unwrap() {
        Resumed::Upload(upload) => upload,
        Resumed::Rollout(_) => panic!("expected an upload"),
    }
}

/// Uploads by somebody else, so that they take no time and leave nothing in the journal.
async fn begin(rig: &Rig, count: u64) -> Vec<Operation<ModelVersion>> {
    let before = rig.simulator.versions(ARCHITECTURE).len() as u64;
    let model = rig.somebody_else().model();
    for n in 1..=count {
        let uri = format!("s3://my-bucket/new-{n}");
        let _accepted = model.upload(uri).unchecked().await.unwrap();
    }
    rig.simulator.clear_journal();
    let ids = before + 1..=before + count;
    ids.map(|id| upload(rig, id)).collect()
}

/// Waits for all of them together, whose requests take `step` each once all have been begun.
async fn all_good(rig: &Rig, operations: &[Operation<ModelVersion>], step: Duration) {
    let mut waits: Vec<_> = operations.iter().map(wait_for).collect();
    begin_all(rig, &mut waits, step);
    for (operation, ended) in operations.iter().zip(wait_all(waits).await) {
        assert_eq!(ended.unwrap().name(), operation.name().to_string());
    }
}

/// Waits that have all been begun: what they have asked so far took no simulated time. From now on
/// a tick does not come before everyone has seen the one before it.
fn begin_all<F: Future + Unpin>(rig: &Rig, waits: &mut [F], step: Duration) {
    rig.pace.change_step(Duration::ZERO);
    for wait in waits {
        assert!(wait.now_or_never().is_none());
    }
    rig.pace.change_step(step);
    for tick in 1..=10 {
        rig.pace.before(tick, async {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
        });
    }
}

/// The requests that took simulated time, which are all for one route.
#[track_caller]
fn ticks(rig: &Rig, route: Route, began: Duration) -> Vec<Duration> {
    let mut journal = rig.simulator.journal();
    journal.retain(|entry| entry.at > began);
    let of_route = |entry: &Entry| entry.operation == Some(route);
    assert!(journal.iter().all(of_route), "{:?}", rig.requests());
    journal.iter().map(|entry| entry.at).collect()
}

#[tokio::test]
async fn a_thousand_waits_for_versions_make_one_request_a_tick() {
    const WAITS: u64 = 1000;
    let rig = Rig::at(Simulator::builder(), STEP, Duration::MAX).await;
    let model = rig.somebody_else().model();
    let mut waits = Vec::new();
    for id in 1..=WAITS {
        let uri = format!("s3://my-bucket/{id}");
        let _accepted = model.upload(uri).unchecked().await.unwrap();
        let timings = Timings::default();
        let done = rig.simulator.now() + timings.sync_queued + timings.sync;
        let (operation, simulator) = (upload(&rig, id), &rig.simulator);
        waits.push(Box::pin(async move {
            let version = wait_for(&operation).await.unwrap();
            assert_eq!(id_of(&version), id);
            (done, simulator.now())
        }));
        // So that they end one after another.
        if id % 10 == 0 {
            rig.simulator.advance(Duration::from_secs(1));
        }
    }
    rig.simulator.clear_journal();
    let began = rig.simulator.now();
    begin_all(&rig, &mut waits, STEP);
    for (done, ended) in join_all(waits).await {
        assert!((done..done + STEP).contains(&ended), "{done:?}, {ended:?}");
    }
    // The last tick is the first that finds the last one done.
    let expected: Vec<_> = (1..=4).map(|n| began + STEP * n).collect();
    assert_eq!(ticks(&rig, Route::ListModelVersions, began), expected);
}

#[tokio::test]
async fn many_waits_for_rollouts_to_one_endpoint_make_one_request_a_tick() {
    let rig = Rig::at(two_versions(), STEP, Duration::MAX).await;
    let endpoint = rig.endpoint();
    let rollouts = [
        endpoint.deploy("2").await.unwrap(),
        endpoint.deploy("1").redeploy().await.unwrap(),
    ];
    rig.simulator.clear_journal();
    let began = rig.simulator.now();
    let waits = (0..200).map(|n| {
        let (operation, simulator) = (&rollouts[n % 2], &rig.simulator);
        Box::pin(async move {
            let ended = wait_for(operation).await.unwrap();
            assert_eq!(deployed_id(&ended), [2, 1][n % 2]);
            simulator.now()
        })
    });
    let mut waits: Vec<_> = waits.collect();
    begin_all(&rig, &mut waits, STEP);
    let ended = join_all(waits).await;
    // All that wait for one deployment end with one answer.
    let (first, last) = (ended[0], ended[1]);
    assert!(first < last);
    let each = ended.chunks(2).all(|pair| pair == [first, last]);
    assert!(each, "{ended:?}");
    let ticks = ticks(&rig, Route::GetEndpoint, began);
    assert!(ticks.windows(2).all(|pair| pair[0] + STEP == pair[1]));
    assert_eq!(ticks.last(), Some(&last));
}

#[tokio::test]
async fn one_wait_reads_its_version_and_two_read_the_list() {
    for (waits, route) in [(1, Route::GetModelVersion), (2, Route::ListModelVersions)] {
        let rig = Rig::start().await;
        let uploads = begin(&rig, waits).await;
        all_good(&rig, &uploads, STEP).await;
        let expected: Vec<_> = (1..=4).map(|n| STEP * n).collect();
        assert_eq!(ticks(&rig, route, Duration::ZERO), expected);
    }
}

#[tokio::test]
async fn a_long_list_is_not_read_again_for_a_few_waits() {
    // A thousand entries of more than a kilobyte each.
    let seeds = (0..1000).map(|n| {
        let uri = format!("s3://my-bucket/{n}/{}", "w".repeat(1000));
        SeedVersion::new(ARCHITECTURE, uri)
    });
    let builder = seeds.fold(Simulator::builder(), |builder, seed| {
        builder.version(ORG, seed)
    });
    let rig = Rig::at(builder, STEP, Duration::MAX).await;
    let uploads = begin(&rig, 2).await;
    all_good(&rig, &uploads, Duration::from_secs(10)).await;
    // The list tells its length, once; then each reads its own.
    let count = |route| rig.simulator.count(route);
    assert_eq!(count(Route::ListModelVersions), 1);
    let alone = count(Route::GetModelVersion);
    assert!(alone >= 10, "{:?}", rig.requests());
}

/// Whatever is the matter with the list, each of two waits ends well by itself.
async fn two_end_without_the_list(action: FaultAction) {
    let rig = Rig::start().await;
    let uploads = begin(&rig, 2).await;
    let fault = Fault::on(Route::ListModelVersions, action.clone());
    rig.simulator.inject(fault);
    all_good(&rig, &uploads, STEP).await;
    let count = |route| rig.simulator.count(route);
    let (listed, alone) = (
        count(Route::ListModelVersions),
        count(Route::GetModelVersion),
    );
    assert!(listed > 0 && alone > 0, "{action:?}: {listed}, {alone}");
}

fn answer(body: &str) -> FaultAction {
    FaultAction::Answer {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn a_list_that_leaves_the_versions_out_is_no_verdict_on_them() {
    let other = format!(
        r#"{{"name": "{}", "done": true, "response": {{"sync_status": "failed"}}}}"#,
        name_of(77)
    );
    for body in [
        "{}".to_owned(),
        r#"{"model_versions": []}"#.to_owned(),
        format!(r#"{{"model_versions": [{other}]}}"#),
    ] {
        two_end_without_the_list(answer(&body)).await;
    }
}

#[tokio::test]
async fn a_list_that_is_refused_or_broken_is_no_verdict_on_the_versions() {
    let ours = format!(r#"{{"name": "{}", "done": false}}"#, name_of(1));
    let status = |status| FaultAction::Status {
        status,
        retry_after: None,
    };
    for action in [
        status(403),
        status(404),
        status(400),
        FaultAction::WrongShape,
        FaultAction::InvalidJson,
        // One entry breaks it.
        answer(&format!(r#"{{"model_versions": [{ours}, {{"name": 7}}]}}"#)),
        answer(&format!(r#"{{"model_versions": [{ours}, null]}}"#)),
    ] {
        two_end_without_the_list(action).await;
    }
}

#[tokio::test]
async fn versions_that_are_in_no_list_yet_are_waited_for() {
    let mut behaviour = Behaviour::default();
    behaviour.new_version = NewVersion::AfterDelay;
    let builder = Simulator::builder().behaviour(behaviour);
    let rig = Rig::at(builder, STEP, Duration::MAX).await;
    let uploads = begin(&rig, 2).await;
    all_good(&rig, &uploads, Duration::from_secs(3)).await;
    let missed = |status: u16| {
        let journal = rig.simulator.journal();
        let looks = journal
            .into_iter()
            .filter(move |e| e.status == Some(status));
        looks.count()
    };
    assert!(missed(404) > 0, "{:?}", rig.requests());
}

/// Polled until its request is out, and then kept.
async fn begun<T: Tracked>(rig: &Rig, route: Route, mut wait: Wait<T>) -> Wait<T> {
    while rig.simulator.count(route) == 0 {
        assert!((&mut wait).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    wait
}

/// A request that the client has sent, and whose answer takes its time.
fn delay(rig: &Rig, route: Route) {
    let action = FaultAction::Delay { milliseconds: 200 };
    rig.simulator.inject(Fault::on(route, action).once());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_kept_and_never_polled_again_holds_up_no_other() {
    for in_another_task in [false, true] {
        let rig = Rig::start().await;
        let uploads = begin(&rig, 2).await;
        delay(&rig, Route::ListModelVersions);
        // Both are there, so that the list is what is asked for.
        let mut other = wait_for(&uploads[1]);
        assert!((&mut other).now_or_never().is_none());
        let kept = begun(&rig, Route::ListModelVersions, wait_for(&uploads[0])).await;
        let ended = if in_another_task {
            tokio::spawn(other).await.unwrap()
        } else {
            // Its arm has been polled, and is not any more.
            other.await
        };
        assert_eq!(id_of(&ended.unwrap()), 2);
        assert_eq!(id_of(&kept.await.unwrap()), 1);
    }
}

#[tokio::test]
async fn a_wait_that_is_dropped_in_the_middle_of_a_request_holds_up_no_other() {
    let rig = Rig::at(two_versions(), STEP, Duration::MAX).await;
    let rollout: Operation<Deployment> = rig.endpoint().deploy("2").await.unwrap();
    // The next answer shows the end.
    rig.simulator.advance(Duration::from_secs(3600));
    rig.simulator.clear_journal();
    delay(&rig, Route::GetEndpoint);
    // Not due as long as the test may take, so that it asks nothing by itself.
    let hours = Duration::from_secs(7200);
    let seldom = Schedule::default().floor(hours).ceiling(hours);
    let other = rollout.wait().schedule(seldom).deadline(GENEROUS);
    let other = tokio::spawn(other.into_future());
    tokio::task::yield_now().await;
    let dropped = begun(&rig, Route::GetEndpoint, wait_for(&rollout)).await;
    drop(dropped);
    assert_eq!(deployed_id(&other.await.unwrap().unwrap()), 2);
    assert_eq!(rig.requests().len(), 1, "{:?}", rig.requests());
}
