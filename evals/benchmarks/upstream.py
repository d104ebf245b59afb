"""Reads upstream files; an error names the file and the line or field that is wrong."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from planner import bounded
from planner.errors import UserError
from planner.faults import explain

T = TypeVar("T")

DATA_BYTES = 512 * bounded.MEGABYTE


class UpstreamRecord(BaseModel):
    """Base of the records in upstream files; fields that are not declared are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def find_file(path: Path, name: str) -> Path:
    """`path` if it is a file, or the file called `name` anywhere in the folder `path`.

    Raises `UserError` if there is no such file, or more than one.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"{path}: there is no such file or folder; it should be {name}", "data")
    found = sorted(path.rglob(name))
    if not found:
        raise UserError(f"{path}: the folder holds no {name}", "data")
    if len(found) > 1:
        raise UserError(f"{path}: the folder holds {name} more than once: name the file", "data")
    return found[0]


def read_text(path: Path) -> str:
    """A file's text. Raises `UserError` if it can't be read, is too large or not UTF-8."""
    return bounded.read_text(path, DATA_BYTES)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers counted from 0.

    Raises `UserError` if there are none.
    """
    lines = [(number, line.strip()) for number, line in enumerate(read_text(path).splitlines())]
    filled = [(number, line) for number, line in lines if line]
    if not filled:
        raise UserError(f"{path}: is empty; it should hold a prompt a line")
    yield from filled


def read_json(path: Path, kind: type[T]) -> T:
    """A JSON file as `kind`. Raises `UserError` with the field that does not fit."""
    try:
        return TypeAdapter(kind).validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error


def read_json_lines(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """A file with one JSON object a line, each as `kind`, with the lines' numbers counted from 0.

    Raises `UserError` with the line and the field that do not fit.
    """
    adapter = TypeAdapter(kind)
    for number, line in read_lines(path):
        try:
            yield number, adapter.validate_json(line)
        except ValidationError as error:
            raise UserError(f"{path}, line {number + 1}: {explain(error)}") from error


def read_table(path: Path, kind: type[T], delimiter: str) -> list[T]:
    """A table whose first line has the columns' titles, each row as `kind`.

    Raises `UserError` with the row and the field that do not fit.
    """
    adapter = TypeAdapter(kind)
    # Upstream's tab-separated files quote nothing; a quotation mark in them is part of a prompt.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    table = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter=delimiter, quoting=quoting)
    rows: list[T] = []
    try:
        for row in table:
            rows.append(adapter.validate_python(row))  # noqa: PERF401 (the number of rows is told)
    except ValidationError as error:
        raise UserError(f"{path}, row {len(rows) + 1} after the titles: {explain(error)}") from error
    except csv.Error as error:
        raise UserError(
            f"{path}, row {len(rows) + 1} after the titles: is no row of a table ({error})"
        ) from error
    if not rows:
        raise UserError(f"{path}: has no rows; it should be a table whose first line has the columns' titles")
    return rows
