//! World files and fault files: what they say, and what is said of those that are wrong.

mod common;

use std::time::Duration;

use cerebras_management_simulator::{
    Behaviour, Builder, FaultPlan, PlannedSync, ReplicaCounts, SecondDeploy, SeedEndpoint, SeedOrg,
    SeedVersion, Simulator, SyncOutcome, Timings, WorldFile,
};
use common::Rig;

fn example(name: &str) -> String {
    format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_world_is_what_it_says() {
    let file = WorldFile::read(example("world.toml")).expect("a world");
    let mut behaviour = Behaviour::default();
    behaviour.second_deploy = SecondDeploy::CancelsFirst;
    behaviour.replica_counts = ReplicaCounts::Sent;
    assert_eq!(file.behaviour, behaviour);
    assert_eq!(file.timings, Timings::default());
    assert_eq!(
        (file.speed, file.started),
        (Some(60.0), Some(1_736_700_000))
    );
    assert_eq!(file.journal_limit, Some(1000));
    let my_org = SeedOrg::new("my-org")
        .architecture("gpt-oss-120b")
        .architecture("llama3.1-8b")
        .version(
            SeedVersion::new("gpt-oss-120b", "s3://my-bucket/run-41")
                .alias("production")
                .alias("run-41")
                .fingerprint_suffix("run-41"),
        )
        .version(
            SeedVersion::new("gpt-oss-120b", "s3://my-bucket/run-42")
                .alias("run-42")
                .fingerprint_suffix("run-42"),
        )
        .endpoint(
            SeedEndpoint::new("my-org-gpt-oss-120b", "gpt-oss-120b")
                .replicas(8)
                .serving(1),
        )
        .endpoint(SeedEndpoint::new("my-org-llama3.1-8b", "llama3.1-8b"));
    let acme = SeedOrg::new("acme")
        .keys("acme-management-key", "acme-inference-key")
        .architecture("llama3.1-8b")
        .endpoint(SeedEndpoint::new("acme-llama", "llama3.1-8b"));
    assert_eq!(file.orgs, [my_org, acme]);
}

#[tokio::test]
async fn a_simulator_starts_with_the_example_files() {
    let builder = Simulator::builder()
        .world_file(example("world.toml"))
        .expect("a world")
        .fault_file(example("chaos.toml"))
        .expect("a plan");
    let rig = Rig::with(builder).await;
    assert_eq!(rig.simulator.serving("my-org-gpt-oss-120b"), Some(1));
    assert_eq!(rig.simulator.snapshot().started, 1_736_700_000);
    let plan = FaultPlan::read(example("chaos.toml")).expect("a plan");
    assert_eq!(rig.simulator.faults().faults, plan.faults);
    let fails = PlannedSync::of("gpt-oss-120b", SyncOutcome::Fails);
    let stalls = PlannedSync::of_any(SyncOutcome::Stalls).probability(0.1);
    assert_eq!(plan.syncs, [fails.clone(), stalls.clone()]);
    // What is left of `times` is told even if it was not set.
    assert_eq!(rig.simulator.faults().syncs, [fails.once(), stalls]);
    assert_eq!((plan.faults.len(), plan.rollouts.len()), (6, 2));
}

#[tokio::test]
async fn a_file_that_says_nothing_is_the_default_world() {
    let file = WorldFile::parse("").expect("a world");
    assert_eq!(file, WorldFile::default());
    let simulator = Builder::from(file).start().await.expect("a simulator");
    let default = Simulator::start().await.expect("a simulator");
    let (from_file, default) = (simulator.snapshot(), default.snapshot());
    assert_eq!(from_file.orgs, default.orgs);
    assert_eq!(from_file.endpoints, default.endpoints);
}

#[tokio::test]
async fn speed_0_is_a_clock_that_is_moved_by_hand() {
    let file = WorldFile::parse("speed = 0").expect("a world");
    let simulator = Builder::from(file).start().await.expect("a simulator");
    assert_eq!(simulator.now(), Duration::ZERO);
    simulator.advance(Duration::from_secs(1));
    assert_eq!(simulator.now(), Duration::from_secs(1));
}

#[test]
fn a_world_file_that_is_wrong_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "speed = 60\nsped = 2\n",
            "world file:2: unknown field `sped`, expected one of `speed`, `started`, \
             `journal_limit`, `behaviour`, `timings`, `org`",
        ),
        (
            "\n[behaviour]\n\nsecond_deploy = \"waits\"\n",
            "world file:4: unknown variant `waits`, expected one of `queues`, `cancels_first`, \
             `refused`",
        ),
        (
            "[behaviour]\nsecond = \"refused\"\n",
            "world file:2: unknown field `second`, expected one of ",
        ),
        (
            "[timings]\nsync = \"2 min\"\n",
            "world file:2: expected a number, not string \"2 min\"; for example `sync = 120`",
        ),
        (
            "started = -1\n",
            "world file:1: expected a whole number of 0 or more, not -1; for example \
             `started = 1736700000`",
        ),
        (
            "[[org]]\nname = \"o\"\narchitectures = \"a\"\n",
            "world file:3: expected a list, not string \"a\"; for example \
             `architectures = [\"gpt-oss-120b\"]`",
        ),
        (
            "[org]\nname = \"o\"\n",
            "world file:1: expected a list, not a table; for example `[[org]]`",
        ),
        (
            "[behaviour]\nid_reuse = true\n",
            "world file:2: expected a name between quotes",
        ),
        (
            "[timings]\nsync = -1\n",
            "world file:2: expected a number of seconds, not -1",
        ),
        (
            "speed = -1\n",
            "world file:1: expected a speed of 0 or more, such as 60, not -1",
        ),
        ("speed = 60\nspeed = 61\n", "world file:2: duplicate key"),
        ("[[org]\n", "world file:1: "),
        (
            "[[org]]\n\narchitectures = []\n",
            "world file:1: missing field `name`",
        ),
        (
            "[[org]]\nname = \"o\"\n[[org.endpoint]]\nid = \"e\"\narchitecture = \"a\"\n",
            "world file:5: \"e\" is of the architecture \"a\", which its org does not have",
        ),
        (
            "[[org]]\nname = \"a\"\n[[org]]\nname = \"a\"\n",
            "world file:4: the org \"a\" is there twice",
        ),
        (
            "[[org]]\nname = \"o\"\narchitectures = [\n  \"a\",\n  \"b/c\",\n]\n",
            "world file:5: \"b/c\" cannot be the name of an architecture: no path can carry it",
        ),
        (
            "[[org]]\nname = \"o\"\narchitectures = [\"a\"]\n\n[[org.endpoint]]\nid = \"e\"\n\
             architecture = \"a\"\nserving = 2\n",
            "world file:8: endpoint \"e\" serves version 2, which does not exist under \"a\"",
        ),
        (
            "[[org]]\nname = \"o\"\ninference_key = \"k\"\n[[org]]\nname = \"p\"\n\
             management_key = \"k\"\n",
            "world file:6: the management key of org \"p\" is the inference key of org \"o\"",
        ),
    ] {
        let error = WorldFile::parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}\nfor\n{text}");
    }
}

