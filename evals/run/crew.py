"""Which workers do a run's jobs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

J = TypeVar("J")
A = TypeVar("A")

Executor = Literal["local", "ray"]

WORKER_DIED = "a worker died, perhaps of too little memory; the same command resumes the run"


@dataclass(frozen=True)
class Crew:
    """Processes of this machine, or actors of a Ray cluster.

    `workers` is their number, None for the usual one; `address` is the cluster's, None for a cluster of this
    machine alone.
    """

    executor: Executor = "local"
    workers: int | None = None
    address: str | None = None


def all_answers(work: Callable[[J], Iterable[A]], job: J) -> list[A]:
    """All answers of one job as a list, since an iterator cannot leave its process."""
    return list(work(job))
