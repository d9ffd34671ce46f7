//! What one would write by hand with reqwest and serde.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use harness::wire::{Deploy, Deployed, List, Version};
use harness::{
    ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, VERSION_NAME, no_such, repeat,
};
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};

struct Reqwest {
    base: String,
    http: Client,
}

impl Reqwest {
    async fn get(&self) -> Result<Version, reqwest::Error> {
        let base = &self.base;
        let url =
            format!("{base}/management/v1/orgs/{ORG}/models/{ARCHITECTURE}/versions/{VERSION}");
        let answer = self.http.get(url).bearer_auth(KEY).send().await?;
        answer.error_for_status()?.json().await
    }

    async fn deploy(&self) -> Result<Deployed, reqwest::Error> {
        let url = format!(
            "{}/management/v1/endpoints/{ENDPOINT}:deployModel",
            self.base
        );
        let body = Deploy {
            model: VERSION_NAME,
        };
        let request = self.http.post(url).bearer_auth(KEY).json(&body);
        request.send().await?.error_for_status()?.json().await
    }

    async fn list(&self) -> Result<List, reqwest::Error> {
        let base = &self.base;
        let url = format!("{base}/management/v1/orgs/{ORG}/models/{ARCHITECTURE}/versions");
        let answer = self.http.get(url).bearer_auth(KEY).send().await?;
        answer.error_for_status()?.json().await
    }
}

/// The roots are compiled in.
fn with_own_roots() -> Result<Client, Failure> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder().tls_backend_preconfigured(tls).build()?)
}

impl Contender for Reqwest {
    fn new(address: &str) -> Result<Self, Failure> {
        let http = Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self {
            base: address.to_owned(),
            http,
        })
    }

    fn build(_: &str, case: &str, turns: u64) -> Result<(), Failure> {
        match case {
            "build" => repeat(turns, || Client::builder().build()),
            "build with compiled-in roots" => repeat(turns, with_own_roots),
            _ => no_such(case),
        }
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        for _ in 0..turns {
            match case {
                "get" => drop(black_box(self.get().await?)),
                "deploy" => drop(black_box(self.deploy().await?)),
                "list" => drop(black_box(self.list().await?)),
                _ => return no_such(case),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Reqwest>()
}
