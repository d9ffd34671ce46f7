use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::{Operation, Request};

/// A request that is for no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unroutable {
    NotFound,
    /// `allow` is the value of the header.
    MethodNotAllowed {
        allow: String,
    },
}

/// The operation that a method and a path ask for, with the names in the path.
///
/// The path is cut at its slashes first and decoded then, so that an encoded slash stays inside
/// its name. Nothing is normalised: `..` is a name like any other, and names nothing.
pub(super) fn route(method: &Method, path: &str) -> Result<Request, Unroutable> {
    let segments = segments(path).ok_or(Unroutable::NotFound)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    // Which operation is set below.
    let names = Request::new(Operation::ListModelArchitectures, "");
    let (methods, names): (&[(&str, Operation)], _) = match segments[..] {
        ["management", "v1", "orgs", org, ref rest @ ..] => {
            let names = names.org(org);
            match *rest {
                ["models"] => (&[("GET", Operation::ListModelArchitectures)], names),
                ["models:upload"] => (&[("POST", Operation::UploadModelVersion)], names),
                ["endpoints"] => (&[("GET", Operation::ListEndpoints)], names),
                ["models", architecture, "versions"] => (
                    &[("GET", Operation::ListModelVersions)],
                    names.architecture(architecture),
                ),
                ["models", architecture, "versions", version] => (
                    &[
                        ("DELETE", Operation::DeleteModelVersion),
                        ("GET", Operation::GetModelVersion),
                        ("PATCH", Operation::UpdateModelVersionAliases),
                    ],
                    names.architecture(architecture).version(version),
                ),
                _ => return Err(Unroutable::NotFound),
            }
        }
        ["management", "v1", "endpoints", endpoint] => match deployment_target(endpoint) {
            // A GET of this is a GET of an endpoint with a strange name.
            Some(id) if method != Method::GET => {
                (&[("POST", Operation::DeployModel)], names.endpoint(id))
            }
            _ => (&[("GET", Operation::GetEndpoint)], names.endpoint(endpoint)),
        },
        ["v1", "chat", "completions"] => (&[("POST", Operation::ChatCompletions)], names),
        _ => return Err(Unroutable::NotFound),
    };
    let asked = methods.iter().find(|(name, _)| *name == method.as_str());
    let Some((_, operation)) = asked else {
        let names: Vec<_> = methods.iter().map(|(name, _)| *name).collect();
        let allow = names.join(", ");
        return Err(Unroutable::MethodNotAllowed { allow });
    };
    Ok(names.operation(*operation))
}

/// The endpoint of `{endpoint_id}:deployModel`. The verb comes after the last colon.
fn deployment_target(segment: &str) -> Option<&str> {
    let (id, verb) = segment.rsplit_once(':')?;
    (verb == "deployModel" && !id.is_empty()).then_some(id)
}

/// The decoded segments, unless one is empty or does not decode to UTF-8.
fn segments(path: &str) -> Option<Vec<String>> {
    let raw = path.strip_prefix('/')?.split('/');
    raw.map(|segment| {
        let decoded = percent_decode_str(segment).decode_utf8().ok()?;
        (!decoded.is_empty()).then(|| decoded.into_owned())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: &str, path: &str) -> Result<Request, Unroutable> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        route(&method, path)
    }

    fn request(operation: Operation) -> Request {
        Request::new(operation, "")
    }

    #[test]
    fn every_route_has_its_operation() {
        let version = |operation| {
            let request = request(operation).org("o").architecture("a");
            request.version("v")
        };
        let versions = "/management/v1/orgs/o/models/a/versions";
        let one = &format!("{versions}/v");
        let of_org = |operation| request(operation).org("o");
        for (method, path, expected) in [
            (
                "GET",
                "/management/v1/orgs/o/models",
                of_org(Operation::ListModelArchitectures),
            ),
            (
                "GET",
                versions,
                of_org(Operation::ListModelVersions).architecture("a"),
            ),
            (
                "POST",
                "/management/v1/orgs/o/models:upload",
                of_org(Operation::UploadModelVersion),
            ),
            ("GET", one, version(Operation::GetModelVersion)),
            ("PATCH", one, version(Operation::UpdateModelVersionAliases)),
            ("DELETE", one, version(Operation::DeleteModelVersion)),
            (
                "GET",
                "/management/v1/orgs/o/endpoints",
                of_org(Operation::ListEndpoints),
            ),
            (
                "GET",
                "/management/v1/endpoints/e",
                request(Operation::GetEndpoint).endpoint("e"),
            ),
            (
                "POST",
                "/management/v1/endpoints/e:deployModel",
                request(Operation::DeployModel).endpoint("e"),
            ),
            (
                "POST",
                "/v1/chat/completions",
                request(Operation::ChatCompletions),
            ),
        ] {
            assert_eq!(routed(method, path), Ok(expected), "{method} {path}");
        }
    }

    #[test]
    fn names_are_decoded_after_the_path_is_cut() {
        let expected = request(Operation::GetEndpoint).endpoint("a/b");
        assert_eq!(
            routed("GET", "/management/v1/endpoints/a%2Fb"),
            Ok(expected)
        );
        let expected = request(Operation::DeployModel).endpoint("a:b");
        let path = "/management/v1/endpoints/a%3Ab%3AdeployModel";
        assert_eq!(routed("POST", path), Ok(expected));
        let expected = request(Operation::ListEndpoints).org("..");
        let path = "/management/v1/orgs/../endpoints";
        assert_eq!(routed("GET", path), Ok(expected.clone()));
        let path = "/management/v1/orgs/%2e%2e/endpoints";
        assert_eq!(routed("GET", path), Ok(expected));
    }

    #[test]
    fn what_is_no_route_is_not_found() {
        for path in [
            "/",
            "*",
            "/management/v1",
            "/management/v1/orgs//models",
            "/management/v1/orgs/o/models/",
            "/management/v1/orgs/o/%ff/models",
            "/management/v1/orgs/%ff/models",
            "//management/v1/orgs/o/models",
            "/management/v2/orgs/o/models",
            "/v1/models",
        ] {
            assert_eq!(routed("GET", path), Err(Unroutable::NotFound), "{path}");
        }
    }

    #[test]
    fn a_wrong_method_learns_the_right_ones() {
        for (method, path, allow) in [
            ("POST", "/management/v1/orgs/o/models", "GET"),
            (
                "PUT",
                "/management/v1/orgs/o/models/a/versions/v",
                "DELETE, GET, PATCH",
            ),
            ("POST", "/management/v1/endpoints/e", "GET"),
            ("POST", "/management/v1/endpoints/e:undeploy", "GET"),
            ("POST", "/management/v1/endpoints/:deployModel", "GET"),
            ("DELETE", "/management/v1/endpoints/e:deployModel", "POST"),
            ("GET", "/v1/chat/completions", "POST"),
        ] {
            let allow = allow.to_owned();
            let expected = Err(Unroutable::MethodNotAllowed { allow });
            assert_eq!(routed(method, path), expected, "{method} {path}");
        }
    }
}
