"""Rows outlive a run that is cut off, and rows of two runs are never mixed."""

import json
from pathlib import Path

import pytest

from evals.planning.rows import ROWS, append, finish, open_run, read_rows
from planner.errors import UserError

TOLD = {"benchmark": "prompts", "seed": 0}


def test_a_new_folder_has_no_rows(tmp_path: Path) -> None:
    assert open_run(tmp_path / "a" / "b", TOLD) == {}


def test_rows_come_back(tmp_path: Path) -> None:
    open_run(tmp_path, TOLD)
    append(tmp_path, {"id": 1, "prompt": "ein Äpfelchen"})
    append(tmp_path, {"id": "x", "prompt": "two\nlines"})
    rows = open_run(tmp_path, TOLD)
    assert list(rows) == [1, "x"]
    assert rows["x"]["prompt"] == "two\nlines"


def test_a_line_that_was_cut_off_is_done_again_wherever_it_was_cut(tmp_path: Path) -> None:
    open_run(tmp_path, TOLD)
    append(tmp_path, {"id": 1, "prompt": "first"})
    append(tmp_path, {"id": 2, "prompt": "zweites Ä"})
    whole = (tmp_path / ROWS).read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        (tmp_path / ROWS).write_bytes(whole[:end])
        assert list(open_run(tmp_path, TOLD)) == [1]
        append(tmp_path, {"id": 2, "prompt": "zweites Ä"})
        assert (tmp_path / ROWS).read_bytes() == whole


def test_a_row_is_replaced_whole_or_not_at_all_wherever_its_line_was_cut(tmp_path: Path) -> None:
    open_run(tmp_path, TOLD)
    for row in ({"id": 1, "why": "down"}, {"id": 2, "why": ""}, {"id": 1, "why": "Ä"}):
        append(tmp_path, row)
    whole = (tmp_path / ROWS).read_bytes()
    assert read_rows(tmp_path) == [{"id": 1, "why": "Ä"}, {"id": 2, "why": ""}]
    for end in range(whole.rindex(b"\n", 0, -1) + 1, len(whole)):
        (tmp_path / ROWS).write_bytes(whole[:end])
        assert read_rows(tmp_path) == [{"id": 1, "why": "down"}, {"id": 2, "why": ""}]
        assert open_run(tmp_path, TOLD)[1] == {"id": 1, "why": "down"}


def test_another_runs_folder_is_refused(tmp_path: Path) -> None:
    open_run(tmp_path, TOLD)
    with pytest.raises(UserError, match="seed 0, not 1"):
        open_run(tmp_path, TOLD | {"seed": 1})


def test_rows_of_an_unknown_run_are_refused(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text('{"id": 1}\n')
    with pytest.raises(UserError, match=r"run\.json"):
        open_run(tmp_path, TOLD)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out"):
        open_run(tmp_path / "file" / "deeper", TOLD)


def test_the_end_brings_rows_into_order(tmp_path: Path) -> None:
    open_run(tmp_path, TOLD)
    for number in (2, 0, 1):
        append(tmp_path, {"id": number})
    finish(tmp_path, [{"id": number} for number in range(3)], {"n": 3})
    assert list(open_run(tmp_path, TOLD)) == [0, 1, 2]
    assert json.loads((tmp_path / "summary.json").read_text()) == {"n": 3}


def test_a_spoilt_line_is_told_by_its_number(tmp_path: Path) -> None:
    open_run(tmp_path, {})
    append(tmp_path, {"id": 1, "prompt": "a fox\u2028and an owl"})
    assert [row["id"] for row in read_rows(tmp_path)] == [1]
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write("{spoilt}\n")
    with pytest.raises(UserError, match=r"rows\.jsonl: line 2 is no row of a run"):
        open_run(tmp_path, {})
