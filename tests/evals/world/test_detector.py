"""The detector sees what is there."""

import pytest

from evals.world.detector import accuracy, detect
from evals.world.draw import draw
from evals.world.facts import Composition, Setting, Thing


def test_nearly_every_drawn_thing_is_found() -> None:
    result = accuracy(range(4_100_000, 4_100_040))
    assert result.things > 60
    assert result.recall >= 0.95
    assert result.precision >= 0.95


def test_a_detection_says_what_and_where() -> None:
    thing = Thing("heart", "red", "large", 85, 45, 55)
    picture = draw(Composition((thing,), Setting("night", "grass", None, 0.5), seed=4))
    (found,) = detect(picture)
    assert (found.kind, found.colour) == ("heart", "red")
    assert found.centre == pytest.approx((85, 45), abs=4)
    assert found.box == pytest.approx(thing.box, abs=8)


def test_an_empty_picture_holds_nothing() -> None:
    assert detect(draw(Composition((), Setting("day", "sea", None, 0.5), seed=4))) == []
