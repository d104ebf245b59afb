"""Inverted sentences, lists under one place, and what a colon announces."""

import pytest

from planner.builtin import BuiltinPlanner
from planner.scene import Scene

plan = BuiltinPlanner()


def scene(prompt: str) -> Scene:
    return plan(prompt).scene


def links(prompt: str) -> set[tuple[str, str, str]]:
    return {(link.subject, link.predicate, link.object) for link in scene(prompt).relations}


def prompts(prompt: str) -> dict[str, str]:
    return {region.name: region.prompt for region in scene(prompt).regions}


@pytest.mark.parametrize(
    ("prompt", "predicate", "place", "listed"),
    [
        (
            "On the workbench there are a telescope, a book and a lamp",
            "on",
            "workbench",
            "telescope book lamp",
        ),
        ("On the table there is a vase, a candle and a clock.", "on", "table", "vase candle clock"),
        ("Under the tree there are a dog, a ball and a basket.", "under", "tree", "dog ball basket"),
        ("In the box are a pen, a key, and a coin.", "inside", "box", "pen key coin"),
        ("On a shelf: a teapot, a cup and a jar", "on", "shelf", "teapot cup jar"),
        ("Next to the lamp there are a book and a pen", "next to", "lamp", "book pen"),
        ("Behind the fence stand a cow, a horse, and a goat.", "behind", "fence", "cow horse goat"),
        ("Beneath the old bridge lie a boat, an oar and a barrel", "under", "bridge", "boat oar barrel"),
        (
            "On top of the wardrobe sit a suitcase, a hatbox and a cat",
            "on",
            "wardrobe",
            "suitcase hatbox cat",
        ),
    ],
)
def test_all_of_a_list_stand_where_the_place_before_it_says(
    prompt: str, predicate: str, place: str, listed: str
) -> None:
    assert {(name, predicate, place) for name in listed.split()} <= links(prompt)


@pytest.mark.parametrize(
    ("prompt", "elsewhere"),
    [
        ("On the workbench there are a telescope and, under it, a cat.", ("cat", "on", "workbench")),
        ("On the table there is a vase, and a dog lies under the table.", ("dog", "on", "table")),
        ("On the sofa there is a cat, and next to the sofa a lamp.", ("lamp", "on", "sofa")),
        ("A man on a horse holds a sword, a shield and a lance.", ("shield", "on", "horse")),
        ("On top of a desk sits a mug, and under a bed there is a shoe.", ("shoe", "on", "desk")),
    ],
)
def test_what_has_a_place_of_its_own_is_not_on_the_list(prompt: str, elsewhere: tuple[str, str, str]) -> None:
    assert elsewhere not in links(prompt)


@pytest.mark.parametrize(
    ("prompt", "name", "words"),
    [
        ("Three inches tall: a fairy on a leaf", "fairy", "a fairy three inches tall"),
        ("Two feet wide: a mirror above a bed", "mirror", "a mirror two feet wide"),
        ("Ten meters long: a snake under a bridge", "snake", "a snake ten meters long"),
        ("Half a metre high: a frog beside a chair", "frog", "a frog half a metre high"),
        ("Forty stories high: a tower beside a tree", "tower", "a tower forty stories high"),
        ("As tall as a house: a snowman next to a penguin", "snowman", "a snowman as tall as a house"),
        ("Red and shiny: an apple on a plate", "apple", "a red and shiny apple"),
        ("Soft and round: a pillow on a bench", "pillow", "a soft and round pillow"),
    ],
)
def test_an_opening_is_said_of_what_its_colon_announces(prompt: str, name: str, words: str) -> None:
    assert prompts(prompt)[name] == words
    assert len(prompts(prompt)) == 2


def test_a_place_before_a_colon_says_nothing_of_looks() -> None:
    assert prompts("At night: a fox by a well") == {"fox": "a fox", "well": "a well"}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("To the right of the well there is a mill, and to its left a barn.", ("barn", "left of", "well")),
        (
            "A woman feeds pigeons. They stand around her. Behind her, a tram passes.",
            ("tram", "behind", "woman"),
        ),
        ("A woman waits. She holds a parasol in her hands.", ("parasol", "in front of", "woman")),
        ("Two dogs lie there. It is warm. A ball lies in front of them.", ("ball", "in front of", "dog")),
    ],
)
def test_pronouns_are_followed_past_other_sentences_and_things(
    prompt: str, expected: tuple[str, str, str]
) -> None:
    assert expected in links(prompt)