#[test]
fn a_fault_file_that_is_wrong_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "[[faults]]\n",
            "fault file:1: unknown field `faults`, expected one of `seed`, `fault`, `sync`, \
             `rollout`",
        ),
        (
            "[[fault]]\naction = \"close\"\n\n[[fault]]\naction = \"explode\"\n",
            "fault file:5: unknown variant `explode`, expected one of `delay`, `status`",
        ),
        (
            "[[fault]]\naction = { delay = { seconds = 1 } }\n",
            "fault file:2: unexpected keys in table: seconds, available keys: milliseconds",
        ),
        (
            "[[fault]]\n\naction = \"delay\"\n",
            "fault file:3: expected a table, not the name alone; for example \
             `action = { delay = { milliseconds = 500 } }`",
        ),
        (
            "[[fault]]\naction = { edge_page = 502 }\n",
            "fault file:2: expected a table, not 502; for example \
             `action = { edge_page = { status = 502 } }`",
        ),
        (
            "[[fault]]\naction = { lose_answer = true }\n",
            "fault file:2: expected the name alone, not a name for a value (boolean); for example \
             `action = \"lose_answer\"`",
        ),
        (
            "[[fault]]\naction = { trickle = { bytes = -1, milliseconds = 1 } }\n",
            "fault file:2: expected a whole number of 0 or more, not -1; for example \
             `action = { trickle = { bytes = 16, milliseconds = 100 } }`",
        ),
        (
            "[[fault]]\naction = { close = {}, cut_body = {} }\n",
            "fault file:2: expected exactly one action; for example `action = \"close\"`",
        ),
        (
            "[[rollout]]\noutcome = \"stalls\"\n",
            "fault file:2: expected a table, not the name alone; for example \
             `outcome = { stalls = { replicas = 2 } }`",
        ),
        (
            "[[fault]]\naction = \"close\"\nprobability = \"often\"\n",
            "fault file:3: expected a number, not string \"often\"; for example \
             `probability = 0.1`",
        ),
        (
            "[[fault]]\naction = \"close\"\nprobability = 5\n",
            "fault file:3: expected a probability from 0 to 1, not 5",
        ),
        (
            "[[fault]]\noperation = \"deploy\"\naction = \"close\"\n",
            "fault file:2: unknown variant `deploy`, expected one of `list_model_architectures`",
        ),
        (
            "\n[[fault]]\noperation = \"deploy_model\"\n",
            "fault file:2: missing field `action`",
        ),
        (
            "[[fault]]\naction = { status = { status = 503, retry_after = -1 } }\n",
            "fault file:2: expected a number of seconds, { date_in = seconds }, or the header's \
             text",
        ),
    ] {
        let error = FaultPlan::parse(text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{error}\nfor\n{text}");
    }
}

