//! `cbm chat`: one request to what serves.

use cerebras_management::names::EndpointId;
use clap::Args;

use super::suggest;
use crate::context::{Context, endpoint};
use crate::failure::{Doing, Result};
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
        let client = context.client()?;
        let mut chat = endpoint(&client, &self.endpoint)?.chat(self.text);
        if let Some(tokens) = self.max_tokens {
            chat = chat.max_tokens(tokens);
        }
        let answer = chat.await;
        let answer = answer.doing(|| format!("cannot chat with {}", self.endpoint));
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
