//! A simulator on a manual clock and a client for it.
#![allow(dead_code)]

use std::time::Duration;

use cerebras_management_simulator::{Behaviour, Builder, INFERENCE_KEY, MANAGEMENT_KEY, Simulator};
use reqwest::{Client, Method};
use serde_json::{Value, json};

pub(crate) const ENDPOINT: &str = "my-org-gpt-oss-120b";

pub(crate) struct Rig {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
}

/// An answer, with what was asked, for messages.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.asked, self.body);
        self.body
    }

    /// The status and body.
    pub(crate) fn refusal(self) -> (u16, Value) {
        (self.status, self.body)
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(Simulator::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        let simulator = builder.manual_clock().start().await;
        Self {
            simulator: simulator.expect("a simulator"),
            client: Client::new(),
        }
    }

    /// With switches by name.
    pub(crate) async fn behaving(switches: &[(&str, &str)]) -> Self {
        let mut behaviour = Behaviour::default();
        for (name, value) in switches {
            behaviour.set(name, value).expect("a switch and its value");
        }
        Self::with(Simulator::builder().behaviour(behaviour)).await
    }

    /// Version 1 of `gpt-oss-120b` serves its endpoint.
    pub(crate) async fn serving_one_version() -> Self {
        let rig = Self::start().await;
        rig.serve_one_version().await;
        rig
    }

    pub(crate) async fn serve_one_version(&self) {
        self.upload("s3://my-bucket/first").await;
        self.deploy("1").await.ok();
        self.simulator.advance(Duration::from_secs(95));
    }

    /// Uploads to `gpt-oss-120b` and waits until it is synced.
    pub(crate) async fn upload(&self, uri: &str) -> Value {
        let body = json!({ "model_arch_id": "gpt-oss-120b", "model": { "weight_uri": uri } });
        let answer = self.post("orgs/my-org/models:upload", &body).await.ok();
        self.simulator.advance(Duration::from_secs(125));
        answer
    }

    pub(crate) async fn deploy(&self, reference: &str) -> Answer {
        let model = format!("orgs/my-org/models/gpt-oss-120b/versions/{reference}");
        let path = format!("endpoints/{ENDPOINT}:deployModel");
        self.post(&path, &json!({ "model": model })).await
    }

    pub(crate) async fn chat(&self, model: &str) -> Answer {
        let messages = json!([{ "role": "user", "content": "Hello!" }]);
        let body = json!({ "model": model, "messages": messages });
        let path = "/v1/chat/completions";
        self.send(Method::POST, path, INFERENCE_KEY, Some(&body))
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.manage(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.manage(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.manage(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.manage(Method::DELETE, path, None).await
    }

    pub(crate) async fn manage(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let path = format!("/management/v1/{path}");
        self.send(method, &path, MANAGEMENT_KEY, body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Answer {
        let asked = format!("{method} {path}");
        let url = format!("{}{path}", self.simulator.base_url());
        let mut request = self.client.request(method, url).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.json().await.expect("an answer in JSON");
        Answer {
            asked,
            status,
            body,
        }
    }
}
