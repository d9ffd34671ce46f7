//! Waits over real HTTP, polling as often as a schedule allows.

mod rollout;
mod upload;

use cerebras_management::{Change, Operation, Tracked};
use futures_util::StreamExt;
use regex::Regex;
use serde_json::{Value, json};

use crate::harness::at_once;
use crate::harness::service::{Answer, ok, page, status};

/// What a watch tells: each progress in words, and whether it ended well.
async fn changes<T: Tracked>(operation: &Operation<T>) -> Vec<String> {
    let watch = operation.watch().schedule(at_once());
    let told = watch.map(|change| match change {
        Ok(Change::Progress(progress)) => progress.to_string(),
        Ok(Change::Done(_)) => "Done".to_owned(),
        Ok(_) => "something new".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    });
    told.collect().await
}

/// Answers that tell nothing of the operation, and so must not end a wait.
fn faults() -> [Answer; 9] {
    let detail = |code| status(code, json!({"detail": "not now"}));
    [
        detail(500),
        detail(503),
        detail(429),
        page(502),
        page(200),
        page(403),
        Answer::text(200, "application/json", "{\"name\": \"orgs/my"),
        ok(Value::Null),
        ok(
            json!({"name": "of something else", "done": true, "model_arch_id": "x",
                  "managing_org_name": "x", "created": 1, "updated": 1}),
        ),
    ]
}

/// A line without how long it took and how many polls.
fn timeless(line: &str) -> String {
    let seconds = Regex::new(r" (after|for) [0-9]+\.[0-9] s").unwrap();
    let polls = Regex::new(r"\([0-9]+ polls").unwrap();
    let line = seconds.replace(line, " $1 T");
    polls.replace(&line, "(N polls").into_owned()
}
