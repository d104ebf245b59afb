"""Where things are put before they are separated."""

from itertools import pairwise

import pytest

from planner.placing.rect import Rect
from planner.placing.targets import targets
from planner.plans import Size
from planner.scene import Box, Place, Region, Relation, Scene


def wanted(*regions: Region, relations: tuple[Relation, ...] = (), width: int = 1024) -> dict[str, Rect]:
    scene = Scene(caption="things", regions=regions, relations=relations)
    return targets(scene, {region.name: region.count for region in regions}, Size(width=width))


def thing(name: str, **fields: object) -> Region:
    return Region.model_validate({"name": name, "prompt": name, **fields})


def test_one_thing_stands_in_the_middle_a_little_low() -> None:
    rect = wanted(thing("cat"))["cat"]
    assert rect.x == 500
    assert 500 < rect.y < 600


def test_things_on_one_support_share_its_width_and_none_is_squeezed() -> None:
    names = ("book", "globe", "lamp")
    on = tuple(Relation(subject=name, predicate="on", object="desk") for name in names)
    rects = wanted(thing("desk"), *map(thing, names), relations=on)
    row = [rects[name] for name in names]
    assert all(one.right <= two.left for one, two in pairwise(row))
    assert min(rect.left for rect in row) >= rects["desk"].left
    assert max(rect.right for rect in row) <= rects["desk"].right


def test_what_holds_several_things_is_large_enough_for_them() -> None:
    names = ("coin", "key", "pen")
    inside = tuple(Relation(subject=name, predicate="inside", object="box") for name in names)
    rects = wanted(thing("box"), *map(thing, names), relations=inside)
    assert rects["box"].width >= sum(rects[name].width for name in names)
    assert rects["box"].height >= max(rects[name].height for name in names)


def test_far_things_are_smaller_and_higher() -> None:
    rects = wanted(*(thing(f"near {n}") for n in range(2)), *(thing(f"far {n}", depth=5) for n in range(2)))
    assert max(rects["far 0"].y, rects["far 1"].y) < min(rects["near 0"].y, rects["near 1"].y)
    assert rects["far 0"].width < rects["near 0"].width


def test_words_of_size_count() -> None:
    rects = wanted(*(thing(extent, size=extent) for extent in ("small", "medium", "large")))
    assert rects["small"].width < rects["medium"].width < rects["large"].width


def test_things_are_square_in_pixels_on_a_wide_canvas() -> None:
    rect = wanted(thing("cat"), width=2048)["cat"]
    assert abs(rect.width * 2048 - rect.height * 1024) < 1e-6


def test_a_band_fills_the_width() -> None:
    band = Place(horizontal="full", vertical="bottom", size="medium")
    rect = wanted(thing("sea", where=band))["sea"]
    assert (rect.left, rect.right) == (0, 1000)
    assert rect.bottom > 900


def test_free_things_keep_clear_of_given_ones() -> None:
    given = Box(x0=350, y0=250, x1=650, y1=900)
    rects = wanted(thing("tower", where=given), *(thing(f"cat {n}") for n in range(4)))
    assert all(rects[f"cat {n}"].overlap(Rect.of(given)) == 0 for n in range(4))


def test_what_is_related_goes_beside_what_stands() -> None:
    lamp = thing("lamp", where=Box(x0=600, y0=400, x1=800, y1=600))
    relations = (Relation(subject="cat", predicate="left of", object="lamp"),)
    rect = wanted(lamp, thing("cat"), thing("dog"), relations=relations)["cat"]
    assert rect.bottom == 600
    assert 400 < rect.right < 600


def test_what_is_between_goes_to_the_middle() -> None:
    left, right = Box(x0=0, y0=400, x1=200, y1=600), Box(x0=800, y0=400, x1=1000, y1=600)
    relations = (
        Relation(subject="cat", predicate="right of", object="a"),
        Relation(subject="cat", predicate="left of", object="b"),
    )
    rect = wanted(thing("a", where=left), thing("b", where=right), thing("cat"), relations=relations)["cat"]
    assert (rect.x, rect.bottom) == (500, 600)


def test_a_thing_has_the_size_and_the_place_of_its_wish() -> None:
    wish = Box(x0=100, y0=100, x1=250, y1=200)
    rects = wanted(thing("moon", wish=wish), thing("barn"), thing("cow"))
    assert rects["moon"] == Rect.of(wish)


def test_things_of_a_row_stand_on_one_ground() -> None:
    rects = wanted(thing("dog"), thing("mouse"))
    assert rects["dog"].bottom == pytest.approx(rects["mouse"].bottom)


def test_large_things_stand_behind_small_ones() -> None:
    small = [thing(name, size="small") for name in ("bowl", "cat", "rabbit")]
    rects = wanted(*small, thing("elephant", size="large"), thing("tree", size="large"))
    assert max(rects["elephant"].y, rects["tree"].y) < min(rects[n].y for n in ("bowl", "cat", "rabbit"))


def test_near_things_stand_before_a_band_and_not_over_it() -> None:
    far = Place(horizontal="full", vertical="middle", size="medium")
    rects = wanted(thing("hills", where=far, depth=7), *(thing(f"cow {n}") for n in range(4)))
    assert all(rects[f"cow {n}"].top >= rects["hills"].top for n in range(4))


def test_a_chain_longer_than_the_canvas_is_shrunk_to_it() -> None:
    names = [f"thing {n}" for n in range(9)]
    relations = tuple(
        Relation(subject=one, predicate="left of", object=other) for one, other in pairwise(names)
    )
    rects = wanted(*(thing(name) for name in names), relations=relations)
    assert all(0 <= rects[name].left < rects[name].right <= 1000.001 for name in names)
    assert [rects[name].x for name in names] == sorted(rects[name].x for name in names)


def test_what_carries_others_is_wide_enough_for_them() -> None:
    cups = [thing(f"cup {n}") for n in range(3)]
    relations = tuple(Relation(subject=cup.name, predicate="on", object="table") for cup in cups)
    rects = wanted(thing("table"), *cups, relations=relations)
    assert rects["table"].width > sum(rects[cup.name].width for cup in cups)


def test_large_things_shrink_rather_than_leave_their_places() -> None:
    corner = Place(horizontal="right", vertical="bottom", size="large")
    center = Place(horizontal="center", vertical="middle", size="large")
    alone = wanted(thing("tree", where=center))["tree"]
    rects = wanted(thing("tree", where=center), thing("house", where=corner))
    assert (rects["tree"].x, rects["tree"].y) == (alone.x, alone.y)
    assert rects["tree"].width < alone.width
    assert rects["tree"].overlap(rects["house"]) <= 1


def test_what_stands_behind_need_not_shrink() -> None:
    center = Place(horizontal="center", vertical="middle", size="large")
    low = Place(horizontal="center", vertical="bottom", size="large")
    rects = wanted(thing("tree", where=center, depth=2), thing("house", where=low))
    assert rects["tree"].overlap(rects["house"]) > 1
