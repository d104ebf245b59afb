"""The account in few lines, beside a drawing and under it."""

from xml.etree import ElementTree

import numpy as np
from PIL import Image

from planner.captioned import with_account
from planner.draw import draw_png, draw_svg
from planner.placing.arranging import arrange
from planner.plans import Entry, Fate, Size
from planner.scene import Region, Scene
from planner.telling import MOST_LINES, MOST_MISSING, lines


def entry(number: int, where: Fate = "region") -> Entry:
    because = "there is no room" if where == "not planned" else ""
    regions = (f"cat {number}",) if where == "region" else ()
    return Entry(kind="thing", text=f"cat {number}", of="cat", where=where, regions=regions, because=because)


def test_a_short_account_is_told_line_by_line() -> None:
    told = lines([entry(1), entry(2, "background"), entry(3, "not planned")])
    assert [(line.asked, line.where) for line in told] == [
        ("thing cat 1", "region cat 1"),
        ("thing cat 2", "background"),
        ("thing cat 3", "not planned, because there is no room"),
    ]
    assert [line.missing for line in told] == [False, False, True]


def test_a_long_account_is_summed_up_and_still_names_what_is_missing() -> None:
    missing = [entry(n, "not planned") for n in range(MOST_MISSING + 3)]
    told = lines([*(entry(n) for n in range(MOST_LINES)), *missing])
    assert told[0].asked == f"{MOST_LINES + MOST_MISSING + 3} things"
    assert told[0].where == f"{MOST_LINES} in regions, {MOST_MISSING + 3} not planned"
    assert sum(line.missing for line in told) == MOST_MISSING + 1
    assert told[-1].asked == "3 more"


def test_the_account_stands_under_the_drawing_and_leaves_it_as_it_is() -> None:
    size = Size(width=768, height=768)
    layout = arrange(Scene(caption="a cat", regions=(Region(name="cat", prompt="a cat"),)), size)
    plain, told = draw_png(layout), draw_png(layout, [entry(1), entry(2, "not planned")])
    assert told.width == plain.width
    assert told.height > plain.height
    assert told.crop((0, 0, *plain.size)).tobytes() == plain.tobytes()
    below = np.asarray(told)[plain.height :]
    red, green = below[..., 0].astype(int), below[..., 1].astype(int)
    assert (red - green > 80).any(), "what is not planned stands out"


def test_a_drawing_without_account_stays_alone() -> None:
    drawing = Image.new("RGB", (64, 64))
    assert with_account(drawing, ()) is drawing


def test_an_svg_has_the_account_as_text_and_room_for_it() -> None:
    layout = arrange(Scene(caption="fog"), Size(width=128, height=64))
    svg = ElementTree.fromstring(draw_svg(layout, [entry(1), entry(2, "not planned")]))  # noqa: S314  # ours
    texts = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert "thing cat 1: region cat 1" in texts
    assert float(svg.attrib["height"]) > 64
    assert svg.attrib["viewBox"].endswith(svg.attrib["height"])
