//! `cbm chat`: one request to what serves.

use cerebras_management::names::EndpointId;
use cerebras_management::{Client, Serving};
use clap::Args;

use super::suggest;
use crate::context::{Context, endpoint};
use crate::exit::Exit;
use crate::failure::{Doing, Failure, Result};
use crate::output::record::ChatRecord;

/// Ask an endpoint one thing, with the inference key, to see what answers
#[derive(Args, Debug)]
pub(crate) struct Chat {
    /// The endpoint's id
    endpoint: EndpointId,

    /// What to ask
    text: String,

    /// The most tokens that the answer may have
    #[arg(long, value_name = "TOKENS")]
    max_tokens: Option<u32>,
}

impl Chat {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        if !context.has_inference_key() {
            let failure = Failure::new(Exit::Access, "unauthorized", "no inference key");
            return Err(failure
                .why("CEREBRAS_API_KEY is not set, and no inference key is in the profile")
                .next(
                    "set CEREBRAS_API_KEY, or inference_key in a profile; it is found under \"API \
                     keys\" at https://cloud.cerebras.ai",
                ));
        }
        let client = context.client()?;
        let mut chat = endpoint(&client, &self.endpoint)?.chat(self.text);
        if let Some(tokens) = self.max_tokens {
            chat = chat.max_tokens(tokens);
        }
        let answer = chat.await;
        let answer = answer.doing(|| format!("cannot chat with {}", self.endpoint));
        let answer = match answer {
            Err(failure) if failure.kind() == "unavailable" => {
                Err(or_nothing_serves(&client, &self.endpoint, failure).await)
            }
            other => other,
        };
        let answer = suggest::endpoint(context, &client, &self.endpoint, answer).await?;
        let record = ChatRecord {
            endpoint: self.endpoint.to_string(),
            text: answer.text,
            system_fingerprint: answer.system_fingerprint,
        };
        context.out.text(&record.text, &record)?;
        if let Some(fingerprint) = &record.system_fingerprint {
            context.note(&format!("answered by {fingerprint}"));
        }
        Ok(())
    }
}

/// To try again later is no way out where nothing serves, which the management key tells.
async fn or_nothing_serves(client: &Client, id: &EndpointId, failure: Failure) -> Failure {
    let Ok(endpoint) = endpoint(client, id) else {
        return failure;
    };
    match endpoint.get().await {
        Ok(details) if matches!(details.serving(), Serving::Nothing) => failure.next(format!(
            "nothing serves there: `cbm deploy VERSION {id}` deploys a version"
        )),
        _ => failure,
    }
}
