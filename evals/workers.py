"""Jobs done by one process or several, each answer given back as soon as it is there."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from planner.errors import WorldError

J = TypeVar("J")
A = TypeVar("A")


def answers(work: Callable[[J], A], jobs: Sequence[J], workers: int) -> Iterator[A]:
    """What `work` makes of every job, as it is done.

    Raises `WorldError` where a worker dies; the answers before it were given.
    """
    if workers == 1:
        yield from map(work, jobs)
        return
    # A fresh interpreter a worker: what the parent has open, such as sockets, stays its own.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
    with pool:
        try:
            for done in as_completed([pool.submit(work, job) for job in jobs]):
                yield done.result()
        except BrokenProcessPool as error:
            raise WorldError(
                "a worker died, of too little memory perhaps; the same command goes on from here"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C is for the parent, which stops its workers; the jobs that they are at are done again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
