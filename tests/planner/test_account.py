"""The account: the prompt to the letter, each word with whoever quotes it or has it too."""

import random
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.account import WHOLE, account, left_over
from planner.scene import Quotes, Region, Scene
from planner.words import words_in

Owners = tuple[str, ...]


def scene(prompt: str, *regions: Region, **parts: object) -> Scene:
    return Scene.model_validate({"prompt": prompt, "caption": "x", "regions": regions, **parts})


def region(name: str, prompt: str, *quotes: str) -> Region:
    return Region(name=name, prompt=prompt, quotes=quotes)


def owned(asked: Scene) -> dict[str, str]:
    """Each owner with the words of the prompt that are its own, the capitals and signs of the prompt."""
    taken: dict[str, list[str]] = {}
    for span in account(asked):
        for owner in span.owners:
            taken.setdefault(owner, []).append(span.text.strip(" ,.;\n"))
    return {owner: " | ".join(texts) for owner, texts in taken.items()}


texts = st.text("ab cat12Äé\u0301ß中文猫.,;\"“”'’(\n\t-…", max_size=40)
quotes = st.lists(texts.filter(bool), max_size=3).map(tuple)
regions = st.builds(
    region, st.sampled_from(["cat", "cat 1", "a", "中", "Äé"]), texts.filter(bool)
) | st.builds(Region, name=st.sampled_from(["b", "猫 2", "tac"]), prompt=texts.filter(bool), quotes=quotes)
scenes = st.builds(
    scene,
    texts,
    background=texts,
    style=texts,
    absent=st.lists(texts.filter(bool), max_size=2),
    quotes=st.builds(Quotes, background=quotes, style=quotes, absent=quotes),
).flatmap(
    lambda asked: st.lists(regions, max_size=4, unique_by=lambda one: one.name).map(
        lambda some: asked.model_copy(update={"regions": tuple(some)})
    )
)


@given(scenes)
def test_the_pieces_are_the_prompt_and_every_word_has_an_owner(asked: Scene) -> None:
    spans = account(asked)
    order = [one.name for one in asked.regions] + ["background", "style", "absent"]
    assert "".join(span.text for span in spans) == asked.prompt
    assert all(span.text for span in spans)
    for span in spans:
        assert span.owners == WHOLE or (span.owners and set(span.owners) <= set(order))
        assert span.owners == WHOLE or list(span.owners) == [name for name in order if name in span.owners]
    assert all(one.owners != other.owners for one, other in pairwise(spans))
    assert sum(len(words_in(span.text)) for span in spans) == len(words_in(asked.prompt))


@given(scenes, st.randoms(use_true_random=False))
def test_the_order_of_the_regions_says_only_in_which_order_owners_stand(
    asked: Scene, chance: random.Random
) -> None:
    """Apart from a quote that several regions share in turn."""
    some = [
        one.model_copy(update={"quotes": one.quotes if i == 0 else ()}) for i, one in enumerate(asked.regions)
    ]
    mixed = chance.sample(some, len(some))
    one, other = (account(asked.model_copy(update={"regions": tuple(each)})) for each in (some, mixed))
    assert [(s.text, set(s.owners)) for s in one] == [(s.text, set(s.owners)) for s in other]


def test_nothing_is_accounted_for_without_a_prompt() -> None:
    assert account(scene("", region("cat", "a cat", "a cat"))) == ()


@pytest.mark.parametrize(
    ("quote", "own"),
    [
        ("the old oak", "the old oak"),
        ("The  OLD\noak", "the old oak"),
        ("said “hush”", "said “hush”"),
        ('said "hush"', "said “hush”"),
        (unicodedata.normalize("NFD", "café"), "café"),
        ("the old … café", "the old | café"),
        ("the old [...] hush", "the old | “hush”"),
        ("purple", None),
        ("café … the old oak", None),
        ("oak, old", None),
    ],
)
def test_a_quote_owns_exactly_its_words(quote: str, own: str | None) -> None:
    asked = scene("By night the old oak\n said “hush” at the café.", region("thing", "something", quote))
    assert owned(asked).get("thing") == own


def test_a_word_may_have_several_owners_and_a_part_of_the_prompt_its_own() -> None:
    asked = scene(
        "A girl rides a horse at dusk, in oils. No cars.",
        region("girl", "a girl", "A girl rides a horse"),
        region("horse", "a horse", "a horse"),
        quotes={"background": ["at dusk"], "style": ["in oils"], "absent": ["No cars"]},
    )
    assert [(span.text, span.owners) for span in account(asked)] == [
        ("A girl rides ", ("girl",)),
        ("a horse ", ("girl", "horse")),
        ("at dusk, ", ("background",)),
        ("in oils. ", ("style",)),
        ("No cars.", ("absent",)),
    ]


