"""Arranging: a partition in which what was stated holds, or a note says that it does not."""

import random
from itertools import combinations, pairwise
from typing import get_args

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.placing.predicates import Stand, holds
from planner.plans import Size
from planner.scene import Box, Place, Predicate, Region, Relation, Scene
from planner.shapes import given_shape

SIZES = (Size(), Size(width=128, height=128), Size(width=1280, height=768))
Scenes = st.SearchStrategy[Scene]


def names(number: int) -> list[str]:
    return [f"thing {chr(ord('a') + n // 26)}{chr(ord('a') + n % 26)}" for n in range(number)]


def scene(regions: list[Region], *relations: tuple[str, Predicate, str]) -> Scene:
    stated = tuple(Relation(subject=s, predicate=p, object=o) for s, p, o in relations)
    return Scene(caption="things", regions=tuple(regions), relations=stated)


def things(*named: str) -> list[Region]:
    return [Region(name=name, prompt=f"a {name}") for name in named]


def box_of(layout: Layout, name: str) -> Box:
    where = next(region.where for region in layout.scene.regions if region.name == name)
    assert isinstance(where, Box)
    return where


def notes(layout: Layout, kind: str) -> list[str]:
    return [note.name for note in layout.notes if note.kind == kind]


def stand(layout: Layout, name: str) -> Stand:
    region = next(region for region in layout.scene.regions if region.name == name)
    shape = given_shape(region)
    assert shape
    return Stand.of(region, shape, layout.size)


def broken(layout: Layout) -> list[str]:
    return [
        f"{r.subject} {r.predicate} {r.object}"
        for r in layout.scene.relations
        if not holds(r.predicate, stand(layout, r.subject), stand(layout, r.object))
    ]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(SIZES))
def test_properties(scenes: Scenes, data: st.DataObject, size: Size) -> None:
    asked = data.draw(scenes)
    layout = arrange(asked, size)
    area = size.width * size.height
    everything = [*layout.cells, layout.background]
    assert sum(cell.area for cell in everything) == pytest.approx(area)
    assert shapely.union_all(everything).area == pytest.approx(area)
    assert all(one.intersection(other).area < 1e-6 * area for one, other in combinations(everything, 2))
    assert sorted(broken(layout)) == sorted(notes(layout, "dropped relation"))
    hidden = [r.name for r, cell in zip(layout.scene.regions, layout.cells, strict=True) if cell.is_empty]
    assert hidden == notes(layout, "lost")
    assert Scene.model_validate(layout.scene.model_dump()) == layout.scene
    assert arrange(layout.scene, size).scene == layout.scene


