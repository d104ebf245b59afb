"""Rows survive an interrupted run, and rows of two runs are never mixed."""

import json
from pathlib import Path

import pytest

from evals.run.rows import FORMAT, ROWS, RUN, PictureRow, PlanRow, Row, append, finish, open_run, read_rows
from planner.errors import UserError
from planner.plans import Size

RECORD = {"benchmark": "prompts", "seed": 0}
FIRST, SECOND = PlanRow(id=1, prompt="ein Äpfelchen"), PlanRow(id="x", prompt="two\nlines")


def test_rows_come_back_from_a_folder_that_was_new(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert open_run(folder, RECORD, PlanRow) == {}
    for row in (FIRST, SECOND):
        append(folder, row)
    assert open_run(folder, RECORD, PlanRow) == {1: FIRST, "x": SECOND}
    assert json.loads((folder / RUN).read_text()) == {**RECORD, "format": FORMAT}


def test_a_row_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        FIRST.prompt = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_an_incomplete_line_is_written_again_wherever_it_was_cut(tmp_path: Path) -> None:
    open_run(tmp_path, RECORD, PlanRow)
    append(tmp_path, SECOND)
    append(tmp_path, FIRST)
    complete = (tmp_path / ROWS).read_bytes()
    for end in range(complete.index(b"\n") + 1, len(complete)):
        (tmp_path / ROWS).write_bytes(complete[:end])
        assert list(open_run(tmp_path, RECORD, PlanRow)) == ["x"]
        append(tmp_path, FIRST)
        assert (tmp_path / ROWS).read_bytes() == complete


def test_a_row_is_replaced_whole_or_not_at_all_wherever_its_line_was_cut(tmp_path: Path) -> None:
    open_run(tmp_path, RECORD, PlanRow)
    failed = FIRST.model_copy(update={"error": "no answer"})
    for row in (failed, SECOND, FIRST):
        append(tmp_path, row)
    complete = (tmp_path / ROWS).read_bytes()
    assert read_rows(tmp_path, PlanRow) == [FIRST, SECOND]
    for end in range(complete.rindex(b"\n", 0, -1) + 1, len(complete)):
        (tmp_path / ROWS).write_bytes(complete[:end])
        assert read_rows(tmp_path, PlanRow) == [failed, SECOND]
        assert open_run(tmp_path, RECORD, PlanRow)[1] == failed


def test_another_runs_folder_is_refused(tmp_path: Path) -> None:
    open_run(tmp_path, RECORD, Row)
    with pytest.raises(UserError, match="seed 0, not 1"):
        open_run(tmp_path, RECORD | {"seed": 1}, Row)


def test_a_list_that_may_grow_may_not_shrink(tmp_path: Path) -> None:
    open_run(tmp_path, {"scorers": ["a"]}, Row, may_grow="scorers")
    open_run(tmp_path, {"scorers": ["a", "b"]}, Row, may_grow="scorers")
    with pytest.raises(UserError, match=r"scorers \['a', 'b'\], not \['b'\]"):
        open_run(tmp_path, {"scorers": ["b"]}, Row, may_grow="scorers")


def test_a_run_of_an_earlier_version_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / RUN).write_text(json.dumps(RECORD))
    with pytest.raises(UserError, match=r"an earlier version of scenewright.*give a new folder"):
        open_run(tmp_path, RECORD, Row)


@pytest.mark.parametrize(("name", "content"), [(ROWS, '{"id": 1}\n'), (RUN, "[1"), (RUN, "[1]")])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=r"run\.json"):
        open_run(tmp_path, RECORD, Row)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"^out .*the folder can't be made"):
        open_run(tmp_path / "file" / "deeper", RECORD, Row)


def test_the_end_puts_rows_in_order(tmp_path: Path) -> None:
    open_run(tmp_path, RECORD, Row)
    for number in (2, 0, 1):
        append(tmp_path, Row(id=number))
    finish(tmp_path, [Row(id=number) for number in range(3)], {"n": 3})
    assert list(open_run(tmp_path, RECORD, Row)) == [0, 1, 2]
    assert json.loads((tmp_path / "summary.json").read_text()) == {"n": 3}


@pytest.mark.parametrize("line", ["{broken}", '{"prompt": "no id"}', '{"id": 2, "prompt": 3}'])
def test_an_error_names_the_line_that_is_no_row(tmp_path: Path, line: str) -> None:
    open_run(tmp_path, {}, PlanRow)
    append(tmp_path, PlanRow(id=1, prompt="a fox\u2028and an owl"))
    assert [row.id for row in read_rows(tmp_path, PlanRow)] == [1]
    with (tmp_path / ROWS).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(UserError, match=r"rows\.jsonl: line 2 is not a row of a run"):
        open_run(tmp_path, {}, PlanRow)


def test_rows_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    old = {"id": "0/plain/0", "sample": 0, "prompt": "a fox", "group": None, "arm": "plain", "seed": 0,
           "picture": "a.png", "scores": {"world.things": 1.0}, "told": {"world": "no fox"}, "unscored": {},
           "seconds": 1.0, "error": None}  # fmt: skip
    (tmp_path / ROWS).write_text(json.dumps(old) + "\n")
    (row,) = read_rows(tmp_path, PictureRow)
    assert (row.explanations, row.tokens, row.folder) == ({"world": "no fox"}, {}, None)
    plan = {
        "id": 0,
        "prompt": "a fox",
        "account": [],
        "boxes": [],
        "scores": {},
        "error": "down",
        "seconds": 0.1,
    }
    (tmp_path / ROWS).write_text(json.dumps(plan) + "\n")
    (failed,) = read_rows(tmp_path, PlanRow)
    assert failed.plan(Size()) is None
