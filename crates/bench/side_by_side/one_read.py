"""Reads one thing with the generic `get` of the official Python SDK, and prints it."""

import sys

import cerebras.cloud.sdk as sdk

base_url, key, path = sys.argv[1:]
client = sdk.Cerebras(base_url=base_url, api_key=key, warm_tcp_connection=False)
print(client.get(path, cast_to=object))
