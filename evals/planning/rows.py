"""Rows of a run, a JSON object a line, so written that a run that was cut off goes on.

A line replaces earlier ones of the same id, so that a row is never half replaced.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from planner.errors import UserError
from planner.files import write_atomic

Row = Mapping[str, Any]
Key = int | str

ROWS, RUN, SUMMARY = "rows.jsonl", "run.json", "summary.json"


def check_run(folder: Path, told: Mapping[str, Any], grows: str | None = None) -> None:
    """Raise `UserError` where the folder holds another run's rows than those of what is `told`.

    The list that `grows` names may hold more than in the run before.
    """
    run = folder / RUN
    if run.exists():
        earlier, now = json.loads(run.read_text("utf-8")), json.loads(json.dumps(told))
        _check_same(folder, _grown(earlier, now, grows), now)
    elif (folder / ROWS).exists():
        raise UserError(f"--out {folder}: holds {ROWS}, but no {RUN} that says of what; give a new folder")


def open_run(folder: Path, told: Mapping[str, Any], grows: str | None = None) -> dict[Key, Row]:
    """The rows that an earlier run left in `folder`, by id; none in a new folder.

    A last line that was cut off is taken away. Raises `UserError` as `check_run` does, or where the folder
    can't be written.
    """
    check_run(folder, told, grows)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {folder}: the folder can't be made ({error.strerror})") from error
    write_atomic(folder / RUN, _json(told))
    rows = read_rows(folder)
    _cut_off(folder / ROWS)
    return {row["id"]: row for row in rows}


def sound(rows: Mapping[Key, Row]) -> dict[Key, Row]:
    """The rows that did not fail: the same command tries the others again, for an endpoint may be back."""
    return {key: row for key, row in rows.items() if row["error"] is None}


def _grown(earlier: Row, now: Row, grows: str | None) -> Row:
    """`earlier`, with the list that `grows` names as it is now where that holds all that it did, and more."""
    if grows is None or not set(now[grows]) > set(earlier.get(grows, ())):
        return earlier
    return {**earlier, grows: now[grows]}


def _check_same(folder: Path, earlier: Row, now: Row) -> None:
    other = sorted(key for key in {*earlier, *now} if earlier.get(key) != now.get(key))
    if other:
        was, wanted = earlier.get(other[0]), now.get(other[0])
        raise UserError(
            f"--out {folder}: holds a run with {other[0]} {was!r}, not {wanted!r}; give a new folder"
        )


def _cut_off(path: Path) -> None:
    """Take away a last line that has no end, so that the next row starts on a line of its own."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def read_rows(folder: Path) -> list[Row]:
    """The whole rows that lie in a run's folder, which is left as it is; none where there are none.

    Of an id the latest. Raises `UserError` for a line that someone spoilt.
    """
    path = folder / ROWS
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    rows = (_row(path, number, line) for number, line in enumerate(lines, 1))
    return [*{row["id"]: row for row in rows}.values()]


def _row(path: Path, number: int, line: bytes) -> Row:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UserError(f"{path}: line {number} is no row of a run ({error})") from error


def append(folder: Path, row: Row) -> None:
    """Add a row; once this returns it outlives a kill and a power cut."""
    with (folder / ROWS).open("ab") as file:
        file.write(_line(row))
        file.flush()
        os.fsync(file.fileno())


def finish(folder: Path, rows: Sequence[Row], summary: Mapping[str, Any]) -> None:
    """Bring the rows into the benchmark's order, and write the summary."""
    write_atomic(folder / ROWS, b"".join(_line(row) for row in rows))
    write_atomic(folder / SUMMARY, _json(summary))


def _line(row: Row) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
