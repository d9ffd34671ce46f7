"""Uploads once with the generic `post` of the official Python SDK, and says how that ended."""

import sys

import cerebras.cloud.sdk as sdk

base_url, key, weights = sys.argv[1:]
client = sdk.Cerebras(base_url=base_url, api_key=key, warm_tcp_connection=False)
body = {"model_arch_id": "gpt-oss-120b", "model": {"weight_uri": weights}}
try:
    client.post("/management/v1/orgs/my-org/models:upload", body=body, cast_to=object)
    ended = "answered"
except sdk.APIError as error:
    ended = type(error).__name__
print(f"cerebras-cloud-sdk {sdk.__version__}, client.post | {ended}")
