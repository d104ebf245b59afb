"""llama.cpp's server, started for as long as it is needed, and gone with whoever started it."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from planner.errors import UserError, WorldError
from planner.local.weights import LOCAL, is_local, weights_file

SERVE = Path(__file__).with_name("serve.py")

LOADING = 600.0
"""Seconds that a model may take to be read from the disk."""

PATIENCE = 900.0
"""Seconds that a plan may take where no GPU helps: some 1,500 tokens at two a second."""


@dataclass(frozen=True)
class Served:
    """Where a language model is to be asked: the first arguments of `LLMPlanner`, by their names there.

    A local server has another port every time; `known_as` is what stays the same.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    known_as: str | None = None
    timeout: float = 300.0


@contextmanager
def reached(llm: str) -> Generator[Served, None, None]:
    """The model that --llm names; one that is local is served until the block ends.

    Raises as `local_model` does.
    """
    if is_local(llm):
        with local_model(weights_file(llm)) as served:
            yield served
    else:
        yield Served(llm)


@contextmanager
def local_model(weights: Path | str | None = None) -> Generator[Served, None, None]:
    """Serve a GGUF file, SmolLM2 where none is given, on a free port of 127.0.0.1 until the block ends.

    However the block ends, and if this process is killed, the server ends too. Raises `UserError` where the
    file or the extra `local` is missing, and `WorldError` where llama.cpp can't serve the file.
    """
    path = weights_file(LOCAL if weights is None else f"{LOCAL}:{weights}")
    check_extra()
    with tempfile.TemporaryFile() as log, _started(path, log) as server:
        address, key = _listening(server, path, log)
        yield Served(path.stem, f"{address}/v1", key, _identity(path), PATIENCE)


def check_extra() -> None:
    """Raise `UserError` where llama.cpp is not installed."""
    if find_spec("xllamacpp") is None:
        raise UserError(
            "a local language model needs xllamacpp: pip install -c constraints.txt -e '.[local]'"
        )


@contextmanager
def _started(weights: Path, log: IO[bytes]) -> Generator["subprocess.Popen[str]", None, None]:
    command = [sys.executable, "-P", str(SERVE), str(weights)]
    # A session of its own: Ctrl-C is for the parent, which ends the server when it has ended its own work.
    with subprocess.Popen(  # noqa: S603 (a fixed command)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def _listening(server: "subprocess.Popen[str]", weights: Path, log: IO[bytes]) -> tuple[str, str]:
    """The address and the key that the server prints once it listens."""
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
    raise WorldError(f"{weights}: llama.cpp can't serve it: {_reason(log)}")


def _reason(log: IO[bytes]) -> str:
    """The first error in llama.cpp's log, which is the cause of those after it; else the last line."""
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines() or ["it says nothing"]
    return next((line.partition(" E ")[2] for line in lines if " E " in line), lines[-1]).strip()


def _identity(weights: Path) -> str:
    """What tells this file from another that had its name before."""
    known = weights.stat()
    return f"{weights.resolve()} ({known.st_size} bytes, {known.st_mtime_ns})"
