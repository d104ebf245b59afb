"""Names are compared by whole words, in the singular or the plural."""

import pytest

from evals.benchmarks.naming import has_phrase, instances_of, is_of_category
from evals.benchmarks.samples import Instance, Planned
from planner.scene import Scene

BOX = (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("two knives", "knife", True),
        ("an old woman", "women", True),
        ("a few buss", "bus", True),
        ("a glass vase", "vase", True),
        ("a chairlift", "chair", False),
        ("a dining table", "table", True),
        ("a table for dining", "dining table", False),
        ("a potted plant", "potted plants", True),
        ("grass", "gras", False),
    ],
)
def test_whole_words_in_any_number(text: str, phrase: str, found: bool) -> None:
    assert has_phrase(text, phrase) == found


@pytest.mark.parametrize(
    ("name", "prompt", "category", "expected"),
    [
        ("plant", "a potted plant", "potted plant", True),
        ("plant", "a tall plant", "potted plant", False),
        ("bowl", "a bowl of oranges", "orange", False),
        ("red car", "a red car", "car", True),
        ("car", "a car that pulls a trailer", "trailer", False),
    ],
)
def test_an_instance_is_of_the_category_that_its_name_ends_in(
    name: str, prompt: str, category: str, expected: bool
) -> None:
    assert is_of_category(Instance(name, prompt, BOX), category) == expected


@pytest.mark.parametrize(
    ("names", "category", "found"),
    [
        (["owl", "owl box"], "owl", ["owl"]),
        (["owl box"], "owl", ["owl box"]),
        (["red owl", "owl", "owl box"], "owls", ["red owl", "owl"]),
        (["tea pot", "tea"], "tea pot", ["tea pot"]),
        (["box"], "owl", []),
    ],
)
def test_beside_an_exact_name_a_name_that_only_contains_the_category_does_not_count(
    names: list[str], category: str, found: list[str]
) -> None:
    scene = Scene(prompt="p", caption="c")
    planned = Planned(scene, tuple(Instance(name, f"a {name}", BOX) for name in names))
    assert [instance.name for instance in instances_of(planned, category)] == found
