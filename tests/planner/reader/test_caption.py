"""Captions leave out what is excluded: a model draws what it reads."""

import pytest

from planner.planning import plan
from planner.reader.caption import WORDS, caption_of
from planner.reader.reading import Reading
from planner.reader.tokens import tokens
from renderer.grid import rasterise
from renderer.pipeline import layout_of, make_plan


def captioned(prompt: str, *absent: str) -> str:
    words = tokens(prompt)
    return caption_of(
        Reading(prompt, words, absent=tuple(i for i, word in enumerate(words) if word.text in absent))
    )


@pytest.mark.parametrize(
    ("prompt", "absent", "caption"),
    [
        ("a garden, no people, a fountain", ("people",), "a garden, a fountain"),
        ("a street without any cars or bicycles at night", ("cars", "bicycles"), "a street at night"),
        ("an empty bowl (no fruit)", ("fruit",), "an empty bowl"),
        ("A table. There is no cat. A lamp.", ("cat",), "A table. A lamp."),
        ("a crab, not a lobster, on a rock", ("lobster",), "a crab, on a rock"),
        ("no cars, a street", ("cars",), "a street"),
        ("no people", ("people",), "an empty scene"),
        ("a cat", (), "a cat"),
        ("a cat, <lora:x:1>", (), "a cat"),
    ],
)
def test_what_is_excluded_is_left_out_with_its_denial(
    prompt: str, absent: tuple[str, ...], caption: str
) -> None:
    assert captioned(prompt, *absent) == caption


def test_a_long_prompt_ends_at_a_sentence() -> None:
    prompt = "A red fox sleeps under an old oak. " * 20
    assert captioned(prompt).endswith("oak.")
    assert len(captioned(prompt).split()) <= WORDS


@pytest.mark.parametrize(
    "prompt",
    [
        "a garden at dawn, no people, a stone fountain and two doves",
        "a street without any cars or bicycles at night, a fox",
        "a woman in a park\nNegative prompt: ugly, lobster",
        "a boat on a lake --no people, text --ar 2:3",
        "A crab, not a lobster, sits on a rock.",
    ],
)
def test_nothing_excluded_is_in_what_is_drawn(prompt: str) -> None:
    assert plan(prompt).scene.absent
    grid = rasterise(layout_of(make_plan(prompt)))
    drawn = " ".join((*grid.base_prompts, *grid.prompts)).lower()
    assert not {"people", "cars", "bicycles", "ugly", "lobster", "--", "negative"}.intersection(drawn.split())


def test_other_programs_syntax_is_not_drawn() -> None:
    grid = rasterise(layout_of(make_plan("a woman with (red hair:1.3), a dog, <lora:style:0.8> --ar 2:3")))
    assert grid.base_prompts[0] == "a woman with red hair, a dog,"
    plain = "a woman with  red hair (and a dog)"
    assert rasterise(layout_of(make_plan(plain))).base_prompts[0] == plain
