//! Clocks that are wrong, and clocks that jump: nothing depends on the time of day.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, SystemTime};

use cerebras_management::{Client, Handle, Resumed};
use cerebras_management_simulator::{MANAGEMENT_KEY, Operation as Route, RolloutOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::harness::{ENDPOINT, Rig, build, deployed_id, id_of, name_of, two_versions, wait_for};

const HOUR: u64 = 60 * 60;

/// How a rollout ends that another one follows, on a service whose clock says so many seconds, and
/// what the endpoint was asked.
async fn rollout(started: u64, resumed: bool) -> (String, Vec<(Duration, String)>) {
    let step = Duration::from_secs(10);
    let rig = Rig::at(two_versions().started(started), step, Duration::MAX).await;
    rig.simulator
        .plan_rollout(ENDPOINT, RolloutOutcome::Completes)
        .unwrap();
    let mut ours = rig.endpoint().deploy("2").await.unwrap();
    let somebody = rig.somebody_else();
    rig.pace.before(5, async move {
        let deployed = somebody.endpoint().deploy("1").redeploy().await;
        let _queued = deployed.unwrap();
    });
    if resumed {
        ours = match rig.client.resume(&ours.handle()).unwrap() {
            Resumed::Rollout(rollout) => rollout,
            Resumed::Upload(_) => panic!("expected a rollout"),
        };
    }
    let ended = wait_for(&ours).await;
    let ended = ended.map_or_else(
        |e| format!("{:?}", e.kind()),
        |d| format!("{}", deployed_id(&d)),
    );
    let journal = rig.simulator.journal().into_iter();
    let asked = journal.filter(|entry| entry.operation == Some(Route::GetEndpoint));
    (ended, asked.map(|entry| (entry.at, entry.path)).collect())
}

#[tokio::test]
async fn a_service_whose_clock_is_an_hour_ahead_or_behind_is_polled_alike() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    for resumed in [false, true] {
        let expected = rollout(now, resumed).await;
        assert_eq!(expected.0, "2");
        for started in [now - HOUR, now + HOUR] {
            assert_eq!(rollout(started, resumed).await, expected);
        }
    }
}

/// An answer: its status, how many seconds its clock is ahead of ours, and its body.
type Answer = (u16, i64, String);

/// A service that gives these answers, one to a connection. A refusal may be sent again at the
/// very moment that its own clock shows. It ends with how many were asked for.
async fn service(answers: Vec<Answer>) -> (Client, tokio::task::JoinHandle<io::Result<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut left = VecDeque::from(answers);
        let mut asked = 0;
        while let Some((status, ahead, body)) = left.pop_front() {
            let (mut stream, _) = listener.accept().await?;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await?);
            }
            let now = SystemTime::now();
            let off = Duration::from_secs(ahead.unsigned_abs());
            let date = httpdate::fmt_http_date(if ahead < 0 { now - off } else { now + off });
            let answer = format!(
                "HTTP/1.1 {status} .\r\ndate: {date}\r\nretry-after: {date}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n\
                 {body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await?;
            asked += 1;
        }
        Ok(asked)
    });
    (build(&base, MANAGEMENT_KEY), task)
}

#[tokio::test]
async fn a_service_whose_clock_jumps_in_the_middle_of_a_wait_is_polled_alike() {
    let hour = i64::try_from(HOUR).unwrap();
    let version = |done, status: &str| {
        let name = name_of(1);
        format!(r#"{{"name":"{name}","done":{done},"response":{{"sync_status":"{status}"}}}}"#)
    };
    for jumps in [[0, 0, 0], [0, hour, 0], [hour, 0, -hour], [0, -hour, hour]] {
        let going = || version(false, "in_progress");
        let answers = vec![
            (200, jumps[0], going()),
            (429, jumps[0], String::new()),
            (429, jumps[1], String::new()),
            (200, jumps[1], going()),
            (503, jumps[2], String::new()),
            (200, jumps[2], version(true, "done")),
        ];
        let all = answers.len();
        let (client, service) = service(answers).await;
        let handle = format!(
            "cbm1,upload,version={},base={}",
            name_of(1),
            client.base_url()
        );
        let handle: Handle = handle.parse().unwrap();
        let Resumed::Upload(upload) = client.resume(&handle).unwrap() else {
            panic!("expected an upload");
        };
        assert_eq!(id_of(&wait_for(&upload).await.unwrap()), 1, "{jumps:?}");
        assert_eq!(service.await.unwrap().unwrap(), all, "{jumps:?}");
    }
}
