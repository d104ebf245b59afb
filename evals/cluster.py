"""Jobs done by a Ray cluster: an actor a GPU, or a CPU core where it has no GPU.

Ray does the distributing: it hands out the jobs, starts an actor anew that died, and gives it its job once
more. A program is connected to one cluster, until it ends.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from evals.workers import DIED, Crew, whole
from planner.errors import UserError, WorldError

# Ray reads its settings when it is imported: it sends no statistics, prints no line of its own (stdout is
# data), and tries an address once, which takes it some 40 seconds where what listens there is no cluster.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = ".*"
os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util import ActorPool

J = TypeVar("J")
A = TypeVar("A")

OWN = "local"
"""Ray's word for a cluster of this machine's own, which ends with the program."""

TRIES = 3
"""How often a job is given out anew because its worker died: a job that kills its worker must end too."""

REACH = 10.0
"""Seconds that the cluster's address may take to answer."""

PATIENCE = 120.0
"""Seconds that workers may take to start; those that have not by then are done without."""

STORE = 80 * 2**20
"""Bytes of shared memory for a cluster of one's own, the least that Ray takes: rows are small."""


class Hand:
    """A worker, in a process of its own somewhere in the cluster."""

    def __init__(self, home: str, path: Sequence[str]) -> None:
        """Work where the driver does, so that paths mean the same.

        `home` is the driver's folder, `path` where it looks for modules. Raises `WorldError` where this
        machine doesn't have the folder.
        """
        try:
            os.chdir(home)
        except OSError as error:
            raise WorldError(
                f"{socket.gethostname()} has no folder {home}: run the command in a folder that all machines "
                "of the cluster share"
            ) from error
        sys.path.extend(folder for folder in path if folder not in sys.path)

    def answers(self, work: Callable[[Any], Iterable[Any]], job: Any) -> list[Any]:
        """All that `work` makes of the job."""
        return whole(work, job)


def answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], crew: Crew) -> Iterator[A]:
    """As `evals.workers.answers`, by the cluster."""
    if not jobs:
        return
    hands = _hands(crew, min(size(crew), len(jobs)))
    task = ray.put(work)
    pool: Any = ActorPool(hands)

    def given(hand: Any, job: J) -> Any:
        return hand.answers.remote(task, job)

    try:
        for done in pool.map_unordered(given, jobs):
            yield from done
    except RayTaskError as error:
        raise error.cause from None
    except RayError as error:
        raise WorldError(DIED) from error
    finally:
        for hand in hands:
            ray.kill(hand)


def size(crew: Crew) -> int:
    """How many workers there will be: as many as asked for, else one a GPU or core.

    Raises `WorldError` where the cluster can't be had, `UserError` where it is smaller than asked.
    """
    _connect(crew)
    kind, there = _places()
    wanted = crew.workers or max(there, 1)
    if wanted > there:
        raise UserError(f"--workers {wanted}: every worker takes a {kind}, and the cluster has {there}")
    return wanted


def _places() -> tuple[str, int]:
    """What workers are counted by, and how many of it the cluster has."""
    resources = ray.cluster_resources()
    kind = "GPU" if resources.get("GPU", 0) >= 1 else "CPU"
    return kind, int(resources.get(kind, 0))


def _hands(crew: Crew, count: int) -> list[Any]:
    """Workers that are ready, of at most `count`. Raises `WorldError` where none is, or one can't work."""
    gpus = 1 if _places()[0] == "GPU" else 0
    actor: Any = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=TRIES)(Hand)
    hands = [actor.remote(str(Path.cwd()), sys.path) for _ in range(count)]
    starting = {hand.__ray_ready__.remote(): hand for hand in hands}
    ready, late = ray.wait([*starting], num_returns=count, timeout=PATIENCE)
    for one in late:
        ray.kill(starting[one])
    if not ready:
        raise WorldError(f"{_called(crew)}: no worker could start within {PATIENCE:.0f} s; is it busy?")
    try:
        ray.get(ready)
    except RayError as error:
        raise WorldError(f"{_called(crew)}: a worker can't start: {_last(error)}") from error
    return [starting[one] for one in ready]


def _connect(crew: Crew) -> None:
    """Reach the cluster at the address, or start one of this machine's own. Raises `WorldError`."""
    if ray.is_initialized():
        return
    address = _address(crew)
    own: dict[str, Any] = {"num_cpus": crew.workers, "object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            **(own if address == OWN else {}),
        )
    except (Exception, SystemExit) as error:  # Ray's parts have faults of their own
        hint = "" if address == OWN else "; where the cluster asks for a token, set RAY_AUTH_MODE=token"
        raise WorldError(f"{_called(crew)}: can't be reached ({_last(error)}){hint}") from error


def _address(crew: Crew) -> str:
    return crew.address or os.environ.get("RAY_ADDRESS") or OWN


def _called(crew: Crew) -> str:
    """The cluster, in the words of a message."""
    address = _address(crew)
    return "a Ray cluster of this machine's own" if address == OWN else f"--ray-address {address}"


def knock(crew: Crew) -> None:
    """Raise `WorldError` where nothing listens at the address, which Ray takes minutes to tell."""
    host, _, port = _address(crew).rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), REACH).close()
        except OSError as error:
            raise WorldError(f"{_called(crew)}: can't be reached ({error.strerror or error})") from error


def _last(error: BaseException) -> str:
    """The last line of an error's message: Ray puts a traceback before it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()
