"""The rows of a run, one JSON object a line, written so that an interrupted run can be resumed.

A line replaces earlier lines with the same id, so a row is never half replaced.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from PIL import Image
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from rich.console import Console
from rich.progress import Progress

from planner.bounded import MEGABYTE, PICTURE_BYTES, decode_picture, parse_json, read_file, read_text
from planner.errors import UserError
from planner.faults import explain
from planner.files import write_atomic
from planner.plans import Plan, Size, Usage

Key = int | str
RunRecord = Mapping[str, Any]
"""The content of run.json: everything that makes this run differ from others."""

ROWS, RUN, SUMMARY = "rows.jsonl", "run.json", "summary.json"

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
ROWS_BYTES = 512 * MEGABYTE

FORMAT = 2
"""The version of the rows' fields; run.json holds it as `format`."""


class Row(BaseModel):
    """A row of any run. Fields that an earlier version wrote and this one does not know are ignored."""

    model_config = ConfigDict(frozen=True)

    id: Key


R = TypeVar("R", bound=Row)


class PlacedInstance(BaseModel):
    """One thing of a plan; `box` is (x0, y0, x1, y1) in shares of the canvas."""

    model_config = ConfigDict(frozen=True)

    name: str
    prompt: str
    box: tuple[float, float, float, float]


class Geometry(BaseModel):
    """How a plan lies on its canvas.

    `overlap` is the number of tokens that two regions claim, `lost` the number of regions that have neither a
    token nor a note, `off_canvas` the number of regions that reach over the edge, and `coverage` the share of
    tokens that regions own.
    """

    model_config = ConfigDict(frozen=True)

    overlap: int
    lost: int
    off_canvas: int
    coverage: float


class PlanRow(Row):
    """The plan of one prompt with its scores, or the `error` that prevented it.

    `scene`, `notes` and `origin` are the plan's, as JSON. `seconds` are of planning alone. `tokens` and
    `cost` (in dollars) are those of the language model; they are None where none was asked or the figure
    is unknown.
    """

    prompt: str
    boxes: tuple[PlacedInstance, ...] = ()
    scene: Mapping[str, Any] | None = None
    notes: tuple[Mapping[str, Any], ...] = ()
    origin: Mapping[str, Any] | None = None
    scores: Mapping[str, float | None] = Field(default_factory=dict[str, float | None])
    geometry: Geometry | None = None
    tokens: Usage | None = None
    cost: float | None = None
    error: str | None = None
    seconds: float = 0.0

    def plan(self, size: Size) -> Plan | None:
        """The plan on a canvas of `size`, without its account; None where planning failed.

        Raises `UserError` where the row's scene is no scene.
        """
        if self.error is not None:
            return None
        parts = {"scene": self.scene, "notes": self.notes, "origin": self.origin}
        try:
            return Plan.model_validate({**parts, "size": size.model_dump()})
        except ValidationError as error:
            raise UserError(f"the row {self.id!r} of a plan: {explain(error)}") from error


class ArmRecord(BaseModel):
    """An arm in run.json."""

    model_config = ConfigDict(frozen=True)

    name: str
    plain: bool = False
    settings: Mapping[str, JsonValue] = Field(default_factory=dict[str, JsonValue])


