"""Runs read from their folders; shards of one run become the whole again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evals.drawing.run import PLANS
from evals.drawing.summary import summary
from evals.planning.rows import RUN, Row, read_rows
from evals.planning.summary import cost_of, tokens_of
from planner.errors import UserError
from planner.plans import Plan

OF_A_PART = ("prompts", "shard")
"""What shards of one run differ in."""


@dataclass(frozen=True)
class Run:
    """A run: what was asked for, rows of pictures (each with its `folder`), and rows of plans by sample."""

    told: Mapping[str, Any]
    rows: tuple[Row, ...]
    plans: Mapping[int | str, Row]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the rows come to, with what a language model took."""
        took = list(self.plans.values())
        return summary({**self.told, "tokens": tokens_of(took), "cost": cost_of(took)}, self.rows)

    def plan(self, sample: int | str) -> Plan | None:
        """The plan that a prompt was drawn by; None where it was not planned."""
        row = self.plans.get(sample)
        if row is None or row["error"] is not None:
            return None
        parts = {name: row[name] for name in ("scene", "notes", "origin")}
        return Plan.model_validate({**parts, "size": self.told["size"]})

    @property
    def name(self) -> str:
        """What it is called in headings."""
        return f"{self.told['benchmark']}, pictures by {self.told['model']}"


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs in `folders`, finished or not. Raises `UserError` where one holds none, or a picture twice."""
    parts: dict[str, list[Run]] = {}
    for folder in folders:
        run = _read(folder)
        whole = {name: value for name, value in run.told.items() if name not in OF_A_PART}
        parts.setdefault(json.dumps(whole, sort_keys=True), []).append(run)
    return [_joined(runs) for runs in parts.values()]


def _read(folder: Path) -> Run:
    try:
        told = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: holds no {RUN} of a run") from error
    if told.get("stage") != "image":
        raise UserError(f"{folder}: is a run of plans; python -m evals.scoreboard {folder} shows those")
    rows = tuple({**row, "folder": str(folder)} for row in read_rows(folder))
    return Run(told, rows, {row["id"]: row for row in read_rows(folder / PLANS)})


def _joined(runs: Sequence[Run]) -> Run:
    rows = [row for run in runs for row in run.rows]
    seen: dict[str, str] = {}
    for row in rows:
        if row["id"] in seen:
            raise UserError(
                f"{row['folder']}: holds {row['id']}, as {seen[row['id']]} does; give one of the two"
            )
        seen[row["id"]] = row["folder"]
    plans = {key: row for run in runs for key, row in run.plans.items()}
    return Run(runs[0].told, tuple(rows), plans)
