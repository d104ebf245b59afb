"""Reads runs of pictures from their folders, and joins the shards of one run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.run.picture_stage import PLANS
from evals.run.rows import RUN, Key, MetricRecord, PictureRow, PictureRunRecord, PlanRow, RunRecord, read_rows
from evals.run.summary import metric_records, picture_summary, planning_cost
from evals.scorers.registry import SCORERS, WITH_MODEL
from planner.bounded import parse_json, read_text
from planner.errors import UserError
from planner.faults import explain
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
    def metrics(self) -> list[MetricRecord]:
        """The metrics of the run's scorers, as its run.json has them.

        Runs of earlier versions have none: these are read off the rows, and no scorer's file is ever run.
        """
        if self.record.get("metrics") is not None:
            return [*map(MetricRecord.model_validate, self.record["metrics"])]
        own = [name for name in self.record["scorers"] if name in SCORERS and name not in WITH_MODEL]
        known = {metric.name: metric for metric in metric_records(own)}
        names = dict.fromkeys([*known, *(name for row in self.rows for name in row.scores)])
        return [known.get(name) or MetricRecord(name=name) for name in names]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The rows summed up, with the cost of the language model that planned."""
        metrics = [metric.model_dump() for metric in self.metrics]
        cost = planning_cost(self.plans.values())
        return picture_summary({**self.record, **cost, "metrics": metrics}, self.rows)

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
        record = _read_record(folder)
        rows = tuple(row.model_copy(update={"folder": folder}) for row in read_rows(folder, PictureRow))
        run = Run(record, rows, {row.id: row for row in read_rows(folder / PLANS, PlanRow)})
        shared = {name: value for name, value in record.items() if name not in SHARD_FIELDS}
        shards.setdefault(json.dumps(shared, sort_keys=True), []).append(run)
    return [_joined(runs) for runs in shards.values()]


def _read_record(folder: Path) -> dict[str, Any]:
    """The run.json of a run of pictures. Raises `UserError` where there is none, or it is another's."""
    try:
        record = parse_json(read_text(folder / RUN))
    except UserError as error:
        raise UserError(f"{folder}: does not hold the {RUN} of a run ({error.text})") from error
    if not isinstance(record, dict):
        raise UserError(f"{folder}: does not hold the {RUN} of a run")
    if record.get("stage") == "plan":
        raise UserError(f"{folder}: is a run of plans; python -m evals.scoreboard {folder} shows those")
    try:
        return PictureRunRecord.model_validate(record).model_dump(mode="json")
    except ValidationError as error:
        raise UserError(f"{folder / RUN}: {explain(error)}") from error


def _joined(runs: Sequence[Run]) -> Run:
    seen = dict[Key, PictureRow]()
    for row in (row for run in runs for row in run.rows):
        if row.id in seen:
            other = seen[row.id].folder
            raise UserError(f"{row.folder}: holds {row.id}, as {other} does; give one of the two")
        seen[row.id] = row
    plans = {key: row for run in runs for key, row in run.plans.items()}
    return Run(runs[0].record, tuple(seen.values()), plans)
