"""The faults of plans: each kind is found, and a plan that does what the sentence asks for has none."""

import json
from typing import Any

import pytest

from planner.llm.checks import Fault, find_emptiness, find_faults
from planner.llm.reading import read
from planner.llm.reply import SceneReply

PROMPT = "Ein Fuchs schläft unter einer Eiche, auf einem Schild steht „Ruhe!“"


def box(x0: int, y0: int, x1: int, y1: int) -> dict[str, int]:
    return {"x0": x0, "y0": y0, "x1": x1, "y1": y1}


def region(name: str, where: object, depth: int = 5, **fields: Any) -> dict[str, Any]:
    return {"name": name, "prompt": f"ein {name}", "where": where, "depth": depth, **fields}


SIGN = region("Schild", box(700, 100, 900, 250), prompt='ein Schild, auf dem "Ruhe!" steht')
FOX = region("Fuchs", box(100, 600, 400, 800))
OAK = region("Eiche", box(300, 100, 700, 900), depth=6)


def faults_of(
    *regions: dict[str, Any],
    prompt: str = PROMPT,
    background: str = "",
    stated: tuple[str, str, str] | None = None,
) -> tuple[Fault, ...]:
    """The faults of a plan of these regions and the sign, with the relation that it states, if any."""
    relations = [dict(zip(("subject", "predicate", "object"), stated, strict=True))] if stated else []
    given = {"caption": "x", "background": background, "regions": [*regions, SIGN], "relations": relations}
    reply = SceneReply.model_validate(given)
    return find_faults(reply, read(reply, prompt)[0], prompt)


def test_a_valid_plan_has_no_fault() -> None:
    assert faults_of(FOX, OAK, stated=("Fuchs", "left of", "Eiche")) == ()


WALL = region("Wand", box(0, 500, 600, 1000), depth=2)


@pytest.mark.parametrize(
    ("wrong", "words", "mended"),
    [
        # Hidden wholly, and then in front.
        (
            [FOX, WALL],
            ["'Fuchs' can't be seen at all", "'Wand'", "smaller depth"],
            [{**FOX, "depth": 1}, WALL],
        ),
        # Hidden but for a rim, and then moved out.
        (
            [region("Fuchs", box(100, 460, 400, 800)), WALL],
            ["'Fuchs' shows only 12 % of its box", "'Wand' (at (0, 500, 600, 1000), depth 2)"],
            [region("Fuchs", box(100, 400, 400, 800)), WALL],
        ),
        # Too small, and then as large as the sentence asks for.
        (
            [region("Fuchs", box(100, 600, 150, 650))],
            ["'Fuchs' shows on only 0.", "% of the picture", "65 by 65"],
            [region("Fuchs", box(100, 600, 165, 665))],
        ),
        # A strip, and then as wide as the sentence asks for.
        (
            [region("Zaun", box(0, 600, 1000, 620))],
            ["'Zaun' shows only a strip thinner than 30 units", "at least 30 wide and high"],
            [region("Zaun", box(0, 600, 1000, 630))],
        ),
    ],
)
def test_a_region_of_which_too_little_is_left_is_a_fault_with_whoever_hides_it(
    wrong: list[dict[str, Any]], words: list[str], mended: list[dict[str, Any]]
) -> None:
    (fault,) = faults_of(*wrong)
    assert fault.name in ("Fuchs", "Zaun")
    assert [word for word in words if word not in fault.text] == []
    assert faults_of(*mended) == ()


def test_instances_of_a_counted_thing_are_held_to_it_together() -> None:
    crowd = region("Ameise", box(100, 600, 300, 660), count=10)
    assert faults_of(crowd) == ()
    assert len(faults_of({**crowd, "where": box(100, 600, 150, 660)})) == 1


@pytest.mark.parametrize(
    ("predicate", "moved"),
    [
        ("right of", box(700, 600, 950, 800)),
        ("above", box(100, 20, 280, 90)),
        ("below", box(100, 910, 400, 990)),
        ("on", box(400, 20, 550, 120)),
        ("inside", box(400, 500, 600, 700)),
        ("next to", box(200, 600, 290, 800)),
    ],
)
def test_a_relation_that_the_models_own_boxes_deny_is_a_fault_with_what_it_means(
    predicate: str, moved: dict[str, int]
) -> None:
    far = region("Fuchs", box(10, 420, 150, 620))
    stated = ("Fuchs", predicate, "Eiche")
    (fault,) = faults_of(far, OAK, stated=stated)
    assert f"'Fuchs' {predicate} 'Eiche'" in fault.text
    assert "(10, 420, 150, 620)" in fault.text
    assert faults_of({**far, "where": moved}, OAK, stated=stated) == ()
    assert faults_of(far, OAK) == ()


