"""Endpoints that mean harm: what they send is bounded in bytes and time, and ends in one printable line."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from planner.chat.answer import Answer
from planner.chat.transport import MAX_ANSWER
from planner.errors import PlanningError, ScenewrightError, UserError
from tests.conftest import Script
from tests.planner.chat.conftest import Ask

PLAN: dict[str, Any] = {"caption": "A fox.", "things": [{"name": "fox"}], "minimum": 1}
COMPLETION = json.dumps({"id": "1", "choices": [{"message": {"content": json.dumps(PLAN)}}]}).encode()

Serve = Callable[[socket.socket, bytes], None]
Listen = Callable[[Serve], str]


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer as it is sent; a `_` in the name of a header is a hyphen."""
    given = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "connection: close", "", ""]).encode() + body


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts a server that does as it likes with each connection, of which it gets the request."""
    servers: list[socket.socket] = []

    def start(serve: Serve) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def handle(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                request = connection.recv(2**20)
                head, _, body = request.partition(b"\r\n\r\n")
                size = next(
                    int(line[15:]) for line in head.lower().splitlines() if line[:15] == b"content-length:"
                )
                while len(body) < size:
                    body += connection.recv(2**20)
                serve(connection, head + b"\r\n\r\n" + body)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=handle, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"

    yield start
    for server in servers:
        server.close()


def sends(answer: bytes) -> Serve:
    """A server that always sends this."""
    return lambda connection, _: connection.sendall(answer)


def line(ask: Ask, kind: type[ScenewrightError], **settings: Any) -> str:
    """The message of the error that asking ends in, which is one printable line without the key."""
    with pytest.raises(kind) as caught:
        ask(**{"max_retries": 0, **settings})
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 600
    assert "sk-secret" not in message
    return message


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("x-gzip", 31), ("deflate", 15)])
def test_a_small_answer_that_becomes_gigabytes_is_not_unpacked(
    listen: Listen, ask: Ask, encoding: str, window: int
) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(256)) + packer.flush()
    assert len(bomb) < MAX_ANSWER / 8
    address = listen(sends(http(bomb, content_encoding=encoding)))
    tracemalloc.start()
    try:
        assert "the answer has no end" in line(ask, PlanningError, base_url=address)
        assert tracemalloc.get_traced_memory()[1] < 16 * MAX_ANSWER
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("status", ["200 OK", "500 Error"])
def test_an_answer_is_bounded_whatever_its_status(listen: Listen, ask: Ask, status: str) -> None:
    address = listen(sends(http(bytes(MAX_ANSWER + 1), status)))
    assert "the answer has no end" in line(ask, PlanningError, base_url=address)


def test_a_compressed_answer_is_read_though_none_is_asked_for(listen: Listen, ask: Ask) -> None:
    requests: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        requests.append(request)
        connection.sendall(http(gzip.compress(COMPLETION), content_encoding="GZIP"))

    assert ask(base_url=listen(serve)).data == PLAN
    assert b"accept-encoding: identity\r\n" in requests[0].lower()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "nonsense"])
def test_another_compression_is_refused(listen: Listen, ask: Ask, encoding: str) -> None:
    address = listen(sends(http(COMPLETION, content_encoding=encoding)))
    assert "compressed in a way that was not asked for" in line(ask, PlanningError, base_url=address)


def test_a_broken_compression_is_a_line(listen: Listen, ask: Ask) -> None:
    address = listen(sends(http(COMPLETION, content_encoding="gzip")))
    assert "can't be decompressed" in line(ask, PlanningError, base_url=address)


@pytest.mark.parametrize("endless", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["header", "informational"])
def test_headers_that_drip_are_not_waited_for(listen: Listen, ask: Ask, endless: bytes) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"" if endless.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\nx-header: ")
        while True:
            connection.sendall(endless)
            time.sleep(0.05)

    started = time.monotonic()
    message = line(ask, PlanningError, base_url=listen(serve), timeout=0.4, max_retries=1)
    assert "didn't answer within 0.4 s (2 tries at most)" in message
    assert time.monotonic() - started < 10


def test_a_slow_answer_may_take_the_time_twice(listen: Listen, ask: Ask) -> None:
    def serve(connection: socket.socket, _: bytes) -> None:
        answer = http(COMPLETION)
        time.sleep(0.7)
        connection.sendall(answer[:-1])
        time.sleep(0.7)
        connection.sendall(answer[-1:])

    assert ask(base_url=listen(serve), timeout=1.0, max_retries=0).data == PLAN


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("azure", ["", "?api-version=1"])
def test_another_host_gets_neither_prompt_nor_key(
    listen: Listen, script: Script, ask: Ask, status: str, azure: str
) -> None:
    tries: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        tries.append(request)
        connection.sendall(http(b"", status, location=f"{script.base_url}/chat/completions"))

    address = listen(serve)
    message = line(ask, UserError, base_url=address + azure, max_retries=2)
    host = script.base_url.removesuffix("/v1")
    assert message == (
        f"the LLM endpoint {address} redirects to {host}, which does not get the prompt; "
        "is OPENAI_BASE_URL right?"
    )
    assert (len(tries), script.requests) == (1, [])


@pytest.mark.parametrize(
    "elsewhere", ["//user:sk-secret@localhost/", "https://a\u202e\u20ac.b/", "http://[::1]/"]
)
def test_a_redirection_to_any_address_is_a_line(listen: Listen, ask: Ask, elsewhere: str) -> None:
    answer = http(b"", "307 Temporary").replace(
        b"connection:", b"location: " + elsewhere.encode() + b"\r\nconnection:"
    )
    line(ask, ScenewrightError, base_url=listen(sends(answer)))


@pytest.mark.parametrize("azure", ["", "?api-version=1"])
def test_a_redirection_within_the_host_is_followed(listen: Listen, ask: Ask, azure: str) -> None:
    requests: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        requests.append(request)
        first = len(requests) == 1
        connection.sendall(http(b"", "308 Moved", location="/v2/x") if first else http(COMPLETION))

    assert ask(base_url=listen(serve) + azure).data == PLAN
    first, second = requests
    assert second.startswith(b"POST /v2/x ")
    assert first.partition(b"\r\n\r\n")[2] == second.partition(b"\r\n\r\n")[2]
    key = b"\r\napi-key: sk-secret" if azure else b"\r\nauthorization: bearer sk-secret"
    assert key in first.lower()
    assert key in second.lower()


def test_redirections_in_a_circle_end(listen: Listen, ask: Ask) -> None:
    address = listen(sends(http(b"", "307 Temporary", location="/v1/again")))
    assert "it redirects again and again" in line(ask, PlanningError, base_url=address)


HUGE = "9" * 5000
DEEP = "[" * 100_000 + "]" * 100_000
DEEPER = '{"a":' * 100_000 + "1" + "}" * 100_000
ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\nline\u2028two\u202e\x00\x9b31m\ud800" + "x" * 5000
FAULTS: list[Any] = [
    {"message": ESCAPES},
    {"message": {"a": [ESCAPES]}, "code": [ESCAPES], "type": {}, "param": [1]},
    {"message": 5, "code": 5, "param": 5},
    {"message": "model " * 500_000},
    ESCAPES,
    [ESCAPES],
    None,
    5,
]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
@pytest.mark.parametrize("status", [200, 400, 401, 404, 418, 429, 500])
def test_an_error_of_any_form_is_a_line(script: Script, ask: Ask, fault: object, status: int) -> None:
    for body in ({"error": fault}, [{"error": fault}], fault):
        script.lines.clear()
        script.fails(status, "")
        script.lines = [
            type(script.lines[0])(status=status, raw=json.dumps(body), headers={"retry-after": "0"})
        ]
        line(ask, ScenewrightError)


@pytest.mark.parametrize("raw", [HUGE, DEEP, DEEPER, f'{{"error": {HUGE}}}', f'{{"error": {DEEP}}}'])
@pytest.mark.parametrize("wrapping", ["%s", '{"error": {"message": %s}}', '{"id": "1", "choices": %s}'])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_json_that_breaks_readers_is_a_line(
    script: Script, ask: Ask, raw: str, wrapping: str, status: int
) -> None:
    script.fails(status, "")
    script.lines = [type(script.lines[0])(status=status, raw=wrapping % raw, headers={"retry-after": "0"})]
    line(ask, ScenewrightError)


@pytest.mark.parametrize("depth", [100, 300, 480, 900, 980])
def test_json_that_is_just_not_too_deep_for_python_is_a_line(script: Script, ask: Ask, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for status, body in ((400, f'{{"error": {{"message": {nested}, "code": {nested}}}}}'), (400, nested)):
        script.fails(status, "")
        script.lines = [type(script.lines[0])(status=status, raw=body, headers={"retry-after": "0"})]
        line(ask, ScenewrightError)
    script.lines.clear()
    script.says(f'{{"caption": {nested}, "things": []}}')
    assert ask().kind == "no object"


ODD: list[Any] = [None, True, 5, -1.5, "x", "", [], [5], [[]], {}, {"a": {}}, [None], 10**19]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_completion_with_anything_in_any_place_is_an_answer_or_a_line(
    script: Script, ask: Ask, odd: object
) -> None:
    def answer(choice: Any, **fields: Any) -> Answer | None:
        script.lines.clear()
        script.sends(json.dumps({"id": "1", "choices": choice, **fields}))
        with suppress(ScenewrightError):
            return ask(max_retries=0)
        return None

    sound = {"role": "assistant", "content": json.dumps(PLAN)}
    answer(odd)
    answer([odd])
    answer([{"message": odd, "finish_reason": odd}])
    for field in ("content", "refusal", "tool_calls", "role"):
        answer([{"message": {**sound, field: odd}}])
    answer(
        [
            {
                "message": {
                    "content": None,
                    "tool_calls": [odd, {"function": odd}, {"function": {"arguments": odd}}],
                }
            }
        ]
    )
    answer([{"message": {"content": [odd, {"type": odd, "text": odd}]}}])
    answer([{"message": sound, "error": odd}])
    for usage in (odd, {"prompt_tokens": odd, "completion_tokens": odd}):
        found = answer([{"message": sound}], usage=usage)
        assert isinstance(found, Answer)
        assert found.data == PLAN
        counted = 5 if odd == 5 and isinstance(usage, dict) else None
        assert (found.usage.prompt, found.usage.completion) == (counted, counted)
