"""Labels: no two overlap, none leaves the canvas, whatever the layout."""

import random
from itertools import combinations

import pytest
import shapely

from planner.draw.fonts import Face
from planner.draw.labels import Cell, Edges, place_labels

WORDS = ("ox", "lamp", "bridge", "石", "pedestrian", "Donaudampfschiff")
CANVASES = ((768, 768), (1024, 1024), (4096, 1024), (1024, 4096), (8192, 256))


def rectangles(rng: random.Random, number: int, width: int, height: int) -> list[Edges]:
    """The canvas, cut at random places until there are so many; some are slivers."""
    found: list[Edges] = [(0, 0, width, height)]
    while len(found) < number:
        areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in found]
        x0, y0, x1, y1 = found.pop(rng.choices(range(len(found)), areas)[0])
        share = rng.uniform(0.03, 0.97)
        if rng.random() < 0.5:
            cut = x0 + share * (x1 - x0)
            found += [(x0, y0, cut, y1), (cut, y0, x1, y1)]
        else:
            cut = y0 + share * (y1 - y0)
            found += [(x0, y0, x1, cut), (x0, cut, x1, y1)]
    return found


def disjoint(one: Edges, two: Edges) -> bool:
    return one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]


@pytest.mark.parametrize("seed", range(12))
def test_labels_are_disjoint_on_the_canvas_and_say_whose_they_are(seed: int) -> None:
    rng = random.Random(seed)
    width, height = rng.choice(CANVASES)
    cells = [
        Cell(
            " ".join(rng.choices(WORDS, k=rng.randint(1, 8)))[:80].strip(),
            number,
            shapely.box(*edges),
            (0, 0, 0),
        )
        for number, edges in enumerate(rectangles(rng, rng.choice((5, 12, 33)), width, height), start=1)
    ]
    plates = place_labels(cells, (Face(),), width, height)
    for cell, plate in zip(cells, plates, strict=True):
        assert plate is not None
        left, top, right, bottom = plate.edges
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height
        text = "".join(plate.lines).replace(" ", "")
        assert text == (cell.name.replace(" ", "") if plate.number is None else str(cell.number))
        within = shapely.box(*plate.edges).intersects(cell.shape)
        assert within or plate.target is not None, "a line leads to its cell"
        for line, x, y in plate.rows():
            assert left <= x
            assert x + plate.lettering.width(line) <= right
            assert top <= y <= bottom
    edges = [plate.edges for plate in plates if plate is not None]
    assert all(disjoint(one, two) for one, two in combinations(edges, 2))


def test_a_number_without_room_in_its_cell_stands_beside_it_with_a_line() -> None:
    dots = [shapely.box(400 + 4 * n, 400, 403 + 4 * n, 403) for n in range(20)]
    cells = [Cell(f"a dust grain {n}", n, dot, (0, 0, 0)) for n, dot in enumerate(dots, start=1)]
    plates = place_labels(cells, (Face(),), 768, 768)
    led = [plate for plate in plates if plate is not None and plate.target is not None]
    assert led
    assert all(plate is not None and plate.number is not None for plate in plates)
    for plate in led:
        assert plate.number is not None
        assert plate.target is not None
        assert dots[plate.number - 1].covers(shapely.Point(plate.target))


def test_the_name_of_a_roomy_cell_stands_in_its_middle_in_one_line() -> None:
    (plate,) = place_labels([Cell("cat", 1, shapely.box(100, 100, 500, 300), (0, 0, 0))], (Face(),), 768, 768)
    assert plate is not None
    assert plate.lines == ("cat",)
    assert plate.middle == pytest.approx((300, 200))
