"""A server runs as long as it is needed, and none is left behind, whatever ends its parent."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from planner.errors import UserError, WorldError
from planner.local.server import Served, local_model, open_model

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT = (
    "import sys, time\n"
    "from planner.local.server import local_model\n"
    "with local_model(sys.argv[1]):\n"
    "    print('ready', flush=True)\n"
    "    time.sleep(60)\n"
)


def servers(parent: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(parent).children() if "serve.py" in " ".join(child.cmdline())]


def answers(served: Served, key: str | None) -> int:
    request = urllib.request.Request(f"{served.base_url}/chat/completions", b"{}")  # noqa: S310 (our own)
    request.add_header("authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 (our own)
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_model_is_served_until_the_block_ends(model: Path) -> None:
    with local_model(model) as served:
        assert served.model == "stub"
        assert str(model) in (served.known_as or "")
        assert answers(served, served.api_key) == 200
        assert answers(served, "another") == 401
        assert len(servers(os.getpid())) == 1
        assert str(served.api_key) not in repr(served)
    assert servers(os.getpid()) == []


def test_an_exception_ends_the_server(model: Path) -> None:
    with pytest.raises(KeyError), local_model(model):
        raise KeyError
    assert servers(os.getpid()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_whoever_started_it(model: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-c", WAIT, str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:  # noqa: S603
        assert parent.stdout is not None
        parent.stdout.readline()
        (server,) = servers(parent.pid)
        parent.send_signal(how)
        parent.wait(20)
    deadline = time.monotonic() + 20
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


def test_a_server_that_is_still_loading_ends_with_whoever_started_it(gguf: "Callable[[str], Path]") -> None:
    command = [sys.executable, "-c", WAIT, str(gguf("slow"))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as parent:  # noqa: S603
        deadline = time.monotonic() + 30
        while not (found := servers(parent.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        parent.kill()
    assert psutil.wait_procs(found, timeout=20)[1] == []


def test_what_llama_cpp_quotes_is_printable(gguf: "Callable[[str], Path]") -> None:
    with pytest.raises(WorldError) as caught:
        local_model(gguf("\x1b[31mred\u2028" + "x" * 5000)).__enter__()
    assert str(caught.value).isprintable()
    assert r"the file is cut off\x1b[31mred" in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_file_that_llama_cpp_cannot_read_is_reported_in_its_words(broken: Path) -> None:
    with pytest.raises(
        WorldError, match=r"stub\.gguf: llama\.cpp can't serve it: loader: the file is cut off$"
    ):
        local_model(broken).__enter__()
    assert servers(os.getpid()) == []


def test_a_model_that_never_gets_ready_is_not_waited_for(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.local.server.LOADING", 0.0)
    with pytest.raises(WorldError, match="can't serve it"):
        local_model(model).__enter__()


def test_the_extra_is_asked_for_where_it_is_missing(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        return None

    monkeypatch.setattr("planner.local.server.find_spec", none)
    with pytest.raises(UserError, match=r"pip install -c constraints\.txt -e '\.\[local\]'"):
        local_model(model).__enter__()


def test_another_file_under_the_same_name_is_another_model(gguf: "Callable[[str], Path]") -> None:
    with local_model(gguf("one")) as first, local_model(gguf("another")) as second:
        assert first.model == second.model
        assert first.known_as != second.known_as


def test_a_model_that_is_elsewhere_needs_no_server() -> None:
    with open_model("gpt-4.1") as served:
        assert served == Served("gpt-4.1")