def test_the_mark_before_a_word_goes_with_it() -> None:
    asked = scene('One (small) "A", then “B”', region("b", "x", "B"), region("a", "x y", "A"))
    assert [span.text for span in account(asked)] == ["One (small) ", '"A", ', "then ", "“B”"]


TWINS = "On the left a cat with a red collar. On the right a cat with a blue collar. A cat naps."


def test_a_repeated_quote_goes_where_its_owners_other_quotes_are() -> None:
    asked = scene(
        TWINS, region("blue", "tom", "a cat", "blue collar"), region("red", "kit", "a cat", "red collar")
    )
    assert owned(asked)["red"] == "a cat | red collar"
    assert owned(asked)["blue"] == "a cat | blue collar"
    spans = account(asked)
    nearest = [span.owners for span in spans if "a cat" in span.text.casefold() and span.owners != WHOLE]
    assert nearest == [("red",), ("blue",)]


def test_owners_of_one_repeated_quote_share_its_places_in_turn() -> None:
    def places(*some: Region) -> list[Owners]:
        spans = account(scene(TWINS, *some))
        return [span.owners for span in spans if "cat" in span.text]

    first, second = region("one", "tom", "a cat"), region("two", "kit", "a cat")
    assert places(first) == [("one",)] * 3
    assert places(first, second) == [("one",), ("two",), WHOLE]
    near = region("red", "pet", "a cat", "blue collar")
    assert places(first, second, near) == [("one",), ("red",), ("two",)]


def test_regions_of_one_prompt_share_their_words() -> None:
    cats = [region(f"cat {number}", "a tabby cat", "tabby cats") for number in (1, 2)]
    (_, span, _) = account(scene("Two tabby cats, 1 of 2 asleep", *cats))
    assert (span.text, span.owners) == ("tabby cats, ", ("cat 1", "cat 2"))


@pytest.mark.parametrize(
    ("prompt", "some", "parts", "own"),
    [
        (
            "A weathered red barn stands on a hill at dawn. A grey horse grazes. Watercolour, no cars.",
            [
                region("barn", "a weathered red barn"),
                region("grey horse", "a grey horse that grazes on grass"),
            ],
            {"background": "a hill at dawn", "style": "watercolour", "absent": ["cars"]},
            {
                "barn": "A weathered red barn",
                "grey horse": "A grey horse grazes",
                "background": "a hill at dawn",
                "style": "Watercolour",
                "absent": "cars",
                "caption": "stands on | no",
            },
        ),
        (
            "Ein altes Karussell dreht sich im Schnee, daneben steht ein weißes Pferd. Keine Autos.",
            [region("Karussell", "ein altes Karussell"), region("Pferd", "ein WEISSES Pferd")],
            {"background": "Schnee", "absent": ["Autos"]},
            {
                "Karussell": "Ein altes Karussell",
                "Pferd": "ein weißes Pferd",
                "background": "Schnee",
                "absent": "Autos",
                "caption": "dreht sich im | daneben steht | Keine",
            },
        ),
        (
            "雪地里有一只红色的狐狸，左边是一座老石桥。",
            [region("狐狸", "一只红色的狐狸"), region("石桥", "老石桥")],
            {"background": "雪地"},
            {
                "background": "雪地",
                "狐狸": "一只红色的狐狸，",
                "石桥": "老石桥。",
                "caption": "里有 | 左边是一座",
            },
        ),
        (
            "Links ein Bäcker mit roter Mütze, rechts ein schlafender Hund.",
            [
                region("baker", "a baker with a red cap", "ein Bäcker mit roter Mütze"),
                region("dog", "a sleeping dog", "ein schlafender Hund"),
            ],
            {},
            {
                "baker": "ein Bäcker mit roter Mütze",
                "dog": "ein schlafender Hund",
                "caption": "Links | rechts",
            },
        ),
    ],
    ids=["English", "German", "Chinese", "German with English regions"],
)
def test_words_are_found_in_any_language(
    prompt: str, some: list[Region], parts: dict[str, object], own: dict[str, str]
) -> None:
    assert owned(scene(prompt, *some, **parts)) == own


def test_common_words_and_numbers_of_names_are_no_sign_of_an_owner() -> None:
    asked = scene(
        "With the man and the dog in the rain, 2 boats and the man on the quay in the rain.",
        region("lamp 2", "a lamp with the man and the dog in the rain on the"),
    )
    assert "lamp 2" not in owned(scene("1 or 2 of the boats on the quay", region("lamp 2", "of the on the")))
    assert owned(asked)["lamp 2"].endswith("dog")


def test_what_is_left_over_is_said_without_space_and_signs() -> None:
    asked = scene("Somewhere,  far\naway: a cat; it rains.", region("cat", "a cat", "a cat"))
    assert left_over(account(asked)) == ("Somewhere, far away", "it rains")
