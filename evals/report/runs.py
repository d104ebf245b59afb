"""Reads runs of pictures from their folders, and joins the shards of one run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evals.run.picture_stage import PLANS
from evals.run.rows import RUN, Key, PictureRow, PlanRow, RunRecord, read_rows
from evals.run.summary import picture_summary, planning_cost
from planner.errors import UserError
from planner.plans import Plan, Size

SHARD_FIELDS = ("prompts", "shard", "format")
"""Fields of run.json that do not tell two runs apart here: shards differ in them, and so do versions."""


@dataclass(frozen=True)
class Run:
    """A run: its run.json, its rows of pictures (each with its `folder`), and its rows of plans by sample."""

    record: RunRecord
    rows: tuple[PictureRow, ...]
    plans: Mapping[Key, PlanRow]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The rows summed up, with the cost of the language model that planned."""
        return picture_summary({**self.record, **planning_cost(self.plans.values())}, self.rows)

    def plan(self, sample: Key) -> Plan | None:
        """The plan that a prompt was drawn by; None where planning failed."""
        row = self.plans.get(sample)
        return None if row is None else row.plan(Size.model_validate(self.record["size"]))

    @property
    def name(self) -> str:
        """Its name in headings."""
        return f"{self.record['benchmark']}, pictures by {self.record['model']}"


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs in `folders`, finished or not, also those of earlier versions.

    Raises `UserError` where a folder holds none, or two hold the same picture.
    """
    shards: dict[str, list[Run]] = {}
    for folder in folders:
        try:
            record = json.loads((folder / RUN).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{folder}: does not hold the {RUN} of a run") from error
        if record.get("stage") != "image":
            raise UserError(f"{folder}: is a run of plans; python -m evals.scoreboard {folder} shows those")
        rows = tuple(row.model_copy(update={"folder": folder}) for row in read_rows(folder, PictureRow))
        run = Run(record, rows, {row.id: row for row in read_rows(folder / PLANS, PlanRow)})
        shared = {name: value for name, value in record.items() if name not in SHARD_FIELDS}
        shards.setdefault(json.dumps(shared, sort_keys=True), []).append(run)
    return [_joined(runs) for runs in shards.values()]


def _joined(runs: Sequence[Run]) -> Run:
    seen = dict[Key, PictureRow]()
    for row in (row for run in runs for row in run.rows):
        if row.id in seen:
            other = seen[row.id].folder
            raise UserError(f"{row.folder}: holds {row.id}, as {other} does; give one of the two")
        seen[row.id] = row
    plans = {key: row for run in runs for key, row in run.plans.items()}
    return Run(runs[0].record, tuple(seen.values()), plans)