/// It would be set, and nothing would ever come of it.
#[test]
fn a_fault_that_could_hit_nothing_is_refused_with_its_line() {
    let names_no = |operation: &str, key: &str, names: &str| {
        let text =
            format!("[[fault]]\noperation = \"{operation}\"\naction = \"close\"\n{key} = \"x\"\n");
        let expected = format!(
            "fault file:4: a request for {operation} names no {key}, so this hits nothing; it can be \
             matched by: {names}"
        );
        (text, expected)
    };
    for (text, expected) in [
        names_no("get_endpoint", "org", "endpoint"),
        names_no("chat_completions", "version", "endpoint"),
        names_no("list_endpoints", "endpoint", "org"),
        names_no("upload_model_version", "version", "org, architecture"),
        names_no("delete_model_version", "endpoint", "org, architecture, version"),
        (
            "[[fault]]\naction = { rate_limit = { burst = 0, per_minute = 6 } }\n".into(),
            "fault file:2: expected a burst of at least 1: with 0 no request could come, ever".into(),
        ),
        (
            "[[fault]]\naction = { answer = { status = 200, content_type = \"a\\nb\", body = \"\" } }\n"
                .into(),
            "fault file:2: no header can have the content_type \"a\\nb\": expected no control \
             characters"
                .into(),
        ),
        (
            "[[fault]]\naction = { handled_then = { status = 504, retry_after = \"\\u0000\" } }\n"
                .into(),
            "fault file:2: no header can have the retry_after \"\\0\": expected no control characters"
                .into(),
        ),
        (
            "[[fault]]\naction = { handled_then = { status = 99 } }\n".into(),
            "fault file:2: expected a status from 200 to 999, not 99".into(),
        ),
        (
            "[[sync]]\narchitecture = \"a\"\noutcome = { ends = { status = \"done\" } }\n".into(),
            "fault file:3: a sync that ends as \"done\" is a good one: use \"succeeds\"".into(),
        ),
    ] {
        let error = FaultPlan::parse(&text).expect_err(&text).to_string();
        assert_eq!(error, expected);
    }
    // A deploy names all four.
    let text = "[[fault]]\noperation = \"deploy_model\"\norg = \"o\"\narchitecture = \"a\"\n\
                version = \"1\"\nendpoint = \"e\"\naction = \"close\"\n";
    FaultPlan::parse(text).expect("a plan");
}

