"""Runs jobs on a Ray cluster: one actor for each GPU, or for each CPU core where there is no GPU.

Ray hands out the jobs, restarts an actor that died, and gives the job to it again. A process is connected
to one cluster until it ends.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from evals.run.crew import WORKER_DIED, Crew, all_answers
from planner.errors import UserError, WorldError

J = TypeVar("J")
A = TypeVar("A")

OWN_CLUSTER = "local"
"""Ray's word for a cluster of this machine alone, which ends with the process."""

RETRIES = 3
"""How often a job is given out again because its worker died: a job that kills its worker must end too."""

CONNECT_SECONDS = 10.0
START_SECONDS = 120.0
"""Workers that have not started by then are not used."""

STORE_BYTES = 80 * 2**20
"""Shared memory of a cluster of this machine alone, the least that Ray takes: rows are small."""


@cache
def load_ray() -> Any:
    """The module `ray`, imported with its settings.

    Ray reads them from the environment at its import: it sends no statistics, prints no lines of its own
    (stdout is data), and tries an address once, which takes 40 seconds where something else listens
    there.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = ".*"
    os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
    import ray

    return ray


class Worker:
    """A worker in a process of its own, somewhere in the cluster."""

    def __init__(self, folder: str, path: Sequence[str]) -> None:
        """Work in the driver's folder with its module search path, so that paths mean the same.

        Raises `WorldError` where this machine does not have the folder.
        """
        try:
            os.chdir(folder)
        except OSError as error:
            raise WorldError(
                f"{socket.gethostname()} has no folder {folder}: run the command in a folder that all "
                "machines of the cluster share"
            ) from error
        sys.path.extend(entry for entry in path if entry not in sys.path)

    def answers(self, work: Callable[[Any], Iterable[Any]], job: Any) -> list[Any]:
        """All answers of one job."""
        return all_answers(work, job)


def ray_answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], crew: Crew) -> Iterator[A]:
    """As `evals.run.workers.answers`, by the cluster."""
    if not jobs:
        return
    workers = _start_workers(crew, min(pool_size(crew), len(jobs)))
    ray = load_ray()
    task, pool = ray.put(work), ray.util.ActorPool(workers)

    def submit(worker: Any, job: J) -> Any:
        return worker.answers.remote(task, job)

    try:
        for done in pool.map_unordered(submit, jobs):
            yield from done
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise WorldError(WORKER_DIED) from error
    finally:
        for worker in workers:
            ray.kill(worker)


def pool_size(crew: Crew) -> int:
    """The number of workers: as many as asked for, else one for each GPU or core.

    Raises `WorldError` where the cluster cannot be reached, `UserError` where it is smaller than asked for.
    """
    _connect(crew)
    kind, available = _resources()
    wanted = crew.workers or max(available, 1)
    if wanted > available:
        raise UserError(f"{wanted}: every worker takes a {kind}, and the cluster has {available}", "workers")
    return wanted


def _resources() -> tuple[str, int]:
    """The resource that limits the number of workers, and how many of it the cluster has."""
    resources = load_ray().cluster_resources()
    kind = "GPU" if resources.get("GPU", 0) >= 1 else "CPU"
    return kind, int(resources.get(kind, 0))


def _start_workers(crew: Crew, count: int) -> list[Any]:
    """Up to `count` workers that are ready. Raises `WorldError` where none is, or one cannot work."""
    ray = load_ray()
    gpus = 1 if _resources()[0] == "GPU" else 0
    actor: Any = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=RETRIES)(Worker)
    workers = [actor.remote(str(Path.cwd()), sys.path) for _ in range(count)]
    starting = {worker.__ray_ready__.remote(): worker for worker in workers}
    ready, late = ray.wait([*starting], num_returns=count, timeout=START_SECONDS)
    for one in late:
        ray.kill(starting[one])
    if not ready:
        raise _fault(crew, f"no worker started within {START_SECONDS:.0f} s; is it busy?")
    try:
        ray.get(ready)
    except ray.exceptions.RayError as error:
        raise _fault(crew, f"a worker can't start: {_last_line(error)}") from error
    return [starting[one] for one in ready]


def _connect(crew: Crew) -> None:
    """Reach the cluster at the address, or start one of this machine alone. Raises `WorldError`."""
    ray = load_ray()
    if ray.is_initialized():
        return
    address = _address(crew)
    own: dict[str, Any] = {}
    if address == OWN_CLUSTER:
        own = {"num_cpus": crew.workers, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **own)
    except (Exception, SystemExit) as error:  # Ray raises many kinds, and exits in some cases
        hint = "" if own else "; where the cluster asks for a token, set RAY_AUTH_MODE=token"
        raise _fault(crew, f"can't be reached ({_last_line(error)}){hint}") from error


def check_address(crew: Crew) -> None:
    """Raise `WorldError` where nothing listens at the address, which Ray would find out after minutes."""
    host, _, port = _address(crew).rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
        except OSError as error:
            raise _fault(crew, f"can't be reached ({error.strerror or error})") from error


def _address(crew: Crew) -> str:
    return crew.address or os.environ.get("RAY_ADDRESS") or OWN_CLUSTER


def _fault(crew: Crew, text: str) -> WorldError:
    """The error of a cluster that does not work."""
    address = _address(crew)
    if address == OWN_CLUSTER:
        return WorldError(f"a Ray cluster of this machine alone: {text}")
    return WorldError(f"{address}: {text}", "ray_address")


def _last_line(error: BaseException) -> str:
    """The last line of an error's message: Ray puts a traceback before it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()
