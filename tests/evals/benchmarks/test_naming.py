"""Names are held to names by whole words, whatever their number."""

import pytest

from evals.benchmarks.naming import holds, instances_of, is_called
from evals.benchmarks.samples import Instance, Planned
from planner.scene import Scene

BOX = (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
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
def test_whole_words_in_any_number(text: str, phrase: str, held: bool) -> None:
    assert holds(text, phrase) == held


@pytest.mark.parametrize(
    ("name", "prompt", "category", "called"),
    [
        ("plant", "a potted plant", "potted plant", True),
        ("plant", "a tall plant", "potted plant", False),
        ("bowl", "a bowl of oranges", "orange", False),
        ("red car", "a red car", "car", True),
        ("car", "a car that pulls a trailer", "trailer", False),
    ],
)
def test_an_instance_is_what_its_name_ends_in(name: str, prompt: str, category: str, called: bool) -> None:
    assert is_called(Instance(name, prompt, BOX), category) == called


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
def test_beside_a_thing_what_only_holds_its_name_is_another(
    names: list[str], category: str, found: list[str]
) -> None:
    scene = Scene(prompt="p", caption="c")
    planned = Planned(scene, tuple(Instance(name, f"a {name}", BOX) for name in names))
    assert [instance.name for instance in instances_of(planned, category)] == found
