"""What runs of every stage share: which samples, what tells them apart, and rows kept as they come."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from evals.benchmarks.samples import Benchmark, Sample
from evals.planning.rows import Key, Row, append
from planner.errors import UserError

Shard = tuple[int, int]
"""The i-th of n parts, counted from 1."""

Samples = Sequence[Sample[Any]]


def samples_of(
    benchmark: Benchmark[Any], data: Path | None, limit: int | None = None, shard: Shard = (1, 1)
) -> Samples:
    """The samples of a run: at most `limit`, evenly spread, and of those every n-th from the i-th on.

    Raises `UserError` where the data are wrong, or the same id stands there twice.
    """
    samples = spread(benchmark.samples(data), limit)
    seen = set[int | str]()
    for sample in samples:
        if sample.id in seen:
            raise UserError(f"--data {data}: the id {sample.id!r} stands there twice")
        seen.add(sample.id)
    first, step = shard
    return samples[first - 1 :: step]


def spread(samples: Samples, limit: int | None) -> Samples:
    """At most `limit` of the samples, evenly spread: benchmarks stand in blocks of one kind."""
    if limit is None or limit >= len(samples):
        return samples
    return [samples[place * len(samples) // limit] for place in range(limit)]


def fingerprint(samples: Samples) -> str:
    """What tells these prompts from others."""
    prompts = "\0".join(f"{sample.id}\0{sample.prompt}" for sample in samples)
    return hashlib.sha256(prompts.encode()).hexdigest()[:16]


def natural(text: str) -> list[str | int]:
    """By what texts stand in the order of the numbers in them: "2 things" before "12 things"."""
    parts = re.split(r"(\d+)", text)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def gather(
    out: Path, rows: dict[Key, Row], keys: Sequence[Key], coming: Iterable[Row], title: str, quiet: bool
) -> list[Row]:
    """Keep every row that comes, beside those that are there; returns all of them in the order of `keys`."""
    with Progress(console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(title, total=len(keys), completed=sum(key in rows for key in keys))
        for row in coming:
            append(out, row)
            rows[row["id"]] = row
            progress.advance(bar)
    return [rows[key] for key in keys]
