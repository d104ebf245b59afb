"""Jobs by processes of this machine and by a Ray cluster, with chores of a user's own file."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from evals.benchmark import main
from evals.run.crew import Crew
from evals.run.workers import answers, crew_size
from planner.errors import UserError, WorldError

CHORES = """
import os, signal, time
from pathlib import Path

def told(job):
    yield job, os.getpid(), os.getcwd()
    yield job + 0.5, os.getpid(), os.getcwd()

def dies_once(job):
    if job == 1 and not Path("died").exists():
        Path("died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [job]

def dies(job):
    os.kill(os.getpid(), signal.SIGKILL)

def fails(job):
    raise KeyError(job)

def sees(job):
    time.sleep(0.5)
    return [os.environ["CUDA_VISIBLE_DEVICES"]]

def sleeps(job):
    Path(f"slept-{os.getpid()}").touch()
    time.sleep(600)
"""

RAY = Crew("ray", 2)

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")

Chore = Callable[[str], Callable[[float], Iterable[Any]]]


@pytest.fixture
def chore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chore:
    """A function of the chores, by its name; they are done in a folder of their own."""
    (tmp_path / "chores.py").write_text(CHORES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "chores", raising=False)
    return lambda name: getattr(import_module("chores"), name)


@pytest.mark.parametrize("crew", [Crew(), Crew(workers=2), RAY], ids=["one", "two", "ray"])
def test_every_job_is_done_where_the_run_was_started(
    chore: Chore, crew: Crew, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if crew == RAY:
        request.getfixturevalue("cluster")
    told = sorted(answers(chore("told"), range(6), crew))
    assert [job for job, _, _ in told] == [half / 2 for half in range(12)]
    assert {folder for _, _, folder in told} == {str(tmp_path)}
    assert (os.getpid() in {process for _, process, _ in told}) == (crew == Crew())


@pytest.mark.usefixtures("cluster")
def test_a_job_whose_worker_dies_is_done_again(chore: Chore, tmp_path: Path) -> None:
    assert sorted(answers(chore("dies_once"), range(4), RAY)) == [0, 1, 2, 3]
    assert (tmp_path / "died").exists()


@pytest.mark.usefixtures("cluster")
def test_a_job_that_always_kills_its_worker_ends_too(chore: Chore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.run.ray_pool.RETRIES", 1)
    with pytest.raises(WorldError, match="a worker died"):
        list(answers(chore("dies"), [0], RAY))


def test_a_worker_of_this_machine_that_dies_is_told(chore: Chore) -> None:
    with pytest.raises(WorldError, match="a worker died"):
        list(answers(chore("dies"), [0, 1], Crew(workers=2)))


@pytest.mark.usefixtures("cluster")
def test_a_fault_of_a_job_is_that_fault(chore: Chore) -> None:
    with pytest.raises(KeyError):
        list(answers(chore("fails"), [0], RAY))


@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_is_smaller_than_asked_is_told() -> None:
    assert crew_size(Crew("ray")) == 2
    with pytest.raises(UserError, match="workers 3: every worker takes a CPU, and the cluster has 2"):
        crew_size(Crew("ray", 3))


@pytest.mark.usefixtures("cluster")
def test_a_folder_that_a_worker_does_not_have_is_told(chore: Chore, monkeypatch: pytest.MonkeyPatch) -> None:
    work = chore("told")
    monkeypatch.setattr(Path, "cwd", lambda: Path("/nowhere"))
    with pytest.raises(WorldError, match=r"a worker can't start: .*has no folder /nowhere"):
        list(answers(work, [0], RAY))


WITH_GPUS = """
from chores import sees
from evals.run.crew import Crew
from evals.run.ray_pool import STORE_BYTES, load_ray
from evals.run.workers import answers, crew_size
load_ray().init(
    address="local", num_cpus=4, num_gpus=2, object_store_memory=STORE_BYTES, include_dashboard=False
)
crew = Crew("ray")
print(crew_size(crew), sorted({*answers(sees, range(8), crew)}))
"""
"""Ray takes one's word for GPUs that are not there."""


@needs_ray
@pytest.mark.slow
def test_every_gpu_has_a_worker(chore: Chore, tmp_path: Path) -> None:
    assert chore("sees")
    (tmp_path / "run.py").write_text(WITH_GPUS)
    done = subprocess.run([sys.executable, "run.py"], capture_output=True, text=True, check=True)
    assert done.stdout == "2 ['0', '1']\n"


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
# A test run under nohup inherits that SIGHUP is ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from chores import sleeps
from evals.run.crew import Crew
from evals.run.workers import answers
if __name__ == "__main__":
    list(answers(sleeps, range(9), Crew(workers=2)))
"""


def test_ctrl_c_waits_for_no_worker(chore: Chore, tmp_path: Path) -> None:
    assert chore("sleeps")
    (tmp_path / "run.py").write_text(INTERRUPTED)
    process = subprocess.Popen([sys.executable, "run.py"], stderr=subprocess.PIPE)
    while len(list(tmp_path.glob("slept-*"))) < 2:
        assert process.poll() is None
    workers = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert psutil.wait_procs(workers, timeout=60)[1] == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_worker_outlives_a_run(chore: Chore, tmp_path: Path, how: signal.Signals) -> None:
    assert chore("sleeps")
    (tmp_path / "run.py").write_text(INTERRUPTED)
    process = subprocess.Popen([sys.executable, "run.py"])
    while len(list(tmp_path.glob("slept-*"))) < 2:
        assert process.poll() is None
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    assert process.wait(60) == -how
    assert psutil.wait_procs(family, timeout=20)[1] == []


def test_a_missing_ray_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evals.run.workers.find_spec", {}.get)
    assert main(["world", f"--out={tmp_path / 'out'}", "--executor=ray"]) == 2
    told = "scenewright: --executor ray needs the package ray: pip install -c constraints.txt -e '.[ray]'\n"
    assert capsys.readouterr() == ("", told)
    assert not (tmp_path / "out").exists()


@needs_ray
@pytest.mark.parametrize(("option", "scheme"), [("flag", ""), ("flag", "ray://"), ("variable", "")])
def test_a_cluster_that_can_not_be_reached_is_one_line_and_leaves_nothing(
    option: str,
    scheme: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address if option == "variable" else "127.0.0.1:1")
    more = [f"--ray-address={address}"] if option == "flag" else []
    assert main(["world", f"--out={tmp_path / 'out'}", "--executor=ray", *more]) == 1
    told = f"scenewright: --ray-address {address}: can't be reached (Connection refused)\n"
    assert capsys.readouterr() == ("", told)
    assert not (tmp_path / "out").exists()


@needs_ray
def test_an_address_that_is_none_is_told(tmp_path: Path) -> None:
    """In a process of its own: this one is connected perhaps."""
    code = "from evals.run.workers import Crew, crew_size; crew_size(Crew('ray', 2, 'nonsense'))"
    done = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    told = "WorldError: ray_address nonsense: can't be reached (Invalid address format: nonsense)"
    assert told in done.stderr.splitlines()[-1]


def test_an_address_goes_with_ray(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", f"--out={tmp_path / 'out'}", "--ray-address=127.0.0.1:1"]) == 2
    assert "--ray-address goes with --executor ray" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
