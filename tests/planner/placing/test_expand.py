"""Counted regions become single ones."""

import pytest

from planner.placing.expand import expand
from planner.scene import Box, Place, Point, Polygon, Region, Relation, Scene

BOX = Box(x0=0, y0=100, x1=900, y1=400)
TRIANGLE = Polygon(points=(Point(x=0, y=0), Point(x=900, y=0), Point(x=0, y=900)))
PLACE = Place(horizontal="left", vertical="top", size="small")


def cats(count: int, where: Box | Place | Polygon | None = None) -> Region:
    return Region(name="cat", prompt="a cat", count=count, where=where)


def names(scene: Scene) -> list[str]:
    return [region.name for region in scene.regions]


def expanded(*regions: Region, relations: tuple[Relation, ...] = ()) -> Scene:
    scene = expand(Scene(caption="animals", regions=regions, relations=relations)).scene
    assert expand(scene).scene == scene
    return Scene.model_validate(scene.model_dump())


@pytest.mark.parametrize(
    ("region", "regions"),
    [
        (cats(1), 1),
        (cats(2), 2),
        (cats(10), 10),
        (cats(11), 1),
        (cats(3, PLACE), 3),
        (cats(3, BOX), 3),
        (cats(3, TRIANGLE), 1),
        (cats(10, Box(x0=0, y0=0, x1=20, y1=20)), 1),
    ],
)
def test_counts_up_to_ten_are_divided_where_the_shape_can_be(region: Region, regions: int) -> None:
    expansion = expand(Scene(caption="cats", regions=(region,)))
    counts = [each.count for each in expansion.scene.regions]
    assert counts == ([1] * regions if regions > 1 else [region.count])
    grouped = regions == 1 and region.count > 1
    assert [note.kind for note in expansion.notes] == (["group"] if grouped else [])


def test_names_are_numbered_around_those_taken() -> None:
    taken = Region(name="cat 2", prompt="another")
    assert names(expanded(cats(3), taken)) == ["cat 1", "cat 3", "cat 4", "cat 2"]


def test_a_long_name_leaves_room_for_its_number() -> None:
    many = Region(name="x" * 80, prompt="a thing", count=2)
    assert [len(name) <= 80 for name in names(expanded(many))] == [True, True]


@pytest.mark.parametrize("count", range(2, 11))
def test_a_given_box_is_divided_without_gap_or_overlap(count: int) -> None:
    boxes = [region.where for region in expanded(cats(count, BOX)).regions]
    assert all(isinstance(box, Box) for box in boxes)
    grid = [[0] * 900 for _ in range(300)]
    for box in boxes:
        assert isinstance(box, Box)
        for y in range(box.y0 - 100, box.y1 - 100):
            for x in range(box.x0, box.x1):
                grid[y][x] += 1
    assert all(set(row) == {1} for row in grid)


def test_relations_hold_for_each() -> None:
    dogs = Region(name="dog", prompt="a dog", count=2)
    scene = expanded(cats(2), dogs, relations=(Relation(subject="cat", predicate="above", object="dog"),))
    pairs = {(relation.subject, relation.object) for relation in scene.relations}
    assert pairs == {(f"cat {m}", f"dog {n}") for m in (1, 2) for n in (1, 2)}


def test_there_are_never_more_than_32() -> None:
    herds = [Region(name=name, prompt=f"a {name}", count=10) for name in ("ant", "bee", "cow", "doe")]
    scene = expanded(*herds)
    assert len(scene.regions) == 31
    assert scene.regions[-1] == herds[-1]
