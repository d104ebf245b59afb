"""The style that the world lacks, the maps of depth, and the measure of the style."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from evals.world.cases import HOLLOW, mapped, placed
from evals.world.draw import draw
from evals.world.filling import filled
from evals.world.styles import GROUND, THINGS, depth, outlined
from evals.world.tableau import COLOURS, SIDE, Setting, Tableau, Thing, sample_tableau
from planner.plans import Size
from renderer.grid import rasterise
from renderer.pipeline import layout_of

SETTING = Setting("day", "grass", None, 0.5)


def one(kind: str, colour: str = "red") -> Tableau:
    return Tableau((Thing(kind, colour, "medium", 48, 72, 44),), SETTING, seed=1)


@pytest.mark.parametrize("kind", HOLLOW)
def test_an_outlined_thing_shows_what_is_behind_it_in_its_contour(kind: str) -> None:
    tableau = one(kind)
    drawn = (draw(tableau), outlined(tableau), draw(replace(tableau, things=())))
    plain, styled, empty = map(np.asarray, drawn)
    changed = (plain != styled).any(-1)
    # Along the contour's inner edge colours mix.
    assert (styled == empty).all(-1)[changed].mean() > 0.4
    assert (styled == COLOURS["red"]).all(-1).sum() > 60


@pytest.mark.parametrize("kind", HOLLOW)
@pytest.mark.parametrize("colour", ["red", "yellow", "blue"])
def test_filling_tells_full_from_outlined(kind: str, colour: str) -> None:
    tableau = one(kind, colour)
    assert filled(draw(tableau), tableau.things[0]) == pytest.approx(1, abs=0.02)
    assert filled(outlined(tableau), tableau.things[0]) == pytest.approx(0, abs=0.06)


def test_filling_can_not_be_told_where_thing_and_surroundings_are_alike() -> None:
    snow = replace(one("circle", "white"), setting=Setting("day", "snow", None, 0.2))
    assert filled(draw(snow), snow.things[0]) is None


def test_a_map_of_depth_has_the_horizon_and_the_nearest_thing_lightest() -> None:
    far, near = Thing("square", "red", "medium", 40, 140, 44), Thing("circle", "blue", "medium", 60, 140, 44)
    picture = np.asarray(depth(Tableau((far, near), SETTING, seed=1)))
    assert picture.shape == (SIDE, SIDE, 3)
    horizon = round(SETTING.horizon * SIDE)
    assert (picture[:horizon] == 0).all()
    assert (int(picture[horizon, 0, 0]), int(picture[-1, 0, 0])) == GROUND
    assert picture[140, 60, 0] == THINGS[1] > picture[140, 25, 0] > THINGS[0]
    assert (picture == picture[..., :1]).all()


def test_a_wall_has_no_depth_and_each_thing_its_shape() -> None:
    tableau = replace(sample_tableau(3, count=3), setting=Setting(None, None, "gray", 1.0))
    assert (np.asarray(depth(replace(tableau, things=()))) == 0).all()
    empty, full = (np.asarray(draw(t)) for t in (replace(tableau, things=()), tableau))
    shown = np.asarray(depth(tableau))[..., 0] > 0
    assert ((empty != full).any(-1) <= shown).all()


def test_things_that_are_placed_stand_in_their_regions() -> None:
    found = placed(9_000_000, Size(width=SIDE, height=SIDE))
    for case in islice(found, 3):
        boxes = {region.name: region.where for region in case.plan.scene.regions}
        for thing, name, wanted in zip(case.things, case.regions, case.facts.things, strict=True):
            assert (thing.kind, thing.colour) == (wanted.kind, wanted.colour)
            assert thing.kind in HOLLOW
            assert thing.diameter >= 44
            x0, y0, x1, y1 = thing.box
            assert min(x0, y0) >= 0
            assert max(x1, y1) <= SIDE
            assert boxes[name] is not None


def test_things_that_are_mapped_stand_anywhere_in_their_halves() -> None:
    for case, tableau in islice(mapped(9_000_000, Size(width=SIDE, height=SIDE)), 4):
        assert set(case.things) == set(tableau.things)
        masks = layout_of(case.plan).masks()
        assert masks.sum((1, 2)).tolist() == [SIDE * SIDE // 2] * 2
        for thing, mask in zip(case.things, masks, strict=True):
            x0, y0, x1, y1 = map(int, thing.box)
            assert mask[y0:y1, x0:x1].all()
        assert rasterise(layout_of(case.plan)).names == case.regions
