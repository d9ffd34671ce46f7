//! The nine operations, each as one thing to call.

use std::future::Future;
use std::pin::Pin;

use cerebras_management::{Client, Result};
use serde_json::{Value, json};

use super::service::{Service, ok};
use super::{DEPLOYMENT, VERSION_1, endpoint, model, path, published, version_1};

type Sending = Pin<Box<dyn Future<Output = Result<Value>> + Send>>;

/// One of the nine, called so that it sends as few requests as it can.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// What its errors begin with.
    pub(crate) subject: &'static str,
    /// Whether version 1 is read before the request itself.
    pub(crate) reads_first: bool,
    /// Sends it, and tells something of the answer.
    pub(crate) send: fn(Client) -> Sending,
}

impl Operation {
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET"
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Answers each of the nine as published.
pub(crate) async fn good_service() -> Service {
    let service = Service::start().await;
    for operation in nine() {
        let answer = published::answer(operation.id);
        service.on(operation.method, operation.path, ok(answer));
    }
    service
}

const OF_VERSION_1: &str = "model version orgs/my-org/models/gpt-oss-120b/versions/1";

pub(crate) fn nine() -> [Operation; 9] {
    [
        Operation {
            id: "list_model_architectures",
            method: "GET",
            path: path::ARCHITECTURES,
            subject: "organization my-org",
            reads_first: false,
            send: |client| {
                Box::pin(async move {
                    let architectures = client.org("my-org")?.architectures().await?;
                    Ok(json!(architectures))
                })
            },
        },
        Operation {
            id: "list_model_versions",
            method: "GET",
            path: path::VERSIONS,
            subject: "architecture gpt-oss-120b of organization my-org",
            reads_first: false,
            send: |client| {
                Box::pin(async move {
                    let versions = model(&client).versions().await?;
                    Ok(versions.iter().map(|version| version.name()).collect())
                })
            },
        },
        Operation {
            id: "upload_model_version",
            method: "POST",
            path: path::UPLOAD,
            subject: "upload of s3://my-bucket/model-weights for gpt-oss-120b of organization my-org",
            reads_first: false,
            send: |client| {
                Box::pin(async move {
                    let upload = model(&client).upload("s3://my-bucket/model-weights");
                    Ok(json!(upload.await?.name()))
                })
            },
        },
        Operation {
            id: "get_model_version",
            method: "GET",
            path: path::VERSION_1,
            subject: OF_VERSION_1,
            reads_first: false,
            send: |client| {
                Box::pin(async move { Ok(json!(version_1(&client).get().await?.name())) })
            },
        },
        Operation {
            id: "update_model_version_aliases",
            method: "PATCH",
            path: path::VERSION_1,
            subject: OF_VERSION_1,
            reads_first: true,
            send: |client| {
                Box::pin(async move {
                    let none = version_1(&client).set_aliases([""; 0]).await?;
                    Ok(json!(none.name()))
                })
            },
        },
        Operation {
            id: "delete_model_version",
            method: "DELETE",
            path: path::VERSION_1,
            subject: OF_VERSION_1,
            reads_first: true,
            send: |client| {
                Box::pin(async move {
                    let delete = version_1(&client).delete();
                    let deleted = delete.even_if_aliased().even_if_deployed().await?;
                    Ok(json!(deleted.version.name()))
                })
            },
        },
        Operation {
            id: "list_endpoints",
            method: "GET",
            path: path::ENDPOINTS,
            subject: "organization my-org",
            reads_first: false,
            send: |client| {
                Box::pin(async move {
                    let endpoints = client.org("my-org")?.endpoints().await?;
                    Ok(endpoints.iter().map(|endpoint| &*endpoint.id).collect())
                })
            },
        },
        Operation {
            id: "get_endpoint",
            method: "GET",
            path: path::ENDPOINT,
            subject: "endpoint my-org-gpt-oss-120b",
            reads_first: false,
            send: |client| Box::pin(async move { Ok(json!(endpoint(&client).get().await?.id)) }),
        },
        Operation {
            id: "deploy_model",
            method: "POST",
            path: path::DEPLOY,
            subject: "deployment of orgs/my-org/models/gpt-oss-120b/versions/1 to my-org-gpt-oss-120b",
            reads_first: false,
            send: |client| {
                Box::pin(async move {
                    let deploy = endpoint(&client).deploy(VERSION_1).unchecked();
                    Ok(json!(deploy.await?.deployment_id()))
                })
            },
        },
    ]
}

/// What [`Operation::send`] tells of the published answers.
pub(crate) fn told(id: &str) -> Value {
    match id {
        "list_model_architectures" => json!(["gpt-oss-120b", "llama3.1-8b"]),
        "list_model_versions" => json!([VERSION_1, "orgs/my-org/models/gpt-oss-120b/versions/2"]),
        "list_endpoints" => json!(["my-org-gpt-oss-120b"]),
        "get_endpoint" => json!("my-org-gpt-oss-120b"),
        "deploy_model" => json!(DEPLOYMENT),
        _ => json!(VERSION_1),
    }
}

mod tests {
    use super::*;

    #[tokio::test]
    async fn each_of_the_nine_ends_well_when_all_answers_are_good() {
        for operation in nine() {
            let service = good_service().await;
            let before = ok(published::answer("get_model_version"));
            let after = ok(published::version(true, "done", &[]));
            if operation.id == "update_model_version_aliases" {
                service.in_turn("GET", path::VERSION_1, [before, after]);
            }
            let told_of = (operation.send)(service.client()).await;
            let told_of = told_of.unwrap_or_else(|error| panic!("{}: {error}", operation.id));
            assert_eq!(told_of, told(operation.id), "{}", operation.id);
            let lines = service.lines();
            let own = lines.iter().any(|line| line.starts_with(&operation.line()));
            assert!(own, "{}: {lines:?}", operation.id);
        }
    }
}
