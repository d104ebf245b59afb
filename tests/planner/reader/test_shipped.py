"""The reader that ships: small, the same every time, and right about plain things."""

import pytest

from planner.reader.planner import ReaderPlanner
from planner.reader.weights import FOLDER
from planner.scene import Scene


def plan(prompt: str) -> Scene:
    return ReaderPlanner()(prompt).scene


def test_its_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 30e6


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("At night, a large yellow star in the upper left, and a red heart on the grass", {"star", "heart"}),
        ('A wooden sign that says "OPEN 24 HOURS" above a blue door', {"sign", "door"}),
        ("a woman with (red hair:1.3) on the left, a dog on the right, <lora:style:0.8>", {"woman", "dog"}),
        (
            "A couple, the beautiful girl on the left, silver hair, braided ponytail, happy, the handsome "
            "young man on the right, detailed gorgeous face, grin, blonde hair",
            {"girl", "man"},
        ),
    ],
)
def test_it_finds_the_things_and_nothing_else(prompt: str, names: set[str]) -> None:
    scene = plan(prompt)
    assert {region.name for region in scene.regions} == names
    assert all(quote in prompt for region in scene.regions for quote in region.quotes)


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("- a cat\n- two dogs\n- a tree", ["cat", "dog", "tree"]),
        ("a knight BREAK a dragon", ["knight", "dragon"]),
        ("a crab, not a lobster, on a rock", ["crab", "rock"]),
        ("a red fishing boat --no people, text --ar 2:3", ["fishing boat"]),
    ],
)
def test_lists_parts_and_exclusions(prompt: str, names: list[str]) -> None:
    assert [region.name for region in plan(prompt).regions] == names


def test_a_verbs_object_is_among_its_subjects_words_and_what_and_joins_is_not() -> None:
    turtle, penguin = plan("a turtle playing with a penguin").regions
    assert (turtle.prompt, penguin.prompt) == ("a turtle playing with a penguin", "a penguin")
    bride, groom, _ = plan("Wedding photo: bride and groom under an oak").regions
    assert (bride.prompt, groom.prompt) == ("bride", "groom")


@pytest.mark.parametrize(
    "prompt",
    [
        "a" * 19_999,
        "9" * 5000 + " cats in a room",
        "a fox, " + "cinematic lighting, 8k, octane render, film grain, moody, " * 80,
        ("a blue parrot on a branch next to a yellow lantern, " * 500)[:19_999],
        "\n\n- \n1. \n",
        '{"subject": "a cat"}',
        "!!! ??? ...",
    ],
    ids=["word", "number", "style", "parrots", "marks", "json", "signs"],
)
def test_whatever_is_written_is_planned(prompt: str) -> None:
    assert len(plan(prompt).regions) <= 32


def test_lettering_stays_with_what_it_is_written_on() -> None:
    (sign, _) = plan('A wooden sign that says "OPEN 24 HOURS" above a blue door').regions
    assert '"OPEN 24 HOURS"' in sign.prompt


def test_sides_stand_as_stated() -> None:
    woman, dog = plan("a woman with red hair on the left, a dog on the right").regions
    assert woman.wish is not None
    assert dog.wish is not None
    assert woman.wish.x1 + woman.wish.x0 < 1000 < dog.wish.x0 + dog.wish.x1


def test_the_same_prompt_is_the_same_plan_and_a_long_one_is_read_in_windows() -> None:
    long = "A brass lantern hangs above a worn oak desk. " * 60
    assert plan(long) == plan(long)
    named = [region.name for region in plan(long).regions]
    assert len(set(named)) == len(named) > 1
    assert any("lantern" in name for name in named)


def test_signs_beyond_the_longest_prose_are_left_to_the_whole_picture() -> None:
    """A prompt of signs alone would take minutes; its words are read as far as prose can go."""
    prompt = "a red star above a blue ring " + '"' * 15_000 + " and a dog"
    draft = ReaderPlanner()(prompt)
    assert {region.name for region in draft.scene.regions} == {"star", "ring"}
    assert "reads 5,000 words and signs" in next(note.text for note in draft.notes if note.name == "length")
    assert all(note.name != "length" for note in ReaderPlanner()("a red star " * 400).notes)