@settings(max_examples=60, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_the_order_of_regions_does_not_matter(
    scenes: Scenes, data: st.DataObject, rng: random.Random
) -> None:
    asked = data.draw(scenes)
    shuffled = asked.model_copy(update={"regions": tuple(rng.sample(asked.regions, len(asked.regions)))})
    one, other = arrange(asked), arrange(shuffled)

    def by_name(layout: Layout) -> dict[str, tuple[Region, str]]:
        regions = zip(layout.scene.regions, layout.cells, strict=True)
        return {region.name: (region, cell.wkt) for region, cell in regions}

    assert by_name(one) == by_name(other)
    assert sorted(note.text for note in one.notes) == sorted(note.text for note in other.notes)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("predicate", get_args(Predicate))
@pytest.mark.parametrize("count", [1, 3])
def test_every_relation_can_be_had(predicate: Predicate, count: int, size: Size) -> None:
    many = Region(name="ant", prompt="an ant", count=count)
    layout = arrange(scene([many, *things("bee", "cat")], ("ant", predicate, "bee")), size)
    assert not broken(layout)
    assert not layout.notes


@pytest.mark.parametrize("number", [1, 2, 5, 13, 32])
def test_free_things_are_apart_large_enough_and_spread(number: int) -> None:
    layout = arrange(scene(things(*names(number))))
    boxes = [box_of(layout, name) for name in names(number)]
    assert not layout.notes
    assert all(min(b.x1 - b.x0, b.y1 - b.y0) * 1.024 >= 32 for b in boxes)
    assert sum(cell.area for cell in layout.cells) == pytest.approx(
        sum(1.024**2 * (b.x1 - b.x0) * (b.y1 - b.y0) for b in boxes)
    )
    assert 0.15 < sum(cell.area for cell in layout.cells) / 1024**2 < 0.6
    if number >= 4:
        assert len({b.y0 for b in boxes}) > 1


def test_without_regions_all_is_background() -> None:
    layout = arrange(Scene(caption="mist"))
    assert layout.cells == ()
    assert layout.background.equals(shapely.box(0, 0, layout.size.width, layout.size.height))


@pytest.mark.parametrize("size", SIZES)
def test_many_things_at_one_place_are_still_kept_apart(size: Size) -> None:
    number = 32 if size.width > 128 else 9
    here = Place(horizontal="left", vertical="top", size="large")
    regions = [region.model_copy(update={"where": here}) for region in things(*names(number))]
    layout = arrange(scene(regions), size)
    assert not notes(layout, "warning")
    assert not notes(layout, "lost")


def test_the_weakest_of_contradicting_relations_is_dropped() -> None:
    layout = arrange(
        scene(things("a", "b"), ("a", "next to", "b"), ("a", "above", "b"), ("b", "inside", "a")),
    )
    assert notes(layout, "dropped relation") == ["a above b"]


GIVEN: list[tuple[Predicate, Box, int, Box, int, bool]] = [
    ("left of", Box(x0=0, y0=0, x1=420, y1=900), 0, Box(x0=380, y0=0, x1=800, y1=900), 0, True),
    ("behind", Box(x0=100, y0=200, x1=400, y1=700), 3, Box(x0=50, y0=600, x1=900, y1=950), 2, True),
    ("behind", Box(x0=100, y0=200, x1=400, y1=700), 2, Box(x0=50, y0=600, x1=900, y1=950), 2, False),
    ("behind", Box(x0=100, y0=200, x1=400, y1=700), 1, Box(x0=50, y0=600, x1=900, y1=950), 2, False),
    ("next to", Box(x0=100, y0=200, x1=400, y1=700), 1, Box(x0=390, y0=300, x1=900, y1=950), 2, True),
    ("on", Box(x0=300, y0=300, x1=400, y1=480), 0, Box(x0=200, y0=200, x1=700, y1=500), 1, True),
    ("right of", Box(x0=0, y0=0, x1=420, y1=900), 0, Box(x0=380, y0=0, x1=800, y1=900), 0, False),
]


@pytest.mark.parametrize(("predicate", "a", "near", "b", "far", "kept"), GIVEN)
def test_given_boxes_stand_and_keep_a_relation_or_drop_it_by_name(
    predicate: Predicate, a: Box, near: int, b: Box, far: int, kept: bool
) -> None:
    regions = (
        Region(name="a", prompt="an a", where=a, depth=near),
        Region(name="b", prompt="a b", where=b, depth=far),
    )
    layout = arrange(scene(list(regions), ("a", predicate, "b")))
    assert [region.where for region in layout.scene.regions] == [a, b]
    assert notes(layout, "dropped relation") == ([] if kept else [f"a {predicate} b"])
    assert [region.depth for region in layout.scene.regions] == [near, far]


def test_of_counted_things_with_a_box_one_is_enough_for_a_relation() -> None:
    horses = Region(name="horse", prompt="a horse", count=3, where=Box(x0=0, y0=500, x1=900, y1=800), depth=2)
    boy = Region(name="boy", prompt="a boy", where=Box(x0=400, y0=300, x1=500, y1=600), depth=1)
    layout = arrange(scene([horses, boy], ("boy", "on", "horse")))
    assert notes(layout, "dropped relation") == []
    assert [(r.subject, r.object) for r in layout.scene.relations] == [("boy", "horse 2")]


def test_of_a_cycle_the_last_stated_is_dropped() -> None:
    layout = arrange(
        scene(things("a", "b", "c"), ("b", "left of", "c"), ("c", "left of", "a"), ("a", "left of", "b"))
    )
    assert notes(layout, "dropped relation") == ["a left of b"]


def test_a_chain_of_32_fits_in_smaller_things() -> None:
    row = names(32)
    relations: list[tuple[str, Predicate, str]] = [(a, "left of", b) for a, b in pairwise(row)]
    layout = arrange(scene(things(*row), *relations))
    assert not layout.notes


@pytest.mark.parametrize(("side", "tokens"), [(208, 3), (128, 2)])
def test_things_have_three_tokens_a_side_where_that_fits_and_else_two(side: int, tokens: int) -> None:
    ants = [Region(name=name, prompt="an ant", size="small") for name in names(8)]
    layout = arrange(scene([*things("elephant"), *ants]), Size(width=side, height=side))
    boxes = [box_of(layout, region.name) for region in layout.scene.regions]
    sides = [round(length * side / 16_000) for b in boxes for length in (b.x1 - b.x0, b.y1 - b.y0)]
    assert min(sides) == tokens
    assert not layout.notes


def test_given_shapes_stand_and_decide_against_relations() -> None:
    given_boxes = {"a": Box(x0=0, y0=0, x1=300, y1=300), "b": Box(x0=700, y0=0, x1=1000, y1=300)}
    regions = [Region(name=name, prompt=name, where=box) for name, box in given_boxes.items()]
    layout = arrange(scene(regions, ("b", "left of", "a"), ("a", "left of", "b")))
    assert {name: box_of(layout, name) for name in given_boxes} == given_boxes
    assert notes(layout, "dropped relation") == ["b left of a"]


@pytest.mark.parametrize(
    ("horizontal", "vertical", "spot"),
    [
        ("left", "top", (0, 0)),
        ("center", "middle", (1, 1)),
        ("right", "bottom", (2, 2)),
        ("left", "middle", (0, 1)),
    ],
)
@pytest.mark.parametrize("extent", ["small", "medium", "large"])
def test_a_place_in_words_is_where_it_says(
    horizontal: str, vertical: str, spot: tuple[int, int], extent: str
) -> None:
    where = Place.model_validate({"horizontal": horizontal, "vertical": vertical, "size": extent})
    layout = arrange(scene([Region(name="star", prompt="a star", where=where), *things("moon", "tree")]))
    box = box_of(layout, "star")
    assert ((box.x0 + box.x1) * 3 // 2000, (box.y0 + box.y1) * 3 // 2000) == spot


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_few_at_an_edge_stand_along_it_all_of_them_where_it_says(edge: str, count: int, size: Size) -> None:
    middle = {"horizontal": "center", "vertical": "middle", "size": "medium"}
    axis = "horizontal" if edge in ("left", "right") else "vertical"
    where = Place.model_validate({**middle, axis: edge})
    layout = arrange(scene([Region(name="star", prompt="a star", count=count, where=where)]), size)
    boxes = [box_of(layout, region.name) for region in layout.scene.regions]
    assert len(boxes) == count
    middles = [(box.x0 + box.x1) / 2 if axis == "horizontal" else (box.y0 + box.y1) / 2 for box in boxes]
    assert all(middle < 380 if edge in ("left", "top") else middle > 620 for middle in middles)


def test_the_nearer_region_keeps_the_pixels() -> None:
    far = Region(name="far", prompt="far", depth=1, where=Box(x0=0, y0=0, x1=500, y1=500))
    near = Region(name="near", prompt="near", depth=0, where=Box(x0=250, y0=0, x1=1000, y1=1000))
    layout = arrange(scene([far, near]), Size(width=128, height=128))
    assert [cell.area for cell in layout.cells] == [32 * 64, 96 * 128]


def test_at_equal_depth_the_smaller_keeps_the_pixels_and_then_the_name_decides() -> None:
    whole, part = Box(x0=0, y0=0, x1=1000, y1=1000), Box(x0=0, y0=0, x1=500, y1=500)
    shapes = {"whole": whole, "part b": part, "part a": part}
    layout = arrange(scene([Region(name=name, prompt=name, where=box) for name, box in shapes.items()]))
    assert [cell.area / 512**2 for cell in layout.cells] == [3, 0, 1]
    assert notes(layout, "lost") == ["part b"]


def test_32_related_regions_find_room() -> None:
    row = names(32)
    predicates = get_args(Predicate)
    relations = [(a, predicates[n % len(predicates)], b) for n, (a, b) in enumerate(pairwise(row))]
    layout = arrange(scene(things(*row), *relations))
    assert not notes(layout, "lost")
    assert all(cell.area > 0 for cell in layout.cells)


def test_a_wish_is_kept_where_there_is_room_and_its_proportions_on_any_canvas() -> None:
    wish = Box(x0=100, y0=600, x1=300, y1=800)
    alone = scene([Region(name="ant", prompt="an ant", wish=wish)])
    square, wide = (arrange(alone, size) for size in (Size(), Size(width=2048, height=512)))
    kept, stretched = box_of(square, "ant"), box_of(wide, "ant")
    assert (kept.x0, kept.y0, kept.x1, kept.y1) == pytest.approx((100, 600, 300, 800), abs=16)
    assert (stretched.x1 - stretched.x0) * 4 == pytest.approx(stretched.y1 - stretched.y0, rel=0.1)
    assert (stretched.x0 + stretched.x1) / 2 == pytest.approx(200, abs=20)
    assert square.scene.regions[0].wish is None


def test_wishes_give_way_to_relations_and_to_one_another() -> None:
    wish = Box(x0=400, y0=400, x1=700, y1=700)
    two = [Region(name=name, prompt="x", wish=wish) for name in ("ant", "bee")]
    layout = arrange(scene(two, ("ant", "left of", "bee")))
    assert box_of(layout, "ant").x1 <= box_of(layout, "bee").x0
    assert not layout.notes


def test_a_wish_of_several_is_shared_out_among_them() -> None:
    wish = Box(x0=100, y0=700, x1=900, y1=900)
    layout = arrange(scene([Region(name="ant", prompt="an ant", count=4, wish=wish)]))
    boxes = [box_of(layout, f"ant {n}") for n in range(1, 5)]
    assert all(box.x0 >= 100 - 16 and box.x1 <= 900 + 16 and box.y0 >= 700 - 16 for box in boxes)
    assert not layout.notes
