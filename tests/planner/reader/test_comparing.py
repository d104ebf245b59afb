"""Numbers that follow from others."""

import pytest

from planner.reader.comparing import compared
from planner.reader.reading import Reading, Thing
from planner.reader.tokens import tokens


def reading(prompt: str, **counts: int | None) -> Reading:
    words = tokens(prompt)
    heads = {name: next(i for i, word in enumerate(words) if word.text == name) for name in counts}
    things = (
        Thing(
            heads[name],
            (),
            (heads[name] - 1, heads[name]),
            number,
            None,
            None,
            None,
            (0.5, 0.5, 0.2, 0.2),
            0.9,
        )
        for name, number in counts.items()
    )
    return Reading(prompt, words, tuple(things))


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("three cups and some plates, the number of cups is more than that of plates", (3, 2)),
        ("three cups and some plates, the number of cups is less than that of plates", (3, 4)),
        ("one cups and some plates, the number of cups is greater than the number of plates", (1, 1)),
        ("three cups with the same number of plates", (3, 3)),
        ("three cups and as many plates", (3, 3)),
        ("three cups and two plates, the number of cups is less than that of plates", (3, None)),
        ("three cups and some plates", (3, None)),
        ("three cups and some plates, the number of spoons is less than that of plates", (3, None)),
    ],
)
def test_a_number_follows_from_anothers(prompt: str, counts: tuple[int | None, ...]) -> None:
    first = 1 if prompt.startswith("one") else 3
    found = compared(reading(prompt, cups=first, plates=None))
    assert tuple(thing.count for thing in found.things) == counts


def test_as_many_of_nothing_before_is_no_number() -> None:
    assert [thing.count for thing in compared(reading("as many cups as plates", cups=None)).things] == [None]