#[tokio::test]
async fn a_world_file_sets_the_journals_limit() {
    let file = WorldFile::parse("journal_limit = 2\n").expect("a world");
    let rig = Rig::with(Builder::from(file)).await;
    for _ in 0..3 {
        rig.get("orgs/my-org/models").await.ok();
    }
    assert_eq!(rig.simulator.journal().len(), 2);
    assert_eq!(rig.simulator.journal_dropped(), 1);
}

#[tokio::test]
async fn a_name_that_the_world_does_not_have_is_refused_with_its_line() {
    let path = std::env::temp_dir().join(format!("faults-{}.toml", std::process::id()));
    let text = "[[rollout]]\nendpoint = \"my-org-gpt-oss-120b\"\noutcome = \"completes\"\n\n\
                [[rollout]]\noutcome = \"completes\"\nendpoint = \"my-org\"\n";
    std::fs::write(&path, text).expect("a file");
    let builder = Simulator::builder().fault_file(&path).expect("a plan");
    std::fs::remove_file(&path).expect("it is there");
    let error = builder.start().await.expect_err("no such endpoint");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let expected = format!(
        "{}:7: the world has no endpoint \"my-org\"; expected one of: my-org-gpt-oss-120b, \
         my-org-llama3.1-8b",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_that_is_no_text_is_refused_with_its_line() {
    let path = std::env::temp_dir().join(format!("world-{}.toml", std::process::id()));
    std::fs::write(&path, b"# a world\nspeed = \"\xff\"\n").expect("a file");
    let error = WorldFile::read(&path).expect_err("no text");
    std::fs::remove_file(&path).expect("it is there");
    assert_eq!(error.line(), Some(2));
    assert_eq!(
        error.to_string(),
        format!("{}:2: expected UTF-8", path.display())
    );
}

#[test]
fn a_version_with_weights_elsewhere_than_in_s3_is_refused_with_its_line() {
    let text = "[[org]]\nname = \"o\"\narchitectures = [\"a\"]\n[[org.version]]\n\
                architecture = \"a\"\nweight_uri = \"http://b/x\"\n";
    let error = WorldFile::parse(text).expect_err("no weights");
    assert_eq!(
        error.to_string(),
        "world file:6: \"http://b/x\" is no weight URI: expected s3://<bucket>/<prefix>"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = WorldFile::read("no/such/world.toml").expect_err("no file");
    assert_eq!(error.line(), None);
    let error = error.to_string();
    assert!(
        error.starts_with("no/such/world.toml: cannot be read: "),
        "{error}"
    );
}

/// A large one is read in pieces, which nobody is to see.
#[test]
fn a_large_world_file_is_read_like_any_other() {
    let org = "[[org]]\nname = \"o\"\narchitectures = [\"a\"]\n";
    let version =
        |n| format!("[[org.version]]\narchitecture = \"a\"\nweight_uri = \"s3://b/{n}\"\n");
    let text = org.to_owned() + &(0..20_000).map(version).collect::<String>();
    assert!(text.len() > 1 << 20);
    let file = WorldFile::parse(&text).expect("a world");
    let versions = &file.orgs[0].versions;
    let uris = versions.iter().map(|version| version.weight_uri.as_str());
    assert!(uris.eq((0..20_000).map(|n| format!("s3://b/{n}"))));

    for (wrong, expected) in [
        ("weight = 1\n", "world file:60004: unknown field `weight`"),
        ("aliases = [\"A\"]\n", "world file:60004: \"A\" is no alias"),
    ] {
        let error = WorldFile::parse(&(text.clone() + wrong)).expect_err(wrong);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

/// One document, in two places.
#[tokio::test]
async fn the_document_is_served() {
    let rig = Rig::start().await;
    let url = format!("{}/openapi.json", rig.simulator.base_url());
    let answer = rig.client.get(url).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let served = answer.text().await.expect("a body");
    let path = format!(
        "{}/../../openapi/management.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let merged = std::fs::read_to_string(path).expect("the merged document");
    assert_eq!(served, merged);
    assert_eq!(rig.simulator.journal(), []);
}
