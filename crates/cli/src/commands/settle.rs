//! `cbm settle`: after an unknown outcome, whether it has happened.

use cerebras_management::{Client, MoveIntent, Pending, Resumed};
use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::output::record::SettledRecord;

/// After an unknown outcome: look whether it has happened. Nothing is written
///
/// Exit code 0 says that it has, 4 that nothing of it is there, and 9 that it cannot be told.
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
        let found = found.doing(|| "it cannot be told whether it has happened".to_owned())?;
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

async fn settle_move(context: &Context, client: &Client, word: &str) -> Result<()> {
    let intent: MoveIntent = word
        .parse()
        .doing(|| "this is no unknown outcome".to_owned())?;
    let what = || format!("the move of {} is not done", intent.alias());
    let plan = client
        .resume_move(&intent)
        .doing(what)?
        .plan()
        .await
        .doing(what)?;
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
