"""Jobs done by one process or several, each answer given back as soon as it is there."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import chain
from multiprocessing import active_children, get_context
from typing import TypeVar

from planner.errors import WorldError

J = TypeVar("J")
A = TypeVar("A")


def answers(work: Callable[[J], Iterable[A]], jobs: Sequence[J], workers: int) -> Iterator[A]:
    """All that `work` makes of every job; by one worker as it comes, by several when a job is done.

    Raises `WorldError` where a worker dies; the answers before it were given.
    """
    if workers == 1:
        yield from chain.from_iterable(map(work, jobs))
        return
    # A fresh interpreter a worker: what the parent has open, such as sockets, stays its own.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts)
    others = active_children()
    with pool:
        try:
            for done in as_completed([pool.submit(_whole, work, job) for job in jobs]):
                yield from done.result()
        except BrokenProcessPool as error:
            raise WorldError(
                "a worker died, of too little memory perhaps; the same command goes on from here"
            ) from error
        except BaseException:
            # The pictures that workers are at take minutes with a large model, and nobody waits for them.
            for worker in active_children():
                if worker not in others:
                    worker.terminate()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _whole(work: Callable[[J], Iterable[A]], job: J) -> list[A]:
    """All of a job's answers: an iterator can't leave its process."""
    return list(work(job))


def _ignore_interrupts() -> None:
    """Ctrl-C is for the parent, which stops its workers; the jobs that they are at are done again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
