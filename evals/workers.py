"""Jobs done by processes of this machine or a cluster, each answer given back as soon as it is there."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from multiprocessing import active_children, get_context
from typing import Literal, TypeVar

from planner.errors import UserError, WorldError

J = TypeVar("J")
A = TypeVar("A")

Executor = Literal["local", "ray"]

DIED = "a worker died, of too little memory perhaps; the same command goes on from here"


@dataclass(frozen=True)
class Crew:
    """Who does the jobs: processes of this machine, or actors of a Ray cluster.

    `workers` is how many, None for as many as is usual; `address` is the cluster's, None for one of this
    machine's own.
    """

    executor: Executor = "local"
    workers: int | None = None
    address: str | None = None

    def check(self) -> None:
        """Raise `UserError` where the options don't go together or the extra `ray` is missing.

        Raises `WorldError` where nothing listens at the address.
        """
        if self.executor != "ray":
            if self.address is not None:
                raise UserError("--ray-address goes with --executor ray")
            return
        if find_spec("ray") is None:
            raise UserError("--executor ray needs ray: pip install -c constraints.txt -e '.[ray]'")
        from evals.cluster import knock

        knock(self)

    def size(self) -> int:
        """How many will work side by side. Raises as `answers` does where a cluster has to be asked."""
        if self.executor == "ray":
            from evals.cluster import size

            return size(self)
        return self.workers or 1


def answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], crew: Crew) -> Iterator[A]:
    """All that `work` makes of every job; by one worker as it comes, by several when a job is done.

    Raises `WorldError` where a worker dies (on a cluster: where those of one job do again and again) or the
    cluster can't be had, and `UserError` where it is smaller than asked; the answers before it were given.
    """
    if crew.executor == "ray":
        from evals.cluster import answers as remote

        return remote(work, jobs, crew)
    return _local(work, jobs, crew.size())


def _local(work: Callable[[J], Iterable[A]], jobs: Sequence[J], workers: int) -> Iterator[A]:
    if workers == 1:
        yield from chain.from_iterable(map(work, jobs))
        return
    # A fresh interpreter a worker: what the parent has open, such as sockets, stays its own.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
    others = active_children()
    with pool:
        try:
            for done in as_completed([pool.submit(whole, work, job) for job in jobs]):
                yield from done.result()
        except BrokenProcessPool as error:
            raise WorldError(DIED) from error
        except BaseException:
            # The pictures that workers are at take minutes with a large model, and nobody waits for them.
            for worker in active_children():
                if worker not in others:
                    worker.terminate()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def whole(work: Callable[[J], Iterable[A]], job: J) -> list[A]:
    """All of a job's answers: an iterator can't leave its process."""
    return list(work(job))


def _ignore_interrupts() -> None:
    """Ctrl-C is for the parent, which stops its workers; the jobs that they are at are done again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
