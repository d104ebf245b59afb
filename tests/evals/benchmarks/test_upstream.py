"""Upstream formats are read as they are, and an error names every fault in them.

The files here are written in upstream's formats by the tests themselves.
"""

import json
from pathlib import Path

import pytest

from evals.benchmarks.plain import read_prompts
from evals.benchmarks.registry import BENCHMARKS
from planner.errors import UserError
from renderer.cli import BENCHMARKS as LISTED

COUNT = {
    "id": 7,
    "prompt": "two mugs",
    "num_object": [["mug", 2]],
    "sub-type": "single-category",
    "type": "t",
}
BOX = [0.0, 0.0, 0.5, 0.5]
SIDE = {
    "id": 8, "prompt": "a mug left of a hat", "obj1": ["mug", BOX], "obj2": ["hat", BOX],
    "relation": "left", "type": "template",
}  # fmt: skip
GENEVAL = {"tag": "counting", "include": [{"class": "mug", "count": 2}], "prompt": "a photo of two mugs"}
DSG = (
    "item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,"
    "question_natural_language\n"
    'x_1,"A mug, blue",mug,1,0,entity,whole,entity - whole (mug),Is there?\n'
    'x_1,"A mug, blue",mug,2,1,attribute,color,"attribute - color (mug, blue)",Is it?\n'
    "x_2,Hats,hat,1,0,entity,whole,entity - whole (hats),Is there?\n"
)
FILES = {
    "nsr-1k-counting": ("counting/counting.val.json", json.dumps([COUNT]), [7]),
    "nsr-1k-spatial": ("spatial/spatial.val.json", json.dumps([SIDE]), [8]),
    "lmd": ("prompts.jsonl", '{"id": 3, "category": "negation", "prompt": "a scene without mugs"}\n', [3]),
    "geneval": ("evaluation_metadata.jsonl", f"{json.dumps(GENEVAL)}\n" * 2, [0, 1]),
    "dsg-1k": ("dsg-1k-anns.csv", DSG, ["x_1", "x_2"]),
    "dpg-bench": ("prompts/whoops9.txt", "A mug on a hat.\n", ["whoops9"]),
    "longbench-t2i": ("instruction.jsonl", '{"instruction": "A mug.", "label": []}\n', [0]),
    "parti": ("PartiPrompts.tsv", 'Prompt\tCategory\tChallenge\tNote\na 6" mug\tArts\tBasic\t\n', [0]),
    "readings": (
        "readings.jsonl",
        '{"id": "r/1", "prompt": "a mug", "things": [{"head": "mug"}]}\n',
        ["r/1"],
    ),
    "t2i-compbench": ("color_val.txt", "a blue mug\n\na red hat\n", ["color-0", "color-2"]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_folder_or_its_file_is_read(name: str, tmp_path: Path) -> None:
    place, content, ids = FILES[name]
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")
    assert [sample.id for sample in BENCHMARKS[name].read(tmp_path)] == ids
    assert len(BENCHMARKS[name].read(file)) == len(ids)
    assert all(sample.prompt.strip() == sample.prompt != "" for sample in BENCHMARKS[name].read(file))


@pytest.mark.parametrize("name", FILES)
def test_a_folder_without_the_file_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^data "):
        BENCHMARKS[name].read(tmp_path)
    with pytest.raises(UserError, match=r"^data "):
        BENCHMARKS[name].read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nsr-1k-counting", "[{", "Invalid JSON|invalid JSON"),
        ("nsr-1k-counting", json.dumps([COUNT, {**COUNT, "num_object": []}]), r"\[1\].num_object"),
        ("nsr-1k-spatial", json.dumps([{**SIDE, "relation": "inside"}]), r"\[0\].relation"),
        ("lmd", '{"id": 3, "category": "numeracy", "prompt": "some mugs"}\n', "line 1: prompt"),
        ("geneval", json.dumps(GENEVAL) + "\n{}\n", "line 2: tag"),
        ("geneval", json.dumps({**GENEVAL, "include": ["mug"]}) + "\n", r"line 1: include\[0\]"),
        ("geneval", json.dumps({**GENEVAL, "include": [{"count": 2}]}) + "\n", r"include\[0\].class"),
        ("dsg-1k", "a,b\n1,2\n", "item_id"),
        ("longbench-t2i", '\n{"label": []}\n', "line 2: instruction"),
        ("parti", "Prompt\tNote\nx\ty\n", "Category"),
        ("t2i-compbench", "\n\n", "empty"),
    ],
)
def test_faults_are_named(name: str, content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / Path(FILES[name][0]).name
    file.write_text(content, "utf-8")
    with pytest.raises(UserError, match=message) as caught:
        BENCHMARKS[name].read(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        read_prompts(file)


def test_two_files_of_one_name_are_an_error(tmp_path: Path) -> None:
    for part in "ab":
        (tmp_path / part).mkdir()
        (tmp_path / part / "instruction.jsonl").write_text('{"instruction": "A mug."}\n')
    with pytest.raises(UserError, match="more than once"):
        BENCHMARKS["longbench-t2i"].read(tmp_path)


def test_a_quotation_mark_in_a_tab_separated_prompt_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "PartiPrompts.tsv"
    file.write_text(FILES["parti"][1])
    assert BENCHMARKS["parti"].read(file)[0].prompt == 'a 6" mug'


def test_the_command_lists_every_benchmark() -> None:
    assert list(LISTED) == list(BENCHMARKS)
