"""`python serve.py MODEL`: llama.cpp serves a GGUF file until standard input ends, and prints its address."""

import sys
from importlib import import_module
from typing import Any


def main(model: str) -> None:
    """Serve `model` on one core and a port of its own."""
    llama: Any = import_module("xllamacpp")  # a compiled package of the `local` extra, without types
    settings = llama.CommonParams()
    settings.model.path = model
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = 8192
    settings.n_parallel = 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    server = llama.Server(settings)
    sys.stdout.write(f"\naddress {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