class MetricRecord(BaseModel):
    """A scorer's metric in run.json, as `evals.scorers.protocol.Metric` with its name in rows."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str = ""
    share: bool = False
    better: Literal["more", "less"] = "more"


class PictureRunRecord(BaseModel):
    """The run.json of a run of pictures, for reports; `metrics` is None in runs of earlier versions."""

    model_config = ConfigDict(frozen=True, extra="allow")

    benchmark: str
    stage: Literal["image"]
    model: str
    arms: tuple[ArmRecord, ...] = Field(min_length=1)
    seeds: tuple[int, ...]
    scorers: tuple[str, ...]
    size: Size
    llm: str | None = None
    metrics: tuple[MetricRecord, ...] | None = None


class PictureRow(Row):
    """One picture with its scores, or the `error` that prevented it.

    `picture` is the file's path within the run's folder. `scores` are by "scorer.metric"; `explanations`
    say in words what a scorer found, and `unscored` why a scorer or a metric has no score. `tokens` and
    `cost` (in dollars) are of language models, by scorer. `folder` is the run's folder where rows of
    several are read.
    """

    sample: Key
    prompt: str
    group: str | None
    arm: str
    seed: int
    picture: str | None = None
    scores: Mapping[str, float | None] = Field(default_factory=dict[str, float | None])
    explanations: Mapping[str, str] = Field(
        default_factory=dict[str, str], validation_alias=AliasChoices("explanations", "told")
    )
    unscored: Mapping[str, str] = Field(default_factory=dict[str, str])
    tokens: Mapping[str, Usage] = Field(default_factory=dict[str, Usage])
    cost: Mapping[str, float | None] = Field(default_factory=dict[str, float | None])
    seconds: float | None = None
    error: str | None = None
    folder: Path | None = Field(default=None, exclude=True)

    def open_picture(self, folder: Path) -> Image.Image | None:
        """The row's picture (RGB) in the run's `folder`; None where it is gone, broken or outside of it."""
        if self.picture is None or not self.picture.lower().endswith(PICTURE_ENDINGS):
            return None
        try:
            path = (folder / self.picture).resolve()
            if not path.is_relative_to(folder.resolve()):
                return None
            return decode_picture(read_file(path, PICTURE_BYTES)).convert("RGB")
        except (UserError, OSError, ValueError, RuntimeError):
            return None


def check_run(folder: Path, record: RunRecord, may_grow: str | None = None) -> None:
    """Raise `UserError` where the folder holds rows of another run than that of `record`.

    The list named `may_grow` may have gained entries since.
    """
    run = folder / RUN
    if not run.exists():
        if (folder / ROWS).exists():
            raise UserError(
                f"{folder}: holds {ROWS} without the {RUN} that describes it; give a new folder", "out"
            )
        return
    earlier, now = _read_object(run), json.loads(json.dumps({**record, "format": FORMAT}))
    if earlier.get("format") != FORMAT:
        raise UserError(
            f"{folder}: holds a run of an earlier version of scenewright, which can be reported but not "
            "resumed; give a new folder",
            "out",
        )
    if may_grow is not None and set(now[may_grow]) > set(earlier.get(may_grow, ())):
        earlier[may_grow] = now[may_grow]
    # The metrics follow from the scorers.
    other = sorted(key for key in {*earlier, *now} - {"metrics"} if earlier.get(key) != now.get(key))
    if other:
        was, wanted = earlier.get(other[0]), now.get(other[0])
        raise UserError(
            f"{folder}: holds a run with {other[0]} {was!r}, not {wanted!r}; give a new folder", "out"
        )


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = parse_json(read_text(path))
    except UserError as error:
        raise UserError(f"{path}: is not the {RUN} of a run ({error.text})") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: is not the {RUN} of a run")
    return dict(value)


def open_run(folder: Path, record: RunRecord, kind: type[R], may_grow: str | None = None) -> dict[Key, R]:
    """The rows that an earlier run left in `folder`, by id; none in a new folder.

    An incomplete last line is removed. Raises `UserError` as `check_run` does, or where the folder cannot be
    written.
    """
    check_run(folder, record, may_grow)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: the folder can't be made ({error.strerror})", "out") from error
    write_atomic(folder / RUN, _json({**record, "format": FORMAT}))
    rows = read_rows(folder, kind)
    path = folder / ROWS
    content = path.read_bytes() if path.exists() else b""
    complete = content.rfind(b"\n") + 1
    if complete < len(content):
        # The next row must start on a line of its own.
        os.truncate(path, complete)
    return {row.id: row for row in rows}


def read_rows(folder: Path, kind: type[R]) -> list[R]:
    """The complete rows in a run's folder, the latest of each id; none where there are none.

    Raises `UserError` for a line that is not such a row.
    """
    path = folder / ROWS
    rows = dict[Key, R]()
    content = read_file(path, ROWS_BYTES) if path.exists() else b""
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            row = kind.model_validate_json(line)
        except ValidationError as error:
            raise UserError(f"{path}: line {number} is not a row of a run ({explain(error)})") from error
        rows[row.id] = row
    return [*rows.values()]


def append(folder: Path, row: Row) -> None:
    """Add a row; once this returns, the row survives a kill and a power cut."""
    with (folder / ROWS).open("ab") as file:
        file.write(_line(row))
        file.flush()
        os.fsync(file.fileno())


def collect_rows(
    folder: Path, rows: dict[Key, R], keys: Sequence[Key], coming: Iterable[R], title: str, quiet: bool
) -> list[R]:
    """Append every row of `coming` to the run's file; returns all rows in the order of `keys`.

    `rows` are those that exist already; the new ones are added to it.
    """
    with Progress(console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(title, total=len(keys), completed=sum(key in rows for key in keys))
        for row in coming:
            append(folder, row)
            rows[row.id] = row
            progress.advance(bar)
    return [rows[key] for key in keys]


def finish(folder: Path, rows: Sequence[Row], summary: Mapping[str, Any]) -> None:
    """Put the rows into the benchmark's order, and write the summary."""
    write_atomic(folder / ROWS, b"".join(map(_line, rows)))
    write_atomic(folder / SUMMARY, _json(summary))


def _line(row: Row) -> bytes:
    return (json.dumps(row.model_dump(mode="json"), ensure_ascii=False) + "\n").encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
