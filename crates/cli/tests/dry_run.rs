//! A dry run shows what is sent without it, to the byte of the body.

#![allow(missing_docs)]

mod harness;

use harness::{ARCHITECTURE, ENDPOINT, Service};
use serde_json::{Value, json};

/// The writes that reached the service.
fn written(service: &Service) -> Vec<Value> {
    let journal = service.simulator.journal().into_iter();
    let writes = journal.filter(|entry| entry.method != "GET");
    writes
        .map(|entry| {
            let url = format!("{}{}", service.simulator.base_url(), entry.path);
            json!({ "method": entry.method, "url": url, "body": entry.json() })
        })
        .collect()
}

#[test]
fn what_is_shown_is_what_is_sent() {
    let version = |n: u32| format!("{ARCHITECTURE}@{n}");
    let upload = ["upload", "s3://my-bucket/run-4", "--arch", ARCHITECTURE];
    for (arguments, count) in [
        (
            &[&upload[..], &["--alias", "run-4", "--no-wait"]].concat()[..],
            1,
        ),
        (
            &[&upload[..], &["--key", "job-17", "--no-wait"]].concat(),
            1,
        ),
        (&["deploy", "candidate", ENDPOINT, "--no-wait"], 1),
        (&["deploy", "production", ENDPOINT, "--no-wait"], 0),
        (&["alias", "add", &version(3), "run-3"], 1),
        (&["alias", "remove", &version(1), "run-1"], 1),
        (&["alias", "replace", &version(1), "--yes"], 1),
        (&["alias", "move", "production", "--to", &version(3)], 2),
        (&["versions", "delete", &version(3), "--yes"], 1),
    ] {
        let service = Service::fast();
        let dry = [arguments, &["--dry-run", "-o", "json"]].concat();
        let shown = service.run(&dry).ended(0).json();
        assert_eq!(written(&service), [Value::Null; 0], "{dry:?}");
        service.run(arguments).ended(0);
        let written = Value::from(written(&service));
        assert_eq!(shown["requests"], written, "{arguments:?}");
        assert_eq!(
            written.as_array().map(Vec::len),
            Some(count),
            "{arguments:?}"
        );
    }
}
