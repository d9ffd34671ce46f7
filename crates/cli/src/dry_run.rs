//! `--dry-run`: everything is looked up and checked as always, and what would be written is shown.

use std::sync::{Arc, Mutex, PoisonError};

use cerebras_management::{ClientBuilder, MovePlan, MoveStep};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::output::{Format, Output, write};

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DryRun {
    /// Look and check, and show the requests that would be sent, without the key
    #[arg(long)]
    dry_run: bool,
}

impl DryRun {
    /// Where the writes of a dry run go.
    pub(crate) fn shown(self) -> Option<Shown> {
        self.dry_run.then(Shown::default)
    }
}

/// The writes that were shown in the place of being sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(Arc<Mutex<Vec<Request>>>);

/// One write. The names of its fields are public.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) body: Option<Value>,
}

#[derive(Serialize)]
struct All<'a> {
    dry_run: bool,
    requests: &'a [Request],
}

impl Request {
    fn line(&self) -> String {
        format!("{} {}\n", self.method, self.url)
    }
}

impl Shown {
    pub(crate) fn instead_of_writes(&self, builder: ClientBuilder) -> ClientBuilder {
        let shown = self.clone();
        builder.dry_run(move |request| {
            let body = request.body().and_then(|body| body.as_bytes());
            shown.add(Request {
                method: request.method().to_string(),
                url: request.url().to_string(),
                body: body.and_then(|body| serde_json::from_slice(body).ok()),
            });
        })
    }

    fn add(&self, request: Request) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(request);
    }

    /// What a plan would write; its own client would not get beyond the first of them.
    pub(crate) fn plan(&self, plan: &MovePlan) {
        let base = plan.intent().base_url();
        for step in plan.steps() {
            let (MoveStep::Remove {
                version, aliases, ..
            }
            | MoveStep::Add {
                version, aliases, ..
            }) = step
            else {
                continue;
            };
            self.add(Request {
                method: "PATCH".to_owned(),
                url: format!("{base}/management/v1/{version}"),
                body: Some(json!({ "version_aliases": aliases })),
            });
        }
    }

    /// Shows them, whatever the write has ended with, unless that is an error of a look or a
    /// check before it.
    pub(crate) fn conclude<T>(self, out: Output, result: Result<T>) -> Result<()> {
        let requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Err(failure), true) = (result, requests.is_empty()) {
            return Err(failure);
        }
        write(&match out.format {
            Format::Table if requests.is_empty() => "nothing would be sent\n".to_owned(),
            Format::Table => requests.iter().map(text).collect(),
            Format::Json => {
                let (dry_run, requests) = (true, requests.as_slice());
                serialised(serde_json::to_string_pretty(&All { dry_run, requests }))?
            }
            Format::Ndjson => {
                let lines = requests.iter();
                let lines = lines.map(|request| serialised(serde_json::to_string(request)));
                lines.collect::<Result<String>>()?
            }
            Format::Name => requests.iter().map(Request::line).collect(),
        })
    }
}

fn serialised(text: serde_json::Result<String>) -> Result<String> {
    Ok(text.map_err(|error| Failure::internal(error.to_string()))? + "\n")
}

fn text(request: &Request) -> String {
    let body = request.body.as_ref();
    let body = body.and_then(|body| serde_json::to_string_pretty(body).ok());
    let body = body.map_or_else(String::new, |body| body + "\n");
    request.line() + &body
}
