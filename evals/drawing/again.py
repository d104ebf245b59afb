"""Pictures that lie there and lack a score: a scorer failed on them (an endpoint was down, say), was added to
the command since, or is to score anew. The command scores them from their files.
"""

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from evals.planning.rows import Row
from evals.scorers.registry import scorer_named

SCORED = ("scores", "told", "unscored", "tokens", "cost")
"""The parts of a row that scorers fill, each under its name or its metrics'."""


def lacking(row: Row, scorers: Sequence[str]) -> tuple[str, ...]:
    """Those of a run's `scorers` that failed on the row's picture as a whole, or never saw it.

    A single metric that a scorer leaves out, as where an endpoint tells no log probabilities, is an answer. A
    row without a picture lacks none.
    """
    if row["error"] is not None:
        return ()
    return tuple(name for name in scorers if not _answered(row, scorer_named(name).name))


def _answered(row: Row, name: str) -> bool:
    told = any(metric.startswith(f"{name}.") for metric in (*row["scores"], *row["unscored"]))
    return told and name not in row["unscored"]


def without(row: Row, scorers: Sequence[str]) -> Row:
    """The row as if none of `scorers` had ever seen its picture."""
    names = {scorer_named(name).name for name in scorers}
    parts = {part: row[part] for part in SCORED if part in row}
    return {**row, **{part: _of_others(told, names) for part, told in parts.items()}}


def _of_others(told: Mapping[str, Any], names: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key.partition(".")[0] not in names}


def lying(out: Path | None, row: Row | None) -> Image.Image | None:
    """The row's picture (RGB) in the run's folder; None where there is no row, or the picture is gone."""
    if out is None or row is None:
        return None
    try:
        with Image.open(out / row["picture"]) as image:
            return image.convert("RGB")
    except OSError:
        return None


def mended(row: Row, scorers: Sequence[str], scored: Mapping[str, Any]) -> dict[str, Any]:
    """The row, with what `scorers`, which it lacked, say now; what others said stays."""
    names = {scorer_named(name).name for name in scorers}
    before = {**row, "unscored": {name: why for name, why in row["unscored"].items() if name not in names}}
    return {**before, **{part: {**before.get(part, {}), **now} for part, now in scored.items()}}
