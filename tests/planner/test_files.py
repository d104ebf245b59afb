"""Plan files: what is written is read again, and every fault is named in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from planner.errors import UserError
from planner.files import RECORD, Record, dump_plan, load_plan, load_record, read_record, write_atomic
from planner.plans import Origin, Plan, Size, Span
from planner.scene import Mask, Scene
from planner.shapes import DATA_URL, mask_pixels

SIZE = Size(width=64, height=64)


def plan_data() -> dict[str, Any]:
    """A plan as a file has it: a cat with a box, a dog with a place, a fox with neither."""
    box = {"x0": 0, "y0": 0, "x1": 500, "y1": 500}
    place = {"horizontal": "left", "vertical": "top", "size": "small"}
    return {
        "version": 3,
        "size": {"width": 64, "height": 64},
        "scene": {
            "caption": "animals",
            "regions": [
                {"name": "cat", "prompt": "a cat", "where": box},
                {"name": "dog", "prompt": "a dog", "where": place},
                {"name": "fox", "prompt": "a fox"},
            ],
            "relations": [{"subject": "cat", "predicate": "above", "object": "dog"}],
        },
        "origin": {"planner": "file"},
    }


def changed(path: str, value: object) -> dict[str, Any]:
    """The plan with one value replaced or added; `path` is dotted."""
    data = plan_data()
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    target: Any = data
    for step in parents:
        target = target[step]
    target[last] = value
    return data


def write(folder: Path, data: object) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def picture(folder: Path, chunk: str | None) -> Path:
    info = PngInfo()
    if chunk is not None:
        info.add_itxt(RECORD, chunk)
    path = folder / "picture.png"
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


@given(st.data())
def test_what_is_dumped_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, scenes: st.SearchStrategy[Scene], data: st.DataObject
) -> None:
    plan = Plan(size=SIZE, scene=data.draw(scenes), origin=Origin(planner="builtin"))
    path = tmp_path_factory.getbasetemp() / "plan.json"
    write_atomic(path, dump_plan(plan).encode())
    assert load_plan(path) == plan


def test_a_dump_is_stable_and_readable() -> None:
    plan = Plan.model_validate(changed("scene.caption", "猫 and café"))
    text = dump_plan(plan)
    assert text == dump_plan(Plan.model_validate_json(text))
    assert "猫 and café" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 4, "version: 4 is not supported; it should be 3, or 1 or 2 of older programs"),
        ("scene.regions.0.quotes", "a cat", "scene.regions[0].quotes: "),
        ("scene.quotes", {"caption": []}, "scene.quotes.caption: there is no such field"),
        ("size.width", 100, "size.width: 100 is wrong: input should be a multiple of 16"),
        ("size.width", 0, "size.width: 0 is wrong: input should be greater than or equal to 64"),
        ("size.width", 20_000, "size.width: 20000 is wrong: input should be less than or equal to 8192"),
        ("colour", "red", "colour: there is no such field"),
        ("scene.regions.0.colour", "red", "scene.regions[0].colour: there is no such field"),
        ("scene.regions.0.where.z", 3, "scene.regions[0].where.z: there is no such field"),
        ("scene.regions.0.where.x1", 1200, "scene.regions[0].where.x1: 1200 is off the canvas"),
        ("scene.regions.0.where.y0", -1, "scene.regions[0].where.y0: -1 is off the canvas"),
        ("scene.regions.0.where.x0", 500, "scene.regions[0].where: the box (500, 0, 500, 500) is empty or"),
        (
            "scene.regions.0.where.x0",
            "left",
            "scene.regions[0].where.x0: 'left' is wrong: input should be",
        ),
        (
            "scene.regions.1.where.vertical",
            "up",
            "scene.regions[1].where.vertical: 'up' is wrong: input",
        ),
        ("scene.regions.0.where", {"x0": 1}, "scene.regions[0].where.y0: is missing (and 2 more)"),
        ("scene.regions.0.where", {"left": 1}, "scene.regions[0].where: should be null, a box"),
        ("scene.regions.0.where", 7, "scene.regions[0].where: 7 is wrong: should be null, a box"),
        (
            "scene.regions.0.where",
            {"points": []},
            "scene.regions[0].where.points: tuple should have",
        ),
        (
            "scene.regions.0.where",
            {"points": [{"x": x, "y": y} for x, y in ((0, 0), (9, 9), (9, 0), (0, 9))]},
            "scene.regions[0].where: the polygon crosses or touches itself",
        ),
        ("scene.regions.1.name", "cat", "scene: two regions are named 'cat'"),
        (
            "scene.relations.0.object",
            "elk",
            "scene: a relation names 'elk', which is no region",
        ),
        ("scene.relations.0.object", "cat", "scene: 'cat' stands in a relation to itself"),
        (
            "scene.relations.0.predicate",
            "near",
            "scene.relations[0].predicate: 'near' is wrong",
        ),
        ("scene.regions.2.where", {"mask": "none.png"}, "scene.regions[2].where.mask: none.png is not there"),
        (
            "scene.regions.2.where",
            {"mask": "plan.json"},
            "scene.regions[2].where.mask: plan.json is no",
        ),
        (
            "scene.regions.2.where",
            {"mask": "wide.png"},
            "scene.regions[2].where.mask: wide.png is 128x64; a mask has the canvas's size, which is 64x64",
        ),
        (
            "scene.regions.2.where",
            {"mask": "black.png"},
            "scene.regions[2].where.mask: black.png is all",
        ),
        (
            "scene.regions.2.where",
            {"mask": f"{DATA_URL}AAAA"},
            "scene.regions[2].where.mask: the data URL holds",
        ),
    ],
)
def test_each_fault_is_one_line_that_names_file_and_field(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    Image.new("L", (128, 64), 255).save(tmp_path / "wide.png")
    Image.new("L", (64, 64), 0).save(tmp_path / "black.png")
    file = write(tmp_path, changed(path, value))
    with pytest.raises(UserError) as caught:
        load_plan(file)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON: expecting value at line 1, column 1"),
        (b'{\n "version": }', "is not JSON: expecting value at line 2, column 13"),
        (b"[]", "should be a JSON object with version, size, scene and origin"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"\x89\xff\x00", "is neither a plan (JSON) nor a picture that carries one (PNG)"),
    ],
)
def test_a_file_that_is_no_plan(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_plan_from_before_usage_was_counted_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(
        '{"version": 1, "size": {"width": 64, "height": 64}, "scene": {"caption": "fog"}, '
        '"origin": {"planner": "llm", "model": "m", "mode": "tools", "repairs": [], "seed": 0}}'
    )
    assert load_plan(tmp_path / "plan.json").origin.usage is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json: cannot be read \(no such file or directory\)"):
        load_plan(tmp_path / "none.json")
    with pytest.raises(UserError, match=r"cannot be read \(is a directory\)"):
        load_plan(tmp_path)


def test_a_mask_is_inlined_once_and_for_all(tmp_path: Path) -> None:
    image = Image.new("L", (64, 64), 0)
    image.paste(255, (16, 0, 64, 64))
    image.save(tmp_path / "mask.png")
    plan = load_plan(write(tmp_path, changed("scene.regions.2.where", {"mask": "mask.png"})))
    (tmp_path / "mask.png").unlink()
    (tmp_path / "plan.json").write_text(dump_plan(plan), encoding="utf-8")
    assert load_plan(tmp_path / "plan.json") == plan
    where = plan.scene.regions[2].where
    assert isinstance(where, Mask)
    assert mask_pixels(where, SIZE).sum() == 48 * 64


def test_a_picture_carries_its_plan(tmp_path: Path) -> None:
    path = picture(tmp_path, json.dumps({"plan": plan_data(), "seed": 7, "settings": {"steps": 4}}))
    assert load_plan(path) == Plan.model_validate(plan_data())
    assert read_record(path).rest == {"seed": 7, "settings": {"steps": 4}}
    assert load_record(path) == read_record(path)


def test_a_plan_file_has_nothing_beside_its_plan(tmp_path: Path) -> None:
    assert load_record(write(tmp_path, plan_data())) == Record(Plan.model_validate(plan_data()), {})


def test_a_write_that_is_interrupted_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_self: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    write_atomic(tmp_path / "a.txt", b"one")
    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.txt", b"two")
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (None, "the picture carries no plan"),
        ("{", "is not JSON"),
        ("{}", "the picture's record has no field plan"),
        (json.dumps({"plan": changed("colour", 1)}), "colour: there is no such field"),
    ],
)
def test_a_picture_that_carries_no_plan(tmp_path: Path, chunk: str | None, message: str) -> None:
    path = picture(tmp_path, chunk)
    with pytest.raises(UserError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_written_file_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a.txt", b"one")
    write_atomic(tmp_path / "a.txt", b"two")
    assert (tmp_path / "a.txt").read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "real.txt", tmp_path / "link.txt"
    target.write_bytes(b"one")
    link.symlink_to(target)
    write_atomic(link, b"two")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"two")


@pytest.mark.parametrize("path", ["none/a.txt", "folder", "a" * 300])
def test_a_path_that_cannot_be_written(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write_atomic(tmp_path / path, b"one")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


NOTE = {"kind": "moved", "name": "cat", "text": "cat was moved."}
ENTRY = {"kind": "thing", "text": "cat", "of": "cat", "where": "region", "regions": ["cat"]}


@pytest.mark.parametrize(
    ("version", "parts", "notes"),
    [
        (1, {"account": [NOTE]}, [NOTE]),
        (1, {}, []),
        (2, {"account": [ENTRY], "notes": [NOTE]}, [NOTE]),
        (3, {"account": [{"text": "A dog", "owners": ["fox"]}], "notes": [NOTE]}, [NOTE]),
        (3, {"account": "nonsense"}, []),
    ],
)
def test_the_account_is_made_from_the_scene_whatever_a_file_of_any_version_says_there(
    tmp_path: Path, version: int, parts: dict[str, Any], notes: list[object]
) -> None:
    data = changed("scene.prompt", "A cat, then some fog")
    plan = load_plan(write(tmp_path, {**data, "version": version, **parts}))
    assert plan.version == 3
    assert plan.account == (
        Span(text="A cat, ", owners=("cat",)),
        Span(text="then some fog", owners=("caption",)),
    )
    assert [one.model_dump() for one in plan.notes] == notes
    again = picture(tmp_path, json.dumps({"plan": {**data, "version": version, **parts}}))
    assert load_plan(again) == plan


def test_quotes_are_kept(tmp_path: Path) -> None:
    data = changed("scene.prompt", "Eine Katze im Nebel")
    data["scene"]["regions"][0]["quotes"] = ["Eine Katze"]
    data["scene"]["quotes"] = {"background": ["im Nebel"]}
    plan = load_plan(write(tmp_path, data))
    assert [span.owners for span in plan.account] == [("cat",), ("background",)]
    assert load_plan(write(tmp_path, json.loads(dump_plan(plan)))) == plan
