"""Whatever the prompt, the built-in planner's draft is valid and keeps its promises."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.builtin import BuiltinPlanner
from planner.scene import MAX_COUNTED, MAX_REGIONS, Scene

plan = BuiltinPlanner()

_TEXT = """
    a the two three many no without any and or but , . ; cat dogs red blue large tiny ring star
    grass sky night man hat with in on under left of right to upper corner behind holding wearing
    sits is are not picture its it between from background forest free photo style shadow
    five-pointed people table cake — ' ( ) 7 there of next while who
"""
_WORDS = _TEXT.split()
_sentences = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=30).map(" ".join)
_prompts = st.one_of(_sentences, st.text(min_size=1, max_size=80)).filter(str.strip)


def _positive(scene: Scene) -> str:
    return "\n".join(
        [scene.caption, scene.background, scene.style, *(region.prompt for region in scene.regions)]
    )


@settings(max_examples=300, deadline=None)
@given(_prompts)
def test_any_text_gives_a_draft_within_bounds(prompt: str) -> None:
    scene = plan(prompt).scene
    assert scene.prompt == prompt
    assert scene.caption.strip()
    assert sum(region.count if region.count <= MAX_COUNTED else 1 for region in scene.regions) <= MAX_REGIONS
    assert all(region.prompt.strip() == region.prompt for region in scene.regions)
    assert Scene.model_validate_json(scene.model_dump_json()) == scene


@settings(max_examples=300, deadline=None)
@given(_sentences)
def test_nothing_absent_is_in_a_positive_prompt(prompt: str) -> None:
    scene = plan(prompt).scene
    for phrase in scene.absent:
        assert not re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", _positive(scene), re.IGNORECASE)


@settings(max_examples=200, deadline=None)
@given(_sentences)
def test_names_never_look_like_those_of_expanded_counts(prompt: str) -> None:
    assert not any(re.search(r"\s\d+$", region.name) for region in plan(prompt).scene.regions)


@settings(max_examples=100, deadline=None)
@given(_sentences)
def test_planning_is_deterministic(prompt: str) -> None:
    assert plan(prompt) == plan(prompt)


def test_a_long_prompt_is_planned_within_the_budget_of_regions() -> None:
    sentence = (
        "A tall woman in a green coat feeds {} brown ducks by the pond, while her dog watches from a bench. "
    )
    prompt = "".join(sentence.format(number) for number in range(2, 27))
    scene = plan(prompt).scene
    assert len(prompt.split()) > 450
    assert 0 < len(scene.regions) <= MAX_REGIONS
