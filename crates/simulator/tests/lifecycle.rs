//! Starting, stopping, and many at once.

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use cerebras_management_simulator::{
    Builder, MANAGEMENT_KEY, Operation, SeedEndpoint, SeedOrg, SeedVersion, SeedWorld, Simulator,
    Timings,
};
use common::{ENDPOINT, Rig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = Simulator::start().await.expect("a simulator");
    let port = first.addr().port();
    let error = Simulator::builder()
        .port(port)
        .start()
        .await
        .expect_err("in use");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on 127.0.0.1:{port}: the port is in use: choose another, or 0 for \
             any that is free"
        )
    );
}

#[tokio::test]
async fn bad_input_is_named_and_nothing_starts() {
    let world = |org: SeedOrg| Simulator::builder().world(SeedWorld::empty().org(org));
    let llama = || SeedOrg::new("acme").architecture("llama3.1-8b");
    let cases: Vec<(Builder, &str)> = vec![
        (
            Simulator::builder().speed(0.0),
            "the speed 0 is not a positive number",
        ),
        (
            Simulator::builder().speed(-1.0),
            "the speed -1 is not a positive number",
        ),
        (
            Simulator::builder().speed(f64::NAN),
            "the speed NaN is not a positive number",
        ),
        (
            Simulator::builder().speed(f64::INFINITY),
            "the speed inf is not a positive number",
        ),
        (
            Simulator::builder().architecture("none", "llama3.1-8b"),
            "something was added to the org \"none\", which does not exist",
        ),
        (
            Simulator::builder().world(SeedWorld::empty()),
            "the world has no org",
        ),
        (
            world(SeedOrg::new("")),
            "\"\" cannot be the name of an org: no path can carry it",
        ),
        (
            world(SeedOrg::new("acme").architecture("..")),
            "\"..\" cannot be the name of an architecture: no path can carry it",
        ),
        (
            Simulator::builder().org(SeedOrg::new("my-org")),
            "the org \"my-org\" is there twice",
        ),
        (
            world(llama().keys("one", "one")),
            "the management key of org \"acme\" is the inference key of org \"acme\": the two \
             kinds of key must differ",
        ),
        (
            world(llama().keys("", "two")),
            "the management key of org \"acme\" must be printable ASCII without spaces",
        ),
        (
            world(llama().endpoint(SeedEndpoint::new("e", "gpt-2"))),
            "\"e\" is of the architecture \"gpt-2\", which its org does not have",
        ),
        (
            world(llama().endpoint(SeedEndpoint::new("e", "llama3.1-8b").serving(1))),
            "endpoint \"e\" serves version 1, which does not exist under \"llama3.1-8b\"",
        ),
        (
            world(llama().endpoint(SeedEndpoint::new("e", "llama3.1-8b").replicas(0))),
            "endpoint \"e\" has no replicas",
        ),
        (
            world(llama().endpoint(SeedEndpoint::new("e:f", "llama3.1-8b"))),
            "endpoint \"e:f\" has a colon in it",
        ),
        (
            world(llama().version(SeedVersion::new("llama3.1-8b", "s3://b/1").alias("V1"))),
            "\"V1\" is no alias: 2 to 128 letters, digits and hyphens, a lower-case letter \
             first, no upper-case letter and no hyphen last",
        ),
        (
            world(
                llama()
                    .version(SeedVersion::new("llama3.1-8b", "s3://b/1").alias("production"))
                    .version(SeedVersion::new("llama3.1-8b", "s3://b/2").alias("production")),
            ),
            "two versions under \"llama3.1-8b\" have the alias \"production\": 1 and the one \
             from \"s3://b/2\"",
        ),
    ];
    for (builder, message) in cases {
        let error = builder.start().await.expect_err(message);
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::InvalidInput, message.into())
        );
    }
}

#[tokio::test]
async fn a_hundred_run_at_once_and_do_not_mix() {
    let mut rigs = Vec::new();
    for _ in 0..100 {
        rigs.push(Rig::start().await);
    }
    rigs[42].upload("s3://b/w").await;
    for (n, rig) in rigs.iter().enumerate() {
        rig.get("orgs/my-org/models").await.ok();
        let expected = usize::from(n == 42);
        assert_eq!(
            rig.simulator.versions("gpt-oss-120b").len(),
            expected,
            "{n}"
        );
    }
}

#[tokio::test]
async fn when_it_is_dropped_its_connections_end_and_its_port_is_free() {
    let simulator = Simulator::start().await.expect("a simulator");
    let address = simulator.addr();
    let mut idle = TcpStream::connect(address).await.expect("a connection");
    drop(simulator);
    // End of file, or a reset when the connection had not been accepted.
    let read = idle.read(&mut [0; 1]).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");

    let simulator = Simulator::start().await.expect("a simulator");
    let address = simulator.addr();
    simulator.stop().await;
    TcpStream::connect(address)
        .await
        .expect_err("nobody listens");
    let again = Simulator::builder().port(address.port()).start().await;
    assert_eq!(again.expect("the port is free").addr(), address);
}

