use serde_json::Value;

use crate::{Operation, Request};

/// What a request is about, by the names it gives: those of its path, and those in its body where
/// the path has none. Empty where it gives none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// None for a request that is for no operation.
    pub(crate) operation: Option<Operation>,
    pub(crate) org: &'a str,
    pub(crate) architecture: &'a str,
    pub(crate) version: &'a str,
    pub(crate) endpoint: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let in_path = Self {
            operation: Some(request.operation),
            org: &request.org,
            architecture: &request.architecture,
            version: &request.version,
            endpoint: &request.endpoint,
        };
        let field = |name| request.body.get(name).and_then(Value::as_str).unwrap_or("");
        match request.operation {
            Operation::UploadModelVersion => Self {
                architecture: field("model_arch_id"),
                ..in_path
            },
            Operation::ChatCompletions => Self {
                endpoint: field("model"),
                ..in_path
            },
            Operation::DeployModel => {
                let parts: Vec<&str> = field("model").split('/').collect();
                match parts[..] {
                    ["orgs", org, "models", architecture, "versions", version] => Self {
                        org,
                        architecture,
                        version,
                        ..in_path
                    },
                    _ => in_path,
                }
            }
            _ => in_path,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_come_from_the_path_and_from_the_body() {
        let request = Request::new(Operation::GetModelVersion, "")
            .org("o")
            .architecture("a")
            .version("production");
        let of_version = Target {
            operation: Some(Operation::GetModelVersion),
            org: "o",
            architecture: "a",
            version: "production",
            endpoint: "",
        };
        assert_eq!(Target::of(&request), of_version);

        let body = json!({ "model": "orgs/o/models/a/versions/7" });
        let request = Request::new(Operation::DeployModel, "");
        let request = request.endpoint("e").body(body);
        let of_deploy = Target {
            operation: Some(Operation::DeployModel),
            version: "7",
            endpoint: "e",
            ..of_version
        };
        assert_eq!(Target::of(&request), of_deploy);

        let request = Request::new(Operation::UploadModelVersion, "").org("o");
        let request = request.body(json!({ "model_arch_id": "a" }));
        assert_eq!(Target::of(&request).architecture, "a");
        let request = Request::new(Operation::ChatCompletions, "");
        let request = request.body(json!({ "model": "e" }));
        assert_eq!(Target::of(&request).endpoint, "e");
    }

    #[test]
    fn a_body_that_is_wrong_names_nothing() {
        for body in [
            json!(null),
            json!([1]),
            json!({ "model": 7 }),
            json!({ "model": "7" }),
        ] {
            let request = Request::new(Operation::DeployModel, "").body(body);
            let expected = Target {
                operation: Some(Operation::DeployModel),
                ..Target::default()
            };
            assert_eq!(Target::of(&request), expected);
        }
    }
}
