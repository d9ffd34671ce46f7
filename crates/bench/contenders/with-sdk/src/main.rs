//! The SDK of this project.

use std::hint::black_box;

use cerebras_management::names::{ModelVersionName, VersionAlias};
use cerebras_management::{Client, ClientBuilder, Endpoint, ErrorKind, Model, Version};
use harness::{
    ALIAS, ALIAS_NAME, ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, no_such,
    repeat,
};

struct Sdk {
    address: String,
    model: Model,
    version: Version,
    endpoint: Endpoint,
}

fn client(address: &str) -> ClientBuilder {
    Client::builder().key(KEY).base_url(address)
}

impl Contender for Sdk {
    fn new(address: &str) -> Result<Self, Failure> {
        let client = client(address).build()?;
        let model = client.org(ORG)?.model(ARCHITECTURE)?;
        Ok(Self {
            address: address.to_owned(),
            version: model.version(VERSION)?,
            model,
            endpoint: client.endpoint(ENDPOINT)?,
        })
    }

    fn build(address: &str, case: &str, turns: u64) -> Result<(), Failure> {
        match case {
            "build for http" => repeat(turns, || client(address).build()),
            "build for https" => repeat(turns, || client("https://api.cerebras.ai").build()),
            _ => no_such(case),
        }
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        match case {
            "alias" => return repeat(turns, || black_box(ALIAS).parse::<VersionAlias>()),
            "name" => return repeat(turns, || black_box(ALIAS_NAME).parse::<ModelVersionName>()),
            _ => {}
        }
        for _ in 0..turns {
            match case {
                "get" => drop(black_box(self.version.get().await?)),
                "deploy" => {
                    let deploy = self.endpoint.deploy(&self.version).unchecked();
                    drop(black_box(deploy.await?));
                }
                "list" => drop(black_box(self.model.versions().await?)),
                other => match other.strip_prefix("list with a limit of ") {
                    Some(bytes) => list_within(&self.address, bytes.parse()?).await?,
                    None => return no_such(case),
                },
            }
        }
        Ok(())
    }
}

/// Asks for a list that may be larger than the limit.
async fn list_within(address: &str, limit: usize) -> Result<(), Failure> {
    let client = client(address).response_limit(limit).build()?;
    let model = client.org(ORG)?.model(ARCHITECTURE)?;
    match model.versions().await {
        Err(error) if error.kind() == ErrorKind::LimitExceeded => Ok(()),
        other => Ok(drop(black_box(other?))),
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Sdk>()
}
