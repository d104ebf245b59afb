"""Later mentions of a thing are that thing."""

from dataclasses import replace

import pytest

from planner.reader.mentions import joined
from planner.reader.reading import Reading, StatedRelation, Thing
from planner.reader.tokens import tokens


def reading(prompt: str, *heads: str, related: tuple[tuple[int, int], ...] = ()) -> Reading:
    """Each head, in order of mention, with the words before it back to another thing or a preposition."""
    words = tokens(prompt)
    stops = {"on", "under", "next", "to", "and", "is", ".", ",", ";"}
    things, place = list[Thing](), -1
    for head in heads:
        place = next(i for i, word in enumerate(words) if i > place and word.text.lower() == head)
        first = place
        while first > 0 and words[first - 1].text.lower() not in stops:
            first -= 1
        own = tuple(range(first, place + 1))
        things.append(Thing(place, (place,), own, 1, None, None, None, (0.5, 0.5, 0.2, 0.2), 0.9))
    stated = tuple(StatedRelation(one, "next to", other, 0.9) for one, other in related)
    return Reading(prompt, words, tuple(things), stated)


@pytest.mark.parametrize(
    ("prompt", "heads", "left"),
    [
        ("lamp on table. cup next to lamp", ("lamp", "table", "cup", "lamp"), 3),
        ("a red bus, the bus is old", ("bus", "bus"), 1),
        ("a red bus, the red bus is old", ("bus", "bus"), 1),
        ("a bear and a table; the table is old", ("bear", "table", "table"), 2),
        ("a red bus, a bus", ("bus", "bus"), 2),
        ("a red bus, another bus", ("bus", "bus"), 2),
        ("a red bus, two bus", ("bus", "bus"), 2),
        ("red cat and blue cat", ("cat", "cat"), 2),
        ("the red cat, the blue cat", ("cat", "cat"), 2),
        ("a cat, the dog", ("cat", "dog"), 2),
    ],
)
def test_a_thing_named_again_is_joined_unless_it_is_brought_in_anew(
    prompt: str, heads: tuple[str, ...], left: int
) -> None:
    one = joined(reading(prompt, *heads))
    assert len(one.things) == left
    assert {i for thing in one.things for i in thing.words} == {
        i for thing in reading(prompt, *heads).things for i in thing.words
    }


def test_two_that_one_sentence_relates_are_two() -> None:
    assert len(joined(reading("person next to person", "person", "person", related=((0, 1),))).things) == 2
    apart = reading("person on hill. person on road", "person", "hill", "person", related=((0, 2),))
    assert len(joined(apart).things) == 2


def test_relations_follow_what_was_joined() -> None:
    heads = ("lamp", "table", "cup", "lamp")
    one = joined(reading("lamp on table. cup next to lamp", *heads, related=((0, 1), (2, 3), (0, 3))))
    assert [(stated.subject, stated.other) for stated in one.relations] == [(0, 1), (2, 0)]


def test_a_thing_in_another_panel_is_another() -> None:
    one = reading("knight top left, the knight bottom left", "knight", "knight")
    first, second = one.things
    apart = replace(one, things=(replace(first, vertical="top"), replace(second, vertical="bottom")))
    assert len(joined(apart).things) == 2
    assert len(joined(one).things) == 1


def test_another_word_for_a_thing_is_that_thing() -> None:
    one = reading("a llama on grass. the animal is old, a dog", "llama", "animal", "dog")
    llama, animal, dog = one.things
    owners = replace(
        one, things=(llama, replace(animal, owners=(0.9, 1, 0)), replace(dog, owners=(0.9, 0, 1)))
    )
    assert [len(thing.words) for thing in joined(owners).things] == [
        len(llama.words + animal.words),
        len(dog.words),
    ]


def test_a_group_whose_members_are_named_apart_is_told_by_them() -> None:
    one = reading("a couple on grass, the girl, the boy", "couple", "girl", "boy")
    couple, girl, boy = one.things
    members = (replace(couple, count=2), replace(girl, owners=(0.9, 1, 0)), replace(boy, owners=(0.8, 0, 1)))
    divided = joined(
        replace(
            one,
            things=members,
            relations=(StatedRelation(0, "next to", 1, 0.9), StatedRelation(1, "next to", 2, 0.9)),
        )
    )
    assert [one.words[thing.head].text for thing in divided.things] == ["girl", "boy"]
    assert [(stated.subject, stated.other) for stated in divided.relations] == [(0, 1)]
    alone = joined(replace(one, things=members[:2]))
    assert len(alone.things) == 2


def test_a_pronoun_is_what_it_stands_for_and_gives_it_no_place() -> None:
    one = reading("two dogs, one left, an ant", "dogs", "one", "ant")
    dogs, pronoun, ant = one.things
    mentioned = (replace(dogs, count=2), replace(pronoun, horizontal="left", owners=(0.4, 1, 0)), ant)
    first, second = joined(replace(one, things=mentioned)).things
    assert (first.count, first.horizontal, first.words) == (2, None, dogs.words + pronoun.words)
    assert second.head == ant.head
    alone = joined(replace(one, things=(dogs, replace(pronoun, owners=(0.05, 1, 0)), ant)))
    assert [thing.head for thing in alone.things] == [dogs.head, ant.head]
