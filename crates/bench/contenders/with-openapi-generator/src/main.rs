//! The client that openapi-generator generates for Rust and reqwest.

use std::hint::black_box;

use harness::{
    ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, VERSION_NAME, no_such,
};
use openapi_client::apis::configuration::Configuration;
use openapi_client::apis::default_api::{deploy_model, get_model_version, list_model_versions};
use openapi_client::models::EndpointDeployModelRequest;

struct Generated(Configuration);

impl Contender for Generated {
    fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self(Configuration {
            base_path: address.to_owned(),
            bearer_access_token: Some(KEY.to_owned()),
            ..Configuration::default()
        }))
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        let with = &self.0;
        for _ in 0..turns {
            match case {
                "get" => {
                    let version = get_model_version(with, ORG, ARCHITECTURE, VERSION);
                    drop(black_box(version.await?));
                }
                "deploy" => {
                    let body = EndpointDeployModelRequest::new(VERSION_NAME.to_owned());
                    drop(black_box(deploy_model(with, ENDPOINT, body).await?));
                }
                "list" => {
                    let versions = list_model_versions(with, ORG, ARCHITECTURE);
                    drop(black_box(versions.await?));
                }
                _ => return no_such(case),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Generated>()
}
