"""What a language model plans twice stands once."""

import pytest

from planner.builtin import BuiltinPlanner
from planner.llm.mend import mend
from planner.llm.small import SmallRegion, SmallReply

Planned = tuple[str, str, int]
"""A region's name, its prompt and its count."""


def drawn(prompt: str, *planned: Planned) -> list[tuple[str, int]]:
    regions = tuple(SmallRegion(name=name, prompt=text, count=count) for name, text, count in planned)
    reply = SmallReply(caption=prompt, regions=regions).scene()
    scene = mend(reply, prompt, BuiltinPlanner()(prompt).scene).scene
    return [(region.name, region.count) for region in scene.regions]


DOG, BED = ("dog", "a dog curled up", 1), ("bed", "a white bed", 1)


@pytest.mark.parametrize(
    "double",
    [
        ("nursery", "a bed with a dog curled up", 1),  # a foreign name, and not of itself
        ("dog (2)", "a brown dog", 1),
        ("sleeping dog", "a sleeping dog on a bed", 1),
        ("bed", "a wooden bed", 1),
    ],
)
def test_what_is_drawn_already_is_left_out(double: Planned) -> None:
    assert drawn("A dog is curled up on a bed.", DOG, BED, double) == [("dog", 1), ("bed", 1)]


def test_what_is_new_stays() -> None:
    window = ("window", "a window behind the bed", 1)
    assert ("window", 1) in drawn("A dog is curled up on a bed.", DOG, BED, window)


@pytest.mark.parametrize(
    ("prompt", "planned", "expected"),
    [
        ("A bird above a tree", [("bird", "birds", 2), ("tree", "a tree", 1)], [("bird", 1), ("tree", 1)]),
        (
            "Two vases on a table",
            [("vases", "vases", 2), ("table", "tables", 2)],
            [("vases", 2), ("table", 1)],
        ),
        ("Trees by a gate", [("trees", "trees", 4), ("gate", "a gate", 1)], [("trees", 4), ("gate", 1)]),
        (
            "Three horses",
            [(f"horse {place}", "a horse", 1) for place in ("left", "middle", "right")],
            [("horse left", 1), ("horse middle", 1), ("horse right", 1)],
        ),
        (
            "Two horses",
            [(f"horse {place}", "a horse", 1) for place in ("left", "middle", "right")],
            [("horse left", 1), ("horse middle", 1)],
        ),
        (
            "A red car and a blue car",
            [("red car", "a red car", 1), ("blue car", "a blue car", 1)],
            [("red car", 1), ("blue car", 1)],
        ),
    ],
)
def test_there_are_as_many_as_the_prompt_says(
    prompt: str, planned: list[Planned], expected: list[tuple[str, int]]
) -> None:
    assert drawn(prompt, *planned) == expected
