"""A scripted endpoint: the model's part is scripted, the HTTP server and the client before it are real."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, settings

Json = dict[str, Any]

MOST_WORKERS = 4
"""Processes that tests run in at most: each loads models of its own."""

FAST = ("not llm and not slow and not training and not hostile", "not llm and not slow")
"""What `pytest` runs by itself, as pyproject.toml has it, and what `.ci/run` runs."""


# A busy machine is slow, which is no fault of a test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# A run in the background of a shell inherits that Ctrl-C is ignored, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For all of the fast tests a process a core, each with its share of threads; for fewer, this process.

    Threads of several processes that wait for one another on the same cores make all of them crawl.
    """
    if config.args_source is not config.ArgsSource.TESTPATHS or config.option.markexpr not in FAST:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(cores, MOST_WORKERS)
    os.environ.setdefault("OMP_NUM_THREADS", str(cores // workers))
    return workers


@dataclass(frozen=True)
class Line:
    """One answer of the script."""

    status: int = 200
    message: Json = field(default_factory=dict[str, Any])
    finish: str = "stop"
    logprobs: Json | None = None
    raw: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0
    drip: float = 0.0


class Script:
    """What the endpoint answers, in order; its last line is repeated. `requests` are the bodies that came.

    Where there is a model that `sees`, it answers when the lines are used up: of a request it makes what it
    writes, and the log probabilities of that. Options over their `most` are refused, and requests of which
    `refuses` makes a message.
    """

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.requests: list[Json] = []
        self.lines: list[Line] = []
        self.lacks: set[str] = set()
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.refuses: Callable[[Json], str | None] | None = None
        self.usage: object = None
        self.sees: Callable[[Json], tuple[str, Json | None]] | None = None
        self.most: dict[str, int] = {}

    def says(self, reply: object, finish: str = "stop", seconds: float = 0.0) -> "Script":
        """The model writes `reply`: as it is if a string, else as JSON."""
        content = reply if isinstance(reply, str) else json.dumps(reply)
        self.lines.append(Line(message={"content": content}, finish=finish, seconds=seconds))
        return self

    def declines(self, refusal: str) -> "Script":
        """The model refuses in OpenAI's way."""
        self.lines.append(Line(message={"content": None, "refusal": refusal}))
        return self

    def fails(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        pause: str = "0.005",
    ) -> "Script":
        """The endpoint answers with an error, and asks for a pause of so many seconds before a retry."""
        raw = json.dumps({"error": {"message": message, "code": code, "param": param, "type": "error"}})
        self.lines.append(Line(status=status, raw=raw, headers={"retry-after": pause}))
        return self

    def sends(self, raw: str) -> "Script":
        """The endpoint answers 200 with something that is no chat completion."""
        self.lines.append(Line(raw=raw))
        return self

    def breaks_off(self, raw: str) -> "Script":
        """The connection ends in the middle of the body."""
        self.lines.append(Line(raw=raw, headers={"content-length": str(len(raw) + 100)}))
        return self

    def drips(self, seconds: float) -> "Script":
        """The answer comes byte by byte, with a pause of so many seconds before each."""
        self.lines.append(Line(raw=" " * 1000, drip=seconds))
        return self

    @property
    def modes(self) -> list[str]:
        """How each request asked for the schema."""
        return [_mode(request) for request in self.requests]

    def answer(self, request: Json) -> Line:
        """The line for a request, which is noted."""
        self.requests.append(request)
        if _mode(request) in self.lacks:
            return Line(
                status=400, raw=json.dumps({"error": {"message": f"{_mode(request)} is not supported"}})
            )
        if self.refuses is not None and (message := self.refuses(request)):
            return Line(status=400, raw=json.dumps({"error": {"message": message}}))
        for name, most in self.most.items():
            if request.get(name, most) > most:
                raw = json.dumps({"error": {"message": f"{name}: should be at most {most}", "param": name}})
                return Line(status=400, raw=raw)
        if self.sees is not None and not self.lines:
            content, logprobs = self.sees(request)
            return Line(message={"content": content}, logprobs=logprobs)
        return self.lines.pop(0) if len(self.lines) > 1 or self.sees else self.lines[0]


def _mode(request: Json) -> str:
    form = request.get("response_format", {})
    if request.get("tools"):
        return "tools"
    if form.get("type") == "json_schema":
        return "json_schema strict" if form["json_schema"].get("strict") else "json_schema"
    return "json" if form.get("type") == "json_object" else "text"


def _completion(request: Json, line: Line, usage: object) -> Json:
    message = {"role": "assistant", **line.message}
    if _mode(request) == "tools" and message["content"]:
        call = {"name": request["tools"][0]["function"]["name"], "arguments": message["content"]}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": call}]}
    choice = {"index": 0, "finish_reason": line.finish, "message": message, "logprobs": line.logprobs}
    told = {"id": "1", "object": "chat.completion", "created": 1, "model": "scripted", "choices": [choice]}
    return told if usage is None else {**told, "usage": usage}


def _write(file: BinaryIO | BufferedIOBase, body: bytes, drip: float) -> None:
    pieces = [body[i : i + 1] for i in range(len(body))] if drip else [body]
    for piece in pieces:
        time.sleep(drip)
        file.write(piece)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Script]:
    """A scripted endpoint on a port of its own, no key in the environment, and an empty cache."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            script.keys.append(self.headers["authorization"])
            script.paths.append(self.path)
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            line = script.answer(request)
            time.sleep(line.seconds)
            body = line.raw if line.raw is not None else json.dumps(_completion(request, line, script.usage))
            self.send_response(line.status)
            for name, value in {"content-type": "application/json", **line.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                _write(self.wfile, body.encode(), line.drip)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            pass

    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script = Script(server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield script
    server.shutdown()
    server.server_close()


@pytest.fixture
def gguf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Writes a model file that always answers one text, for a stub of llama.cpp that serves it."""
    stubs = str(Path(__file__).with_name("stubs"))
    monkeypatch.syspath_prepend(stubs)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([stubs, *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "cache"))

    def write(text: str) -> Path:
        path = tmp_path / "stub.gguf"
        path.write_text(f"GGUF{text}")
        return path

    return write


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a Ray cluster of two workers on this machine, to which this process is connected."""
    if find_spec("ray") is None:
        pytest.skip("needs the extra ray")
    from evals.run.crew import Crew
    from evals.run.ray_pool import load_ray, pool_size

    assert pool_size(Crew("ray", 2)) == 2
    ray = load_ray()
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()
