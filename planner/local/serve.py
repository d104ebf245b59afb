"""`python serve.py MODEL`: llama.cpp serves a GGUF file until standard input ends.

Once it listens, it prints its address and the key that it asks for. It imports nothing of the rest of the
program, so that it is small and quick to start. Its parent holds the other end of standard input: however the
parent dies, standard input ends, and no server is left behind.
"""

import os
import secrets
import sys
from importlib import import_module
from threading import Thread
from typing import Any

CONTEXT = 8192
"""Tokens: instructions, examples, prompt and the longest plan together."""


def main(model: str) -> None:
    """Serve `model` to one request at a time, on every core that this process may use."""
    # From the start: the parent may die while the model is loaded.
    parent = Thread(target=_end_with_parent, daemon=True)
    parent.start()
    llama: Any = import_module("xllamacpp")  # a compiled package of the `local` extra, without types
    settings = llama.CommonParams()
    settings.model.path = model
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    # Without a key, any page in the user's browser could ask the model too.
    settings.api_keys = [key := secrets.token_hex(16)]
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    # The cores that this process may use can be fewer than the machine has.
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = cores
    server = llama.Server(settings)
    sys.stdout.write(f"\naddress {server.listening_address} {key}\n")
    sys.stdout.flush()
    # Nobody reads what else is written there, and a full pipe would block the server.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    parent.join()


def _end_with_parent() -> None:
    """Wait until standard input ends, and end this process at once."""
    # Without the lock of `sys.stdin`, on which the interpreter would fail when it ends.
    while os.read(0, 4096):
        pass
    # llama.cpp's own shutdown waits for a request that is under way; nobody is left to read its reply.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
