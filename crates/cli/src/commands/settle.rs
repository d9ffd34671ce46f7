//! `cbm settle`: after an unknown outcome, whether it has happened.

use cerebras_management::{Client, Error, ErrorKind, MoveIntent, Pending, Resumed};
use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::output::record::SettledRecord;

/// After an unknown outcome: look whether it has happened. Nothing is written
///
/// Exit code 0 says that it has, 4 that nothing of it is there, or that a move is half done, 5 that
/// a move is not done, or that another upload has the key, and 9 that it cannot be told, as when the
/// service is not reached or refuses the key. With 2 and 3 nothing was looked at: the word is no
/// unknown outcome of this service, or there is no key.
#[derive(Args, Debug)]
pub(crate) struct Settle {
    /// The word that the error printed, which begins with "cbm1,"
    handle: String,
}

impl Settle {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let word = self.handle.trim();
        if word.starts_with("cbm1,move,") {
            return settle_move(context, &client, word).await;
        }
        if word.starts_with("cbm1,upload,") || word.starts_with("cbm1,rollout,") {
            return Err(
                Failure::usage("this has happened: the service has accepted it")
                    .why("it is the handle of an operation, and not of an unknown outcome")
                    .next(format!("`cbm wait {word}` waits for its end")),
            );
        }
        let pending: Pending = word
            .parse()
            .doing(|| "this is no unknown outcome".to_owned())?;
        let found = client.settle(&pending).await;
        let found = found.map_err(|error| not_told(error, &pending))?;
        let record = match found {
            Some(Resumed::Upload(upload)) => SettledRecord {
                happened: true,
                handle: Some(upload.handle().to_string()),
                version: Some(upload.name().to_string()),
                endpoint: None,
            },
            Some(Resumed::Rollout(rollout)) => {
                let handle = rollout.handle();
                SettledRecord {
                    happened: true,
                    version: Some(rollout.version().to_string()),
                    endpoint: handle.endpoint().map(ToString::to_string),
                    handle: Some(handle.to_string()),
                }
            }
            None => return Err(not_seen(&pending)),
        };
        if let Some(handle) = &record.handle {
            context.note(&format!(
                "it has happened; `cbm wait {handle}` waits for its end"
            ));
        }
        context.out.one(&record)
    }
}

fn not_seen(pending: &Pending) -> Failure {
    Failure::new(Exit::NotFound, "not_found", "nothing of it is there")
        .why("it was lost on its way, or the network still holds it")
        .next(
            "a few minutes after it was sent it is lost: run it again then; before that, settle \
             again",
        )
        .with_handle(pending)
}

/// A look that has failed tells nothing, so that the outcome is as unknown as before.
fn not_told(error: Error, word: &impl ToString) -> Failure {
    let what = "it cannot be told whether it has happened";
    let word = word.to_string();
    match error.kind() {
        // The word is of another service.
        ErrorKind::InvalidInput => Failure::of(error, what),
        // It was looked, and another upload was found.
        ErrorKind::Conflict => Failure::of(error, what).with_handle(&word),
        _ => Failure::of_a_look(error, what, &word),
    }
}

async fn settle_move(context: &Context, client: &Client, word: &str) -> Result<()> {
    let intent: MoveIntent = word
        .parse()
        .doing(|| "this is no unknown outcome".to_owned())?;
    let what = || format!("the move of {} is not done", intent.alias());
    let moving = client.resume_move(&intent);
    let moving = moving.map_err(|error| not_told(error, &intent))?;
    let plan = moving.plan().await.map_err(|error| match error.kind() {
        // It was looked, and the alias names another version.
        ErrorKind::Conflict => Failure::of(error, what()),
        _ => not_told(error, &intent),
    })?;
    if !plan.steps().is_empty() {
        return Err(Failure::new(Exit::NotFound, "not_found", what())
            .why(format!(
                "no version has the alias now; it was to name {}",
                intent.to()
            ))
            .next(format!(
                "`cbm alias move --resume {intent}` goes on with it"
            ))
            .with_handle(&intent));
    }
    context.out.one(&SettledRecord {
        happened: true,
        handle: None,
        version: Some(intent.to().to_string()),
        endpoint: None,
    })
}