/// Clients normalise paths; a socket does not.
#[tokio::test]
async fn dots_in_a_path_are_not_resolved() {
    let rig = Rig::start().await;
    let ask = async |path: &str| {
        let mut stream = TcpStream::connect(rig.simulator.addr())
            .await
            .expect("a connection");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\
             authorization: Bearer {MANAGEMENT_KEY}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status").to_owned();
        (status, body.to_owned())
    };
    let (status, _) = ask("/management/v1/orgs/x/../my-org/models").await;
    assert_eq!(status, "404");
    let (status, body) = ask("/management/v1/orgs/../models").await;
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("403", r#"{"detail":"No access to organization '..'"}"#)
    );
    let (status, body) = ask("/management/v1/endpoints/%2E%2E").await;
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("404", r#"{"detail":"Endpoint '..' not found"}"#)
    );

    let journal = rig.simulator.journal();
    let paths: Vec<_> = journal.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/management/v1/orgs/x/../my-org/models",
            "/management/v1/orgs/../models",
            "/management/v1/endpoints/%2E%2E",
        ]
    );
}

#[tokio::test]
async fn the_journal_tells_what_arrived_and_no_key() {
    let rig = Rig::start().await;
    rig.get("orgs/my-org/models?key=secret").await.ok();
    rig.simulator.advance(Duration::from_secs(3));
    rig.deploy("1").await.refusal();
    rig.get("nowhere").await.refusal();
    let journal = rig.simulator.journal();
    let seen: Vec<_> = journal
        .iter()
        .map(|e| {
            (
                e.at.as_secs(),
                e.method.as_str(),
                e.path.as_str(),
                e.operation,
                e.status.unwrap_or(0),
            )
        })
        .collect();
    let deploy = format!("/management/v1/endpoints/{ENDPOINT}:deployModel");
    assert_eq!(
        seen,
        [
            (
                0,
                "GET",
                "/management/v1/orgs/my-org/models",
                Some(Operation::ListModelArchitectures),
                200
            ),
            (
                3,
                "POST",
                deploy.as_str(),
                Some(Operation::DeployModel),
                404
            ),
            (3, "GET", "/management/v1/nowhere", None, 404),
        ]
    );
    let json = serde_json::to_string(&journal).expect("JSON");
    assert!(json.contains("key=<key>"), "{json}");
    assert!(
        !json.contains(MANAGEMENT_KEY) && !json.contains("secret"),
        "{json}"
    );
    assert_eq!(rig.simulator.count(Operation::DeployModel), 1);
    assert_eq!(rig.simulator.count(Operation::GetEndpoint), 0);
}

#[tokio::test]
async fn a_seeded_world_serves_from_the_start() {
    let production = SeedVersion::new("gpt-oss-120b", "s3://b/1")
        .alias("production")
        .fingerprint_suffix("one");
    let endpoint = SeedEndpoint::new(ENDPOINT, "gpt-oss-120b")
        .replicas(8)
        .serving(1);
    let builder = Simulator::builder()
        .version("my-org", production)
        .endpoint("my-org", endpoint);
    let rig = Rig::with(builder).await;
    assert_eq!(rig.simulator.serving(ENDPOINT), Some(1));
    let version = rig
        .get("orgs/my-org/models/gpt-oss-120b/versions/production")
        .await
        .ok();
    assert_eq!(version["done"], true);
    assert_eq!(version["response"]["sync_status"], "done");
    let fingerprint = rig.chat(ENDPOINT).await.ok()["system_fingerprint"].clone();
    assert!(
        fingerprint.as_str().is_some_and(|f| f.ends_with("_one")),
        "{fingerprint}"
    );
    assert_eq!(rig.simulator.deployments(ENDPOINT)[0].replicas, 8);
}

/// At a speed of a million, what takes 125 simulated seconds takes 125 real microseconds.
#[tokio::test]
async fn a_real_clock_runs_at_its_speed() {
    let simulator = Simulator::builder()
        .speed(1_000_000.0)
        .started(1_000)
        .start()
        .await;
    let simulator = simulator.expect("a simulator");
    let before = simulator.now();
    while simulator.now() < before + Duration::from_secs(125) {
        tokio::task::yield_now().await;
    }
    simulator.advance(Duration::from_secs(1 << 40));
    assert!(simulator.now() > Duration::from_secs(1 << 40));
}

#[tokio::test]
async fn extreme_times_do_not_panic() {
    let timings = Timings {
        rollout: Duration::MAX,
        sync: Duration::ZERO,
        sync_queued: Duration::ZERO,
        ..Timings::default()
    };
    let rig = Rig::with(Simulator::builder().timings(timings)).await;
    rig.upload("s3://b/1").await;
    rig.deploy("1").await.ok();
    rig.simulator.advance(Duration::MAX);
    rig.simulator.advance(Duration::MAX);
    rig.deploy("1").await.ok();
    rig.get(&format!("endpoints/{ENDPOINT}")).await.ok();
    rig.chat(ENDPOINT).await.ok();
}
