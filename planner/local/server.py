"""llama.cpp's server: it runs as long as it is needed, and ends with the process that started it."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from planner.errors import UserError, WorldError
from planner.local.weights import LOCAL, is_local, weights_file

SERVE = Path(__file__).with_name("serve.py")

LOADING = 600.0
"""Seconds that a model may take to be read from the disk."""

PATIENCE = 900.0
"""Seconds that a plan may take without a GPU: some 1,500 tokens at two a second."""


@dataclass(frozen=True)
class Served:
    """The address of a language model: the first arguments of `LLMPlanner`, by their names there.

    A local server has another port every time; `known_as` is what stays the same. `timeout` is in seconds.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    known_as: str | None = None
    timeout: float = 300.0


@contextmanager
def open_model(llm: str) -> Generator[Served, None, None]:
    """The model that --llm names; a local one is served until the block ends.

    Raises as `local_model` does.
    """
    if is_local(llm):
        with local_model(weights_file(llm)) as served:
            yield served
    else:
        yield Served(llm)


@contextmanager
def local_model(weights: Path | str | None = None) -> Generator[Served, None, None]:
    """Serve a GGUF file, by default SmolLM2, on a free port of 127.0.0.1 until the block ends.

    The server ends however the block ends, and also if this process is killed. Raises `UserError` if the
    file or the extra `local` is missing, and `WorldError` if llama.cpp can't serve the file.
    """
    path = weights_file(LOCAL if weights is None else f"{LOCAL}:{weights}")
    check_extra()
    with (
        tempfile.TemporaryFile() as log,
        # A session of its own: Ctrl-C is for the parent, which ends the server when its own work has ended.
        subprocess.Popen(  # noqa: S603 (a fixed command)
            [sys.executable, "-P", str(SERVE), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as server,
    ):
        try:
            listening = _wait_until_listening(server)
            if listening is None:
                log.seek(0)
                lines = log.read().decode(errors="replace").strip().splitlines() or ["it says nothing"]
                # The first error causes those after it.
                reason = next((line.partition(" E ")[2] for line in lines if " E " in line), lines[-1])
                # It may quote what the file holds.
                reason = "".join(
                    one if one.isprintable() else ascii(one)[1:-1] for one in reason.strip()[:300]
                )
                raise WorldError(f"{path}: llama.cpp can't serve it: {reason}")
            address, key = listening
            known = path.stat()
            # Another file under the same name is another model.
            known_as = f"{path.resolve()} ({known.st_size} bytes, {known.st_mtime_ns})"
            yield Served(path.stem, f"{address}/v1", key, known_as, PATIENCE)
        finally:
            server.kill()


def _wait_until_listening(server: "subprocess.Popen[str]") -> tuple[str, str] | None:
    """The address and the key that the server prints once it listens; None if it ends or takes too long."""
    alarm = threading.Timer(LOADING, server.kill)
    alarm.daemon = True
    alarm.start()
    try:
        for line in server.stdout or ():
            if line.startswith("address "):
                _, address, key = line.split()
                return address, key
    finally:
        alarm.cancel()
    return None


def check_extra() -> None:
    """Raise `UserError` if llama.cpp is not installed."""
    if find_spec("xllamacpp") is None:
        raise UserError(
            "a local language model needs xllamacpp: pip install -c constraints.txt -e '.[local]'"
        )
