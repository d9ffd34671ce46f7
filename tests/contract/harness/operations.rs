//! The nine operations, each as one thing to call.

use std::future::Future;
use std::pin::Pin;

use cerebras_management::{Client, Result};
use serde_json::{Value, json};

use super::service::{Service, ok};
use super::{DEPLOYMENT, VERSION_1, endpoint, model, path, published, shown, version_1};

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

/// In the order of the published reference: reads and writes of models, then of endpoints.
pub(crate) fn nine() -> [Operation; 9] {
    let upload = "upload of s3://my-bucket/model-weights for gpt-oss-120b of organization my-org";
    let deployment =
        "deployment of orgs/my-org/models/gpt-oss-120b/versions/1 to my-org-gpt-oss-120b";
    let get = |id, path, subject, send| operation(id, "GET", path, subject, send);
    [
        get(
            "list_model_architectures",
            path::ARCHITECTURES,
            "organization my-org",
            |client| sending(async move { client.org("my-org")?.architectures().await }),
        ),
        get(
            "list_model_versions",
            path::VERSIONS,
            "architecture gpt-oss-120b of organization my-org",
            |client| {
                sending(async move {
                    let versions = model(&client).versions().await?;
                    Ok(versions.iter().map(shown::name).collect::<Vec<_>>())
                })
            },
        ),
        operation(
            "upload_model_version",
            "POST",
            path::UPLOAD,
            upload,
            |client| {
                sending(async move {
                    let upload = model(&client).upload("s3://my-bucket/model-weights");
                    Ok(upload.await?.name().clone())
                })
            },
        ),
        get(
            "get_model_version",
            path::VERSION_1,
            OF_VERSION_1,
            |client| sending(async move { Ok(shown::name(&version_1(&client).get().await?)) }),
        ),
        operation(
            "update_model_version_aliases",
            "PATCH",
            path::VERSION_1,
            OF_VERSION_1,
            |client| {
                sending(async move {
                    let none = version_1(&client).set_aliases([""; 0]).await?;
                    Ok(shown::name(&none))
                })
            },
        ),
        operation(
            "delete_model_version",
            "DELETE",
            path::VERSION_1,
            OF_VERSION_1,
            |client| {
                sending(async move {
                    let delete = version_1(&client).delete();
                    let deleted = delete.even_if_aliased().even_if_deployed().await?;
                    Ok(shown::name(&deleted.version))
                })
            },
        ),
        get(
            "list_endpoints",
            path::ENDPOINTS,
            "organization my-org",
            |client| {
                sending(async move {
                    let endpoints = client.org("my-org")?.endpoints().await?;
                    Ok(endpoints.into_iter().map(|it| it.id).collect::<Vec<_>>())
                })
            },
        ),
        get(
            "get_endpoint",
            path::ENDPOINT,
            "endpoint my-org-gpt-oss-120b",
            |client| sending(async move { Ok(endpoint(&client).get().await?.id) }),
        ),
        operation("deploy_model", "POST", path::DEPLOY, deployment, |client| {
            sending(async move {
                let deploy = endpoint(&client).deploy(VERSION_1).unchecked();
                Ok(deploy.await?.deployment_id().to_owned())
            })
        }),
    ]
}

fn operation(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    subject: &'static str,
    send: fn(Client) -> Sending,
) -> Operation {
    Operation {
        id,
        method,
        path,
        subject,
        reads_first: matches!(method, "PATCH" | "DELETE"),
        send,
    }
}

fn sending<T: serde::Serialize>(call: impl Future<Output = Result<T>> + Send + 'static) -> Sending {
    Box::pin(async move { Ok(serde_json::to_value(call.await?).expect("JSON")) })
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
