//! What one would write by hand with hyper's pooled client and serde.

use std::hint::black_box;

use bytes::Bytes;
use harness::wire::{Deploy, Deployed, Version};
use harness::{
    ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, VERSION_NAME, no_such, repeat,
};
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;

struct Hyper {
    base: String,
    http: Client<HttpConnector, Full<Bytes>>,
}

fn http() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

impl Hyper {
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {KEY}"));
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let answer = self.http.request(request.body(body.into())?).await?;
        if !answer.status().is_success() {
            return Err(answer.status().to_string().into());
        }
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice(&body)?)
    }

    async fn get(&self) -> Result<Version, Failure> {
        let path = format!("/management/v1/orgs/{ORG}/models/{ARCHITECTURE}/versions/{VERSION}");
        self.ask(Method::GET, &path, Vec::new()).await
    }

    async fn deploy(&self) -> Result<Deployed, Failure> {
        let path = format!("/management/v1/endpoints/{ENDPOINT}:deployModel");
        let body = serde_json::to_vec(&Deploy {
            model: VERSION_NAME,
        })?;
        self.ask(Method::POST, &path, body).await
    }
}

impl Contender for Hyper {
    fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self {
            base: address.to_owned(),
            http: http(),
        })
    }

    fn build(_: &str, case: &str, turns: u64) -> Result<(), Failure> {
        match case {
            "build" => repeat(turns, || Ok::<_, Failure>(http())),
            _ => no_such(case),
        }
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        for _ in 0..turns {
            match case {
                "get" => drop(black_box(self.get().await?)),
                "deploy" => drop(black_box(self.deploy().await?)),
                _ => return no_such(case),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Hyper>()
}
