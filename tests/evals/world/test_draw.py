"""Facts and pixels agree."""

from dataclasses import replace

import numpy as np
import pytest

from evals.world.draw import backdrop, draw
from evals.world.facts import (
    COLOURS,
    GROUNDS,
    KINDS,
    SIDE,
    SKIES,
    WALLS,
    Composition,
    Setting,
    Thing,
    sample_composition,
)

BODY = {
    "ring": (0.0, 0.75),
    "flower": (0.58, 0.0),
    "tree": (0.0, -0.3),
    "moon": (-0.6, 0.1),
    "house": (-0.45, 0.3),
}
"""Where a kind shows its colour, as a share of its radius, if not in its centre."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", COLOURS)
def test_a_thing_shows_its_colour_where_it_stands(kind: str, colour: str) -> None:
    thing = Thing(kind, colour, "large", 45, 75, 50)
    dx, dy = BODY.get(kind, (0.0, 0.0))
    picture = draw(Composition((thing,), Setting("day", "grass", None, 0.5), seed=1))
    assert picture.getpixel((45 + round(25 * dx), 75 + round(25 * dy))) == COLOURS[colour]


def test_a_ring_has_a_hole_and_the_nearer_thing_hides_the_farther() -> None:
    setting = Setting(None, None, "gray", 1.0)
    ring = Thing("ring", "red", "large", 64, 64, 60)
    behind = Thing("circle", "blue", "large", 64, 64, 55)
    assert draw(Composition((behind, ring), setting, 1)).getpixel((64, 64)) == COLOURS["blue"]
    assert draw(Composition((ring, behind), setting, 1)).getpixel((64, 35)) != COLOURS["red"]
    alone = draw(Composition((ring,), setting, 1)).getpixel((64, 64))
    assert alone == draw(Composition((), setting, 1)).getpixel((64, 64))


def test_the_picture_outside_things_is_the_setting() -> None:
    composition = sample_composition(7, count=2)
    inside = np.zeros((SIDE, SIDE), np.bool_)
    for thing in composition.things:
        x0, y0, x1, y1 = (int(v) for v in thing.box)
        inside[max(0, y0 - 8) : y1 + 9, max(0, x0 - 8) : x1 + 9] = True
    empty = np.asarray(draw(replace(composition, things=())))
    assert np.array_equal(np.asarray(draw(composition))[~inside], empty[~inside])


def test_the_same_seed_draws_the_same_pixels() -> None:
    one, other = (np.asarray(draw(sample_composition(11))) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == (SIDE, SIDE, 3)


def test_every_setting_looks_different() -> None:
    settings = [Setting(sky, ground, None, 0.5) for sky in SKIES for ground in GROUNDS]
    settings += [Setting(None, None, wall, 1.0) for wall in WALLS]
    means = [backdrop(setting, 64, 3).reshape(2, 32, 64, 3).mean((1, 2)).ravel() for setting in settings]
    distances = [float(np.abs(a - b).max()) for i, a in enumerate(means) for b in means[:i]]
    assert min(distances) > 4
