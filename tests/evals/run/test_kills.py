"""Runs of pictures that are killed at random moments, here and on a Ray cluster, end in the same rows."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest

from evals.benchmark import main

ASKED = [
    "eval", "world", "--stage=image", "--quiet", "--limit=3", "--seeds=0,5", "--arm=plain:steps=1",
    "--arm=regional:steps=1,inject_steps=1",
]  # fmt: skip
PICTURES = 12

STARTUP = 30.0
"""Seconds within which workers are stopped before they have loaded everything."""

TWENTY = [(signal.SIGKILL, 20), (signal.SIGINT, 4)]

ENDS = {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}
"""The exit code of a run that was ended so."""


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "token"}
"""Ray's own clusters ask for a token, which those who join one show when they are told to."""

WARM = """
import json, os, signal, sys, traceback
# A test run in the background of a shell inherits that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from evals.run.pictures import loaded_model
from renderer.__main__ import main
loaded_model("tiny")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setsid()
        sys.argv[1:] = json.loads(line)
        code = 1
        try:
            code = main()
        except BaseException:
            traceback.print_exc()
        finally:
            # Libraries that were loaded before the fork may wait at exit for threads that the child hasn't.
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs the commands that it reads, each in a process of its own that has the model from the start."""


class Started(Protocol):
    """A process that leads a group of its own."""

    @property
    def pid(self) -> int: ...
    def wait(self) -> int: ...


Start = Callable[[Sequence[str]], Started]


class Fork:
    """A run that was started in the warm process."""

    def __init__(self, warm: "subprocess.Popen[str]", words: Sequence[str]) -> None:
        assert warm.stdin
        assert warm.stdout
        self._said = warm.stdout
        warm.stdin.write(json.dumps(list(words)) + "\n")
        warm.stdin.flush()
        self.pid = int(self._said.readline())

    def wait(self) -> int:
        return int(self._said.readline())


@pytest.fixture(scope="module")
def warm() -> Iterator[Start]:
    command = [sys.executable, "-c", WARM]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=ENVIRONMENT) as process:  # noqa: S603
        yield lambda words: Fork(process, words)


def cold(words: Sequence[str]) -> Started:
    """The command itself, which imports and loads everything first."""
    command = [sys.executable, "-m", "renderer", *words]
    return subprocess.Popen(command, start_new_session=True, env=ENVIRONMENT)  # noqa: S603 (our own command)


def rows_of(out: Path) -> list[dict[str, Any]]:
    path = out / "rows.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def timeless(out: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows_of(out)]


def seconds_of(out: Path) -> dict[str, float]:
    return {row["id"]: row["seconds"] for row in rows_of(out)}


