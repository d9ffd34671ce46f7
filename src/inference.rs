//! One chat request to an endpoint: the last step of a deployment, to see what answers.

use std::future::IntoFuture;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::endpoints::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::Op;

const PATH: &str = "/v1/chat/completions";

impl Endpoint {
    /// Asks the endpoint one thing, with the inference key; see [`Chat`].
    pub fn chat(&self, text: impl Into<String>) -> Chat {
        Chat {
            endpoint: self.clone(),
            text: text.into(),
            max_tokens: None,
        }
    }
}

/// A chat request to be, of one user message. It is a smoke test, not an inference client.
///
/// It needs [`ClientBuilder::inference_key`](crate::ClientBuilder::inference_key), which is not
/// the management key, and goes to `/v1/chat/completions` under the client's base URL.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) without an inference key, before anything is
/// sent; [`Unauthorized`](crate::ErrorKind::Unauthorized) when that key is refused.
#[derive(Clone, Debug)]
#[must_use = "a chat request is sent when it is awaited"]
pub struct Chat {
    endpoint: Endpoint,
    text: String,
    max_tokens: Option<u32>,
}

impl Chat {
    /// The most tokens that the answer may have.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    async fn send(self) -> Result<ChatAnswer> {
        let op = Op::CHAT;
        let request = Request {
            model: self.endpoint.id().as_str(),
            messages: [Message {
                role: "user",
                content: &self.text,
            }],
            max_completion_tokens: self.max_tokens,
        };
        let transport = self.endpoint.client().transport();
        let about = |error: Error| {
            let error = error.about(format_args!("chat with {}", self.endpoint.id()));
            match error.kind() {
                ErrorKind::Unauthorized => error.remedy_is_rather(
                    "use an inference key; it is not the management key, and it is found under \
                     \"API keys\" at https://cloud.cerebras.ai",
                ),
                _ => error,
            }
        };
        let answer: Answer = transport
            .post_inference(op, PATH, &request)
            .await
            .map_err(about)?;
        let text = answer.choices.into_iter().next();
        Ok(ChatAnswer {
            text: text
                .and_then(|choice| choice.message.content)
                .unwrap_or_default(),
            system_fingerprint: answer.system_fingerprint,
        })
    }
}

impl IntoFuture for Chat {
    type Output = Result<ChatAnswer>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What the endpoint answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChatAnswer {
    /// The text; empty when the answer has none.
    pub text: String,
    /// What answered, as the service names it. That it carries the suffix given at the upload is
    /// assumed from the field's name; no page says so.
    pub system_fingerprint: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    choices: Vec<Choice>,
    system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    message: AnswerMessage,
}

#[derive(Deserialize)]
struct AnswerMessage {
    content: Option<String>,
}
