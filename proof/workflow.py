"""The published workflow, by a client that openapi-python-client made of the document.

Usage: workflow.py BASE_URL, of a simulator in its default world. `generated`, the client's
package, has to be importable.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import httpx
from generated import AuthenticatedClient
from generated.api.default import (
    delete_model_version,
    deploy_model,
    get_endpoint,
    get_model_version,
    list_endpoints,
    list_model_architectures,
    list_model_versions,
    update_model_version_aliases,
    upload_model_version,
)
from generated.models import (
    EndpointDeployModelRequest,
    ModelVersionUpdateAliasesRequest,
    ModelVersionUploadRequest,
    ModelVersionUploadRequestModel,
)

ORG = "my-org"
ARCHITECTURE = "gpt-oss-120b"
ENDPOINT = "my-org-gpt-oss-120b"
# The simulator's keys are public.
MANAGEMENT_KEY = "simulated-management-key"
INFERENCE_KEY = "simulated-inference-key"

T = TypeVar("T")


def main(base_url: str) -> None:
    with AuthenticatedClient(base_url=base_url, token=MANAGEMENT_KEY) as client:
        find_what_there_is(client)
        upload(client, 1, ["production"], "run-1")
        deploy(client, 1)
        assert chat(base_url) == (200, "run-1")

        # The new weights, checked under an alias of their own and then put in production.
        upload(client, 2, ["candidate"], "run-2")
        move_production(client)
        deploy(client, 2)
        assert chat(base_url) == (200, "run-2")

        delete(client)
    with AuthenticatedClient(base_url=base_url, token=INFERENCE_KEY) as stranger:
        refused = list_endpoints.sync_detailed(ORG, client=stranger)
        assert (refused.status_code, refused.parsed) == (401, None), refused


def find_what_there_is(client: AuthenticatedClient) -> None:
    architectures = answer(list_model_architectures.sync_detailed(ORG, client=client))
    assert architectures == {"model_architectures": ["gpt-oss-120b", "llama3.1-8b"]}
    endpoints = answer(list_endpoints.sync_detailed(ORG, client=client))["endpoints"]
    assert [(one["endpoint_id"], one["model_arch_id"], one["org_name"]) for one in endpoints] == [
        ("my-org-gpt-oss-120b", "gpt-oss-120b", ORG),
        ("my-org-llama3.1-8b", "llama3.1-8b", ORG),
    ], endpoints
    assert listed(client) == []


def upload(client: AuthenticatedClient, version: int, aliases: list[str], suffix: str) -> None:
    """Uploads weights, and returns when they are synced."""
    uri = f"s3://my-bucket/{suffix}"
    model = ModelVersionUploadRequestModel(
        weight_uri=uri, version_aliases=aliases, system_fingerprint_suffix=suffix
    )
    body = ModelVersionUploadRequest(model_arch_id=ARCHITECTURE, model=model)
    uploaded = answer(upload_model_version.sync_detailed(ORG, client=client, body=body))
    recorded = {"customer_s3_uri": uri, "version_aliases": aliases}
    assert uploaded == {
        "name": name(version),
        "done": False,
        "response": {**recorded, "sync_status": "queued"},
    }, uploaded

    # By its alias, which stands wherever the integer does.
    synced = until(lambda: get(client, aliases[0]), lambda found: found["done"])
    assert synced == {
        "name": name(version),
        "done": True,
        "response": {**recorded, "sync_status": "done", "system_fingerprint_suffix": suffix},
    }, synced


def deploy(client: AuthenticatedClient, version: int) -> None:
    """Deploys a version, and returns when its rollout is complete."""
    body = EndpointDeployModelRequest(model=name(version))
    submitted = answer(deploy_model.sync_detailed(ENDPOINT, client=client, body=body))
    deployment = submitted["name"]
    response = submitted["response"]
    assert submitted == {
        "name": deployment,
        "done": False,
        "response": {
            "deployment_id": deployment,
            "endpoint_id": ENDPOINT,
            "org_name": ORG,
            "model_arch_id": ARCHITECTURE,
            "version_id": version,
            "created": response["created"],
            "updated": response["created"],
            "rollout_status": "not_started",
        },
    }, submitted

    def of_ours() -> dict[str, Any]:
        deployed = endpoint(client)["deployed_models"]
        (ours,) = [one for one in deployed if one["id"] == deployment]
        return ours

    complete = until(of_ours, lambda ours: ours["state"] not in ("not_started", "in_progress"))
    assert complete == {
        "id": deployment,
        "model": name(version),
        "version_alias": str(version),
        "created": response["created"],
        "state": "complete",
    }, complete


def move_production(client: AuthenticatedClient) -> None:
    """An alias has to leave one version before it can come to another."""
    taken = update(client, "2", ["candidate", "production"])
    assert (taken.status_code, taken.parsed) == (409, None), taken
    left = answer(update(client, "1", ["previous"]))
    assert left == {"name": name(1), "version_aliases": ["previous"]}, left
    moved = answer(update(client, "candidate", ["production"]))
    assert moved == {"name": name(2), "version_aliases": ["production"]}, moved
    assert listed(client) == [(name(1), True, ["previous"]), (name(2), True, ["production"])]


def delete(client: AuthenticatedClient) -> None:
    attempt = delete_model_version.sync_detailed(ORG, ARCHITECTURE, "previous", client=client)
    deleted = answer(attempt)
    assert deleted == {"message": f"Deleted model version {name(1)}"}, deleted
    gone = get_model_version.sync_detailed(ORG, ARCHITECTURE, "1", client=client)
    assert (gone.status_code, gone.parsed) == (404, None), gone
    assert listed(client) == [(name(2), True, ["production"])]


def chat(base_url: str) -> tuple[int, str]:
    """Asks the endpoint something: the status, and the suffix of what answered.

    The document has no inference route, so this is no part of the generated client.
    """
    body = {"model": ENDPOINT, "messages": [{"role": "user", "content": "Hello!"}]}
    headers = {"Authorization": f"Bearer {INFERENCE_KEY}"}
    response = httpx.post(f"{base_url}/v1/chat/completions", json=body, headers=headers)
    return response.status_code, response.json()["system_fingerprint"].rsplit("_", 1)[-1]


def get(client: AuthenticatedClient, version: str) -> dict[str, Any]:
    return answer(get_model_version.sync_detailed(ORG, ARCHITECTURE, version, client=client))


def endpoint(client: AuthenticatedClient) -> dict[str, Any]:
    found = answer(get_endpoint.sync_detailed(ENDPOINT, client=client))
    about = {key: found[key] for key in ("name", "model_arch_id", "managing_org_name")}
    assert about == {
        "name": ENDPOINT,
        "model_arch_id": ARCHITECTURE,
        "managing_org_name": ORG,
    }, found
    return found


def update(client: AuthenticatedClient, version: str, aliases: list[str]) -> Any:
    body = ModelVersionUpdateAliasesRequest(version_aliases=aliases)
    return update_model_version_aliases.sync_detailed(
        ORG, ARCHITECTURE, version, client=client, body=body
    )


def listed(client: AuthenticatedClient) -> list[tuple[str, bool, list[str]]]:
    versions = answer(list_model_versions.sync_detailed(ORG, ARCHITECTURE, client=client))
    return [
        (one["name"], one["done"], one["response"]["version_aliases"])
        for one in versions["model_versions"]
    ]


def name(version: int) -> str:
    return f"orgs/{ORG}/models/{ARCHITECTURE}/versions/{version}"


def answer(response: Any) -> dict[str, Any]:
    """What the generated models made of a 200, which is to be what was sent, and all declared."""
    assert response.status_code == 200, response
    understood = response.parsed.to_dict()
    assert understood == httpx.Response(200, content=response.content).json(), response
    assert not undeclared(response.parsed), response
    return understood


def undeclared(value: Any) -> list[str]:
    """The fields, at any depth, that the document does not name.

    A model keeps them in a dictionary, and has no other: what does not fit is left as one too.
    """
    if isinstance(value, dict):
        return list(value)
    if attrs.has(type(value)):
        value = [getattr(value, field.name) for field in attrs.fields(type(value))]
    return [name for one in value for name in undeclared(one)] if isinstance(value, list) else []


def until(look: Callable[[], T], is_end: Callable[[T], bool], seconds: float = 20.0) -> T:
    """Looks until it is the end, or too late."""
    deadline = time.monotonic() + seconds
    while not is_end(found := look()):
        assert time.monotonic() < deadline, f"after {seconds} s: {found}"
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