def test_a_relation_that_depths_deny_is_a_fault() -> None:
    near = {**FOX, "depth": 1}
    (fault,) = faults_of(near, OAK, stated=("Fuchs", "behind", "Eiche"))
    assert "its depth is larger" in fault.text
    assert faults_of({**FOX, "depth": 7}, OAK, stated=("Fuchs", "behind", "Eiche")) == ()


def test_of_a_counted_thing_one_instance_is_enough() -> None:
    horses = region("Pferd", box(0, 500, 900, 800), count=3)
    boy = region("Junge", box(350, 350, 450, 560), depth=1)
    assert faults_of(horses, boy, stated=("Junge", "on", "Pferd")) == ()


def test_two_regions_of_one_name_are_a_fault() -> None:
    (fault,) = faults_of(FOX, {**FOX, "name": "fuchs", "where": box(500, 600, 800, 800)})
    assert "2 regions are named 'fuchs'" in fault.text
    assert faults_of(FOX, {**FOX, "name": "Welpe", "where": box(500, 600, 800, 800)}) == ()


def test_more_than_32_regions_are_a_fault() -> None:
    ants = [
        region(f"Ameise {i}", box(i % 8 * 80, i // 8 * 100, i % 8 * 80 + 75, i // 8 * 100 + 90))
        for i in range(32)
    ]
    (fault,) = faults_of(*ants)
    assert "there are 33 regions: at most 32" in fault.text
    assert faults_of(*ants[:31]) == ()


@pytest.mark.parametrize("marks", ["“”", "«»", "„“", "「」", '""', "‘’"])
def test_lettering_that_nothing_says_is_a_fault_whatever_its_quotation_marks(marks: str) -> None:
    prompt = f"a door with the words {marks[0]}Ring twice{marks[1]} on it"
    (fault,) = faults_of(region("door", box(100, 300, 400, 900)), prompt=prompt)
    assert (fault.name, "“Ring twice”" in fault.text) == ("Ring twice", True)
    lettered = region("door", box(100, 300, 400, 900), prompt='a door that says "Ring twice"')
    assert faults_of(lettered, prompt=prompt) == ()
    assert (
        faults_of(region("door", box(100, 300, 400, 900)), prompt=prompt, background='"Ring twice" on a wall')
        == ()
    )
    assert len(faults_of({**lettered, "prompt": 'a door that says "ring twice"'}, prompt=prompt)) == 1


@pytest.mark.parametrize(
    "prompt",
    ['"A red fox in a forest"', '{"subject": "a red fox", "style": "photo"}', "„Ein Fuchs“"],
)
def test_a_prompt_that_is_quoted_as_a_whole_or_json_letters_nothing(prompt: str) -> None:
    assert faults_of(FOX, prompt=prompt) == ()


def test_what_hides_is_moved_back_where_nothing_can_be_nearer() -> None:
    (fault,) = faults_of(FOX, {**WALL, "depth": 0})
    assert "Give them a larger depth than its own" in fault.text
    assert faults_of({**FOX, "depth": 0}, {**WALL, "depth": 1}) == ()


def test_of_what_others_stand_in_no_depth_is_asked() -> None:
    frame = region("Rahmen", box(0, 0, 600, 500), depth=8)
    panels = [region(f"Bild {i}", box(290 * i + 10, 20, 290 * i + 290, 490), depth=5) for i in range(2)]
    (fault,) = faults_of(frame, *panels)
    assert "Make it larger, or them fewer or smaller" in fault.text


def test_the_order_of_regions_changes_nothing() -> None:
    regions = [FOX, WALL, OAK, region("Zaun", box(0, 600, 1000, 620), depth=1)]
    assert sorted(faults_of(*regions)) == sorted(faults_of(*reversed(regions)))


@pytest.mark.parametrize(
    ("prompt", "background", "quotes", "valid"),
    [
        ("A fox in a meadow", "a meadow", [], False),
        (
            "A soft gradient of blue and mint, paper grain",
            "a soft gradient of blue and mint, paper grain",
            [],
            True,
        ),
        (
            "Weicher Verlauf von Blau nach Mint",
            "a soft gradient",
            ["Weicher Verlauf von Blau nach Mint"],
            True,
        ),
        ("柔和的蓝色渐变", "a soft blue gradient", ["柔和的蓝色渐变"], True),
        ("一只狐狸在草地上", "a meadow", [], False),
    ],
)
def test_an_empty_list_is_valid_where_background_and_style_take_the_prompt_up(
    prompt: str, background: str, quotes: list[str], valid: bool
) -> None:
    reply = SceneReply.model_validate(
        {"caption": "x", "background": background, "regions": [], "quotes": {"background": quotes}}
    )
    fault = find_emptiness(read(reply, prompt)[0])
    assert (fault is None) == valid
    assert fault is None or json.dumps(fault.text)
