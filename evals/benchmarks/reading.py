"""Upstream files, read with every fault named."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from planner.errors import UserError
from planner.faults import explain

T = TypeVar("T")


class Upstream(BaseModel):
    """Base of records that upstream files hold; fields that nobody here reads may be there."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def upstream_file(path: Path, *names: str) -> Path:
    """`path` where it is a file, or the file of one of `names` somewhere in the folder `path`.

    Raises `UserError` where nothing is there, or more than one file.
    """
    if path.is_file():
        return path
    wanted = " or ".join(names)
    if not path.is_dir():
        raise UserError(f"--data {path}: there is no such file or folder; it should be {wanted}")
    found = sorted(file for name in names for file in path.rglob(name))
    if not found:
        raise UserError(f"--data {path}: the folder holds no {wanted}")
    if len(found) > 1:
        raise UserError(f"--data {path}: the folder holds {found[0].name} more than once: name the file")
    return found[0]


def text_of(path: Path) -> str:
    """A file's text. Raises `UserError` where it is none in UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is no text in UTF-8") from error
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from error


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers counted from 0.

    Raises `UserError` where there is none.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text_of(path).splitlines())]
    kept = [(number, line) for number, line in lines if line]
    if not kept:
        raise UserError(f"{path}: is empty; it should hold a prompt a line")
    yield from kept


def json_of(path: Path, kind: type[T]) -> T:
    """A JSON file as `kind`. Raises `UserError` that names the field where it is something else."""
    try:
        return TypeAdapter(kind).validate_json(text_of(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error)}") from error


def json_lines_of(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """A file of a JSON object a line, each as `kind`, with the lines' numbers counted from 0."""
    adapter = TypeAdapter(kind)
    for number, line in lines_of(path):
        try:
            yield number, adapter.validate_json(line)
        except ValidationError as error:
            raise UserError(f"{path}, line {number + 1}: {explain(error)}") from error


def table_of(path: Path, kind: type[T], delimiter: str) -> list[T]:
    """A table with a line of titles, each row as `kind`."""
    adapter = TypeAdapter(kind)
    # Tab-separated files upstream quote nothing; a quotation mark in them is part of a prompt.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    rows = csv.DictReader(io.StringIO(text_of(path), newline=""), delimiter=delimiter, quoting=quoting)
    read: list[T] = []
    for number, row in enumerate(rows):
        try:
            read.append(adapter.validate_python(row))
        except ValidationError as error:
            raise UserError(f"{path}, row {number + 1} after the titles: {explain(error)}") from error
    return read
