//! The one inference route: enough of it to see which version answers.

use super::ids::fingerprint;
use super::{Refusal, Request, World, version_name};
use crate::Fingerprint;
use crate::wire::{self, ChatRequest, Json};

impl World {
    pub(super) fn chat(&mut self, request: &Request) -> Result<Json, Refusal> {
        let chat = ChatRequest::read(&request.body)
            .map_err(|problem| Refusal::bad_inference(400, problem, "wrong_api_format"))?;
        let (now, settings) = (self.now, self.settings);
        let orgs = &self.orgs;
        let endpoint = self.endpoints.get_mut(&chat.model);
        let endpoint = endpoint
            .filter(|endpoint| {
                let org = orgs.get(&endpoint.org);
                org.is_some_and(|org| org.inference_key == request.key)
            })
            .ok_or_else(|| Refusal::no_such_model(&chat.model))?;
        let answerer = endpoint.answerer(now);
        let answerer = answerer.ok_or_else(|| Refusal::serves_nothing(&chat.model))?;
        let version = version_name(&endpoint.org, &endpoint.architecture, answerer.version);
        let suffix = match settings.behaviour.fingerprint {
            Fingerprint::Echoed => answerer.fingerprint_suffix.as_deref(),
            Fingerprint::Omitted => None,
        };
        let system_fingerprint = fingerprint(&endpoint.architecture, suffix);
        endpoint.answered += 1;
        Ok(Json::of(&wire::ChatCompletion {
            id: format!("chatcmpl-{}", self.ids.uuid()),
            object: "chat.completion",
            created: settings.unix(now),
            model: chat.model,
            system_fingerprint,
            choices: vec![wire::ChatChoice {
                index: 0,
                message: wire::ChatMessage {
                    role: "assistant",
                    content: format!("Simulated answer from {version}."),
                },
                finish_reason: "stop",
            }],
            usage: wire::ChatUsage {
                prompt_tokens: 8,
                completion_tokens: 8,
                total_tokens: 16,
            },
        }))
    }
}
