"""Runs jobs on worker processes or on a Ray cluster, and returns each answer as soon as it is there."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from itertools import chain
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import TypeVar

from evals.run.crew import WORKER_DIED, Crew, all_answers
from planner.errors import UserError, WorldError

J = TypeVar("J")
A = TypeVar("A")


def check_crew(crew: Crew) -> None:
    """Raise `UserError` where the crew's settings contradict or the extra `ray` is missing.

    Raises `WorldError` where nothing listens at the cluster's address.
    """
    if crew.executor != "ray":
        if crew.address is not None:
            raise UserError("goes with --executor ray", "ray_address")
        return
    if find_spec("ray") is None:
        raise UserError("ray needs the package ray: pip install -c constraints.txt -e '.[ray]'", "executor")
    from evals.run.ray_pool import check_address

    check_address(crew)


def crew_size(crew: Crew) -> int:
    """The number of workers side by side. Raises as `answers` does where a cluster has to be asked."""
    if crew.executor == "ray":
        from evals.run.ray_pool import pool_size

        return pool_size(crew)
    return crew.workers or 1


def answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], crew: Crew) -> Iterator[A]:
    """All answers of `work` to every job: one by one from a single worker, job by job from several.

    Raises `WorldError` where a worker dies (on a cluster: where the workers of one job die repeatedly) or the
    cluster cannot be reached, and `UserError` where it is smaller than asked for. Earlier answers are given.
    """
    if crew.executor == "ray":
        from evals.run.ray_pool import ray_answers

        return ray_answers(work, jobs, crew)
    return _local_answers(work, jobs, crew_size(crew))


def _local_answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], workers: int) -> Iterator[A]:
    if workers == 1:
        yield from chain.from_iterable(map(work, jobs))
        return
    # A fresh interpreter for each worker does not inherit the parent's open sockets and files.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare_worker)
    others = active_children()
    with pool:
        try:
            for done in as_completed([pool.submit(all_answers, work, job) for job in jobs]):
                yield from done.result()
        except BrokenProcessPool as error:
            raise WorldError(WORKER_DIED) from error
        except BaseException:
            # A picture of a large model takes minutes, and nobody waits for it any more.
            for worker in active_children():
                if worker not in others:
                    worker.terminate()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which stops its workers; end with it; use one thread for each worker."""
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"


def _end_with_parent() -> None:
    """Wait until the parent has ended, however it did, and end this process at once."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
