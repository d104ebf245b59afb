"""A reading becomes a scene in the user's own words."""

from dataclasses import replace

import pytest

from planner.reader.compose import compose
from planner.reader.reading import Reading, StatedRelation, Thing
from planner.reader.tokens import tokens
from planner.scene import MAX_REGIONS, Box, Place

PROMPT = 'Two spotted neon signs that read "NO CATS, 3 BIRDS" above an old oak table; the fox sleeps, no dogs'
WORDS = tokens(PROMPT)


def index(word: str) -> int:
    return next(i for i, token in enumerate(WORDS) if token.text == word)


def between(first: str, last: str) -> tuple[int, ...]:
    return tuple(range(index(first), index(last) + 1))


def thing(head: str, words: tuple[int, ...], **fields: object) -> Thing:
    plain = Thing(index(head), (), words, None, None, None, None, (0.5, 0.5, 0.2, 0.2), 0.9)
    return replace(plain, **fields)  # pyright: ignore[reportArgumentType]


SIGNS = thing(
    "signs",
    between("Two", '"NO CATS, 3 BIRDS"'),
    name=(index("neon"), index("signs")),
    count=2,
    vertical="top",
)
TABLE = thing("table", between("an", "table"), name=(index("table"),))
FOX = thing("fox", (index("the"), index("fox"), index("sleeps"), index(",")))
READING = Reading(
    PROMPT, WORDS, (SIGNS, TABLE, FOX), (StatedRelation(0, "above", 1, 0.9),), absent=(index("dogs"),)
)


def test_regions_are_the_users_own_words_named_by_their_heads() -> None:
    scene, notes = compose(READING)
    assert notes == ()
    assert [(region.name, region.prompt, region.count) for region in scene.regions] == [
        ("neon sign", 'a spotted neon sign that read "NO CATS, 3 BIRDS"', 2),
        ("table", "an old oak table", 1),
        ("fox", "the fox sleeps", 1),
    ]
    assert scene.regions[0].quotes == ('Two spotted neon signs that read "NO CATS, 3 BIRDS"',)
    assert all(quote in PROMPT for region in scene.regions for quote in region.quotes)
    assert scene.absent == ("dogs",)
    (relation,) = scene.relations
    assert (relation.subject, relation.predicate, relation.object) == ("neon sign", "above", "table")


def test_a_stated_side_moves_the_wish_there_and_is_a_place() -> None:
    scene, _ = compose(READING)
    sign, table, _ = scene.regions
    assert sign.where == Place(horizontal="center", vertical="top", size="medium")
    assert sign.wish is not None
    assert (sign.wish.y0 + sign.wish.y1) / 2 <= 360
    assert (table.where, table.wish) == (None, Box(x0=400, y0=400, x1=600, y1=600))


@pytest.mark.parametrize(
    ("heads", "names"),
    [
        (["red fox", "grey fox"], ["red fox", "grey fox"]),
        (["fox", "fox"], ["fox (1)", "fox (2)"]),
        (["fox", "hen"], ["fox", "hen"]),
    ],
)
def test_namesakes_get_a_word_of_their_own_or_a_number(heads: list[str], names: list[str]) -> None:
    prompt = ", ".join(heads)
    words = tokens(prompt)
    parts = [i for i, token in enumerate(words) if token.text != ","]
    things: list[Thing] = []
    for head in heads:
        own, parts = parts[: len(head.split())], parts[len(head.split()) :]
        things.append(Thing(own[-1], (), tuple(own), 1, None, None, None, (0.5, 0.5, 0.2, 0.2), 0.9))
    scene, _ = compose(Reading(prompt, words, tuple(things)))
    assert [region.name for region in scene.regions] == names


def test_over_32_the_least_sure_go_to_the_background_by_name() -> None:
    prompt = " ".join(f"ant{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(40))
    words = tokens(prompt)
    things = tuple(
        Thing(i, (), (i,), 1, None, None, None, (0.5, 0.5, 0.2, 0.2), 1 - i / 100) for i in range(len(words))
    )
    scene, notes = compose(Reading(prompt, words, things))
    assert len(scene.regions) == MAX_REGIONS
    assert [note.kind for note in notes] == ["overflow"] * 8
    assert words[39].text in scene.background


def test_nothing_read_is_the_whole_picture() -> None:
    scene, notes = compose(Reading("fog", tokens("fog"), background=(0,)))
    assert (scene.regions, scene.background, scene.caption, notes) == ((), "fog", "fog", ())


@pytest.mark.parametrize(
    ("prompt", "head", "one"),
    [
        ("a row of four silver projectors on wheels", "projectors", "a silver projector on wheels"),
        ("a pair of worn sneakers", "sneakers", "a worn sneaker"),
        ("2 old owls", "owls", "an old owl"),
        ("the twin towers", "towers", "a twin tower"),
        ("two dogs are sleeping", "dogs", "a dog sleeping"),
        ("two boys who are playing chess", "boys", "a boy playing chess"),
        ("two pairs of shoes", "shoes", "a pair of shoes"),
        ("two of my friends", "friends", "a friend"),
        ("TWO SKYSCRAPERS", "SKYSCRAPERS", "a SKYSCRAPER"),
        ("two octopuses", "octopuses", "an octopus"),
        ("two unicorns", "unicorns", "a unicorn"),
        ("two umbrellas", "umbrellas", "an umbrella"),
    ],
)
def test_the_words_for_several_become_words_for_one(prompt: str, head: str, one: str) -> None:
    words = tokens(prompt)
    place = next(i for i, word in enumerate(words) if word.text == head)
    many = Thing(place, (), tuple(range(len(words))), 2, None, None, None, (0.5, 0.5, 0.2, 0.2), 0.9)
    scene, _ = compose(Reading(prompt, words, (many,)))
    assert [(region.prompt, region.quotes) for region in scene.regions] == [(one, (prompt,))]


def test_a_slice_is_named_by_what_it_is_of_and_a_mention_is_not_repeated() -> None:
    prompt = "a slice of pizza on a plate, the slice"
    words = tokens(prompt)
    own = (0, 1, 2, 3, 8, 9)
    thing = Thing(1, (1,), own, 1, None, None, None, (0.5, 0.5, 0.2, 0.2), 0.9)
    (region,) = compose(Reading(prompt, words, (thing,)))[0].regions
    assert (region.name, region.prompt) == ("slice of pizza", "a slice of pizza")
    assert region.quotes == ("a slice of pizza", "the slice")
