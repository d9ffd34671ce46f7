//! The nine operations, each as one thing to call.

use std::future::Future;
use std::pin::Pin;

use cerebras_management::{Client, Error, ErrorKind, Result};
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

    /// Of a write that is looked for when it may have happened: what its error says that the
    /// published answers show, and the remedy.
    pub(crate) fn doubt(&self) -> Option<(&'static str, &'static str)> {
        match self.id {
            "upload_model_version" => Some((
                "it may have made orgs/my-org/models/gpt-oss-120b/versions/1: it may be older, \
                 since nobody looked before it was sent",
                "do not upload again blindly: Client::settle looks for it later; with an \
                 idempotency key it can be sent again",
            )),
            "deploy_model" => Some((
                "it may have made deployment 550e8400-e29b-41d4-a716-446655440000: it may be \
                 older, since nobody looked before it was sent",
                "do not deploy again blindly: Client::settle looks for it later, and \
                 Endpoint::get shows what there is",
            )),
            _ => None,
        }
    }

    /// The line of its error: what it says, and the remedy, if there is one.
    pub(crate) fn error_line(&self, says: &str, may: bool, remedy: Option<&str>) -> String {
        let doubt = self.doubt().filter(|_| may);
        let seen = doubt.map_or_else(String::new, |(seen, _)| format!(", and {seen}"));
        let may = if may {
            "; it may have taken effect all the same"
        } else {
            ""
        };
        let mut line = format!("{}: {says}{seen}{may}", self.subject);
        for remedy in remedy.into_iter().chain(doubt.map(|(_, remedy)| remedy)) {
            line.extend(["; ", remedy]);
        }
        line
    }

    /// Checks the kind of its error, which is that of the failed write itself when it is looked
    /// for in vain: that one is the source then.
    pub(crate) fn check_kind(&self, error: &Error, kind: ErrorKind) {
        if !error.may_have_happened() || self.doubt().is_none() {
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!(error.pending(), None, "{error}");
            return;
        }
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
        assert!(error.pending().is_some(), "{error}");
        let failed = std::error::Error::source(error).expect("a source");
        let failed = failed.downcast_ref::<Error>().expect("our error");
        assert_eq!(failed.kind(), kind, "{failed}");
        assert_eq!(failed.status(), error.status());
        assert_eq!(failed.request_id(), error.request_id());
        let said = failed.to_string();
        assert!(said.starts_with(self.subject), "{said}");
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
                    Ok(upload.unchecked().await?.name().clone())
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
