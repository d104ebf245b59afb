"""What a prompt asks for, read one by one."""

import pytest

from planner.planning import read_asks
from planner.plans import Ask


def told(prompt: str, kind: str) -> list[tuple[str, str]]:
    """Text and owner of every ask of a kind."""
    return [(ask.text, ask.of) for ask in read_asks(prompt) if ask.kind == kind]


def test_a_thing_is_asked_for_with_its_adjectives_before_it_and_after_it() -> None:
    prompt = "A large red kettle stands on a table. The kettle is dented."
    assert ("large red kettle", "kettle") in told(prompt, "thing")
    assert told(prompt, "attribute") == [("large", "kettle"), ("red", "kettle"), ("dented", "kettle")]


def test_what_is_denied_of_a_thing_is_no_attribute() -> None:
    assert told("A kettle stands on a table. The kettle is not dented.", "attribute") == []


def test_numbers_are_counts_and_no_attributes() -> None:
    prompt = "Three black crows above two grey donkeys"
    assert told(prompt, "count") == [("3 crows", "crow"), ("2 donkeys", "donkey")]
    assert told(prompt, "attribute") == [("black", "crow"), ("grey", "donkey")]
    assert told(prompt, "relation") == [("crow above donkey", "crow")]


def test_a_part_is_asked_for_with_its_owner() -> None:
    prompt = "A fox with a bushy tail"
    assert told(prompt, "part") == [("tail", "fox")]
    assert told(prompt, "attribute") == [("bushy tail", "fox")]


@pytest.mark.parametrize(
    ("prompt", "sides"),
    [
        ("A lantern in the upper left", ("left", "top")),
        ("A lantern on the right", ("right", None)),
        ("A lantern at the bottom", (None, "bottom")),
    ],
)
def test_places_are_sides(prompt: str, sides: tuple[str | None, str | None]) -> None:
    (place,) = (ask for ask in read_asks(prompt) if ask.kind == "place")
    assert (place.horizontal, place.vertical) == sides


def test_settings_and_absences_are_told_last() -> None:
    asks = read_asks("At night, a barn on a snowy field without cows")
    assert [ask.kind for ask in asks][-1] == "absent"
    assert {ask.text for ask in asks if ask.kind == "setting"} == {"night", "field"}
    assert Ask(kind="attribute", text="snowy field", of="field", words=("snowy", "field")) in asks


@pytest.mark.parametrize(("prompt", "count"), [("Three crows", 3), ("Two ducks left of a barn", 2)])
def test_a_plural_after_a_number_is_a_noun(prompt: str, count: int) -> None:
    assert [ask.count for ask in read_asks(prompt) if ask.kind == "count"] == [count]