def pictures_of(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.png"))}


@pytest.fixture(scope="module")
def whole(warm: Start, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    assert warm([*ASKED, f"--out={out}"]).wait() == 0
    assert len(rows_of(out)) == PICTURES
    return out


def wait_for(out: Path, rows: int) -> None:
    """Until so many rows are there, or the run has ended."""
    deadline = time.monotonic() + 900
    while len(rows_of(out)) < rows and not (out / "summary.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass(frozen=True)
class Moment:
    """A moment of a run: after so many more rows, and some seconds."""

    rows: int
    seconds: float


def moments(seed: int, number: int, startup: float) -> list[Moment]:
    """Random ones; a third of them in the first seconds, before there are rows."""
    waits = random.Random(seed)
    rows = [waits.choice((0, 0, 1, 2, 3, 4)) for _ in range(number)]
    return [Moment(count, waits.uniform(0, 0.5 if count else startup)) for count in rows]


def disturb(start: Start, words: Sequence[str], out: Path, how: signal.Signals, moment: Moment) -> int:
    """Start a run, and end it at the moment; returns how it ended."""
    there = len(rows_of(out))
    process = start([*words, f"--out={out}"])
    if moment.rows:
        wait_for(out, there + moment.rows)
    time.sleep(moment.seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    return process.wait()


def hold(
    start: Start, words: Sequence[str], whole: Path, folder: Path, how: signal.Signals, at: Sequence[Moment]
) -> None:
    """Disturb runs at all of the moments, a new one where one has ended, and hold each to the whole one."""
    at = list(at)
    for number in count():
        out = folder / str(number)
        while at and not (out / "summary.json").exists():
            before = seconds_of(out)
            moment = at.pop()
            code = disturb(start, words, out, how, moment)
            if code == 0:  # too late: the run had ended
                at.append(moment)
            after = seconds_of(out)
            sys.stderr.write(f"run {number}, {how.name}: {len(before)} to {len(after)} rows, exit {code}\n")
            assert before.items() <= after.items()
            assert code in {0, ENDS[how]}
        before = seconds_of(out)
        assert start([*words, f"--out={out}"]).wait() == 0
        assert before.items() <= seconds_of(out).items()
        assert timeless(out) == timeless(whole)
        assert pictures_of(out) == pictures_of(whole)
        if not at:
            return


@pytest.mark.parametrize(
    ("how", "number"),
    [(signal.SIGKILL, 4), (signal.SIGINT, 4), pytest.param(signal.SIGKILL, 20, marks=pytest.mark.slow)],
)
def test_a_run_that_is_stopped_at_random_moments_goes_on(
    warm: Start, whole: Path, tmp_path: Path, how: signal.Signals, number: int
) -> None:
    hold(warm, ASKED, whole, tmp_path, how, moments(number, number, 1.0))


@pytest.mark.slow
@pytest.mark.parametrize(("how", "number"), TWENTY)
def test_a_run_with_workers_goes_on(whole: Path, tmp_path: Path, how: signal.Signals, number: int) -> None:
    hold(cold, [*ASKED, "--workers=2"], whole, tmp_path, how, moments(3, number, STARTUP))


@pytest.mark.slow
@pytest.mark.parametrize(("how", "number"), TWENTY)
def test_a_run_on_a_cluster_goes_on(
    cluster: str, warm: Start, whole: Path, tmp_path: Path, how: signal.Signals, number: int
) -> None:
    asked = [*ASKED, "--executor=ray", f"--ray-address={cluster}", "--workers=2"]
    hold(warm, asked, whole, tmp_path, how, moments(4, number, STARTUP))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_cluster_of_ones_own_ends_with_the_run(whole: Path, tmp_path: Path, how: signal.Signals) -> None:
    process = cold([*ASKED, f"--out={tmp_path}", "--executor=ray", "--workers=2"])
    wait_for(tmp_path, 2)
    family = psutil.Process(process.pid).children(recursive=True)
    assert any(one.name().startswith("ray::Worker") for one in family)
    # A terminal sends Ctrl-C to all that the command has started.
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    assert process.wait() == ENDS[how]
    # Ray's agents look for their parent every few seconds.
    assert psutil.wait_procs(family, timeout=120)[1] == []
    assert 0 < len(rows_of(tmp_path)) < PICTURES
    assert cold([*ASKED, f"--out={tmp_path}", "--executor=ray", "--workers=2"]).wait() == 0
    assert timeless(tmp_path) == timeless(whole)


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """The workers of the cluster that a process started, those that run a job."""
    return [one for one in process.children(recursive=True) if one.name().startswith("ray::Worker.ans")]


def run_and_kill_a_worker(asked: Sequence[str], out: Path) -> None:
    """A run on the cluster of this process; once it has a row, a worker is killed at its job."""

    def kill() -> psutil.Process:
        wait_for(out, 1)
        victim = workers_of(psutil.Process())[0]
        victim.kill()
        return victim

    with ThreadPoolExecutor() as side:
        done = side.submit(kill)
        assert main([*asked, f"--out={out}", "--executor=ray", "--workers=2"]) == 0
    assert not done.result().is_running()


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_is_killed_loses_no_plan(tmp_path: Path) -> None:
    asked = ["world", "--limit=100", "--quiet"]
    assert main([*asked, f"--out={tmp_path / 'whole'}"]) == 0
    run_and_kill_a_worker(asked, tmp_path / "out")
    assert timeless(tmp_path / "out") == timeless(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
def test_a_worker_that_is_killed_loses_no_picture(whole: Path, tmp_path: Path) -> None:
    run_and_kill_a_worker(ASKED[1:], tmp_path)
    assert timeless(tmp_path) == timeless(whole)
    assert pictures_of(tmp_path) == pictures_of(whole)
