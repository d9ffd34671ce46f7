"""What schemathesis is told beyond the document, and what it is to excuse."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

VERSION = "/management/v1/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}"
UPLOAD = "/management/v1/orgs/{org_name}/models:upload"
ARCHITECTURES = "/management/v1/orgs/{org_name}/models"
ENDPOINTS = "/management/v1/orgs/{org_name}/endpoints"
ENDPOINT = "/management/v1/endpoints/{endpoint_id}"
DEPLOY = f"{ENDPOINT}:deployModel"

ORG = {"org_name": "$request.path.org_name"}


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    close_answers(raw_schema)
    link_operations(raw_schema)


def close_answers(document: dict[str, Any]) -> None:
    """The document lets answers have unknown fields, for clients. The simulator has none."""
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)


def link_operations(document: dict[str, Any]) -> None:
    """Says which answers name what other operations take. It is published as prose only."""

    def link(path: str, method: str, operation: str, **values: Any) -> None:
        answer = document["paths"][path][method]["responses"]["200"]
        links = answer.setdefault("links", {})
        links[f"{operation}_{len(links)}"] = {"operationId": operation, **values}

    def link_version(path: str, method: str, architecture: str, version: str) -> None:
        parameters = {**ORG, "model_arch_id": architecture, "version_id": version}
        for operation in (
            "get_model_version",
            "update_model_version_aliases",
            "delete_model_version",
        ):
            link(path, method, operation, parameters=parameters)

    made = "$response.body#/name#regex:/versions/([0-9]+)$"
    link_version(UPLOAD, "post", "$request.body#/model_arch_id", made)
    own = "$request.path.model_arch_id"
    for method in ("get", "patch", "delete"):
        link_version(VERSION, method, own, "$request.path.version_id")
    for path, method, architecture in (
        (UPLOAD, "post", "$request.body#/model_arch_id"),
        (VERSION, "get", own),
    ):
        endpoint = {"endpoint_id": f"my-org-{{{architecture}}}"}
        model = {"model": "$response.body#/name"}
        link(path, method, "deploy_model", parameters=endpoint, requestBody=model)
    architecture = {**ORG, "model_arch_id": "$response.body#/model_architectures/0"}
    link(ARCHITECTURES, "get", "list_model_versions", parameters=architecture)
    for operation in ("get_endpoint", "deploy_model"):
        endpoint = {"endpoint_id": "$response.body#/endpoints/0/endpoint_id"}
        link(ENDPOINTS, "get", operation, parameters=endpoint)
    link(DEPLOY, "post", "get_endpoint", parameters={"endpoint_id": "$request.path.endpoint_id"})


@schemathesis.check
def refusals_have_their_shape(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """No body of a refusal is published. The simulator's is FastAPI's, as its README says."""
    if not 400 <= response.status_code < 500:
        return
    detail = response.json()["detail"]
    if response.status_code == 422:
        assert detail and all(set(error) == {"loc", "msg", "type"} for error in detail)
    else:
        assert isinstance(detail, str)


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext, failure: Any, case: Any, response: Any
) -> bool:
    """The one excuse: whether an endpoint is for a version's architecture is in no schema.

    The document cannot say it, so a request that is valid to it is refused here with a 400, which
    positive_data_acceptance does not know for a refusal by what is the case.
    """
    return not (
        failure.title == "Schema-valid request rejected"
        and case.operation.label == f"POST {DEPLOY}"
        and response.status_code == 400
        and re.fullmatch(
            r"Endpoint '.+' runs orgs/.+, not orgs/.+", response.json()["detail"], re.DOTALL
        )
    )
