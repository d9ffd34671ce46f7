//! The client that progenitor generates, with nothing around it, and its types.

mod raw {
    #![allow(
        clippy::all,
        dead_code,
        unreachable_pub,
        unused,
        mismatched_lifetime_syntaxes
    )]

    include!(concat!(env!("OUT_DIR"), "/raw.rs"));
}

use std::hint::black_box;
use std::time::Duration;

use harness::{
    ALIAS, ALIAS_NAME, ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, VERSION_NAME,
    no_such, repeat,
};
use raw::types;
use reqwest::header::{AUTHORIZATION, HeaderMap};

struct Progenitor {
    client: raw::Client,
    http: reqwest::Client,
    list: String,
    org: types::OrgName,
    architecture: types::ModelArchitectureId,
    version: types::VersionRef,
    endpoint: types::EndpointId,
    name: types::ModelVersionName,
}

impl Progenitor {
    /// The answer of the list, as it came.
    async fn listed(&self) -> Result<bytes::Bytes, reqwest::Error> {
        let answer = self.http.get(&self.list).send().await?;
        answer.error_for_status()?.bytes().await
    }
}

impl Contender for Progenitor {
    fn new(address: &str) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {KEY}").parse()?);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            client: raw::Client::new_with_client(address, http.clone()),
            http,
            list: format!("{address}/management/v1/orgs/{ORG}/models/{ARCHITECTURE}/versions"),
            org: ORG.parse()?,
            architecture: ARCHITECTURE.parse()?,
            version: VERSION.parse()?,
            endpoint: ENDPOINT.parse()?,
            name: VERSION_NAME.parse()?,
        })
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        let Self {
            client,
            org,
            architecture,
            version,
            ..
        } = &*self;
        match case {
            "alias" => return repeat(turns, || black_box(ALIAS).parse::<types::VersionAlias>()),
            "name" => {
                return repeat(turns, || {
                    black_box(ALIAS_NAME).parse::<types::ModelVersionName>()
                });
            }
            _ => {}
        }
        for _ in 0..turns {
            match case {
                "get" => {
                    let version = client.get_model_version(org, architecture, version);
                    drop(black_box(version.await?.into_inner()));
                }
                "deploy" => {
                    let body = types::EndpointDeployModelRequest {
                        model: self.name.clone(),
                    };
                    let deployed = client.deploy_model(&self.endpoint, &body);
                    drop(black_box(deployed.await?.into_inner()));
                }
                "list" => {
                    let versions = client.list_model_versions(org, architecture);
                    drop(black_box(versions.await?.into_inner()));
                }
                "list, its bytes alone" => drop(black_box(self.listed().await?)),
                "list, by serde_json" => {
                    let bytes = self.listed().await?;
                    let list: types::ModelVersionListResponse = serde_json::from_slice(&bytes)?;
                    drop(black_box(list));
                }
                _ => return no_such(case),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Progenitor>()
}
