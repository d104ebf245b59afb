"""Pictures that a scorer failed on: an endpoint was down, say. The same command scores them again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from evals.planning.rows import Row
from evals.scorers.registry import scorer_named


def failed(row: Row, scorers: Sequence[str]) -> tuple[str, ...]:
    """Those of a run's `scorers` that failed on the row's picture as a whole, and may not the next time.

    A single metric that a scorer leaves out, as where an endpoint tells no log probabilities, is an answer.
    """
    return tuple(name for name in scorers if scorer_named(name).name in row["unscored"])


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
    """The row, with what `scorers`, which had failed, say now; what others said stays."""
    names = {scorer_named(name).name for name in scorers}
    before = {**row, "unscored": {name: why for name, why in row["unscored"].items() if name not in names}}
    return {**before, **{part: {**before.get(part, {}), **now} for part, now in scored.items()}}
