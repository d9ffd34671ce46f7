"""Reads the header of each safetensors file of a repository, as huggingface_hub does it.

Prints the seconds of that alone, without the start of Python and its imports, and what it has read.
"""

import sys
import time

from huggingface_hub import HfApi

endpoint, repository = sys.argv[1:]
api = HfApi(endpoint=endpoint, token=False)
began = time.perf_counter()
read = api.get_safetensors_metadata(repository)
seconds = time.perf_counter() - began
tensors = sum(len(file.tensors) for file in read.files_metadata.values())
print(seconds, len(read.files_metadata), tensors)
