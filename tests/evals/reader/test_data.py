"""Readings are sound, and their labels say the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.reader.check import READINGS, faults, main
from evals.reader.data import label_reading, mirrored, read_readings
from evals.reader.world import readings
from planner.reader.labels import HORIZONTALS, PREDICATES

pytestmark = pytest.mark.training

FILES = sorted(READINGS.glob("*.jsonl"))
READING: dict[str, Any] = {
    "id": "t/1",
    "prompt": 'On the left a hot dog stand with a sign "HOT DOGS", to the right of it two grey cats. No rain',
    "things": [
        {
            "head": "hot dog stand",
            "count": 1,
            "need": "must",
            "words": ["a hot dog stand", 'a sign "HOT DOGS"'],
            "horizontal": "left",
            "vertical": None,
            "depth": None,
            "box": [100, 200, 400, 900],
        },
        {
            "head": "cats",
            "count": 2,
            "need": "may",
            "words": ["two grey cats"],
            "horizontal": None,
            "vertical": None,
            "depth": None,
            "box": [600, 700, 900, 900],
        },
    ],
    "relations": [{"subject": 1, "predicate": "right of", "object": 0}],
    "background": [],
    "style": [],
    "absent": ["rain"],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_readings_are_sound(path: Path) -> None:
    for reading in read_readings([path]):
        assert list(faults(reading)) == [], reading["id"]


def test_no_prompt_is_read_twice_and_there_are_many() -> None:
    prompts = [" ".join(reading["prompt"].split()) for reading in read_readings(FILES)]
    assert len(prompts) > 2500
    assert len(set(prompts)) == len(prompts)


def test_the_little_worlds_readings_are_what_its_generator_makes() -> None:
    written = (READINGS / "world.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in written] == list(readings())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"head": "lamp"}, "'lamp' is not in the prompt"),
        ({"words": ["grey"]}, "its head is in none of its words"),
        ({"box": [0, 0, 300, 300]}, "the boxes deny that 'cats' is right of"),
        ({"box": [900, 0, 300, 300]}, "is empty or off the canvas"),
        ({"count": 0}, "its count is below one"),
        ({"horizontal": "left"}, "its box is not at the left"),
    ],
)
def test_a_fault_is_told(
    changed: dict[str, object], fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand, cats = READING["things"]
    path = tmp_path / "wrong.jsonl"
    path.write_text(json.dumps({**READING, "things": [stand, {**cats, **changed}]}) + "\n", "utf-8")
    assert main([str(path)]) == 1
    assert fault in capsys.readouterr().out


def test_heads_words_and_settings_are_labels_of_words() -> None:
    one = label_reading(READING)
    texts = [word.text for word in one.words]
    stand, cats = one.things
    assert [texts[i] for i in stand.name] == ["hot", "dog", "stand"]
    assert (texts[stand.head], texts[cats.head]) == ("stand", "cats")
    assert [texts[i] for i in stand.owned] == ["a", "hot", "dog", "stand", "a", "sign", '"HOT DOGS"']
    assert (stand.need, cats.need, cats.count) == (2, 1, 2)
    assert HORIZONTALS[stand.horizontal] == "left"
    assert stand.box == pytest.approx((0.25, 0.55, 0.3, 0.7))
    assert [(s, o, PREDICATES[p]) for s, o, p in one.relations] == [(1, 0, "right of")]
    assert [texts[i] for i in one.settings[2]] == ["rain"]


def test_in_a_mirror_sides_boxes_and_relations_change_places() -> None:
    flipped = mirrored(READING)
    assert flipped is not None
    assert flipped["prompt"].startswith("On the right a hot dog stand")
    assert "to the left of it two" in flipped["prompt"]
    assert (flipped["things"][0]["horizontal"], flipped["things"][0]["box"]) == (
        "right",
        [600, 200, 900, 900],
    )
    assert flipped["relations"][0]["predicate"] == "left of"
    assert list(faults(flipped)) == []
    assert mirrored(flipped) == READING


@pytest.mark.parametrize("prompt", ["a fox", "the cake left over on a plate", "a man right behind her"])
def test_words_that_name_no_side_are_not_mirrored(prompt: str) -> None:
    assert mirrored({**READING, "prompt": prompt}) is None
